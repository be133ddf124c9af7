// Entry of a guest worker. It sits in its event loop until it is given a task, runs that to its end (synchronously: the
// event loop stands still meanwhile), and is then free for another.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { EXIT_FAULT } from '../../assembly/shared/exit.ts';
import { CTX_BASE, GPR, RAX, SHARED_ROOT, SIGNAL_POLL } from '../../assembly/shared/layout.ts';
import { E } from '../lx/abi/errno.ts';
import { beginTaskCpu } from '../lx/kernel/clock.ts';
import { becomeProgram, emptyMemory } from '../lx/kernel/exec.ts';
import { copyDone, startTask } from '../lx/kernel/fork.ts';
import { Kernel } from '../lx/kernel/kmem.ts';
import { awaitThread } from '../lx/kernel/linger.ts';
import type {
  CpuRuntime,
  Lx,
  PageScan,
  SessionConfig,
  SessionLink,
  SessionRequest,
} from '../lx/kernel/lx.ts';
import { processOf } from '../lx/kernel/process.ts';
import { pollTask, runTask } from '../lx/kernel/run.ts';
import { Task } from '../lx/kernel/task.ts';
import type { Program } from '../lx/loader/program.ts';
import { copyMemory } from '../lx/mm/copy.ts';
import { GuestMemory } from '../lx/mm/guest-memory.ts';
import { mmOf } from '../lx/mm/mm.ts';
import { sharedAccess } from '../lx/mm/view.ts';
import '../lx/fs/drivefs/host-stream.ts';
import '../lx/fs/mounts.ts';
import '../lx/fs/drivefs/host-terminal.ts';
import '../lx/fs/pipefs/index.ts';
import '../lx/fs/pty/devices.ts';
import { closeHostDirectories } from '../lx/fs/drivefs/host-directories.ts';
import { dispatch } from '../lx/sys/dispatch.ts';
import { leftCounts } from '../lx/sys/left.ts';
import { createPolicy } from '../lx/sys/policy.ts';
import { startFirstProgram } from './first.ts';
import { type TranslatingRuntime, WorkerJit } from './jit.ts';
import type { StartMessage, WorkerInit } from './protocol.ts';
import { installShared } from './shared-functions.ts';
import { Timeline } from './timeline.ts';
import { createTracing } from './tracing.ts';

/** The configuration comes with the first task. */
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const port = parentPort!;
const { kernel, shared } = workerData as WorkerInit;
let runtime: WebAssembly.Module;

const session: SessionLink = { post, instantiate, scanner };

function post(message: SessionRequest): void {
  // The session may be over with it, and this worker ended before it gets to finish().
  if (message.type === 'ended') closeHostDirectories();
  port.postMessage(message, message.type === 'translator' ? [message.port as MessagePort] : []);
}

const lx: Mutable<Lx> = {
  k: new Kernel(kernel, shared),
  task: 0,
  mem: undefined as unknown as GuestMemory,
  ctx: CTX_BASE,
  cpu: undefined as unknown as CpuRuntime,
  session,
  config: undefined as unknown as SessionConfig,
  trace: null,
  unwind: null,
  lingerer: 0,
};

const jit = new WorkerJit(lx);
/** With --stats=trace. */
let timeline: Timeline | undefined;

/** A thread of this process is told directly: its context is in this memory. */
lx.k.poke = (task) => {
  const { i32 } = lx.k;
  if (lx.task === 0 || task === lx.task) return;
  if (i32[task + Task.process] !== processOf(lx)) return post({ type: 'poke', task });
  Atomics.store(lx.mem.i32, (i32[task + Task.ctx] + SIGNAL_POLL) >> 2, 1);
};

const TABLE_SIZE = 1024;
const noTable = new WebAssembly.Table({ element: 'anyfunc', initial: TABLE_SIZE });

function newInstance(memory: WebAssembly.Memory, table: WebAssembly.Table): RuntimeExports {
  const env = { memory, table, syscall: () => dispatch(lx), poll, clock: writeClock };
  return new WebAssembly.Instance(runtime, { env }).exports as unknown as RuntimeExports;
}

function scanner(memory: WebAssembly.Memory): PageScan {
  return newInstance(memory, noTable);
}

