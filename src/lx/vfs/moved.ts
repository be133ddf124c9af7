// What has to follow when a directory gets another name: current directories and roots are paths here, so those of
// processes inside the directory change with it (on Linux they are inodes and need no change).
import { Fixed } from '../kernel/fixed.ts';
import type { Lx } from '../kernel/lx.ts';
import { FsInfo, Process } from '../kernel/task.ts';
import { bumpGeneration } from './namespace.ts';

/** `from` is now `to` (and the other way round, if they were exchanged): canonical guest paths. */
export function movedDirectory(lx: Lx, from: string, to: string, exchanged: boolean): void {
  const { k } = lx;
  k.locked(() => {
    const seen = new Set<number>();
    for (let p = k.i32[Fixed.processes]; p !== 0; p = k.i32[p + Process.next]) {
      const fs = k.i32[p + Process.fs];
      if (fs === 0 || seen.has(fs)) continue;
      seen.add(fs);
      for (const field of [FsInfo.cwd, FsInfo.root])
        renameLocked(lx, fs + field, from, to, exchanged);
    }
  });
  bumpGeneration(k);
}

function renameLocked(lx: Lx, at: number, from: string, to: string, exchanged: boolean): void {
  const { k } = lx;
  const path = k.readString(k.i32[at]);
  const now = renamed(path, from, to) ?? (exchanged ? renamed(path, to, from) : undefined);
  if (now !== undefined) k.setStringLocked(at, now);
}

function renamed(path: string, from: string, to: string): string | undefined {
  return path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : undefined;
}
