import { describe, expect, it } from 'vitest';
import { E } from '../../src/lx/abi/errno.ts';
import { CLD, SIG, SIG_IGN } from '../../src/lx/abi/signal.ts';
import { exitedStatus, P, W } from '../../src/lx/abi/wait.ts';
import { exitGroup } from '../../src/lx/kernel/exit.ts';
import { Fixed } from '../../src/lx/kernel/fixed.ts';
import { setpgid, setsid } from '../../src/lx/kernel/groups.ts';
import { setHas } from '../../src/lx/kernel/pending.ts';
import { childrenLocked, findProcess, newPidLocked } from '../../src/lx/kernel/process.ts';
import { actionOf, stopProcessLocked } from '../../src/lx/kernel/signal.ts';
import { Process, ProcessState } from '../../src/lx/kernel/task.ts';
import { type ChildEvent, waitForChild } from '../../src/lx/kernel/wait4.ts';
import { addProcess, leaderOf, newWorld } from './world.ts';

const ANY = { type: P.ALL, id: 0 };

function family() {
  const world = newWorld();
  const parent = addProcess(world, 2);
  const child = addProcess(world, 3, parent);
  const grandchild = addProcess(world, 4, child);
  const lxOf = (process: number) => world.as(leaderOf(world, process));
  return { world, k: world.k, parent, child, grandchild, lxOf };
}

describe('exit and wait', () => {
  it('leaves a zombie that the parent reaps', () => {
    const { k, parent, child, lxOf } = family();
    const waiting = lxOf(parent);
    expect(waitForChild(waiting, ANY, W.EXITED | W.NOHANG)).toBeNull();
    exitGroup(lxOf(child), exitedStatus(7));
    expect(k.i32[child + Process.state]).toBe(ProcessState.zombie);
    expect(setHas(k.i32, parent + Process.pending, SIG.CHLD)).toBe(false); // default action: ignored
    const peek = waitForChild(waiting, ANY, W.EXITED | W.NOWAIT) as ChildEvent;
    expect(peek).toMatchObject({ pid: 3, code: CLD.EXITED, status: 7, waitStatus: 0x700 });
    expect(waitForChild(waiting, { type: P.PID, id: 3 }, W.EXITED)).toMatchObject({ pid: 3 });
    expect(findProcess(k, 3)).toBe(0);
    expect(waitForChild(waiting, ANY, W.EXITED)).toBe(-E.CHILD);
  });

  it('reports death by a signal, with the core flag', () => {
    const { parent, child, lxOf } = family();
    exitGroup(lxOf(child), SIG.SEGV | 0x80);
    expect(waitForChild(lxOf(parent), ANY, W.EXITED)).toMatchObject({
      code: CLD.DUMPED,
      status: SIG.SEGV,
      waitStatus: 0x8b,
    });
  });

  it('gives orphans to the nearest subreaper, else to init, which reaps at once', () => {
    const { k, parent, child, grandchild, lxOf } = family();
    k.i32[parent + Process.childSubreaper] = 1;
    exitGroup(lxOf(child), 0);
    expect(k.i32[grandchild + Process.parent]).toBe(parent);
    exitGroup(lxOf(parent), 0);
    expect(k.i32[grandchild + Process.parent]).toBe(k.i32[Fixed.init]);
    expect(findProcess(k, 3)).toBe(0); // was a zombie of a process that is gone
    exitGroup(lxOf(grandchild), 0);
    expect(childrenLocked(k, k.i32[Fixed.init])).toEqual([]);
    expect(k.i32[Fixed.alive]).toBe(0);
  });

  it('leaves no zombie when SIGCHLD is ignored', () => {
    const { k, parent, child, lxOf } = family();
    k.f64[actionOf(k, parent, SIG.CHLD) >> 1] = SIG_IGN;
    exitGroup(lxOf(child), 0);
    expect(findProcess(k, 3)).toBe(0);
    expect(waitForChild(lxOf(parent), ANY, W.EXITED)).toBe(-E.CHILD);
  });

  it('reports stops once, and only when asked', () => {
    const { k, parent, child, lxOf } = family();
    const waiting = lxOf(parent);
    k.locked(() => stopProcessLocked(k, child, SIG.TSTP));
    expect(waitForChild(waiting, ANY, W.EXITED | W.NOHANG)).toBeNull();
    expect(waitForChild(waiting, ANY, W.EXITED | W.UNTRACED)).toMatchObject({
      code: CLD.STOPPED,
      waitStatus: 0x147f,
    });
    expect(waitForChild(waiting, ANY, W.EXITED | W.UNTRACED | W.NOHANG)).toBeNull();
  });

  it('sends SIGHUP and SIGCONT to a stopped group that becomes orphaned', () => {
    const { k, child, grandchild, lxOf } = family();
    expect(setpgid(lxOf(child), 4, 4)).toBe(0);
    k.locked(() => stopProcessLocked(k, grandchild, SIG.STOP));
    exitGroup(lxOf(child), 0);
    expect(setHas(k.i32, grandchild + Process.pending, SIG.HUP)).toBe(true);
    expect(k.i32[grandchild + Process.stopSignal]).toBe(0);
  });
});

describe('groups and sessions', () => {
  it('setpgid and setsid answer Linux’s errors', () => {
    const { k, parent, child, grandchild, lxOf } = family();
    const lx = lxOf(child);
    expect(setpgid(lx, 0, -1)).toBe(-E.INVAL);
    expect(setpgid(lx, 99, 0)).toBe(-E.SRCH);
    expect(setpgid(lx, 2, 0)).toBe(-E.SRCH); // not a child
    expect(setpgid(lx, 0, 77)).toBe(-E.PERM); // no such group
    expect(setpgid(lxOf(parent), 0, 0)).toBe(-E.PERM); // a session leader
    k.i32[grandchild + Process.didExec] = 1;
    expect(setpgid(lx, 4, 4)).toBe(-E.ACCES);
    expect(setpgid(lx, 0, 0)).toBe(0);
    expect(setsid(lx)).toBe(-E.PERM); // a group leader
    expect(setsid(lxOf(grandchild))).toBe(4);
    expect(setpgid(lx, 4, 3)).toBe(-E.PERM); // another session
  });
});

describe('pids', () => {
  it('increase, wrap to 300, and skip what is in use', () => {
    const world = newWorld();
    const { k } = world;
    addProcess(world, 300);
    k.i32[Fixed.lastPid] = 32766;
    expect(k.locked(() => newPidLocked(k))).toBe(32767);
    expect(k.locked(() => newPidLocked(k))).toBe(301);
  });
});
