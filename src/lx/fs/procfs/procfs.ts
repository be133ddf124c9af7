// procfs: /proc. System-wide files come from tables (system.ts, sysctl.ts) through TextFs; this file adds the processes:
// /proc/pid, /proc/pid/task/tid, self, thread-self.
//
// Example: /proc/self/fd/1 → self is a symlink to the pid; {process, task}, rest 'fd/1' → a magic link to what descriptor
// 1 refers to, of which readlink shows the name and open(2) opens the file itself.
import { DT } from '../../abi/dirent.ts';
import { E } from '../../abi/errno.ts';
import { O } from '../../abi/fcntl.ts';
import { MAGIC, S } from '../../abi/stat.ts';
import { File } from '../../kernel/file.ts';
import { openFds, tableGet } from '../../kernel/files.ts';
import type { Lx } from '../../kernel/lx.ts';
import {
  findProcessLocked,
  pidOf,
  processesLocked,
  processOf,
  setComm,
  tasksLocked,
} from '../../kernel/process.ts';
import { FsInfo, Process, Task } from '../../kernel/task.ts';
import { fileInode } from '../../vfs/file-inode.ts';
import { type Attr, type DirEntry, type MagicTarget, virtualAttr } from '../../vfs/file-system.ts';
import { visiblePath } from '../../vfs/paths.ts';
import { fsuid } from '../../vfs/permission.ts';
import { openBlob, setBlobWriter } from '../blob.ts';
import { TextFs } from '../text-fs.ts';
import { openVirtualDir } from '../virtual-dir.ts';
import { configGz } from './config.ts';
import { fdinfoText, namespaces, netFiles, pidFiles } from './pid-files.ts';
import type { Subject } from './pid-status.ts';
import { sysctls, writable } from './sysctl.ts';
import { systemFiles } from './system.ts';
import { sysvipc } from './sysvipc.ts';

const DEV = 21;
const files = { ...systemFiles, ...sysvipc, ...sysctls, '/config.gz': configGz };
const DIRS = ['fd', 'fdinfo', 'net', 'ns', 'task', 'attr'] as const;
const LINKS = ['cwd', 'exe', 'root'] as const;
const LINK_MODE = S.IFLNK | 0o777;

/** A path below /proc/pid: the subject, and what follows ('' for the directory itself). */
interface Place extends Subject {
  readonly pid: number;
  readonly rest: string;
  /** Whether it came by task/tid (which has no task directory). */
  readonly inTask: boolean;
}

export class ProcFs extends TextFs {
  override readonly stable = false;
  /** proc's lookup itself fails for names it does not know. */
  override readonly createError = E.NOENT;

  constructor() {
    super('proc', MAGIC.proc, DEV, files, ['/bus', '/driver', '/fs', '/irq', '/tty']);
  }

  override lstat(lx: Lx, path: string): Attr | number {
    const place = placeOf(lx, path);
    if (place !== undefined) return place === null ? -E.NOENT : pidAttr(lx, place);
    if (rootLink(lx, path) !== undefined) return virtualAttr(DEV, inode(0, path), LINK_MODE);
    const attr = super.lstat(lx, path);
    if (typeof attr === 'number') return attr;
    if (Object.hasOwn(writable, path)) return { ...attr, mode: S.IFREG | writable[path].mode };
    return path === '' ? { ...attr, mode: S.IFDIR | 0o555 } : attr;
  }

  override readlink(lx: Lx, path: string): string | number {
    const target = rootLink(lx, path);
    if (target !== undefined) return target;
    const place = placeOf(lx, path);
    if (place === undefined) return -E.INVAL;
    return place === null ? -E.NOENT : pidLink(lx, place);
  }

  override magic(lx: Lx, path: string): MagicTarget | number | undefined {
    const place = placeOf(lx, path);
    if (place === undefined || place === null) return undefined;
    return pidMagic(lx, place);
  }

