// fcntl(2) record locks: POSIX ones, which belong to a process and go when it closes any descriptor of the file, and
// open-file-description ones, which belong to the description.
import { E } from '../abi/errno.ts';
import { F, F_RDLCK, F_UNLCK, F_WRLCK } from '../abi/fcntl.ts';
import { File, fileOps } from '../kernel/file.ts';
import { onDescriptorClosed } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { pidOf, processesLocked, processOf, tasksLocked } from '../kernel/process.ts';
import { Task } from '../kernel/task.ts';
import { blockUntil } from '../kernel/wait.ts';
import { dropFlocks } from './flock.ts';
import {
  anyLocks,
  dropLocks,
  isLastReference,
  Lock,
  LockFlavour,
  type LockKey,
  lockKeyOf,
  lockQueue,
  locksOfLocked,
  newLockLocked,
  removeLockLocked,
  wakeLocksLocked,
} from './lock-list.ts';
import { mayRead, mayWrite } from './transfer.ts';

const FLOCK_END = Number.POSITIVE_INFINITY;
/** struct flock: type and whence (i16), start and len (i64), pid (i32). */
const FL = { type: 0, whence: 2, start: 8, len: 16, pid: 24 } as const;

/** What a request asks for: bytes [start, end) for `owner`. */
interface Request {
  readonly flavour: number;
  readonly owner: number;
  readonly pid: number;
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

const isOfd = (cmd: number): boolean => cmd >= F.OFD_GETLK && cmd <= F.OFD_SETLKW;

/** F_GETLK, F_SETLK, F_SETLKW and their OFD forms; `arg` points to a struct flock. */
export function fcntlLock(lx: Lx, file: number, cmd: number, arg: number): number {
  const request = readRequest(lx, file, cmd, arg);
  if (typeof request === 'number') return request;
  const key = lockKeyOf(lx, file);
  if (typeof key === 'number') return key;
  if (cmd === F.GETLK || cmd === F.OFD_GETLK) return tell(lx, key, request, arg);
  const rightsMissing =
    (request.type === F_RDLCK && !mayRead(lx.k, file)) ||
    (request.type === F_WRLCK && !mayWrite(lx.k, file));
  if (rightsMissing) return -E.BADF;
  const attempt = (): number => lx.k.locked(() => setLocked(lx, key, request));
  const first = attempt();
  if (first !== -E.AGAIN || cmd === F.SETLK || cmd === F.OFD_SETLK) return first;
  return waitFor(lx, key, request, attempt);
}

function readRequest(lx: Lx, file: number, cmd: number, arg: number): Request | number {
  const { mem, k } = lx;
  mem.readable(arg, 32);
  const type = mem.readU16(arg + FL.type);
  const ofd = isOfd(cmd);
  if (ofd && mem.readI32(arg + FL.pid) !== 0) return -E.INVAL;
  const whence = mem.readU16(arg + FL.whence);
  if (whence > 2) return -E.INVAL;
  const size = whence === 2 ? fileOps(k, file).size(lx, file) : 0;
  const base = whence === 1 ? k.f64[(file + File.pos) >> 1] : size;
  let start = base + mem.readI64(arg + FL.start);
  let end = FLOCK_END;
  const len = mem.readI64(arg + FL.len);
  if (len > 0) end = start + len;
  if (len < 0) {
    end = start;
    start += len;
  }
  if (start < 0) return -E.INVAL;
  const asks = cmd === F.GETLK || cmd === F.OFD_GETLK;
  if (type !== F_RDLCK && type !== F_WRLCK && (type !== F_UNLCK || (asks && !ofd))) return -E.INVAL;
  return {
    flavour: ofd ? LockFlavour.ofd : LockFlavour.posix,
    owner: ofd ? file : processOf(lx),
    pid: ofd ? -1 : pidOf(lx),
    type,
    start,
    end,
  };
}

/** The first lock that stands in the way, kernel lock held; 0 if none does. */
function conflictLocked(lx: Lx, key: LockKey, r: Request): number {
  const { i32, f64 } = lx.k;
  for (const lock of locksOfLocked(lx.k, key)) {
    if (i32[lock + Lock.flavour] === LockFlavour.flock) continue;
    if (i32[lock + Lock.owner] === r.owner) continue;
    if (r.type !== F_WRLCK && i32[lock + Lock.exclusive] === 0) continue;
    if (f64[(lock + Lock.start) >> 1] < r.end && r.start < f64[(lock + Lock.end) >> 1]) return lock;
  }
  return 0;
}

function tell(lx: Lx, key: LockKey, r: Request, arg: number): number {
  const { mem, k } = lx;
  const found = k.locked(() => {
    const lock = r.type === F_UNLCK ? 0 : conflictLocked(lx, key, r);
    if (lock === 0) return undefined;
    const [start, end] = [Lock.start, Lock.end].map((field) => k.f64[(lock + field) >> 1]);
    return { start, end, pid: k.i32[lock + Lock.pid], exclusive: k.i32[lock + Lock.exclusive] };
  });
  mem.writable(arg, 32);
  if (found === undefined) {
    mem.dv.setUint16(mem.writable(arg + FL.type, 2), F_UNLCK, true);
    return 0;
  }
  mem.dv.setUint16(mem.writable(arg + FL.type, 2), found.exclusive ? F_WRLCK : F_RDLCK, true);
  mem.dv.setUint16(mem.writable(arg + FL.whence, 2), 0, true);
  mem.writeU64(arg + FL.start, found.start);
  mem.writeU64(arg + FL.len, found.end === FLOCK_END ? 0 : found.end - found.start);
  mem.writeU32(arg + FL.pid, found.pid);
  return 0;
}

/** Sets or clears, kernel lock held; −EAGAIN on a conflict. What the owner had in the range is replaced. */
function setLocked(lx: Lx, key: LockKey, r: Request): number {
  const { k } = lx;
  if (r.type !== F_UNLCK && conflictLocked(lx, key, r) !== 0) return -E.AGAIN;
  let freed = false;
  let { start, end } = r;
  for (const lock of locksOfLocked(k, key)) {
    if (k.i32[lock + Lock.flavour] !== r.flavour || k.i32[lock + Lock.owner] !== r.owner) continue;
    const from = k.f64[(lock + Lock.start) >> 1];
    const to = k.f64[(lock + Lock.end) >> 1];
    const exclusive = k.i32[lock + Lock.exclusive] !== 0;
    const same = r.type !== F_UNLCK && exclusive === (r.type === F_WRLCK);
    // Neighbours of the same kind join; others that overlap are cut.
    if (same ? to < start || end < from : to <= start || end <= from) continue;
    removeLockLocked(k, lock);
    freed = true;
    if (same) {
      start = Math.min(start, from);
      end = Math.max(end, to);
      continue;
    }
    const rest = { flavour: r.flavour, owner: r.owner, pid: r.pid, exclusive };
    if (from < r.start) newLockLocked(k, key, { ...rest, start: from, end: r.start });
    if (to > r.end) newLockLocked(k, key, { ...rest, start: r.end, end: to });
  }
  if (r.type !== F_UNLCK) {
    const init = { flavour: r.flavour, owner: r.owner, pid: r.pid, exclusive: r.type === F_WRLCK };
    newLockLocked(k, key, { ...init, start, end });
  }
  if (freed) wakeLocksLocked(k);
  return 0;
}

// ---- waiting, with a look for deadlocks among POSIX locks

/** Processes that wait for a lock, and the owner of the lock in their way (this session's word: Task.lockOwner). */
function waitFor(lx: Lx, key: LockKey, r: Request, attempt: () => number): number {
  const { k } = lx;
  const result = blockUntil(lx, [lockQueue(lx)], () => {
    const got = attempt();
    if (got !== -E.AGAIN || r.flavour !== LockFlavour.posix) return got;
    return k.locked(() => {
      const lock = conflictLocked(lx, key, r);
      k.i32[lx.task + Task.lockWait] = lock === 0 ? 0 : k.i32[lock + Lock.owner];
      return closesCircleLocked(lx, r.owner) ? -E.DEADLK : -E.AGAIN;
    });
  });
  k.i32[lx.task + Task.lockWait] = 0;
  return result;
}

/** Follows who waits for whom from this task on: does it lead back to `owner`? */
function closesCircleLocked(lx: Lx, owner: number): boolean {
  const { i32 } = lx.k;
  let holder = i32[lx.task + Task.lockWait];
  for (let steps = 0; steps < 10 && holder !== 0; steps++) {
    if (holder === owner) return true;
    holder = waitedForByLocked(lx, holder);
  }
  return false;
}

/** Whom a process waits for, if one of its tasks waits for a POSIX lock; descriptions (ofd) are no processes. */
function waitedForByLocked(lx: Lx, process: number): number {
  const { i32 } = lx.k;
  for (const task of liveTasksLocked(lx, process)) {
    if (i32[task + Task.lockWait] !== 0) return i32[task + Task.lockWait];
  }
  return 0;
}

function liveTasksLocked(lx: Lx, process: number): number[] {
  return processesLocked(lx.k).includes(process) ? tasksLocked(lx.k, process) : [];
}

// ---- closing

onDescriptorClosed((lx, file) => {
  if (!anyLocks(lx.k)) return;
  const key = lockKeyOf(lx, file);
  if (typeof key === 'number') return;
  const { i32 } = lx.k;
  const process = processOf(lx);
  const last = isLastReference(lx.k, file);
  if (last) dropFlocks(lx, file, key);
  dropLocks(lx.k, key, (lock) => {
    const flavour = i32[lock + Lock.flavour];
    if (flavour === LockFlavour.posix) return i32[lock + Lock.owner] === process;
    return last && flavour === LockFlavour.ofd && i32[lock + Lock.owner] === file;
  });
});
