// Open file descriptions, and the interface that every kind of file implements (struct file and struct
// file_operations of Linux). A description lives in kernel memory, so it is shared over fork with its offset; the
// operations live in each worker, found by the description's kind.
import { E } from '../abi/errno.ts';
import { Fixed } from './fixed.ts';
import { type Kernel, struct } from './kmem.ts';
import type { Lx } from './lx.ts';
import { removeWaiterLocked } from './wait.ts';

// biome-ignore format: aligned rows
export const File = struct({
  kind:  'i32', // a FileKind
  refs:  'i32', // descriptors (and mappings, messages in flight) that hold it
  flags: 'i32', // O_* status flags and access mode; O_CLOEXEC is the descriptor's, not kept here
  wait:  'i32', // wait queue of what can be polled, 0 if always ready
  pos:   'f64', // file position
  path:  'i32', // string object: absolute guest path it was opened by ('' if none), for /proc/self/fd and *at()
  owner: 'i32', ownerType: 'i32', sig: 'i32', // F_SETOWN (negative: a group), what F_SETOWN_EX says it is, F_SETSIG
  async: 'i32', asyncFd: 'i32', // O_ASYNC: its waiter in `wait`, and the descriptor that the signal names (async.ts)
  lease: 'i32', leaseBreak: 'i32', leaseFd: 'i32', // F_SETLEASE (vfs/leases.ts)
  epoll: 'i32', // items of epolls that watch it (fs/eventfs/epoll.ts)
  posLock: 'i32', // held while the position moves, if several share the description (vfs/transfer.ts)
  object: 'i32', objectSeen: 'i32', // its shared object (mm/shared-object.ts); generation at which there was none
  a: 'i32', b: 'i32', c: 'i32', d: 'i32', // the kind's own (host descriptor, pipe, blob …)
  e: 'f64', f: 'f64',
});

/** What a description refers to; each row's operations are registered by the file system named beside it. */
// biome-ignore format: aligned rows
export const FileKind = {
  none: 0,
  hostFile: 1, hostDir: 2, hostStream: 3,              // fs/drivefs: a = host descriptor; hostStream: a pipe, tty or socket of the host
  pipeRead: 4, pipeWrite: 5, pipeBoth: 6,              // fs/pipefs: a = pipe
  blob: 7, blobDir: 8,                                 // fs/procfs: generated contents: a = object, b = length
  nullDev: 9, zeroDev: 10, fullDev: 11, randomDev: 12, // fs/devfs
  tty: 13, ptyMaster: 14,                              // fs/pty: a = tty object
  path: 15, virtualPath: 27,                           // O_PATH: of a host file (a = host descriptor), of a virtual one
  socket: 16, eventfd: 17, epoll: 18, timerfd: 19, signalfd: 20, inotify: 21, memfd: 22, pidfd: 23,
  tmpFile: 24, tmpDir: 25,                             // fs/tmpfs
  mqueue: 26,                                          // fs/mqfs: a = queue
  sharedMemory: 28,                                    // mm/view.ts: memory without a name that processes share
  tmpMemfd: 29,                                        // fs/memfd.ts: memfd is one of the host, this one of fs/tmpfs
} as const;
export type FileKind = (typeof FileKind)[keyof typeof FileKind];

/**
 * Operations on a description; lengths and positions in bytes, results ≥ 0 or −errno. None of them blocks: what would
 * have to wait answers -E.AGAIN, and the caller waits on the description's queue unless O_NONBLOCK is set.
 * `pos` is −1 for a stream, else the position to use; the caller advances File.pos.
 */
