// An Lx without a session, for tests of memory and loader: one process, an empty memory, and host files by path.
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { E } from '../../src/lx/abi/errno.ts';
import { File, FileKind, registerFileOps } from '../../src/lx/kernel/file.ts';
import { Kernel } from '../../src/lx/kernel/kmem.ts';
import type { Lx } from '../../src/lx/kernel/lx.ts';
import { defaultRlimits } from '../../src/lx/kernel/rlimits.ts';
import { Process, Task } from '../../src/lx/kernel/task.ts';
import { GuestMemory } from '../../src/lx/mm/guest-memory.ts';
import { createMm } from '../../src/lx/mm/mm.ts';

registerFileOps(FileKind.hostFile, {
  seekable: true,
  read: (lx, file, buf, off, len, pos) => readSync(lx.k.i32[file + File.a], buf, off, len, pos),
  write: (lx, file, buf, off, len, pos) => writeSync(lx.k.i32[file + File.a], buf, off, len, pos),
  size: (lx, file) => fstatSync(lx.k.i32[file + File.a]).size,
  sync: () => 0,
  release: (lx, file) => closeSync(lx.k.i32[file + File.a]),
});

export function fakeLx(): Lx {
  const k = Kernel.create();
  const process = k.alloc(Process.SIZE);
  const task = k.alloc(Task.SIZE);
  k.i32[task + Task.process] = process;
  k.i32[process + Process.mm] = createMm(k);
  defaultRlimits(k, process, [1024, 1024], 100);
  const mem = new GuestMemory(
    new WebAssembly.Memory({ initial: 31, maximum: 65536, shared: true }),
  );
  return { k, task, mem, config: { cpuLevel: 2 } } as unknown as Lx;
}

/** A File on a host file, with one reference; `flags` 0 read-only, 2 read and write. */
export function openHost(lx: Lx, path: string, flags = 0): number {
  let fd: number;
  try {
    fd = openSync(path, flags === 0 ? 'r' : 'r+');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? -E.NOENT : -E.ACCES;
  }
  const file = lx.k.alloc(File.SIZE);
  lx.k.i32[file + File.kind] = FileKind.hostFile;
  lx.k.i32[file + File.refs] = 1;
  lx.k.i32[file + File.flags] = flags;
  lx.k.i32[file + File.a] = fd;
  lx.k.i32[file + File.path] = lx.k.locked(() => lx.k.newStringLocked(path));
  return file;
}
