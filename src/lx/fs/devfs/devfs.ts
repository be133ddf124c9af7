// devfs: /dev with the devices that lxcore has. One row a node; terminals come from the pty code, which registers itself.
import { DT } from '../../abi/dirent.ts';
import { E } from '../../abi/errno.ts';
import { O } from '../../abi/fcntl.ts';
import { MAGIC, S } from '../../abi/stat.ts';
import { File, FileKind } from '../../kernel/file.ts';
import { newFile } from '../../kernel/files.ts';
import type { Lx } from '../../kernel/lx.ts';
import { registerFileInode } from '../../vfs/file-inode.ts';
import {
  type Attr,
  type DirEntry,
  FileSystem,
  type FsStat,
  makedev,
  virtualAttr,
  virtualFsStat,
} from '../../vfs/file-system.ts';
import { openVirtualDir } from '../virtual-dir.ts';
import './mem-devices.ts';

/** Terminals, as the pty code offers them. Opens answer a File or −errno. */
export interface TerminalDevices {
  /** The controlling terminal; −ENXIO if there is none. */
  openTty(lx: Lx, flags: number): number;
  openConsole(lx: Lx, flags: number): number;
  openPtmx(lx: Lx, flags: number): number;
  openPts(lx: Lx, index: number, flags: number): number;
  /** Slaves that exist. */
  listPts(lx: Lx): number[];
  /** Owner, group and mode bits of a slave. */
  ptsOwner(lx: Lx, index: number): { uid: number; gid: number; mode: number };
  chmodPts?(lx: Lx, index: number, mode: number): number;
  chownPts?(lx: Lx, index: number, uid: number, gid: number): number;
}

let terminals: TerminalDevices | undefined;
export function setTerminalDevices(devices: TerminalDevices): void {
  terminals = devices;
}

type Opener = (lx: Lx, flags: number, abs: string) => number;

const device =
  (kind: FileKind, minor: number): Opener =>
  (lx, flags, abs) => {
    const file = newFile(lx.k, kind, flags, abs);
    lx.k.i32[file + File.a] = minor;
    return file;
  };

const MEM = 1;
const TTY_AUX = 5;
const UNIX98_SLAVE = 136;

interface Device {
  readonly ino: number;
  readonly mode: number;
  readonly rdev: number;
  readonly open: Opener;
}

// biome-ignore format: aligned rows
const devices: Record<string, Device> = {
  console: { ino: 11, mode: S.IFCHR | 0o600, rdev: makedev(TTY_AUX, 1), open: (lx, flags) => terminals?.openConsole(lx, flags) ?? -E.NXIO },
  full:    { ino: 7,  mode: S.IFCHR | 0o666, rdev: makedev(MEM, 7),     open: device(FileKind.fullDev, 7) },
  null:    { ino: 4,  mode: S.IFCHR | 0o666, rdev: makedev(MEM, 3),     open: device(FileKind.nullDev, 3) },
  ptmx:    { ino: 10, mode: S.IFCHR | 0o666, rdev: makedev(TTY_AUX, 2), open: (lx, flags) => terminals?.openPtmx(lx, flags) ?? -E.NXIO },
  random:  { ino: 8,  mode: S.IFCHR | 0o666, rdev: makedev(MEM, 8),     open: device(FileKind.randomDev, 8) },
  tty:     { ino: 12, mode: S.IFCHR | 0o666, rdev: makedev(TTY_AUX, 0), open: (lx, flags) => terminals?.openTty(lx, flags) ?? -E.NXIO },
  urandom: { ino: 9,  mode: S.IFCHR | 0o666, rdev: makedev(MEM, 9),     open: device(FileKind.randomDev, 9) },
  zero:    { ino: 6,  mode: S.IFCHR | 0o666, rdev: makedev(MEM, 5),     open: device(FileKind.zeroDev, 5) },
};

// biome-ignore format: aligned rows
const links: Record<string, string> = {
  fd:     '/proc/self/fd',
  stdin:  '/proc/self/fd/0',
  stdout: '/proc/self/fd/1',
  stderr: '/proc/self/fd/2',
};

const DEV = 5; // device number of devtmpfs
const PTS_DEV = 22;

export class DevFs extends FileSystem {
  readonly type = 'devtmpfs';
  override readonly source = 'devtmpfs';

  override lstat(lx: Lx, path: string): Attr | number {
    if (path === '') return virtualAttr(DEV, 1, S.IFDIR | 0o755);
    if (path === '/pts') return virtualAttr(PTS_DEV, 1, S.IFDIR | 0o755);
    if (path === '/shm') return virtualAttr(DEV, 3, S.IFDIR | 0o1777);
    const pts = ptsIndex(lx, path);
    if (pts >= 0) return ptsAttr(lx, pts);
    const name = path.slice(1);
    const found = devices[name];
    if (found !== undefined) return deviceAttr(found);
    const target = links[name];
    if (target === undefined) return -E.NOENT;
    return virtualAttr(DEV, 100 + target.length, S.IFLNK | 0o777, { size: target.length });
  }

