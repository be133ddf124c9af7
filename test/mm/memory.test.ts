import { describe, it } from 'vitest';
import { ALL_MODES, guest, same } from '../harness.ts';

it('shared mappings of files end up in the files', async () => {
  await same([guest('shared-file.c', '-w')], {}, ALL_MODES);
});

it('code is run in shared memory, or that is refused', async () => {
  await same([guest('dual-mapping.c')], {}, ALL_MODES);
});

describe('memory system calls', () => {
  it('answer as on the real kernel (static)', async () => {
    await same([guest('memory.c', '-static')], {}, ALL_MODES);
  });
  it('answer as on the real kernel (PIE)', async () => {
    await same([guest('memory.c')]);
  });
  it('reach the upper half of the address space', () => same([guest('high-memory.c', '-w')]));
});
