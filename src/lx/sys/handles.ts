// name_to_handle_at(2), open_by_handle_at(2): a handle is an inode number and the number of a note of where that file was
// when its handle was given out. A file that was moved meanwhile is not found again: −ESTALE, as if it were gone.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { AT, O, O_VALID } from '../abi/fcntl.ts';
import { can } from '../kernel/caps.ts';
import { File } from '../kernel/file.ts';
import { fdGet, fdInstall } from '../kernel/files.ts';
import { Fixed } from '../kernel/fixed.ts';
import { type Kernel, struct } from '../kernel/kmem.ts';
import type { Lx } from '../kernel/lx.ts';
import { fileInode } from '../vfs/file-inode.ts';
import type { Attr } from '../vfs/file-system.ts';
import { openWhere } from '../vfs/open.ts';
import { lookupPath, namespaceOf } from '../vfs/paths.ts';
import { FOLLOW } from '../vfs/where.ts';
import { type Handler, row, type SyscallRow } from './row.ts';

/** struct file_handle: u32 handle_bytes, i32 handle_type, then the bytes, here u32 inode and u32 note, as FILEID_INO32_GEN. */
const HEADER = 8;
const BYTES = 8;
const TYPE = 1;
const MAX_HANDLE_SZ = 128;

const AT_HANDLE = { MNT_ID_UNIQUE: 1, CONNECTABLE: 2, FID: 0x200 } as const;
const KNOWN =
  AT.SYMLINK_FOLLOW |
  AT.EMPTY_PATH |
  AT_HANDLE.MNT_ID_UNIQUE |
  AT_HANDLE.CONNECTABLE |
  AT_HANDLE.FID;

/** File systems without handles on Linux. */
const WITHOUT: readonly string[] = ['proc', 'devpts', 'mqueue'];

// ---- notes: they live as long as the session

const Note = struct({ next: 'i32', serial: 'i32', dev: 'f64', ino: 'f64', abs: 'i32' });

function findLocked(k: Kernel, wanted: (note: number) => boolean): number {
  let note = k.i32[Fixed.handles];
  while (note !== 0 && !wanted(note)) note = k.i32[note + Note.next];
  return note;
}

const isOf = (k: Kernel, note: number, attr: Attr): boolean =>
  k.f64[(note + Note.ino) >> 1] === Number(attr.ino) && k.f64[(note + Note.dev) >> 1] === attr.dev;

/** The serial number of the note of a file that is at `abs` now. */
function noteOf(k: Kernel, attr: Attr, abs: string): number {
  return k.locked(() => {
    const found = findLocked(k, (note) => isOf(k, note, attr));
    const note = found === 0 ? newNoteLocked(k, attr) : found;
    k.setStringLocked(note + Note.abs, abs);
    return k.i32[note + Note.serial];
  });
}

function newNoteLocked(k: Kernel, attr: Attr): number {
  const note = k.allocLocked(Note.SIZE);
  const first = k.i32[Fixed.handles];
  k.i32[note + Note.serial] = first === 0 ? 1 : k.i32[first + Note.serial] + 1;
  k.f64[(note + Note.ino) >> 1] = Number(attr.ino);
  k.f64[(note + Note.dev) >> 1] = attr.dev;
  k.i32[note + Note.next] = first;
  k.i32[Fixed.handles] = note;
  return note;
}

// ---- the calls

interface Named {
  readonly attr: Attr;
  readonly abs: string;
  readonly type: string;
}