  override open(lx: Lx, path: string, flags: number, _mode: number, abs: string): number {
    const attr = this.lstat(lx, path);
    if (typeof attr === 'number') return flags & O.CREAT ? -E.ACCES : attr;
    const type = attr.mode & S.IFMT;
    if (type === S.IFLNK && !(flags & O.PATH && flags & O.NOFOLLOW)) return -E.LOOP;
    if (flags & O.CREAT && flags & O.EXCL) return -E.EXIST;
    if (type === S.IFDIR || flags & O.PATH) return openVirtualDir(lx, flags, abs, type === S.IFDIR);
    if (flags & O.DIRECTORY) return -E.NOTDIR;
    const pts = ptsIndex(lx, path);
    if (pts >= 0) return terminals?.openPts(lx, pts, flags) ?? -E.NXIO;
    return devices[path.slice(1)].open(lx, flags, abs);
  }

  override readlink(_lx: Lx, path: string): string | number {
    return links[path.slice(1)] ?? -E.INVAL;
  }

  override list(lx: Lx, path: string): DirEntry[] | number {
    if (path === '/pts') {
      return (terminals?.listPts(lx) ?? []).map((n) => ({
        name: String(n),
        type: DT.CHR,
        ino: BigInt(n + 3),
      }));
    }
    if (path !== '') return path === '/shm' ? [] : -E.NOTDIR;
    return [
      ...Object.entries(devices).map(([name, d]) => ({ name, type: DT.CHR, ino: d.ino })),
      ...Object.entries(links).map(([name, t]) => ({
        name,
        type: DT.LNK,
        ino: BigInt(100 + t.length),
      })),
      { name: 'pts', type: DT.DIR, ino: 2 },
      { name: 'shm', type: DT.DIR, ino: 3 },
    ];
  }

  override chmod(lx: Lx, path: string, mode: number): number {
    const pts = ptsIndex(lx, path);
    return pts < 0 ? -E.PERM : (terminals?.chmodPts?.(lx, pts, mode) ?? 0);
  }
  override chown(lx: Lx, path: string, uid: number, gid: number): number {
    const pts = ptsIndex(lx, path);
    return pts < 0 ? -E.PERM : (terminals?.chownPts?.(lx, pts, uid, gid) ?? 0);
  }
  override utimes(): number {
    return 0; // touch /dev/null
  }
  override truncate(): number {
    return -E.INVAL;
  }
  override statfs(_lx: Lx, path: string): FsStat {
    return virtualFsStat(path.startsWith('/pts') ? MAGIC.devpts : MAGIC.tmpfs);
  }
}

/** Opens a device that has a node in another file system. */
export function openDevice(lx: Lx, rdev: number, flags: number, abs: string): number {
  const found = Object.values(devices).find((d) => d.rdev === rdev);
  return found === undefined ? -E.NXIO : found.open(lx, flags, abs);
}

const deviceAttr = (d: Device): Attr => virtualAttr(DEV, d.ino, d.mode, { rdev: d.rdev });

export const ptmxAttr = (): Attr => deviceAttr(devices.ptmx);

/** Index of a pty slave that exists, from its path; −1. */
function ptsIndex(lx: Lx, path: string): number {
  const match = /^\/pts\/(0|[1-9]\d*)$/.exec(path);
  if (match === null) return -1;
  const index = Number(match[1]);
  return terminals?.listPts(lx).includes(index) ? index : -1;
}

export function ptsAttr(lx: Lx, index: number): Attr {
  const { uid, gid, mode } = terminals?.ptsOwner(lx, index) ?? { uid: 0, gid: 0, mode: 0o620 };
  const rdev = makedev(UNIX98_SLAVE, index);
  return virtualAttr(PTS_DEV, index + 3, S.IFCHR | mode, { uid, gid, rdev, blksize: 1024 });
}

for (const kind of [FileKind.nullDev, FileKind.zeroDev, FileKind.fullDev, FileKind.randomDev]) {
  registerFileInode(kind, {
    attr(lx, file) {
      const minor = lx.k.i32[file + File.a];
      const found = Object.values(devices).find((d) => d.rdev === makedev(MEM, minor));
      return found === undefined ? -E.BADF : deviceAttr(found);
    },
    reopen(lx, file, flags) {
      const minor = lx.k.i32[file + File.a];
      return device(kind, minor)(lx, flags, lx.k.readString(lx.k.i32[file + File.path]));
    },
    chmod: () => -E.PERM,
    chown: () => -E.PERM,
    statfs: () => virtualFsStat(MAGIC.tmpfs),
  });
}
