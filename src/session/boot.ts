// A new kernel memory: process 1 (init), and the process that the session is for.
import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import { CTX_BASE } from '../../assembly/shared/layout.ts';
import { SIG } from '../lx/abi/signal.ts';
import { adoptRegularFile } from '../lx/fs/drivefs/host-file.ts';
import { adoptHostStream } from '../lx/fs/drivefs/host-stream.ts';
import { newHostTty, newSlaveFile } from '../lx/fs/pty/host.ts';
import { Tty } from '../lx/fs/pty/tty.ts';
import { startCaps } from '../lx/kernel/caps.ts';
import { newFileTableLocked, setSlotLocked } from '../lx/kernel/files.ts';
import { Fixed } from '../lx/kernel/fixed.ts';
import type { Kernel } from '../lx/kernel/kmem.ts';
import type { SessionConfig } from '../lx/kernel/lx.ts';
import { newProcessLocked, newTaskLocked, setComm } from '../lx/kernel/process.ts';
import { defaultRlimits } from '../lx/kernel/rlimits.ts';
import { newSigHandLocked } from '../lx/kernel/signal.ts';
import { FsInfo, INIT_PID, Process, Task, TaskState } from '../lx/kernel/task.ts';
import type { HostStreams } from './host-streams.ts';
import type { SessionOptions, Stdio } from './session.ts';

export function bootKernel(k: Kernel, config: SessionConfig): void {
  if (config.maxMemory !== undefined) k.shared.limit(config.maxMemory);
  k.locked(() => {
    const { i32 } = k;
    i32[Fixed.lastPid] = INIT_PID;
    k.f64[Fixed.bootTime >> 1] = hostBootTime();
    i32[Fixed.hostname] = k.newStringLocked(config.nodename);
    i32[Fixed.domainname] = k.newStringLocked('(none)');
    const init = newProcessLocked(k, INIT_PID, 0);
    i32[Fixed.init] = init;
    i32[init + Process.pgid] = INIT_PID;
    defaultRlimits(k, init, config.noFile, config.maxTasks);
    i32[init + Process.sid] = INIT_PID;
    i32[init + Process.groups] = k.allocLocked(8);
    i32[init + Process.sighand] = newSigHandLocked(k, 0);
    i32[init + Process.cmdline] = k.newStringLocked('lxjit\0');
    // It runs nowhere, but has a policy, a priority and so on to ask for.
    const task = newTaskLocked(k, init, INIT_PID);
    i32[task + Task.state] = TaskState.sleeping;
    setComm(k, task, 'lxjit');
  });
}

/** When the host's CLOCK_MONOTONIC was 0, ms since the epoch: host and guest agree on the time since then. */
const hostBootTime = (): number =>
  performance.timeOrigin + performance.now() - Number(process.hrtime.bigint()) / 1e6;

/**
 * The first process: own session and group, standard streams `files` (descriptions, 0 for one that is closed). Its task,
 * not yet running.
 */
export function newFirstProcess(
  k: Kernel,
  options: SessionOptions,
  files: readonly number[],
): number {
  const { config } = options;
  return k.locked(() => {
    const { i32 } = k;
    const pid = ++i32[Fixed.lastPid];
    const process = newProcessLocked(k, pid, i32[Fixed.init]);
    i32[process + Process.pgid] = pid;
    i32[process + Process.sid] = pid;
    i32[process + Process.exitSignal] = SIG.CHLD;
    i32[process + Process.dumpable] = 1;
    setIdsLocked(k, process, config);
    startCaps(k, process, config.uid === 0, config.caps);
    k.f64[(process + Process.startTime) >> 1] = Date.now();
    defaultRlimits(k, process, config.noFile, config.maxTasks);
    i32[process + Process.sighand] = newSigHandLocked(k, 0);
    i32[process + Process.fs] = newFsLocked(
      k,
      options.cwd,
      config.umask ?? globalThis.process.umask(),
    );
    const table = newFileTableLocked(k);
    i32[process + Process.files] = table;
    files.forEach((file, fd) => {
      if (file !== 0) setSlotLocked(k, table, fd, file, false);
    });
    i32[Fixed.firstProcess] = process;
    giveTerminalLocked(k, process);
    i32[Fixed.alive] = 1;
    const task = newTaskLocked(k, process, pid);
    i32[task + Task.ctx] = CTX_BASE;
    setComm(k, task, 'lxjit');
    return task;
  });
}

/** The host's terminal, if there is one, controls the first program's session; the program is in the foreground. */
function giveTerminalLocked(k: Kernel, process: number): void {
  const { i32 } = k;
  const tty = i32[Fixed.consoleTty];
  if (tty === 0) return;
  i32[process + Process.tty] = tty;
  i32[tty + Tty.session] = i32[process + Process.sid];
  i32[tty + Tty.pgrp] = i32[process + Process.pgid];
}

function setIdsLocked(k: Kernel, process: number, { uid, gid, groups }: SessionConfig): void {
  const { i32 } = k;
  for (const at of [Process.uid, Process.euid, Process.suid, Process.fsuid])
    i32[process + at] = uid;
  for (const at of [Process.gid, Process.egid, Process.sgid, Process.fsgid])
    i32[process + at] = gid;
  const list = k.allocLocked(4 + groups.length * 4);
  i32[list] = groups.length;
  i32.set(groups, list + 1);
  i32[process + Process.groups] = list;
}

function newFsLocked(k: Kernel, cwd: string, umask: number): number {
  const fs = k.allocLocked(FsInfo.SIZE);
  k.i32[fs + FsInfo.refs] = 1;
  k.i32[fs + FsInfo.umask] = umask;
  k.i32[fs + FsInfo.cwd] = k.newStringLocked(cwd);
  k.i32[fs + FsInfo.root] = k.newStringLocked('/');
  return fs;
}

const O_RDWR = 2;

/** The one terminal object, whichever standard streams are terminals; it prints where the last of them does. */
function hostTty(k: Kernel, fd: number, uid: number): number {
  const tty = k.i32[Fixed.consoleTty];
  if (tty === 0) return newHostTty(k, fd, uid);
  k.i32[tty + Tty.hostFd] = fd;
  return tty;
}

/** Descriptions for the standard streams, 0 for one that is closed. */
export function adoptDescriptors(
  k: Kernel,
  stdio: readonly Stdio[],
  { root, uid }: SessionConfig,
  streams: HostStreams,
): number[] {
  return stdio.map((fd, n) => {
    if (typeof fd !== 'number') return streams.open(fd, `/dev/fd/${n}`);
    if (fd < 0) return 0;
    try {
      const path = `/dev/fd/${n}`;
      if (fstatSync(fd).isFile()) return adoptRegularFile(k, fd, path, root !== '/');
      if (isatty(fd)) return newSlaveFile(k, hostTty(k, fd, uid), O_RDWR);
      return adoptHostStream(k, fd, path);
    } catch {
      return 0;
    }
  });
}
