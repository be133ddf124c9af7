// A kernel without workers: processes are objects only, and one Lx at a time acts for any of their tasks.
import { CTX_BASE } from '../../assembly/shared/layout.ts';
import { newFileTableLocked } from '../../src/lx/kernel/files.ts';
import { Fixed } from '../../src/lx/kernel/fixed.ts';
import { Kernel } from '../../src/lx/kernel/kmem.ts';
import type { Lx, SessionConfig, SessionRequest } from '../../src/lx/kernel/lx.ts';
import { newProcessLocked, newTaskLocked } from '../../src/lx/kernel/process.ts';
import { defaultRlimits } from '../../src/lx/kernel/rlimits.ts';
import { newSigHandLocked } from '../../src/lx/kernel/signal.ts';
import { FsInfo, Process, Task } from '../../src/lx/kernel/task.ts';
import { GuestMemory } from '../../src/lx/mm/guest-memory.ts';
import { createMm } from '../../src/lx/mm/mm.ts';
import { bootKernel } from '../../src/session/boot.ts';

export const config: SessionConfig = {
  root: '/',
  mounts: [],
  uid: 1000,
  gid: 1000,
  groups: [],
  caps: [-1, 0x1ff],
  nodename: 'test',
  cpuLevel: 2,
  jit: 'off' as const,
  checked: false,
  strace: undefined,
  stats: false,
  noFile: [1024, 4096],
  cpus: 2,
  maxTasks: 64,
};

export interface World {
  readonly k: Kernel;
  /** Requests that went to the session manager. */
  readonly posted: SessionRequest[];
  /** An Lx that acts for `task`. */
  as(task: number): Lx;
}

export function newWorld(overrides: Partial<SessionConfig> = {}): World {
  const k = Kernel.create();
  const settings = { ...config, ...overrides };
  bootKernel(k, settings);
  const posted: SessionRequest[] = [];
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });
  const noRuntime = (): never => {
    throw new Error('no runtime here');
  };
  const session = {
    post: (message: SessionRequest) => void posted.push(message),
    instantiate: noRuntime,
    scanner: noRuntime,
  };
  const as = (task: number): Lx => ({
    k,
    task,
    mem: new GuestMemory(memory),
    ctx: CTX_BASE,
    cpu: undefined as never,
    session,
    config: settings,
    trace: null,
    unwind: null,
    lingerer: 0,
  });
  return { k, posted, as };
}

/** A process with one task, child of `parent` (of init if absent), in its parent's group and session or its own. */
export function addProcess({ k }: World, pid: number, parent = 0): number {
  const { i32 } = k;
  const mm = createMm(k);
  return k.locked(() => {
    const process = newProcessLocked(k, pid, parent === 0 ? i32[Fixed.init] : parent);
    i32[process + Process.pgid] = parent === 0 ? pid : i32[parent + Process.pgid];
    i32[process + Process.sid] = parent === 0 ? pid : i32[parent + Process.sid];
    i32[process + Process.exitSignal] = 17;
    i32[process + Process.mm] = mm;
    i32[process + Process.files] = newFileTableLocked(k);
    i32[process + Process.sighand] = newSigHandLocked(k, 0);
    i32[process + Process.fs] = k.allocLocked(FsInfo.SIZE);
    i32[i32[process + Process.fs] + FsInfo.refs] = 1;
    i32[process + Process.groups] = k.allocLocked(8);
    for (const field of [Process.uid, Process.euid, Process.suid, Process.fsuid]) {
      i32[process + field] = 1000;
    }
    defaultRlimits(k, process, config.noFile, config.maxTasks);
    i32[Fixed.alive]++;
    if (i32[Fixed.lastPid] < pid) i32[Fixed.lastPid] = pid;
    const task = newTaskLocked(k, process, pid);
    i32[task + Task.ctx] = CTX_BASE;
    return process;
  });
}

export const leaderOf = ({ k }: World, process: number): number => k.i32[process + Process.leader];
