// epoll(7). An item stays on the wait queue of what it watches: a wake-up puts it on its epoll's ready list, so that a
// wait costs by what happened and not by what is watched. Level-triggered items go back to the list while their event
// holds.
//
// An epoll's mutex covers its items. Order: mutex of an epoll, then that of an epoll inside it, then the kernel lock.
import { E } from '../../abi/errno.ts';
import { EPOLL, POLL, READABLE } from '../../abi/poll.ts';
import {
  ANSWER_MS,
  File,
  FileKind,
  fileOps,
  registerFileOps,
  setWatcherHook,
} from '../../kernel/file.ts';
import { newFile } from '../../kernel/files.ts';
import { type Kernel, struct } from '../../kernel/kmem.ts';
import type { Lx } from '../../kernel/lx.ts';
import { pollQueue } from '../../kernel/poll.ts';
import {
  addItemWaiterLocked,
  blockUntil,
  queueItemLocked,
  ReadyItem,
  ReadyList,
  removeWaiterLocked,
  takeItemLocked,
  unqueueItemLocked,
  wakeAllLocked,
} from '../../kernel/wait.ts';

// biome-ignore format: aligned rows
const Epoll = struct({
  ready: ReadyList.SIZE / 4,
  items: 'i32', mutex: 'i32', file: 'i32', pad: 'i32',
});

// biome-ignore format: aligned rows
const Item = struct({
  ready: ReadyItem.SIZE / 4,
  next: 'i32', nextOfFile: 'i32',      // items of the epoll; items that watch the same description
  file: 'i32', fd: 'i32',
  events: 'i32', dataLow: 'i32', dataHigh: 'i32', pad: 'i32',
});

/** Epolls inside of epolls, at most (EP_MAX_NESTS). */
const MAX_DEPTH = 4;
/** Bits of `events` that say how, not what; an item whose other bits are 0 is off (EPOLLONESHOT). */
const MODES = EPOLL.ET | EPOLL.ONESHOT | EPOLL.WAKEUP | EPOLL.EXCLUSIVE;

export interface EpollEvent {
  readonly events: number;
  readonly dataLow: number;
  readonly dataHigh: number;
}

export function newEpoll(k: Kernel, flags: number): number {
  const file = newFile(k, FileKind.epoll, flags, 'anon_inode:[eventpoll]');
  const epoll = k.alloc(Epoll.SIZE);
  k.i32[epoll + Epoll.file] = file;
  k.i32[file + File.a] = epoll;
  k.i32[file + File.wait] = epoll + Epoll.ready + ReadyList.wait;
  return file;
}

// ---- the mutex: 0 free, 1 held, 2 held and somebody waits

function withMutex<T>(k: Kernel, epoll: number, body: () => T): T {
  const word = epoll + Epoll.mutex;
  if (Atomics.compareExchange(k.i32, word, 0, 1) !== 0) {
    while (Atomics.exchange(k.i32, word, 2) !== 0) Atomics.wait(k.i32, word, 2, 1000);
  }
  try {
    return body();
  } finally {
    if (Atomics.exchange(k.i32, word, 0) === 2) Atomics.notify(k.i32, word, 1);
  }
}

// ---- items

function findItem(k: Kernel, epoll: number, file: number, fd: number): number {
  let item = k.i32[epoll + Epoll.items];
  while (item !== 0 && !(k.i32[item + Item.file] === file && k.i32[item + Item.fd] === fd)) {
    item = k.i32[item + Item.next];
  }
  return item;
}

export const pollable = (k: Kernel, file: number): boolean =>
  k.i32[file + File.wait] !== 0 || k.i32[file + File.kind] === FileKind.signalfd;

