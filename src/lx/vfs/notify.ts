// inotify(7): who watches which file, and the events that the file system calls report (fsnotify of Linux). A watch names a
// file by its canonical guest path; it follows when the guests rename it. Events are what guests do: changes that other
// programs of the host make are not seen, nor those through another hard link.

import { O } from '../abi/fcntl.ts';
import { IN, IN_EVENT, IN_QUEUE_MAX } from '../abi/inotify.ts';
import { POLL_CODE } from '../abi/signal.ts';
import { tellOwnerLocked } from '../kernel/async.ts';
import { File, FileKind, setCloseHook } from '../kernel/file.ts';
import { Fixed } from '../kernel/fixed.ts';
import { type Kernel, struct } from '../kernel/kmem.ts';
import type { Lx } from '../kernel/lx.ts';
import { WaitQueue, wakeAllLocked } from '../kernel/wait.ts';
import { parentOf } from './where.ts';

/** What inotify_init(2) makes. `bytes`: what reading all its events would take. */
// biome-ignore format: aligned rows
export const Inotify = struct({
  wait: WaitQueue.SIZE / 4, lastWd: 'i32', first: 'i32', last: 'i32', count: 'i32', bytes: 'i32',
});
const Watch = struct({ next: 'i32', owner: 'i32', wd: 'i32', mask: 'i32', path: 'i32' });
export const Event = struct({ next: 'i32', wd: 'i32', mask: 'i32', cookie: 'i32', name: 'i32' });

/** Does anybody watch anything? Asked before every report, so that it costs nothing when nobody does. */
export const isWatching = (k: Kernel): boolean => k.i32[Fixed.watches] !== 0;

// ---- watches

/** A description that F_NOTIFY was set on (dnotify.ts), and no inotify. */
const isDirectory = (owner: number): boolean => owner < 0;

function findWatchLocked(k: Kernel, wanted: (watch: number) => boolean): number {
  let watch = k.i32[Fixed.watches];
  while (watch !== 0 && !wanted(watch)) watch = k.i32[watch + Watch.next];
  return watch;
}

/** The watch of an instance on a path, 0 if there is none. */
export const watchOnLocked = (k: Kernel, owner: number, path: string): number =>
  findWatchLocked(
    k,
    (w) => k.i32[w + Watch.owner] === owner && k.readString(k.i32[w + Watch.path]) === path,
  );

/** Sets the mask of a watch, or adds to it (IN_MASK_ADD): its wd. */
export function changeWatchLocked(k: Kernel, watch: number, mask: number): number {
  const { i32 } = k;
  const kept = (mask & IN.MASK_ADD) !== 0 ? i32[watch + Watch.mask] : 0;
  i32[watch + Watch.mask] = kept | (mask & ~IN.MASK_ADD);
  return i32[watch + Watch.wd];
}

export function addWatchLocked(k: Kernel, owner: number, path: string, mask: number): number {
  const { i32 } = k;
  const watch = k.allocLocked(Watch.SIZE);
  i32[watch + Watch.owner] = owner;
  i32[watch + Watch.wd] = isDirectory(owner) ? 0 : ++i32[owner + Inotify.lastWd];
  i32[watch + Watch.mask] = mask & ~IN.MASK_ADD;
  i32[watch + Watch.path] = k.newStringLocked(path);
  i32[watch + Watch.next] = i32[Fixed.watches];
  i32[Fixed.watches] = watch;
  return i32[watch + Watch.wd];
}

/** inotify_rm_watch(2): false if there is no such watch. */
export function removeWatchLocked(k: Kernel, owner: number, wd: number): boolean {
  const { i32 } = k;
  const watch = findWatchLocked(
    k,
    (w) => i32[w + Watch.owner] === owner && i32[w + Watch.wd] === wd,
  );
  if (watch !== 0) endWatchLocked(k, watch);
  return watch !== 0;
}

function endWatchLocked(k: Kernel, watch: number): void {
  queueLocked(k, k.i32[watch + Watch.owner], k.i32[watch + Watch.wd], IN.IGNORED, 0, '');
  freeWatchLocked(k, watch);
}

