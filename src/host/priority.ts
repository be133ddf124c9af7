// Priority of single threads, where the host has that (Linux: a thread is what setpriority(2) calls a process).
import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Lets others go first when there are not enough processors. Does nothing on hosts that cannot tell threads apart. */
export function yieldToOthers(niceness: number): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, Math.min(getPriority(thread) + niceness, MOST));
  } catch {
    // no such host, or not allowed
  }
}

const MOST = 19;