  override open(lx: Lx, path: string, flags: number, mode: number, abs: string): number {
    const place = placeOf(lx, path);
    if (place === undefined) {
      if (rootLink(lx, path) !== undefined) return linkOpened(lx, flags, abs);
      if (isWriting(path, flags)) return openParameter(lx, path, flags, abs);
      return super.open(lx, path, flags, mode, abs);
    }
    if (place === null) return -E.NOENT;
    const attr = pidAttr(lx, place);
    if (typeof attr === 'number') return attr;
    const type = attr.mode & S.IFMT;
    if (type === S.IFLNK) return linkOpened(lx, flags, abs);
    if (flags & O.CREAT && flags & O.EXCL) return -E.EXIST;
    if (type === S.IFDIR || flags & O.PATH) return openVirtualDir(lx, flags, abs, type === S.IFDIR);
    if (flags & O.DIRECTORY) return -E.NOTDIR;
    if ((flags & O.ACCMODE) !== O.RDONLY && (attr.mode & 0o200) === 0) return -E.ACCES;
    const text = (flags & O.ACCMODE) === O.WRONLY ? '' : pidText(lx, place);
    return typeof text === 'number' ? text : openBlob(lx, flags, abs, text);
  }

  override list(lx: Lx, path: string): DirEntry[] | number {
    const place = placeOf(lx, path);
    if (place === null) return -E.NOENT;
    if (place !== undefined) return pidList(lx, place);
    const entries = super.list(lx, path);
    if (path !== '' || typeof entries === 'number') return entries;
    const links = ['self', 'thread-self', 'mounts', 'net'].map((name) =>
      entry(0, `/${name}`, DT.LNK),
    );
    const pids = lx.k.locked(() => processesLocked(lx.k).map((p) => lx.k.i32[p + Process.pid]));
    pids.sort((a, b) => a - b);
    return [...entries, ...links, ...pids.map((pid) => entry(pid, `/${pid}`, DT.DIR))];
  }

  override access(lx: Lx, path: string, mask: number): number {
    const place = placeOf(lx, path);
    if (place === undefined) return super.access(lx, path, mask);
    const attr = this.lstat(lx, path);
    if (typeof attr === 'number') return attr;
    return mask & 1 && (attr.mode & S.IFMT) === S.IFREG ? -E.ACCES : 0;
  }
}

const isWriting = (path: string, flags: number): boolean =>
  (flags & O.ACCMODE) !== O.RDONLY && (flags & O.PATH) === 0 && Object.hasOwn(writable, path);

/** A kernel parameter, to be written: by root. */
function openParameter(lx: Lx, path: string, flags: number, abs: string): number {
  const { mode, text } = writable[path];
  if ((mode & 2) === 0 && fsuid(lx) !== 0) return -E.ACCES;
  return openBlob(lx, flags, abs, text(lx));
}

// ---- paths

const PID_PATH = /^\/([1-9]\d{0,9})(?:\/task\/([1-9]\d{0,9}))?(?:\/(.*))?$/;

/** undefined: not below a pid; null: no such process or thread. */
function placeOf(lx: Lx, path: string): Place | null | undefined {
  const first = path.charCodeAt(1);
  if (!(first >= 49 && first <= 57)) return undefined;
  const match = PID_PATH.exec(path);
  if (match === null) return undefined;
  const pid = Number(match[1]);
  const { k } = lx;
  return k.locked(() => {
    const process = findProcessLocked(k, pid);
    if (process === 0) return null;
    const tid = match[2] === undefined ? pid : Number(match[2]);
    const tasks = tasksLocked(k, process);
    const task = tasks.find((t) => k.i32[t + Task.tid] === tid) ?? 0;
    if (match[2] !== undefined && task === 0) return null;
    return { pid, process, task, rest: match[3] ?? '', inTask: match[2] !== undefined };
  });
}

function rootLink(lx: Lx, path: string): string | undefined {
  switch (path) {
    case '/self':
      return String(pidOf(lx));
    case '/thread-self':
      return `${pidOf(lx)}/task/${lx.k.i32[lx.task + Task.tid]}`;
    case '/mounts':
      return 'self/mounts';
    case '/net':
      return 'self/net';
    default:
      return undefined;
  }
}

/** open(2) of a symlink itself: only O_PATH | O_NOFOLLOW can. */
const linkOpened = (lx: Lx, flags: number, abs: string): number =>
  flags & O.PATH && flags & O.NOFOLLOW ? openVirtualDir(lx, flags, abs, false) : -E.LOOP;

/** A number that stays the same for a path: FNV-1a of it. */
function inode(pid: number, path: string): number {
  let hash = 0x811c9dc5 ^ pid;
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193);
  return (hash >>> 0) + 0x1000;
}

const entry = (pid: number, path: string, type: number): DirEntry => ({
  name: path.slice(path.lastIndexOf('/') + 1),
  type,
  ino: inode(pid, path),
});

// ---- attributes

