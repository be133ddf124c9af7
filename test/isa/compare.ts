// What has to be equal after a case: everything but flags that the manual leaves undefined.
import { VEC_PF } from '../../assembly/shared/exit.ts';
import { AF, CF, DF, OF, PF, SF, ZF } from '../../assembly/shared/flags.ts';
import {
  EFLAGS,
  FAULT_ADDR,
  FAULT_CODE,
  FAULT_VECTOR,
  FCW,
  FSW,
  FTW,
  GPR,
  MXCSR,
  RIP,
  X87,
  XMM,
  YMM_HIGH,
} from '../../assembly/shared/layout.ts';
import { type Case, fnv, type Variant } from './generate.ts';
import { WINDOW, WINDOW_AT, WINDOW_BYTES } from './record.ts';

const REGISTERS = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ');
export const FLAG_COLUMNS = [OF, SF, ZF, AF, PF, CF, DF];
export const ALL_FLAGS = OF | SF | ZF | AF | PF | CF | DF;

/** Status flags that are defined after the case. `before`: the record as it went in. */
function definedFlags(
  { form, bytes, s }: Case,
  name: string,
  before: DataView,
  at: number,
): number {
  let mask = ALL_FLAGS;
  [...form.row[3]].forEach((effect, i) => {
    if (effect === 'u') mask &= ~FLAG_COLUMNS[i]!;
  });
  // Shifts and rotates (Intel SDM Vol. 2 SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR, SHLD, SHRD): nothing changes when the masked
  // count is 0; OF is defined for 1 only; CF is undefined when all bits have left.
  const shift = /^(lock )?(SHL|SHR|SAR|ROL|ROR|RCL|RCR|SHLD|SHRD)_/.exec(name);
  if (shift) {
    const bits = form.operands[0]!.size === 1 ? 8 : [16, 32, 64][s]!;
    const byOne = form.operands.some((o) => o.code === '1');
    const byCl = form.operands.some((o) => o.code === 'CL');
    const raw = byOne ? 1 : byCl ? before.getUint8(at + GPR + 8) : bytes.at(-1)!;
    const count = raw & (bits === 64 ? 63 : 31);
    if (count === 0) return ALL_FLAGS;
    if (count !== 1) mask &= ~OF;
    if (/^SH/.test(shift[2]!) && count >= bits) mask &= ~CF;
  }
  return mask;
}

export interface Difference {
  readonly what: string;
  readonly input: string;
  readonly native: string;
  readonly ours: string;
}

const h = (n: bigint | number) => n.toString(16);

/** What is compared bit for bit, [from, to) in a record: registers and RIP, vectors, x87, MXCSR, memory. */
// biome-ignore format: aligned rows
const EXACT: readonly (readonly [from: number, to: number])[] = [
  [GPR,       GPR + 128],    [RIP,     RIP + 8],                        [FAULT_VECTOR, FAULT_VECTOR + 4],
  [XMM,       XMM + 256],    [YMM_HIGH, YMM_HIGH + 256],                [X87, FTW + 1],
  [MXCSR,     MXCSR + 4],    [WINDOW_AT, WINDOW_AT + WINDOW_BYTES],
];

const bytesOf = (view: DataView) => Buffer.from(view.buffer, view.byteOffset, view.byteLength);

/** Are the exactly compared parts equal? (The ten bytes of each x87 register are padded alike on both sides.) */
function alike(native: DataView, ours: DataView, at: number): boolean {
  const a = bytesOf(native);
  const b = bytesOf(ours);
  return EXACT.every(([from, to]) => a.compare(b, at + from, at + to, at + from, at + to) === 0);
}

/** The first differences between the native state and ours, or none. */
export function compareStates(
  test: Case,
  { name }: Variant,
  before: DataView,
  native: DataView,
  ours: DataView,
  mask = definedFlags(test, name, before, test.slot.at),
): Difference[] {
  const { at } = test.slot;
  const found: Difference[] = [];
  const flags = native.getUint32(at + EFLAGS, true) & mask;
  const flagsOurs = ours.getUint32(at + EFLAGS, true) & mask;
  const fault = native.getUint32(at + FAULT_VECTOR, true) === VEC_PF;
  if (flags === flagsOurs && !fault && alike(native, ours, at)) return found;
  const note = (what: string, offset: number, size: 1 | 2 | 4 | 8) => {
    const read = (v: DataView) =>
      size === 8
        ? v.getBigUint64(at + offset, true)
        : size === 4
          ? v.getUint32(at + offset, true)
          : size === 2
            ? v.getUint16(at + offset, true)
            : v.getUint8(at + offset);
    const a = read(native);
    const b = read(ours);
    if (a !== b) found.push({ what, input: h(read(before)), native: h(a), ours: h(b) });
  };
  note('vector', FAULT_VECTOR, 4);
  if (found.length === 0) {
    if (native.getUint32(at + FAULT_VECTOR, true) === VEC_PF) {
      // whether a page of the kernel's half is present is the host's own business
      if (native.getUint32(at + FAULT_ADDR + 4, true) < 0x8000) note('error code', FAULT_CODE, 4);
      note('fault address', FAULT_ADDR, 8);
    }
  }
  REGISTERS.forEach((register, i) => {
    note(register, GPR + i * 8, 8);
  });
  note('rip', RIP, 8);
  if (flags !== flagsOurs)
    found.push({
      what: 'flags',
      input: h(before.getUint32(at + EFLAGS, true)),
      native: h(flags),
      ours: h(flagsOurs),
    });
  for (let i = 0; i < 32; i++) {
    note(`xmm${i >> 1}${i & 1 ? ' high' : ''}`, XMM + i * 8, 8);
    note(`ymm${i >> 1} upper${i & 1 ? ' high' : ''}`, YMM_HIGH + i * 8, 8);
  }
  for (let i = 0; i < 8; i++) {
    note(`R${i} significand`, X87 + i * 16, 8);
    note(`R${i} exponent`, X87 + i * 16 + 8, 2);
  }
  note('fcw', FCW, 2);
  note('fsw', FSW, 2);
  note('ftw', FTW, 1);
  note('mxcsr', MXCSR, 4);
  for (let i = 0; i < WINDOW_BYTES; i += 8) note(`[${h(WINDOW + i)}]`, WINDOW_AT + i, 8);
  return found;
}

/** A hash of what is compared of a state; equal for states between which compareStates finds nothing. */
export function hashState(
  test: Case,
  { name }: Variant,
  before: DataView,
  state: DataView,
): number {
  const { at } = test.slot;
  const bytes = bytesOf(state);
  let hash = fnv(
    Buffer.from(String(state.getUint32(at + EFLAGS, true) & definedFlags(test, name, before, at))),
  );
  for (const [from, to] of EXACT) hash = fnv(bytes.subarray(at + from, at + to), hash);
  if (state.getUint32(at + FAULT_VECTOR, true) !== VEC_PF) return hash;
  hash = fnv(bytes.subarray(at + FAULT_ADDR, at + FAULT_ADDR + 8), hash);
  const kernelHalf = state.getUint32(at + FAULT_ADDR + 4, true) >= 0x8000;
  return kernelHalf ? hash : fnv(bytes.subarray(at + FAULT_CODE, at + FAULT_CODE + 4), hash);
}