export function epollAdd(
  lx: Lx,
  epollFile: number,
  file: number,
  fd: number,
  event: EpollEvent,
): number {
  const { k } = lx;
  const epoll = k.i32[epollFile + File.a];
  if (!pollable(k, file)) return -E.PERM;
  if (k.i32[file + File.kind] === FileKind.epoll) {
    if (contains(k, k.i32[file + File.a], epoll, 0)) return -E.LOOP;
  }
  const queue = pollQueue(lx, file);
  return withMutex(k, epoll, () => {
    if (findItem(k, epoll, file, fd) !== 0) return -E.EXIST;
    const item = k.locked(() => {
      const made = k.allocLocked(Item.SIZE);
      k.i32[made + ReadyItem.owner] = epoll;
      k.i32[made + Item.file] = file;
      k.i32[made + Item.fd] = fd;
      k.i32[made + Item.next] = k.i32[epoll + Epoll.items];
      k.i32[epoll + Epoll.items] = made;
      k.i32[made + Item.nextOfFile] = k.i32[file + File.epoll];
      k.i32[file + File.epoll] = made;
      addItemWaiterLocked(k, queue, made);
      return made;
    });
    arm(lx, epoll, item, event);
    return 0;
  });
}

export function epollModify(
  lx: Lx,
  epollFile: number,
  file: number,
  fd: number,
  event: EpollEvent,
): number {
  const { k } = lx;
  const epoll = k.i32[epollFile + File.a];
  return withMutex(k, epoll, () => {
    const item = findItem(k, epoll, file, fd);
    if (item === 0) return -E.NOENT;
    if ((k.i32[item + Item.events] & EPOLL.EXCLUSIVE) !== 0) return -E.INVAL;
    arm(lx, epoll, item, event);
    return 0;
  });
}

/** Sets what an item waits for, and reports it at once if that holds already. */
function arm(lx: Lx, epoll: number, item: number, event: EpollEvent): void {
  const { k } = lx;
  k.i32[item + Item.events] = event.events;
  k.i32[item + Item.dataLow] = event.dataLow;
  k.i32[item + Item.dataHigh] = event.dataHigh;
  if (eventsOf(lx, item) === 0) return;
  k.locked(() => {
    queueItemLocked(k, item);
    wakeAllLocked(k, epoll + ReadyList.wait);
  });
}

/** What holds now of what an item waits for. */
function eventsOf(lx: Lx, item: number): number {
  const { i32 } = lx.k;
  const wanted = i32[item + Item.events] & ~MODES;
  if (wanted === 0) return 0;
  const file = i32[item + Item.file];
  return fileOps(lx.k, file).poll(lx, file) & (wanted | POLL.ERR | POLL.HUP);
}

export function epollDelete(lx: Lx, epollFile: number, file: number, fd: number): number {
  const { k } = lx;
  const epoll = k.i32[epollFile + File.a];
  return withMutex(k, epoll, () => {
    const item = findItem(k, epoll, file, fd);
    if (item === 0) return -E.NOENT;
    k.locked(() => dropItemLocked(k, epoll, item));
    return 0;
  });
}

function dropItemLocked(k: Kernel, epoll: number, item: number): void {
  const { i32 } = k;
  unlinkLocked(k, epoll + Epoll.items, item, Item.next);
  unlinkLocked(k, i32[item + Item.file] + File.epoll, item, Item.nextOfFile);
  unqueueItemLocked(k, item);
  removeWaiterLocked(k, i32[item + ReadyItem.waiter]);
  k.freeLocked(item);
}

function unlinkLocked(k: Kernel, head: number, item: number, next: number): void {
  let link = head;
  while (k.i32[link] !== item) link = k.i32[link] + next;
  k.i32[link] = k.i32[item + next];
}

/** Is `epoll` watched, directly or not, by `inner`, or would the chain of epolls be too long? */
function contains(k: Kernel, inner: number, epoll: number, depth: number): boolean {
  if (inner === epoll || depth > MAX_DEPTH) return true;
  return k
    .locked(() => watchedEpollsLocked(k, inner))
    .some((deeper) => contains(k, deeper, epoll, depth + 1));
}

function watchedEpollsLocked(k: Kernel, epoll: number): number[] {
  const epolls: number[] = [];
  for (let item = k.i32[epoll + Epoll.items]; item !== 0; item = k.i32[item + Item.next]) {
    const file = k.i32[item + Item.file];
    if (k.i32[file + File.kind] === FileKind.epoll) epolls.push(k.i32[file + File.a]);
  }
  return epolls;
}

// ---- waiting

export interface Ready {
  readonly events: number;
  readonly dataLow: number;
  readonly dataHigh: number;
}

