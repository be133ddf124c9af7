// The stack a program starts with, as Linux lays it out (create_elf_tables of fs/binfmt_elf.c). From the top down:
//
//   8 zero bytes │ execfn │ envp strings │ argv strings │ (16-aligned) platform │ 16 random bytes │ (16-aligned) auxv …
//   NULL │ envp pointers, NULL │ argv pointers, NULL │ argc ← rsp, 16-byte aligned
import { GUEST_SHIFT } from '../../../assembly/shared/layout.ts';
import { AT } from '../abi/auxv.ts';
import type { GuestMemory } from '../mm/guest-memory.ts';

export interface StackContents {
  readonly argv: readonly string[];
  readonly envp: readonly string[];
  readonly execFn: string;
  /** Entries apart from those that point into the stack. */
  readonly auxv: readonly (readonly [number, number])[];
}

export interface BuiltStack {
  readonly sp: number;
  readonly argStart: number;
  readonly argEnd: number;
  readonly envStart: number;
  readonly envEnd: number;
  /** Bytes of the auxiliary vector, as /proc/self/auxv shows it. */
  readonly auxv: Uint8Array;
}

const PLATFORM = 'x86_64';
const RANDOM_BYTES = 16;

/** Bytes that the contents take, at most: what must be free below `top`. */
export function stackBytes(contents: StackContents): number {
  const { argv, envp, execFn, auxv } = contents;
  const strings = [...argv, ...envp, execFn].reduce((sum, text) => sum + text.length + 1, 0);
  return strings + (argv.length + envp.length + 3) * 8 + (auxv.length + 8) * 16 + 256;
}

/** Writes the initial stack below guest address `top`; the range must be mapped and writable. */
export function buildStack(mem: GuestMemory, top: number, contents: StackContents): BuiltStack {
  const { argv, envp, execFn } = contents;
  let at = top - 8;
  const push = (text: string): number => {
    at -= text.length + 1;
    putString(mem, at, text);
    return at;
  };
  const execFnAt = push(execFn);
  const envEnd = at;
  const envAt = [...envp].reverse().map(push).reverse();
  const envStart = at;
  const argAt = [...argv].reverse().map(push).reverse();
  const argStart = at;
  at -= at % 16;
  const platformAt = push(PLATFORM);
  at -= RANDOM_BYTES;
  const randomAt = at;
  mem.u8.set(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)), randomAt - GUEST_SHIFT);

  const auxv = auxvWords(contents.auxv, { randomAt, execFnAt, platformAt });
  const words = [argv.length, ...argAt, 0, ...envAt, 0];
  at -= (at % 16) + auxv.length * 8;
  const below = at - words.length * 8;
  const sp = below - (below % 16);
  putWords(mem, sp, [...words, ...auxv]);
  const auxvAt = sp + words.length * 8 - GUEST_SHIFT;
  const bytes = new Uint8Array(mem.u8.subarray(auxvAt, auxvAt + auxv.length * 8));
  return { sp, argStart, argEnd: envStart, envStart, envEnd, auxv: bytes };
}

/** In the kernel's order: RANDOM, HWCAP2, EXECFN, PLATFORM come after what the loader gave, then the rest of it. */
function auxvWords(
  given: StackContents['auxv'],
  at: { randomAt: number; execFnAt: number; platformAt: number },
): number[] {
  const late = new Set<number>([AT.RSEQ_FEATURE_SIZE, AT.RSEQ_ALIGN]);
  const pointers = [
    [AT.RANDOM, at.randomAt],
    [AT.HWCAP2, given.find(([type]) => type === AT.HWCAP2)?.[1] ?? 0],
    [AT.EXECFN, at.execFnAt],
    [AT.PLATFORM, at.platformAt],
  ];
  const first = given.filter(([type]) => !late.has(type) && type !== AT.HWCAP2);
  const rest = given.filter(([type]) => late.has(type));
  return [...first, ...pointers, ...rest, [AT.NULL, 0]].flat();
}

function putString(mem: GuestMemory, addr: number, text: string): void {
  const at = addr - GUEST_SHIFT;
  for (let i = 0; i < text.length; i++) mem.u8[at + i] = text.charCodeAt(i);
  mem.u8[at + text.length] = 0;
}

/** 64-bit words, all of them below 2^53. */
function putWords(mem: GuestMemory, addr: number, words: readonly number[]): void {
  let at = addr - GUEST_SHIFT;
  for (const word of words) {
    mem.dv.setBigUint64(at, BigInt(word), true);
    at += 8;
  }
}