function freeWatchLocked(k: Kernel, watch: number): void {
  const { i32 } = k;
  let link = Fixed.watches as number;
  while (i32[link] !== watch) link = i32[link] + Watch.next;
  i32[link] = i32[watch + Watch.next];
  k.freeLocked(i32[watch + Watch.path]);
  k.freeLocked(watch);
}

export function dropWatchesLocked(k: Kernel, owner: number): void {
  const mine = (w: number): boolean => k.i32[w + Watch.owner] === owner;
  for (let w = findWatchLocked(k, mine); w !== 0; w = findWatchLocked(k, mine))
    freeWatchLocked(k, w);
}

export function freeInotifyLocked(k: Kernel, owner: number): void {
  dropWatchesLocked(k, owner);
  while (k.i32[owner + Inotify.first] !== 0) dropEventLocked(k, owner);
  k.freeLocked(owner);
}

// ---- events

/** Bytes of an event as read(2) gives it: the name with a NUL, filled up to a multiple of the head. */
export const eventBytes = (nameLength: number): number =>
  IN_EVENT + (nameLength === 0 ? 0 : Math.ceil((nameLength + 1) / IN_EVENT) * IN_EVENT);

function queueLocked(
  k: Kernel,
  owner: number,
  wd: number,
  mask: number,
  cookie: number,
  name: string,
): void {
  const { i32 } = k;
  if (isDirectory(owner)) {
    if (mask !== IN.IGNORED) tellOwnerLocked(k, -owner, i32[-owner + File.asyncFd], POLL_CODE.MSG);
    return;
  }
  const last = i32[owner + Inotify.last];
  if (last !== 0 && i32[owner + Inotify.first] !== 0 && isSame(k, last, wd, mask, cookie, name))
    return;
  if (i32[owner + Inotify.count] >= IN_QUEUE_MAX) {
    if (i32[last + Event.mask] !== IN.Q_OVERFLOW) appendLocked(k, owner, -1, IN.Q_OVERFLOW, 0, '');
    return;
  }
  appendLocked(k, owner, wd, mask, cookie, name);
}

const isSame = (k: Kernel, e: number, wd: number, mask: number, cookie: number, name: string) =>
  k.i32[e + Event.wd] === wd &&
  k.i32[e + Event.mask] === mask &&
  k.i32[e + Event.cookie] === cookie &&
  k.readString(k.i32[e + Event.name]) === name;

function appendLocked(
  k: Kernel,
  owner: number,
  wd: number,
  mask: number,
  cookie: number,
  name: string,
): void {
  const { i32 } = k;
  const event = k.allocLocked(Event.SIZE);
  i32[event + Event.wd] = wd;
  i32[event + Event.mask] = mask;
  i32[event + Event.cookie] = cookie;
  if (name !== '') i32[event + Event.name] = k.newStringLocked(name);
  if (i32[owner + Inotify.first] === 0) i32[owner + Inotify.first] = event;
  else i32[i32[owner + Inotify.last] + Event.next] = event;
  i32[owner + Inotify.last] = event;
  i32[owner + Inotify.count]++;
  i32[owner + Inotify.bytes] += eventBytes(name.length);
  wakeAllLocked(k, owner + Inotify.wait);
}

/** Takes the first event away. */
export function dropEventLocked(k: Kernel, owner: number): void {
  const { i32 } = k;
  const event = i32[owner + Inotify.first];
  i32[owner + Inotify.first] = i32[event + Event.next];
  i32[owner + Inotify.count]--;
  i32[owner + Inotify.bytes] -= eventBytes(k.readString(i32[event + Event.name]).length);
  k.freeLocked(i32[event + Event.name]);
  k.freeLocked(event);
}

/** Tells those who watch `path` and want one of the events in `mask`. */
function tellLocked(k: Kernel, path: string, mask: number, cookie: number, name: string): void {
  const { i32 } = k;
  for (let watch = i32[Fixed.watches]; watch !== 0; ) {
    const next = i32[watch + Watch.next];
    const wanted = i32[watch + Watch.mask];
    if ((wanted & mask & IN.ALL_EVENTS) !== 0 && k.readString(i32[watch + Watch.path]) === path) {
      queueLocked(k, i32[watch + Watch.owner], i32[watch + Watch.wd], mask, cookie, name);
      if ((wanted & IN.ONESHOT) !== 0) endWatchLocked(k, watch);
    }
    watch = next;
  }
}

