// The shape of a row of the system call table.
import type { Lx } from '../kernel/lx.ts';

/**
 * How an argument register is read and shown by --strace. 'int' and 'uint' take the low 32 bits (the upper ones are
 * undefined in the Linux ABI); the others take all 64 as a number (exact to 2^53; pointers above 2^32 fault by themselves).
 */
export type ArgKind =
  | 'int'
  | 'uint'
  | 'hex'
  | 'fd'
  | 'atfd'
  | 'pid'
  | 'uid'
  | 'mode'
  | 'signal' // 32 bits
  | 'open-flags'
  | 'prot'
  | 'map-flags'
  | 'clone-flags'
  | 'at-flags'
  | 'access'
  | 'whence'
  | 'clock'
  | 'flags'
  | 'size'
  | 'off'
  | 'ptr'
  | 'path'
  | 'buf-in'
  | 'buf-out'
  | 'argv'
  | 'long'; // 64 bits

export type Handler = (
  lx: Lx,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
) => number;

/** full: as Linux, as far as the guest can tell; partial: `note` says what is missing; stub: answers, does nothing. */
export type Support = 'full' | 'partial' | 'stub';
/** host: one host call; composed: of several; emulated: lxcore's own. */
export type Mapping = 'host' | 'composed' | 'emulated';

export interface SyscallRow {
  readonly number: number;
  readonly name: string;
  readonly args: readonly ArgKind[];
  readonly handler: Handler;
  readonly support: Support;
  readonly mapping: Mapping;
  readonly note?: string;
}

export function row(
  number: number,
  name: string,
  args: readonly ArgKind[],
  handler: Handler,
  support: Support,
  mapping: Mapping,
  note?: string,
): SyscallRow {
  return note === undefined
    ? { number, name, args, handler, support, mapping }
    : { number, name, args, handler, support, mapping, note };
}