const ROOT_ENTRY = '';

function pidAttr(lx: Lx, place: Place): Attr | number {
  const { k } = lx;
  const mode = pidMode(lx, place);
  if (mode < 0) return mode;
  const uid = k.i32[place.process + Process.euid] >>> 0;
  const gid = k.i32[place.process + Process.egid] >>> 0;
  const path = `/${place.pid}/${place.inTask ? `task/${place.task}/` : ''}${place.rest}`;
  const isFd = place.rest.startsWith('fd/');
  const size = isFd ? 64 : place.rest === 'fd' ? fdsOf(lx, place).length : 0;
  const nlink = place.rest === ROOT_ENTRY ? 9 : 1;
  return virtualAttr(DEV, inode(place.pid, path), mode, { uid, gid, size, nlink, blksize: 1024 });
}

/** S_IF* | permissions, or −ENOENT. */
function pidMode(lx: Lx, place: Place): number {
  const { rest } = place;
  if (rest === ROOT_ENTRY) return S.IFDIR | 0o555;
  const slash = rest.indexOf('/');
  if (slash < 0) return topMode(place, rest);
  const dir = rest.slice(0, slash);
  const name = rest.slice(slash + 1);
  switch (dir) {
    case 'fd':
      return fdMode(lx, place, name);
    case 'fdinfo':
      return fileAt(lx, place, name) === 0 ? -E.NOENT : S.IFREG | 0o444;
    case 'ns':
      return Object.hasOwn(namespaces, name) ? LINK_MODE : -E.NOENT;
    case 'net':
      return Object.hasOwn(netFiles, name) ? S.IFREG | 0o444 : -E.NOENT;
    case 'attr':
      return ATTR_FILES.includes(name) ? S.IFREG | 0o666 : -E.NOENT;
    default:
      return -E.NOENT;
  }
}

const ATTR_FILES = ['current', 'exec', 'fscreate', 'keycreate', 'prev', 'sockcreate'];

function topMode(place: Place, name: string): number {
  if (Object.hasOwn(pidFiles, name)) return pidFiles[name].mode;
  if ((LINKS as readonly string[]).includes(name)) return LINK_MODE;
  if (name === 'task' && place.inTask) return -E.NOENT;
  if (name === 'fd') return S.IFDIR | 0o500;
  if (name === 'ns') return S.IFDIR | 0o511;
  return (DIRS as readonly string[]).includes(name) ? S.IFDIR | 0o555 : -E.NOENT;
}

function fdMode(lx: Lx, place: Place, name: string): number {
  const file = fileAt(lx, place, name);
  if (file === 0) return -E.NOENT;
  const access = lx.k.i32[file + File.flags] & O.ACCMODE;
  return S.IFLNK | 0o100 | (access === O.WRONLY ? 0 : 0o400) | (access === O.RDONLY ? 0 : 0o200);
}

// ---- descriptors

const fdsOf = (lx: Lx, place: Place): number[] =>
  lx.k.locked(() => openFds(lx.k, lx.k.i32[place.process + Process.files]));

/** The description of descriptor `name`, or 0. */
function fileAt(lx: Lx, place: Place, name: string): number {
  if (!/^(0|[1-9]\d{0,8})$/.test(name)) return 0;
  return tableGet(lx.k, lx.k.i32[place.process + Process.files], Number(name));
}

// ---- symlinks

function pidLink(lx: Lx, place: Place): string | number {
  const { k } = lx;
  const { rest, process } = place;
  if (rest === 'exe') return exePath(lx, process);
  if (rest === 'cwd' || rest === 'root') {
    const fs = k.i32[process + Process.fs];
    if (fs === 0) return -E.NOENT;
    const path = k.readString(k.i32[fs + (rest === 'cwd' ? FsInfo.cwd : FsInfo.root)]);
    return visiblePath(lx, path === '/' ? '' : path);
  }
  if (rest.startsWith('fd/')) {
    const file = fileAt(lx, place, rest.slice(3));
    return file === 0 ? -E.NOENT : fileInode(lx, file).linkText(lx, file);
  }
  if (rest.startsWith('ns/') && Object.hasOwn(namespaces, rest.slice(3))) {
    const name = rest.slice(3).replace('_for_children', '');
    return `${name}:[${namespaces[rest.slice(3)]}]`;
  }
  return pidMode(lx, place) < 0 ? -E.NOENT : -E.INVAL;
}