function instantiate(memory: WebAssembly.Memory): CpuRuntime {
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: TABLE_SIZE });
  const wasm = newInstance(memory, table);
  jit.open(memory, table, wasm);
  if (lx.config.stats) wasm.countLeft();
  let sharing = false;
  const cpu: CpuRuntime = {
    run: (ctx, budget) => {
      jit.enter();
      if (!sharing && lx.mem.i32[SHARED_ROOT >> 2] !== 0) {
        sharing = true;
        installShared(memory, lx.k.shared.memory, table);
        wasm.openShared();
      }
      try {
        return wasm.run(ctx, budget);
      } catch (error) {
        if (!jit.recover(error)) throw error;
        return EXIT_FAULT;
      }
    },
    step: (ctx) => wasm.stepInRegion(ctx),
    check: () => jit.check(),
    invalidate: (start, end) => {
      wasm.invalidate(start, end);
      jit.drop(start, end);
    },
    closing: (mm) => {
      jit.end();
      tellTimeline();
      if (lx.config.stats) post({ type: 'left', rows: leftCounts(lx, mm) });
    },
    first_filled: wasm.first_filled,
    first_empty: wasm.first_empty,
    flags_get: (ctx) => Number(wasm.flags_get(ctx)),
    flags_set: (ctx, eflags) => wasm.flags_set(ctx, BigInt(eflags)),
  };
  lx.mem.invalidate = cpu.invalidate;
  lx.mem.scan = cpu;
  timeline?.loaded();
  return cpu;
}

/** What the interpreter's poll() import answers: is there anything to look at? */
function poll(): number {
  jit.look();
  return pollTask(lx);
}

/** As they are: EFLAGS has 64 bits in a context. */
interface RuntimeExports
  extends Omit<CpuRuntime, 'flags_get' | 'flags_set' | 'closing' | 'step'>,
    TranslatingRuntime {
  flags_get(ctx: number): bigint;
  flags_set(ctx: number, eflags: bigint): void;
  /** Begins to count how translated code is left. */
  countLeft(): void;
  /** The functions for shared pages are in the table from now on. */
  openShared(): void;
}

/** For rdtsc: nanoseconds, as a processor of 1 GHz counts. */
function writeClock(pointer: number): void {
  lx.mem.dv.setBigUint64(pointer, process.hrtime.bigint(), true);
}

port.on('message', (message: StartMessage) => {
  if (lx.config === undefined) {
    lx.config = message.config;
    if (lx.config.timeline) timeline = jit.timeline = new Timeline(lx);
    lx.trace = createTracing(lx.k, lx.config, timeline);
    lx.policy = lx.config.policy && createPolicy(lx.config.policy);
  }
  runtime = message.runtime;
  lx.task = message.task;
  timeline?.given();
  lx.mem = new GuestMemory(message.memory);
  lx.mem.shared = sharedAccess(lx, lx.mem);
  lx.ctx = lx.k.i32[message.task + Task.ctx];
  beginTaskCpu(lx);
  goOn(() => begin(message));
});

/** Runs the task, and those that are given to this worker while it has what they need; begins with `begin`. */
function goOn(begin: () => void): void {
  for (let start = begin; ; start = startClone) {
    if (!runTask(lx, start, () => jit.takeGarbage())) return void setImmediate(goOn, () => {});
    const next = awaitThread(lx);
    if (next === 0) return finish();
    lx.task = next;
    lx.ctx = lx.k.i32[next + Task.ctx];
    beginTaskCpu(lx);
  }
}

function tellTimeline(): void {
  if (timeline !== undefined) post({ type: 'spans', spans: timeline.end() });
}

function finish(): void {
  tellTimeline();
  closeHostDirectories();
  jit.close();
  lx.mem = undefined as unknown as GuestMemory;
  lx.cpu = undefined as unknown as CpuRuntime;
  port.postMessage({ type: 'idle' });
}

function begin({ start, parentMemory }: StartMessage): void {
  switch (start.how) {
    case 'fork':
      return beginFork(start.parent, parentMemory!);
    case 'share':
      return beginTask();
    case 'exec':
      return becomeProgram(lx, start.image as Program);
    case 'first':
      startFirstProgram(lx, start.argv, start.envp);
      return post({ type: 'begun' });
  }
}

function beginFork(parent: number, parentMemory: WebAssembly.Memory): void {
  const { k } = lx;
  emptyMemory(lx.mem, scanner(lx.mem.memory));
  const from = new GuestMemory(parentMemory);
  const copied = copyMemory(k, mmOf(lx), scanner(parentMemory), from, lx.mem, lx.ctx);
  copyDone(k, parent, copied ? 1 : -E.NOMEM);
  beginTask();
}

function beginTask(): void {
  lx.cpu = instantiate(lx.mem.memory);
  startClone();
}

/** A new task returns 0 from clone(). */
function startClone(): void {
  lx.mem.dv.setBigInt64(lx.ctx + GPR + RAX * 8, 0n, true);
  startTask(lx, lx.k.f64[(lx.task + Task.stack) >> 1]);
}
