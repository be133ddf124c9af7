// Signals about files: who is told that input or output has become possible (O_ASYNC), that a lease is to be given up or that
// a directory changed. fcntl(2) F_SETOWN, F_SETSIG.
import { O } from '../abi/fcntl.ts';
import { POLL, READABLE, WRITABLE } from '../abi/poll.ts';
import { POLL_CODE, SIG } from '../abi/signal.ts';
import { File } from './file.ts';
import type { Kernel } from './kmem.ts';
import type { Lx } from './lx.ts';
import { findProcessLocked, findTaskLocked, pidOf } from './process.ts';
import { KERNEL_INFO, pollInfo } from './siginfo.ts';
import { sendSignalLocked, sendSignalToGroupLocked, sendSignalToTaskLocked } from './signal.ts';
import { Task } from './task.ts';
import { addFileWaiterLocked, removeWaiterLocked, setFileWakeHook } from './wait.ts';

/** F_OWNER_*: what File.ownerType says that File.owner is. */
export const OWNER = { TID: 0, PID: 1, PGRP: 2 } as const;

const BAND: Readonly<Record<number, number>> = {
  [POLL_CODE.IN]: READABLE,
  [POLL_CODE.OUT]: WRITABLE | POLL.WRBAND,
  [POLL_CODE.MSG]: READABLE | POLL.MSG,
};

/** Sends the owner of a description the signal it wants, SIGIO as a rule; `code` POLL_CODE.*, `fd` is what it knows it by. */
export function tellOwnerLocked(k: Kernel, file: number, fd: number, code: number): void {
  const { i32 } = k;
  const owner = i32[file + File.owner];
  if (owner === 0) return;
  const sig = i32[file + File.sig] || SIG.IO;
  const info = i32[file + File.sig] === 0 ? KERNEL_INFO : pollInfo(code, BAND[code], fd);
  if (owner < 0) {
    sendSignalToGroupLocked(k, -owner, sig, info);
    return;
  }
  const task = findTaskLocked(k, owner);
  if (i32[file + File.ownerType] === OWNER.TID) {
    if (task !== 0) sendSignalToTaskLocked(k, task, sig, info);
    return;
  }
  const process = findProcessLocked(k, owner) || (task === 0 ? 0 : i32[task + Task.process]);
  if (process !== 0) sendSignalLocked(k, process, sig, info);
}

/** The current process, if nobody else is to be told. */
export function ownByDefault(lx: Lx, file: number): void {
  const { i32 } = lx.k;
  if (i32[file + File.owner] !== 0) return;
  i32[file + File.owner] = pidOf(lx);
  i32[file + File.ownerType] = OWNER.PID;
}

// ---- O_ASYNC

/** From now on (or no more) the owner is told when the state of the file changes; kinds that are always ready have no queue. */
export function setAsync(lx: Lx, file: number, fd: number, on: boolean): void {
  const { k } = lx;
  const { i32 } = k;
  const queue = i32[file + File.wait];
  if (queue === 0) return;
  k.locked(() => {
    i32[file + File.asyncFd] = fd;
    if (on === (i32[file + File.async] !== 0)) return;
    if (!on) removeWaiterLocked(k, i32[file + File.async]);
    i32[file + File.async] = on ? addFileWaiterLocked(k, queue, file) : 0;
  });
}

setFileWakeHook((k, file, events) => {
  const access = k.i32[file + File.flags] & O.ACCMODE;
  const fd = k.i32[file + File.asyncFd];
  if (access !== O.WRONLY && (events & READABLE) !== 0) tellOwnerLocked(k, file, fd, POLL_CODE.IN);
  else if (access !== O.RDONLY && (events & WRITABLE) !== 0)
    tellOwnerLocked(k, file, fd, POLL_CODE.OUT);
});