function nameAt(lx: Lx, dirfd: number, path: string, flags: number): Named | number {
  if (path.length > 0 || (flags & AT.EMPTY_PATH) === 0 || dirfd === AT.FDCWD) {
    const text = path.length === 0 && flags & AT.EMPTY_PATH ? '.' : path;
    const where = lookupPath(lx, dirfd, text, flags & AT.SYMLINK_FOLLOW ? FOLLOW : 0);
    if (typeof where === 'number') return where;
    const attr = where.attr ?? where.fs.lstat(lx, where.path);
    return typeof attr === 'number' ? attr : { attr, abs: where.abs, type: where.fs.type };
  }
  const file = fdGet(lx, dirfd);
  if (file === 0) return -E.BADF;
  const attr = fileInode(lx, file).attr(lx, file);
  const abs = lx.k.readString(lx.k.i32[file + File.path]);
  if (typeof attr === 'number') return attr;
  if (!abs.startsWith('/')) return -E.OPNOTSUPP;
  return { attr, abs: abs === '/' ? '' : abs, type: namespaceOf(lx).mountOf(abs).fs.type };
}

const nameToHandleAt: Handler = (lx, dirfd, path, handle, mountId, flags) => {
  const { mem } = lx;
  if ((flags & ~KNOWN) !== 0) return -E.INVAL;
  if (flags & AT_HANDLE.CONNECTABLE && flags & (AT_HANDLE.FID | AT.EMPTY_PATH)) return -E.INVAL;
  const named = nameAt(lx, dirfd, mem.cstring(path), flags);
  if (typeof named === 'number') return named;
  if (WITHOUT.includes(named.type)) return -E.OPNOTSUPP;
  const room = mem.readU32(handle);
  if (room > MAX_HANDLE_SZ) return -E.INVAL;
  const id = namespaceOf(lx).mountIdOf(named.abs);
  if (flags & AT_HANDLE.MNT_ID_UNIQUE) mem.writeU64(mountId, id);
  else mem.writeU32(mountId, id);
  mem.writeU32(handle, BYTES);
  mem.writeU32(handle + 4, TYPE);
  if (room < BYTES) return -E.OVERFLOW;
  mem.writeU32(handle + HEADER, Number(named.attr.ino) >>> 0);
  mem.writeU32(handle + HEADER + 4, noteOf(lx.k, named.attr, named.abs));
  return 0;
};

const openByHandleAt: Handler = (lx, mountFd, handle, flags) => {
  const { k, mem } = lx;
  const [bytes, type] = [mem.readU32(handle), mem.readI32(handle + 4)];
  if (bytes > MAX_HANDLE_SZ || bytes === 0 || type < 0 || type > 0xff) return -E.INVAL;
  if (mountFd !== AT.FDCWD && fdGet(lx, mountFd) === 0) return -E.BADF;
  if (!can(lx, CAP.DAC_READ_SEARCH)) return -E.PERM;
  mem.readable(handle + HEADER, bytes);
  if (bytes < BYTES || type !== TYPE) return -E.STALE;
  const [ino, serial] = [mem.readU32(handle + HEADER), mem.readU32(handle + HEADER + 4)];
  const note = k.locked(() => findLocked(k, (n) => k.i32[n + Note.serial] === serial));
  if (note === 0 || k.f64[(note + Note.ino) >> 1] >>> 0 !== ino) return -E.STALE;
  const abs = k.readString(k.i32[note + Note.abs]);
  const where = namespaceOf(lx).lookup(lx, '', abs === '' ? '/' : abs, 0, '');
  if (typeof where === 'number') return -E.STALE;
  const attr = where.attr ?? where.fs.lstat(lx, where.path);
  if (typeof attr === 'number' || !isOf(k, note, attr)) return -E.STALE;
  const how = flags & O.PATH ? flags | O.NOFOLLOW : flags;
  const file = openWhere(lx, where, how & O_VALID & ~(O.CREAT | O.CLOEXEC), 0);
  return file < 0 ? file : fdInstall(lx, file, (flags & O.CLOEXEC) !== 0);
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(303, 'name_to_handle_at', ['atfd', 'path', 'ptr', 'ptr', 'int'], nameToHandleAt, 'full',    'emulated'),
  row(304, 'open_by_handle_at', ['atfd', 'ptr', 'open-flags'],         openByHandleAt, 'partial', 'emulated', 'moved files are not found again'),
];
