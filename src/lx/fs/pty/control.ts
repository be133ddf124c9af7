// Terminals and processes: the controlling terminal, foreground groups, what background processes get, hanging up.
import { E } from '../../abi/errno.ts';
import { SIG } from '../../abi/signal.ts';
import { onSessionEndLocked } from '../../kernel/exit.ts';
import { Fixed } from '../../kernel/fixed.ts';
import type { Kernel } from '../../kernel/kmem.ts';
import type { Lx } from '../../kernel/lx.ts';
import { processesLocked, processOf } from '../../kernel/process.ts';
import { KERNEL_INFO } from '../../kernel/siginfo.ts';
import {
  isIgnoredOrBlockedLocked,
  isOrphanedGroupLocked,
  sendSignalLocked,
  sendSignalToGroupLocked,
} from '../../kernel/signal.ts';
import { Process } from '../../kernel/task.ts';
import { wakeAllLocked } from '../../kernel/wait.ts';
import { Tty } from './tty.ts';

/**
 * A process in the background touches its terminal: its group gets `sig` (SIGTTIN or SIGTTOU), and the call is to be
 * tried again. 0: go on.
 */
export function checkForeground(lx: Lx, tty: number, sig: number): number {
  const { k } = lx;
  const { i32 } = k;
  const process = processOf(lx);
  if (i32[process + Process.tty] !== tty) return 0;
  const own = i32[process + Process.pgid];
  if (i32[tty + Tty.pgrp] === 0 || i32[tty + Tty.pgrp] === own) return 0;
  return k.locked(() => {
    if (isIgnoredOrBlockedLocked(k, lx.task, sig)) return sig === SIG.TTIN ? -E.IO : 0;
    if (isOrphanedGroupLocked(k, own)) return -E.IO;
    sendSignalToGroupLocked(k, own, sig, KERNEL_INFO);
    return -E.RESTARTSYS;
  });
}

const isLeader = (k: Kernel, process: number): boolean =>
  k.i32[process + Process.sid] === k.i32[process + Process.pid];

/** Makes a terminal the controlling one of the current session. */
export function setControlling(k: Kernel, process: number, tty: number): void {
  const { i32 } = k;
  i32[process + Process.tty] = tty;
  i32[tty + Tty.session] = i32[process + Process.sid];
  i32[tty + Tty.pgrp] = i32[process + Process.pgid];
}

/** open(2) without O_NOCTTY. */
export function acquireOnOpen(lx: Lx, tty: number): void {
  const { k } = lx;
  const process = processOf(lx);
  k.locked(() => {
    const free = k.i32[process + Process.tty] === 0 && k.i32[tty + Tty.session] === 0;
    if (free && isLeader(k, process)) setControlling(k, process, tty);
  });
}

/** TIOCSCTTY; root may take it from another session. */
export function acquire(lx: Lx, tty: number, steal: boolean): number {
  const { k } = lx;
  const { i32 } = k;
  const process = processOf(lx);
  return k.locked(() => {
    const sid = i32[process + Process.sid];
    if (isLeader(k, process) && i32[tty + Tty.session] === sid) return 0;
    if (!isLeader(k, process) || i32[process + Process.tty] !== 0) return -E.PERM;
    if (i32[tty + Tty.session] !== 0) {
      if (!steal || i32[process + Process.euid] !== 0) return -E.PERM;
      dropFromSessionLocked(k, i32[tty + Tty.session], tty);
    }
    setControlling(k, process, tty);
    return 0;
  });
}

function dropFromSessionLocked(k: Kernel, sid: number, tty: number): void {
  for (const p of processesLocked(k)) {
    if (k.i32[p + Process.sid] === sid && k.i32[p + Process.tty] === tty)
      k.i32[p + Process.tty] = 0;
  }
}

/** TIOCNOTTY: a session leader gives it up for the whole session. */
export function giveUp(lx: Lx, tty: number): number {
  const { k } = lx;
  const { i32 } = k;
  const process = processOf(lx);
  if (i32[process + Process.tty] !== tty) return -E.NOTTY;
  return k.locked(() => {
    if (!isLeader(k, process)) {
      i32[process + Process.tty] = 0;
      return 0;
    }
    const group = i32[tty + Tty.pgrp];
    if (group !== 0) {
      sendSignalToGroupLocked(k, group, SIG.HUP, KERNEL_INFO);
      sendSignalToGroupLocked(k, group, SIG.CONT, KERNEL_INFO);
    }
    dropFromSessionLocked(k, i32[process + Process.sid], tty);
    i32[tty + Tty.session] = 0;
    i32[tty + Tty.pgrp] = 0;
    return 0;
  });
}

/** TIOCSPGRP: makes a group of the session the foreground one. */
export function setForeground(lx: Lx, tty: number, pgid: number): number {
  const { k } = lx;
  const { i32 } = k;
  const process = processOf(lx);
  const sid = i32[process + Process.sid];
  if (i32[process + Process.tty] !== tty || i32[tty + Tty.session] !== sid) return -E.NOTTY;
  if (pgid < 0) return -E.INVAL;
  return k.locked(() => {
    const all = processesLocked(k);
    const group = all.filter((p) => i32[p + Process.pgid] === pgid);
    // Linux takes the process of that number where there is no group, and sees that it is of the session.
    const members = group.length > 0 ? group : all.filter((p) => i32[p + Process.pid] === pgid);
    if (members.length === 0) return -E.SRCH;
    if (!members.some((p) => i32[p + Process.sid] === sid)) return -E.PERM;
    i32[tty + Tty.pgrp] = pgid;
    return 0;
  });
}

/** The line is gone (the master was closed, vhangup): readers get the end, writers EIO, the session SIGHUP. */
export function hangUpLocked(k: Kernel, tty: number): void {
  const { i32 } = k;
  i32[tty + Tty.hung] = 1;
  const sid = i32[tty + Tty.session];
  for (const p of processesLocked(k)) {
    if (i32[p + Process.tty] !== tty) continue;
    i32[p + Process.tty] = 0;
    if (i32[p + Process.pid] !== sid) continue;
    sendSignalLocked(k, p, SIG.HUP, KERNEL_INFO);
    sendSignalLocked(k, p, SIG.CONT, KERNEL_INFO);
  }
  if (i32[tty + Tty.pgrp] !== 0)
    sendSignalToGroupLocked(k, i32[tty + Tty.pgrp], SIG.HUP, KERNEL_INFO);
  i32[tty + Tty.session] = 0;
  i32[tty + Tty.pgrp] = 0;
  wakeAllLocked(k, tty + Tty.wait);
  wakeAllLocked(k, tty + Tty.masterWait);
}

/** A session's leader ends: SIGHUP to the foreground group. The first program stands for a shell's child: its end is silent. */
function sessionEndedLocked(k: Kernel, tty: number): void {
  const { i32 } = k;
  const first = i32[Fixed.firstProcess];
  const silent = first !== 0 && i32[first + Process.sid] === i32[tty + Tty.session];
  const group = i32[tty + Tty.pgrp];
  i32[tty + Tty.session] = 0;
  i32[tty + Tty.pgrp] = 0;
  if (group !== 0 && !silent) sendSignalToGroupLocked(k, group, SIG.HUP, KERNEL_INFO);
}
onSessionEndLocked(sessionEndedLocked);
