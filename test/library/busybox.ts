// A root for the library's tests: a tar with busybox and its links, made once.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** As an embedder gets it: the bundle, which a Node of its own may import too. */
export const LIBRARY = new URL('../../dist/index.js', import.meta.url).href;
export const lxjit: typeof import('../../src/index.ts') = await import(LIBRARY);

const APPLETS =
  'sh cat chmod chown cmp cp date dd df echo env find getfattr grep head hostname id kill ln ls mkdir mkfifo mknod mount mv nc nproc ping printf ps pwd readlink rm rmdir seq setfattr sha256sum sleep sort stat tail tar test touch tr true truncate tty uname wc wget whoami yes';

/** A directory like a small system's root. */
export function busyboxRoot(): string {
  const dir = mkdtempSync(join(tmpdir(), 'lxjit-busybox-'));
  mkdirSync(join(dir, 'bin'));
  mkdirSync(join(dir, 'tmp'));
  copyFileSync('/bin/busybox', join(dir, 'bin/busybox'));
  for (const name of APPLETS.split(' ')) symlinkSync('busybox', join(dir, 'bin', name));
  return dir;
}

/** The same as a tar; `format` is a file name's end, which tar knows the compression by. */
export function busyboxTar(format = 'tar'): string {
  const root = busyboxRoot();
  const file = `${root}.${format}`;
  execFileSync('tar', ['-C', root, '-caf', file, '.']);
  rmSync(root, { recursive: true });
  return file;
}
