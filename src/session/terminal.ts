// The host's terminal, in raw mode: what is typed goes through lxcore's line discipline, which echoes, edits lines and
// sends signals as a Linux terminal does. The mode of the terminal is given back when the session ends, also when lxjit
// is stopped by ^Z; Node restores it as well when the process ends in any other way it can see.
import { readFileSync } from 'node:fs';
import { isatty, ReadStream } from 'node:tty';
import '../lx/fs/drivefs/host-terminal.ts';
import { setSizeLocked, typeBytes } from '../lx/fs/pty/input.ts';
import { Tty } from '../lx/fs/pty/tty.ts';
import { Fixed } from '../lx/kernel/fixed.ts';
import type { Kernel } from '../lx/kernel/kmem.ts';
import { KERNEL_INFO } from '../lx/kernel/siginfo.ts';
import { sendSignalToGroupLocked } from '../lx/kernel/signal.ts';
import { Process } from '../lx/kernel/task.ts';

const SIGNAL_NAMES: Readonly<Record<number, NodeJS.Signals>> = {
  2: 'SIGINT',
  3: 'SIGQUIT',
  20: 'SIGTSTP',
};
const SIGTSTP = 20;
const SIGCONT = 18;
const SIGWINCH = 28;
/** How long the guest has to stop after ^Z, before lxjit stops itself. */
const STOP_MS = 30;

type Size = readonly [number, number];

export class HostTerminal {
  readonly #kernel: Kernel;
  readonly #tty: number;
  readonly #output: number;
  #input: ReadStream | null = null;
  readonly #resized = (): void => this.#takeSize();
  readonly #continued = (): void => this.#setRaw(true);
  /** Signals that we have sent to our own process group, and that are not to reach the guest a second time. */
  #own = 0;

  /** `input` is a terminal's descriptor to read, −1 if standard input is none. */
  constructor(kernel: Kernel, input: number) {
    this.#kernel = kernel;
    this.#tty = kernel.i32[Fixed.consoleTty];
    this.#output = kernel.i32[this.#tty + Tty.hostFd];
    this.#takeSize();
    process.on('SIGWINCH', this.#resized);
    if (input >= 0 || kernel.i32[this.#tty + Tty.attended] !== 0) {
      this.#open(input >= 0 ? input : this.#output);
    }
  }

  /** A guest reads the terminal: from now on we do, whatever standard input is. */
  attend(): void {
    if (this.#input === null) this.#open(this.#output);
  }

  #open(fd: number): void {
    this.#kernel.i32[this.#tty + Tty.attended] = 1;
    if (!inForeground()) return;
    try {
      this.#input = new ReadStream(fd);
    } catch {
      return; // not open for reading
    }
    process.on('SIGCONT', this.#continued);
    this.#setRaw(true);
    this.#input.on('data', (bytes: Buffer) => this.#typed(bytes));
    this.#input.on('error', () => this.#input?.pause());
    this.#input.unref();
  }

  /** A host signal that the guest has had already: one of our own, or a change of size. */
  handles(signal: number): boolean {
    if (signal === SIGWINCH) return true;
    if (this.#own === 0 || SIGNAL_NAMES[signal] === undefined) return false;
    this.#own--;
    return true;
  }

  close(): void {
    process.off('SIGWINCH', this.#resized);
    process.off('SIGCONT', this.#continued);
    this.#setRaw(false);
    this.#input?.destroy();
  }

  #setRaw(raw: boolean): void {
    if (this.#input === null || this.#input.destroyed) return;
    this.#input.setRawMode(raw);
  }

  #typed(bytes: Uint8Array): void {
    for (const signal of typeBytes(this.#kernel, this.#tty, bytes)) this.#passOn(signal);
  }

  /**
   * A signal typed at the program that lxjit was started for is also for the others of the host's foreground group: the
   * rest of a pipeline, the script that runs it.
   */
  #passOn(signal: number): void {
    const { i32 } = this.#kernel;
    const first = i32[Fixed.firstProcess];
    if (i32[Fixed.firstDone] !== 0 || i32[this.#tty + Tty.pgrp] !== i32[first + Process.pgid])
      return;
    if (signal === SIGTSTP) {
      setTimeout(() => this.#stopIfStopped(), STOP_MS);
      return;
    }
    this.#own++;
    process.kill(0, SIGNAL_NAMES[signal]);
  }

  #stopIfStopped(): void {
    const { i32 } = this.#kernel;
    const first = i32[Fixed.firstProcess];
    if (i32[Fixed.firstDone] !== 0 || i32[first + Process.stopSignal] === 0) return;
    this.#setRaw(false);
    process.kill(0, 'SIGTSTP');
    // We come here when we are continued, or at once where nobody could continue us (then the host ignores the stop).
    setTimeout(() => this.#goOn(), STOP_MS);
  }

  #goOn(): void {
    const k = this.#kernel;
    this.#setRaw(true);
    const pgid = k.i32[k.i32[Fixed.firstProcess] + Process.pgid];
    k.locked(() => sendSignalToGroupLocked(k, pgid, SIGCONT, KERNEL_INFO));
  }

  #takeSize(): void {
    const k = this.#kernel;
    const [columns, rows] = terminalSize(this.#output);
    k.locked(() => setSizeLocked(k, this.#tty, [rows, columns, 0, 0]));
  }
}

/** `fd` if it is a terminal, else −1. */
export const inputTerminal = (fd: number): number => (fd >= 0 && isatty(fd) ? fd : -1);

/** Columns and rows. Node tells them of its own streams only. */
function terminalSize(fd: number): Size {
  const stream = fd === 2 ? process.stderr : process.stdout;
  return stream.isTTY ? (stream.getWindowSize() as [number, number]) : [0, 0];
}

/** A job in the background may not change the terminal's mode: it would be stopped. */
function inForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[2] === fields[5]; // pgrp, tpgid
  } catch {
    return true;
  }
}