function exePath(lx: Lx, process: number): string | number {
  const path = lx.k.locked(() => lx.k.readString(lx.k.i32[process + Process.exe]));
  return path === '' || lx.k.i32[process + Process.mm] === 0 ? -E.NOENT : visiblePath(lx, path);
}

/** Where following one of the links leads: not the text, but the thing. */
function pidMagic(lx: Lx, place: Place): MagicTarget | number | undefined {
  const { rest } = place;
  if (rest.startsWith('fd/')) {
    const file = fileAt(lx, place, rest.slice(3));
    if (file === 0) return -E.NOENT;
    const dir = fileInode(lx, file).dirPath(lx, file);
    return typeof dir === 'string' ? { abs: dir, file: 0 } : { abs: '', file };
  }
  if (rest !== 'exe' && rest !== 'cwd' && rest !== 'root') return undefined;
  const { k } = lx;
  const fs = k.i32[place.process + Process.fs];
  if (rest === 'exe') {
    const path = exePath(lx, place.process);
    return typeof path === 'number' ? path : { abs: path, file: 0 };
  }
  if (fs === 0) return -E.NOENT;
  const path = k.readString(k.i32[fs + (rest === 'cwd' ? FsInfo.cwd : FsInfo.root)]);
  return { abs: path === '/' ? '' : path, file: 0 };
}

// ---- contents

function pidText(lx: Lx, place: Place): string | number {
  const { rest } = place;
  if (Object.hasOwn(pidFiles, rest)) return pidFiles[rest].text(lx, place);
  const name = rest.slice(rest.indexOf('/') + 1);
  if (rest.startsWith('fdinfo/')) {
    const file = fileAt(lx, place, name);
    return file === 0 ? -E.NOENT : fdinfoText(lx, file);
  }
  if (rest.startsWith('net/')) return netFiles[name];
  return '';
}

function pidList(lx: Lx, place: Place): DirEntry[] | number {
  const { pid, rest } = place;
  const under = (names: readonly string[], type: number): DirEntry[] =>
    names.map((name) => entry(pid, `/${pid}/${rest === '' ? '' : `${rest}/`}${name}`, type));
  switch (rest) {
    case '':
      return [
        ...under(
          DIRS.filter((name) => name !== 'task' || !place.inTask),
          DT.DIR,
        ),
        ...under(Object.keys(pidFiles), DT.REG),
        ...under(LINKS, DT.LNK),
      ];
    case 'fd':
      return under(fdsOf(lx, place).map(String), DT.LNK);
    case 'fdinfo':
      return under(fdsOf(lx, place).map(String), DT.REG);
    case 'ns':
      return under(Object.keys(namespaces), DT.LNK);
    case 'net':
      return under(Object.keys(netFiles), DT.REG);
    case 'attr':
      return under(ATTR_FILES, DT.REG);
    case 'task':
      return place.inTask ? -E.NOTDIR : under(tidsOf(lx, place.process), DT.DIR);
    default:
      return -E.NOTDIR;
  }
}

const tidsOf = (lx: Lx, process: number): string[] =>
  lx.k
    .locked(() => tasksLocked(lx.k, process).map((t) => lx.k.i32[t + Task.tid]))
    .sort((a, b) => a - b)
    .map(String);

// ---- writing

const WRITABLE: readonly string[] = [
  'coredump_filter',
  'loginuid',
  'oom_adj',
  'timerslack_ns',
  'setgroups',
  'uid_map',
  'gid_map',
  'projid_map',
];

/** What is written to /proc/pid/comm and the like; other files take nothing. */
setBlobWriter((lx, abs, text) => {
  const path = abs.slice('/proc'.length);
  if (Object.hasOwn(writable, path)) return writable[path].write(lx, text) ? text.length : -E.INVAL;
  const place = placeOf(lx, path);
  if (place === undefined || place === null) return -E.INVAL;
  const value = text.replace(/\n$/, '');
  if (place.rest === 'comm') {
    if (place.process !== processOf(lx) || place.task === 0) return -E.INVAL;
    setComm(lx.k, place.task, value);
    return text.length;
  }
  if (place.rest === 'oom_score_adj') {
    const score = Number(value);
    if (!Number.isInteger(score) || score < -1000 || score > 1000) return -E.INVAL;
    lx.k.i32[place.process + Process.oomScoreAdj] = score;
    return text.length;
  }
  return WRITABLE.includes(place.rest) ? text.length : -E.INVAL;
});
