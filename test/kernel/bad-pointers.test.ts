// Bad pointers, lengths and paths in every call, against the real kernel.
import { expect, it } from 'vitest';
import { ALL_MODES, guest, runLxjit, runNative } from '../harness.ts';

/**
 * Where a copy fails half-way Linux may have moved some bytes already, and where nothing is copied (/dev/null) it still
 * checks the address: these lines differ, and nobody can rely on them.
 */
const tolerated =
  /^ {2}(read\(pipes\[0\], P|write\(pipes\[1\], P|write\(null, P|lstat\(P|newfstatat\(AT_FDCWD, P|statx\(AT_FDCWD, P|getrandom\(P)/;

const lines = (text: string): string[] => text.split('\n').filter((line) => !tolerated.test(line));

it.each(ALL_MODES)('bad arguments get the errno that Linux gives (--jit=%s)', async (mode) => {
  const command = [guest('bad-pointers.c', '-w')];
  const native = await runNative(command);
  const ours = await runLxjit(command, {}, undefined, mode);
  expect(lines(ours.stdout)).toEqual(lines(native.stdout));
  expect(ours.status).toBe(native.status);
});
