// memfd_create(2): a file without a name. Its bytes lie in a nameless temporary file of the host, so that it can be as
// big as it likes and be mapped as any file.
import { openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { E } from '../../abi/errno.ts';
import { F_SEAL, O } from '../../abi/fcntl.ts';
import { File, FileKind, registerFileOps } from '../../kernel/file.ts';
import { newFile } from '../../kernel/files.ts';
import type { Lx } from '../../kernel/lx.ts';
import { registerBacking } from '../../mm/shared-object.ts';
import { registerFileInode } from '../../vfs/file-inode.ts';
import { checkSeals } from '../../vfs/seals.ts';
import { attempt } from './host-errors.ts';
import { hostBacking, hostFileInode, hostFileOps } from './host-file.ts';

/** `seals`: F_SEAL_SEAL where sealing is not allowed. A description, or −errno. */
export function newMemfd(lx: Lx, name: string, seals: number): number {
  const flags = O.RDWR | O.TMPFILE;
  let fd = attempt(() => openSync('/dev/shm', flags, 0o777));
  if (fd < 0) fd = attempt(() => openSync(tmpdir(), flags, 0o777));
  if (fd < 0) return fd === -E.OPNOTSUPP ? -E.NOSYS : fd;
  const file = newFile(lx.k, FileKind.memfd, O.RDWR, `/memfd:${name} (deleted)`);
  lx.k.i32[file + File.a] = fd;
  lx.k.i32[file + File.d] = seals;
  return file;
}

registerBacking(FileKind.memfd, hostBacking);
registerFileOps(FileKind.memfd, {
  ...hostFileOps,
  write(lx, file, buf, off, len, pos) {
    const sealed = checkSeals(lx, file, F_SEAL.WRITE | F_SEAL.FUTURE_WRITE);
    if (sealed < 0) return sealed;
    const grows = pos + len > hostFileOps.size!(lx, file);
    if (grows && checkSeals(lx, file, F_SEAL.GROW) < 0) return -E.PERM;
    return hostFileOps.write!(lx, file, buf, off, len, pos);
  },
  truncate(lx, file, length) {
    const size = hostFileOps.size!(lx, file);
    if (length < size && checkSeals(lx, file, F_SEAL.SHRINK) < 0) return -E.PERM;
    if (length > size && checkSeals(lx, file, F_SEAL.GROW) < 0) return -E.PERM;
    return hostFileOps.truncate!(lx, file, length);
  },
});

registerFileInode(FileKind.memfd, {
  ...hostFileInode,
  linkText: (lx, file) => lx.k.readString(lx.k.i32[file + File.path]),
});
