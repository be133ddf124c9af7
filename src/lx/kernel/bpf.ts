// Classic BPF programs (linux/filter.h, net/core/filter.c) as seccomp filters use them: instructions of two words, code, jump
// distances and constant, over 64 bytes of data.

const WORD = 4;
const SCRATCH_WORDS = 16;

// classes, and what is in a code beside its class
const LD = 0;
const LDX = 1;
const ST = 2;
const STX = 3;
const ALU = 4;
const JMP = 5;
const RET = 6;
const MISC = 7;
const ABS = 0x20;
const MEM = 0x60;
const LEN = 0x80;
const X = 0x08;
const DIV = 0x30;

const codeOf = (program: Uint32Array, at: number): number => program[at * 2] & 0xffff;
const onTrue = (program: Uint32Array, at: number): number => (program[at * 2] >>> 16) & 0xff;
const onFalse = (program: Uint32Array, at: number): number => program[at * 2] >>> 24;
const constantOf = (program: Uint32Array, at: number): number => program[at * 2 + 1];

/** The codes that a seccomp filter may use. */
// biome-ignore format: aligned rows
const CODES: ReadonlySet<number> = new Set([
  LD | ABS, LD | LEN, LD, LD | MEM, LDX | LEN, LDX, LDX | MEM, ST, STX, RET, RET | 0x10, MISC, MISC | 0x80, JMP,
  ...[0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0].flatMap((op) => [ALU | op, ALU | op | X]), ALU | 0x80,
  ...[0x10, 0x20, 0x30, 0x40].flatMap((op) => [JMP | op, JMP | op | X]),
]);

/** Does the program only what it may: known codes, jumps forward inside it, a return at the end, data inside `size` bytes? */
export function isValidFilter(program: Uint32Array, size: number): boolean {
  const count = program.length / 2;
  for (let at = 0; at < count; at++) {
    const code = codeOf(program, at);
    const k = constantOf(program, at);
    const kind = code & 7;
    if (!CODES.has(code)) return false;
    if (code === (LD | ABS) && (k >= size || k % WORD !== 0)) return false;
    if (code === (ALU | DIV) && k === 0) return false;
    if (kind === ALU && ((code & 0xf8) === 0x60 || (code & 0xf8) === 0x70) && k >= 32) return false;
    if (touchesScratch(code) && k >= SCRATCH_WORDS) return false;
    if (code === JMP && k >= count - at - 1) return false;
    if (
      kind === JMP &&
      code !== JMP &&
      at + Math.max(onTrue(program, at), onFalse(program, at)) + 1 >= count
    )
      return false;
  }
  return count > 0 && (codeOf(program, count - 1) & 7) === RET;
}

const touchesScratch = (code: number): boolean =>
  code === (LD | MEM) || code === (LDX | MEM) || code === ST || code === STX;

/** Runs a valid program over `data` (words). What it returns. */
export function runFilter(program: Uint32Array, data: Uint32Array): number {
  const scratch = new Uint32Array(SCRATCH_WORDS);
  let a = 0;
  let x = 0;
  for (let at = 0; ; at++) {
    const code = codeOf(program, at);
    const k = constantOf(program, at);
    switch (code & 7) {
      case LD:
        a = loaded(code, k, data, scratch);
        break;
      case LDX:
        x = loaded(code, k, data, scratch);
        break;
      case ST:
        scratch[k] = a;
        break;
      case STX:
        scratch[k] = x;
        break;
      case ALU: {
        const operand = (code & X) !== 0 ? x : k;
        if ((code & 0xf0) === DIV && operand === 0) return 0;
        a = computed(code & 0xf0, a, operand);
        break;
      }
      case JMP:
        if (code === JMP) at += k;
        else
          at += holds(code & 0xf0, a, (code & X) !== 0 ? x : k)
            ? onTrue(program, at)
            : onFalse(program, at);
        break;
      case RET:
        return (code & 0x18) === 0x10 ? a : k;
      default:
        if (code === MISC) x = a;
        else a = x;
    }
  }
}

function loaded(code: number, k: number, data: Uint32Array, scratch: Uint32Array): number {
  switch (code & 0xe0) {
    case ABS:
      return data[k / WORD];
    case MEM:
      return scratch[k];
    case LEN:
      return data.length * WORD;
    default:
      return k;
  }
}

function computed(op: number, a: number, b: number): number {
  switch (op) {
    case 0x00:
      return (a + b) >>> 0;
    case 0x10:
      return (a - b) >>> 0;
    case 0x20:
      return Math.imul(a, b) >>> 0;
    case 0x30:
      return Math.floor(a / b);
    case 0x40:
      return (a | b) >>> 0;
    case 0x50:
      return (a & b) >>> 0;
    case 0x60:
      return b > 31 ? 0 : (a << b) >>> 0;
    case 0x70:
      return b > 31 ? 0 : a >>> b;
    case 0x80:
      return -a >>> 0;
    default:
      return (a ^ b) >>> 0;
  }
}

function holds(op: number, a: number, b: number): boolean {
  switch (op) {
    case 0x10:
      return a === b;
    case 0x20:
      return a > b;
    case 0x30:
      return a >= b;
    default:
      return (a & b) !== 0;
  }
}