/** Takes up to `max` events that hold now, of each item one: what wakes one anew meanwhile is for the next call. */
function collect(lx: Lx, epoll: number, max: number): Ready[] {
  const { k } = lx;
  const { i32 } = k;
  const ready: Ready[] = [];
  const again: number[] = [];
  const seen = new Set<number>();
  while (ready.length < max) {
    const item = k.locked(() => takeItemLocked(k, epoll));
    if (item === 0) break;
    if (seen.has(item)) {
      again.push(item);
      continue;
    }
    const events = eventsOf(lx, item);
    if (events === 0) continue;
    seen.add(item);
    ready.push({ events, dataLow: i32[item + Item.dataLow], dataHigh: i32[item + Item.dataHigh] });
    const modes = i32[item + Item.events];
    if ((modes & EPOLL.ONESHOT) !== 0) i32[item + Item.events] = modes & MODES;
    else if ((modes & EPOLL.ET) === 0) again.push(item);
  }
  if (again.length > 0)
    k.locked(() => {
      for (const item of again) queueItemLocked(k, item);
    });
  return ready;
}

/** Waits for events until `deadline` (performance.now() ms): the events (none at the deadline), or −ERESTARTSYS. */
export function epollWait(
  lx: Lx,
  epollFile: number,
  max: number,
  deadline: number,
): Ready[] | number {
  const { k } = lx;
  const epoll = k.i32[epollFile + File.a];
  let ready: Ready[] = [];
  const take = (): number => {
    ready = withMutex(k, epoll, () => collect(lx, epoll, max));
    return ready.length > 0 ? 0 : -E.AGAIN;
  };
  if (take() === 0) return ready;
  const answers = wantAll(lx, epoll);
  if (deadline <= 0 && !answers) return ready;
  const until = deadline <= 0 ? performance.now() + ANSWER_MS : deadline;
  const result = blockUntil(lx, [epoll + ReadyList.wait], take, until);
  if (deadline <= 0) return ready;
  return result === 0 || result === -E.TIMEDOUT ? ready : result;
}

/** True if one of the watched descriptions may have its answer in a moment. */
function wantAll(lx: Lx, epoll: number): boolean {
  const { k } = lx;
  return withMutex(k, epoll, () => {
    let answers = false;
    for (let item = k.i32[epoll + Epoll.items]; item !== 0; item = k.i32[item + Item.next]) {
      const file = k.i32[item + Item.file];
      if (fileOps(k, file).wanted(lx, file, k.i32[item + Item.events] & ~MODES)) answers = true;
    }
    return answers;
  });
}

// ---- as a file

/** An epoll is readable while one of its events holds. Items that turned out to be idle leave the ready list. */
function poll(lx: Lx, file: number): number {
  const { k } = lx;
  const epoll = k.i32[file + File.a];
  if (k.i32[epoll + ReadyList.first] === 0) return 0;
  return withMutex(k, epoll, () => {
    for (;;) {
      const item = k.locked(() => takeItemLocked(k, epoll));
      if (item === 0) return 0;
      if (eventsOf(lx, item) === 0) continue;
      k.locked(() => queueItemLocked(k, item));
      return READABLE;
    }
  });
}

function release(lx: Lx, file: number): void {
  const { k } = lx;
  const epoll = k.i32[file + File.a];
  withMutex(k, epoll, () => {
    k.locked(() => {
      while (k.i32[epoll + Epoll.items] !== 0) dropItemLocked(k, epoll, k.i32[epoll + Epoll.items]);
    });
  });
  k.i32[file + File.wait] = 0;
  k.free(epoll);
}

/** The last holder of a watched description is gone. */
function forget(lx: Lx, file: number): void {
  const { k } = lx;
  for (let item = k.i32[file + File.epoll]; item !== 0; item = k.i32[file + File.epoll]) {
    const epoll = k.i32[item + ReadyItem.owner];
    withMutex(k, epoll, () => {
      if (k.i32[file + File.epoll] === item) k.locked(() => dropItemLocked(k, epoll, item));
    });
  }
}
setWatcherHook(forget);

registerFileOps(FileKind.epoll, { poll, release, read: () => -E.INVAL, write: () => -E.INVAL });
