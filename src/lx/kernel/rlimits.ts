// Resource limits: getrlimit(2). Kept in the process as pairs of doubles; infinity is RLIM_INFINITY.
import type { Kernel } from './kmem.ts';
import { Process } from './task.ts';

// biome-ignore format: aligned rows
export const RLIMIT = {
  CPU: 0, FSIZE: 1, DATA: 2, STACK: 3, CORE: 4, RSS: 5, NPROC: 6, NOFILE: 7, MEMLOCK: 8, AS: 9, LOCKS: 10,
  SIGPENDING: 11, MSGQUEUE: 12, NICE: 13, RTPRIO: 14, RTTIME: 15,
} as const;

export const RLIMITS = 16;
export const INFINITE = Number.POSITIVE_INFINITY;

const at = (process: number, resource: number): number =>
  (process + Process.rlimits) / 2 + resource * 2;

export const rlimitSoft = (k: Kernel, process: number, resource: number): number =>
  k.f64[at(process, resource)];
export const rlimitHard = (k: Kernel, process: number, resource: number): number =>
  k.f64[at(process, resource) + 1];

export function setRlimit(
  k: Kernel,
  process: number,
  resource: number,
  soft: number,
  hard: number,
): void {
  k.f64[at(process, resource)] = soft;
  k.f64[at(process, resource) + 1] = hard;
}

const MIB = 1 << 20;
/** About what a 32-bit address space can hold: programs that reserve by the limit then ask for less. */
const ADDRESS_SPACE = 3072 * MIB;

/** Limits of the first process; `noFile` is the host's. */
export function defaultRlimits(
  k: Kernel,
  process: number,
  noFile: readonly [number, number],
  maxTasks: number,
): void {
  for (let r = 0; r < RLIMITS; r++) setRlimit(k, process, r, INFINITE, INFINITE);
  setRlimit(k, process, RLIMIT.STACK, 8 * MIB, INFINITE);
  setRlimit(k, process, RLIMIT.CORE, 0, INFINITE);
  setRlimit(k, process, RLIMIT.NPROC, maxTasks, maxTasks);
  setRlimit(k, process, RLIMIT.NOFILE, noFile[0], noFile[1]);
  setRlimit(k, process, RLIMIT.MEMLOCK, 8 * MIB, 8 * MIB);
  setRlimit(k, process, RLIMIT.AS, ADDRESS_SPACE, ADDRESS_SPACE);
  setRlimit(k, process, RLIMIT.SIGPENDING, maxTasks, maxTasks);
  setRlimit(k, process, RLIMIT.MSGQUEUE, 819200, 819200);
  setRlimit(k, process, RLIMIT.NICE, 0, 0);
  setRlimit(k, process, RLIMIT.RTPRIO, 0, 0);
}