const baseOf = (abs: string): string => abs.slice(abs.lastIndexOf('/') + 1);

/** Something happened to the file at `abs` itself: its directory's watchers hear of it as well. */
export function notifyFile(lx: Lx, abs: string, mask: number, isDir = false): void {
  const { k } = lx;
  if (!isWatching(k)) return;
  const bits = isDir ? mask | IN.ISDIR : mask;
  k.locked(() => {
    if (abs !== '') tellLocked(k, parentOf(abs), bits, 0, baseOf(abs));
    tellLocked(k, abs, bits, 0, '');
  });
}

/** To the file alone. */
export function notifySelf(lx: Lx, abs: string, mask: number, isDir = false): void {
  const { k } = lx;
  if (isWatching(k)) k.locked(() => tellLocked(k, abs, isDir ? mask | IN.ISDIR : mask, 0, ''));
}

/** A name in a directory came or went. */
export function notifyEntry(lx: Lx, abs: string, mask: number, isDir: boolean, cookie = 0): void {
  const { k } = lx;
  if (!isWatching(k)) return;
  const bits = isDir ? mask | IN.ISDIR : mask;
  k.locked(() => tellLocked(k, parentOf(abs), bits, cookie, baseOf(abs)));
}

/** The same for an open description. */
export function notifyOpen(lx: Lx, file: number, mask: number): void {
  const { k } = lx;
  if (!isWatching(k)) return;
  const kind = k.i32[file + File.kind];
  const path = k.readString(k.i32[file + File.path]);
  if (kind === FileKind.path || !path.startsWith('/')) return;
  const isDir = kind === FileKind.hostDir || kind === FileKind.blobDir || kind === FileKind.tmpDir;
  notifyFile(lx, path, mask, isDir);
}

setCloseHook((lx, file) => {
  const access = lx.k.i32[file + File.flags] & O.ACCMODE;
  notifyOpen(lx, file, access === O.RDONLY ? IN.CLOSE_NOWRITE : IN.CLOSE_WRITE);
});

/** A file lost a name; `last`: it was its only one. */
export function notifyRemoved(lx: Lx, abs: string, isDir: boolean, last: boolean): void {
  const { k } = lx;
  if (!isWatching(k)) return;
  if (!isDir) notifySelf(lx, abs, IN.ATTRIB);
  if (last && isDir) endPath(lx, abs);
  notifyEntry(lx, abs, IN.DELETE, isDir);
  if (last && !isDir) endPath(lx, abs);
}

/** The file is no more. */
export function endPath(lx: Lx, abs: string): void {
  const { k } = lx;
  notifySelf(lx, abs, IN.DELETE_SELF);
  k.locked(() => {
    const there = (w: number): boolean => k.readString(k.i32[w + Watch.path]) === abs;
    for (let w = findWatchLocked(k, there); w !== 0; w = findWatchLocked(k, there))
      endWatchLocked(k, w);
  });
}

/** A file was renamed; its watches, and those of what is in it, go along. */
export function notifyRenamed(lx: Lx, from: string, to: string, isDir: boolean): void {
  const { k } = lx;
  const { i32 } = k;
  if (!isWatching(k)) return;
  const cookie = Atomics.add(i32, Fixed.moveCookie, 1) + 1;
  notifyEntry(lx, from, IN.MOVED_FROM, isDir, cookie);
  notifyEntry(lx, to, IN.MOVED_TO, isDir, cookie);
  k.locked(() => {
    for (let watch = i32[Fixed.watches]; watch !== 0; watch = i32[watch + Watch.next]) {
      const path = k.readString(i32[watch + Watch.path]);
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      k.setStringLocked(watch + Watch.path, to + path.slice(from.length));
    }
  });
  notifySelf(lx, to, IN.MOVE_SELF);
}
