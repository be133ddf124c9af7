import { describe, it } from 'vitest';
import { guest, same } from '../harness.ts';

describe('memory system calls', () => {
  it('answer as on the real kernel (static)', async () => {
    await same([guest('memory.c', '-static')]);
  });
  it('answer as on the real kernel (PIE)', async () => {
    await same([guest('memory.c')]);
  });
});
