// memfd_create(2): a file without a name. In a session that has files in memory it is one of those (and counts as such);
// where the guest has the host's root it is a nameless temporary file of the host, which can be as big as it likes.
import { E } from '../abi/errno.ts';
import { F_SEAL, O } from '../abi/fcntl.ts';
import { S } from '../abi/stat.ts';
import { File, FileKind, type FileOps, registerFileOps } from '../kernel/file.ts';
import { newFile } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { registerBacking } from '../mm/shared-object.ts';
import { registerFileInode } from '../vfs/file-inode.ts';
import { fsgid, fsuid } from '../vfs/permission.ts';
import { checkSeals } from '../vfs/seals.ts';
import { hostBacking, hostFileInode, hostFileOps, openTemporary } from './drivefs/host-file.ts';
import { newInodeLocked } from './tmpfs/inode.ts';
import { storeOf } from './tmpfs/store.ts';
import { reopenInode, tmpBacking, tmpFileInode, tmpFileOps } from './tmpfs/tmp-file.ts';
import { chmodLocked, chownLocked, holdLocked, locked } from './tmpfs/tmpfs.ts';

/** `seals`: F_SEAL_SEAL where sealing is not allowed. A description, or −errno. */
export function newMemfd(lx: Lx, name: string, seals: number): number {
  const inMemory = lx.config.inMemory !== undefined;
  const own = inMemory ? newInode(lx) : openTemporary();
  if (own < 0) return own;
  const kind = inMemory ? FileKind.tmpMemfd : FileKind.memfd;
  const file = newFile(lx.k, kind, O.RDWR, `/memfd:${name} (deleted)`);
  lx.k.i32[file + File.a] = own;
  lx.k.i32[file + File.d] = seals;
  return file;
}

/** As Linux's own mount of files without a name has it. */
const DEV = 1;

function newInode(lx: Lx): number {
  const s = storeOf(lx);
  const inode = { mode: S.IFREG | 0o777, uid: fsuid(lx), gid: fsgid(lx), dev: DEV };
  return locked(s, () => holdLocked(s, newInodeLocked(s, inode)));
}

function sealed(ops: Partial<FileOps>): Partial<FileOps> {
  const size = ops.size!;
  return {
    ...ops,
    write(lx, file, buf, off, len, pos) {
      const barred = checkSeals(lx, file, F_SEAL.WRITE | F_SEAL.FUTURE_WRITE);
      if (barred < 0) return barred;
      const grows = pos + len > size(lx, file);
      if (grows && checkSeals(lx, file, F_SEAL.GROW) < 0) return -E.PERM;
      return ops.write!(lx, file, buf, off, len, pos);
    },
    truncate(lx, file, length) {
      const now = size(lx, file);
      if (length < now && checkSeals(lx, file, F_SEAL.SHRINK) < 0) return -E.PERM;
      if (length > now && checkSeals(lx, file, F_SEAL.GROW) < 0) return -E.PERM;
      return ops.truncate!(lx, file, length);
    },
  };
}

const linkText = (lx: Lx, file: number): string => lx.k.readString(lx.k.i32[file + File.path]);
const inodeOf = (lx: Lx, file: number): number => lx.k.i32[file + File.a];

registerBacking(FileKind.memfd, hostBacking);
registerFileOps(FileKind.memfd, sealed(hostFileOps));
registerFileInode(FileKind.memfd, { ...hostFileInode, linkText });

registerBacking(FileKind.tmpMemfd, tmpBacking);
registerFileOps(FileKind.tmpMemfd, sealed(tmpFileOps));
registerFileInode(FileKind.tmpMemfd, {
  ...tmpFileInode,
  linkText,
  // It is in no mount, so that no mount makes it read-only.
  chmod(lx, file, mode) {
    const s = storeOf(lx);
    return locked(s, () => chmodLocked(s, inodeOf(lx, file), mode));
  },
  chown(lx, file, uid, gid) {
    const s = storeOf(lx);
    return locked(s, () => chownLocked(s, inodeOf(lx, file), uid, gid));
  },
  reopen: reopenInode,
});