export interface FileOps {
  /** Has a position: lseek, pread, pwrite work. */
  readonly seekable: boolean;
  read(lx: Lx, file: number, buf: Uint8Array, off: number, len: number, pos: number): number;
  /** With O_APPEND a seekable file ignores `pos`, and sets File.pos to the end of what was written. */
  write(lx: Lx, file: number, buf: Uint8Array, off: number, len: number, pos: number): number;
  /** POLL* bits that hold now. */
  poll(lx: Lx, file: number): number;
  /**
   * Somebody finds none of `events` and is about to wait, or to say so: lets host streams ask for data. True if it has
   * just been asked for and may be there in a moment (ANSWER_MS): also who does not want to wait should look again then.
   */
  wanted(lx: Lx, file: number, events: number): boolean;
  ioctl(lx: Lx, file: number, request: number, arg: number): number;
  /** Size in bytes, for SEEK_END and mmap. */
  size(lx: Lx, file: number): number;
  truncate(lx: Lx, file: number, length: number): number;
  sync(lx: Lx, file: number): number;
  /** The last reference is gone. */
  release(lx: Lx, file: number): void;
}

/** How long the host may take to answer FileOps.wanted(), in ms. */
export const ANSWER_MS = 5;

/** Denies everything with Linux's own errno; kinds override what they can do. */
export const denyingOps: FileOps = {
  seekable: false,
  read: () => -E.INVAL,
  write: () => -E.INVAL,
  poll: () => 0x145, // POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM: always ready (DEFAULT_POLLMASK)
  wanted: () => false,
  ioctl: () => -E.NOTTY,
  size: () => 0,
  truncate: () => -E.INVAL,
  sync: () => -E.INVAL,
  release: () => {},
};

const table: FileOps[] = [];

export function registerFileOps(kind: FileKind, ops: Partial<FileOps>): void {
  table[kind] = { ...denyingOps, ...ops };
}

export function fileOps(k: Kernel, file: number): FileOps {
  return table[k.i32[file + File.kind]] ?? denyingOps;
}

/** Opened with O_PATH: names a file, and gives no access to it. */
export function isPath(k: Kernel, file: number): boolean {
  const kind = k.i32[file + File.kind];
  return kind === FileKind.path || kind === FileKind.virtualPath;
}

/** One more holder of the description (a descriptor, a mapping); answers it. */
export function fileGet(k: Kernel, file: number): number {
  Atomics.add(k.i32, file + File.refs, 1);
  return file;
}

/** Takes a description that nobody holds any more out of the epolls that watch it; set by fs/eventfs. */
let forgetWatchers: (lx: Lx, file: number) => void = () => {};
export function setWatcherHook(forget: typeof forgetWatchers): void {
  forgetWatchers = forget;
}

/** Tells those who watch the file that a description of it is closed; set by vfs/notify.ts. */
let closeHook: (lx: Lx, file: number) => void = () => {};
export function setCloseHook(hook: typeof closeHook): void {
  closeHook = hook;
}

/** Gives up the lease that a description holds; set by vfs/leases.ts. */
let releaseLease: (k: Kernel, file: number) => void = () => {};
export function setLeaseHook(release: typeof releaseLease): void {
  releaseLease = release;
}

/** Takes a description off its shared object; set by mm/shared-object.ts. */
let releaseObject: (lx: Lx, file: number) => void = () => {};
export function setObjectHook(release: typeof releaseObject): void {
  releaseObject = release;
}

/** One holder less; the last one releases the description. Not with the kernel lock held (release may call the host). */
export function filePut(lx: Lx, file: number): void {
  const { k } = lx;
  if (Atomics.sub(k.i32, file + File.refs, 1) !== 1) return;
  if (k.i32[file + File.epoll] !== 0) forgetWatchers(lx, file);
  if (k.i32[Fixed.watches] !== 0) closeHook(lx, file);
  if (k.i32[file + File.object] !== 0) releaseObject(lx, file);
  if (k.i32[file + File.lease] !== 0) releaseLease(k, file);
  if (k.i32[file + File.async] !== 0)
    k.locked(() => removeWaiterLocked(k, k.i32[file + File.async]));
  fileOps(k, file).release(lx, file);
  k.locked(() => {
    k.freeLocked(k.i32[file + File.path]);
    k.freeLocked(k.i32[file + File.wait]);
    k.freeLocked(file);
  });
}
