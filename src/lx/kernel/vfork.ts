// vfork: the child runs on its parent's worker, in its memory and CPU context, until it execs or ends; then the parent's
// context comes back. (In Linux the parent sleeps meanwhile, too.) Nothing is copied, so it costs next to nothing.
import { CTX_SIZE } from '../../../assembly/shared/layout.ts';
import { beginTaskCpu, endTaskCpu } from './clock.ts';
import type { Lx } from './lx.ts';
import { Process, Task } from './task.ts';
import { traceVforkDone } from './trace.ts';

interface Frame {
  readonly parent: number;
  readonly child: number;
  readonly childPid: number;
  readonly context: Uint8Array;
}

/** Per worker: vfork children may vfork again. */
const frames: Frame[] = [];

export const inVfork = (lx: Lx): boolean => frames.at(-1)?.child === lx.task;

/** Makes the current task sleep and `child` run in its context. */
export function enterVforkChild(lx: Lx, child: number): void {
  const { k, ctx } = lx;
  const childPid = k.i32[k.i32[child + Task.process] + Process.pid];
  frames.push({ parent: lx.task, child, childPid, context: lx.mem.u8.slice(ctx, ctx + CTX_SIZE) });
  endTaskCpu(lx);
  lx.task = child;
  beginTaskCpu(lx);
}

/**
 * The current task, a vfork child, has ended or moved to another worker: its parent goes on, and vfork() answers the
 * child's pid there. False if it is no vfork child.
 */
export function resumeVforkParent(lx: Lx): boolean {
  if (!inVfork(lx)) return false;
  const frame = frames.pop()!;
  lx.task = frame.parent;
  beginTaskCpu(lx);
  lx.mem.refresh();
  lx.mem.u8.set(frame.context, lx.ctx);
  lx.mem.dv.setBigInt64(lx.ctx, BigInt(frame.childPid), true); // RAX
  lx.k.i32[lx.task + Task.sysNumber] = -1;
  traceVforkDone(lx.k, lx.task);
  return true;
}
