// What comes with a signal (siginfo_t), as a value in TypeScript and as the 48 bytes that the kernel keeps of it.
// Layout (asm-generic/siginfo.h, x86-64), in words:
//   0 si_signo  1 si_errno  2 si_code  3 –   4 pid or addr_lo or timer id or band_lo   5 uid or addr_hi or overrun
//   6 status or sigval_lo or fd   7 sigval_hi   8…9 utime   10…11 stime
import { CLD, SI, SIG } from '../abi/signal.ts';
import type { Kernel } from './kmem.ts';
import { Process, Task } from './task.ts';

/** Words of a siginfo that are kept; the guest's siginfo_t is 128 bytes, the rest is zero. */
export const SIGINFO_WORDS = 12;
export const SIGINFO_SIZE = 128;

export interface SigInfo {
  readonly code: number;
  readonly errno?: number;
  /** Words 4… of the layout above. */
  readonly words?: readonly number[];
}

const low = (value: number): number => value | 0;
const high = (value: number): number => Math.floor(value / 0x1_0000_0000) | 0;

/** Sent by the kernel itself (terminal, timers that keep no more, out of memory …). */
export const KERNEL_INFO: SigInfo = { code: SI.KERNEL };

/** kill(2) (SI_USER), tkill(2) (SI_TKILL) by `task`. */
export function userInfo(k: Kernel, task: number, code: number = SI.USER): SigInfo {
  const process = k.i32[task + Task.process];
  return { code, words: [k.i32[process + Process.pid], k.i32[process + Process.uid]] };
}

/** A fault: `addr` is si_addr (the data address, or the RIP of the instruction). */
export const faultInfo = (code: number, addr: number): SigInfo => ({
  code,
  words: [low(addr), high(addr)],
});

/** SIGCHLD for `process`: `code` a CLD_*, `status` the exit status or the signal; times are in clock ticks (100 Hz). */
export function childInfo(k: Kernel, process: number, code: number, status: number): SigInfo {
  const ticks = (field: number): number => Math.floor(k.f64[(process + field) >> 1] / 10);
  const utime = ticks(Process.utime);
  const stime = ticks(Process.stime);
  return {
    code,
    words: [
      k.i32[process + Process.pid],
      k.i32[process + Process.uid],
      status,
      0,
      low(utime),
      high(utime),
      low(stime),
      high(stime),
    ],
  };
}

/** SIGCHLD of a process that died with wait status `status`. */
export function exitInfo(k: Kernel, process: number, status: number): SigInfo {
  const signal = status & 0x7f;
  if (signal === 0) return childInfo(k, process, CLD.EXITED, (status >> 8) & 0xff);
  return childInfo(k, process, (status & 0x80) !== 0 ? CLD.DUMPED : CLD.KILLED, signal);
}

/** A POSIX timer or (value from) mq_notify: id, overrun count, sigval as two words. */
export const timerInfo = (
  id: number,
  overrun: number,
  valueLow: number,
  valueHigh: number,
): SigInfo => ({
  code: SI.TIMER,
  words: [id, overrun, valueLow, valueHigh],
});

/** Input or output is possible on `fd` (F_SETSIG). */
export const pollInfo = (code: number, band: number, fd: number): SigInfo => ({
  code,
  words: [band, 0, fd, 0],
});

/** Writes the 12 words at word index `at`. */
export function encodeSigInfo(i32: Int32Array, at: number, sig: number, info: SigInfo): void {
  i32.fill(0, at, at + SIGINFO_WORDS);
  i32[at] = sig;
  i32[at + 1] = info.errno ?? 0;
  i32[at + 2] = info.code;
  const words = info.words;
  if (words === undefined) return;
  for (let i = 0; i < words.length; i++) i32[at + 4 + i] = words[i];
}

/** From raw words, as rt_sigqueueinfo gets them. */
export function decodeSigInfo(words: Int32Array): SigInfo {
  return { code: words[2], errno: words[1], words: [...words.subarray(4, SIGINFO_WORDS)] };
}

/** si_code of fault signals are positive and different per signal; these raise them. */
export const SYNCHRONOUS: readonly number[] = [
  SIG.SEGV,
  SIG.BUS,
  SIG.ILL,
  SIG.TRAP,
  SIG.FPE,
  SIG.SYS,
];
