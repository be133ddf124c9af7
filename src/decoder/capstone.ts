// capstone: every listing the user sees, and the independent reference of the decoder's tests. The only importer of
// capstone-wasm. Its memory is fixed at 16 MiB, so code is fed in windows.
import { Capstone, Const, loadCapstone } from 'capstone-wasm';

/** What the wasm module offers under the package's own wrapper, which copies every instruction into objects. */
interface RawCapstone {
  HEAPU8: Uint8Array;
  HEAPU16: Uint16Array;
  HEAP32: Int32Array;
  HEAPU32: Uint32Array;
  HEAP64: BigInt64Array;
  _malloc(size: number): number;
  _cs_disasm(
    handle: number,
    code: number,
    size: number,
    address: bigint,
    count: number,
    result: number,
  ): number;
  _cs_free(instructions: number, count: number): void;
}

/** Bytes fed at a time, and the most a single instruction may reach over the end of a window. */
const WINDOW = 8192;

// struct cs_insn and its detail (capstone 5, 32-bit pointers): sizes and offsets in bytes
const INSN_SIZE = 240;
const INSN_ADDRESS = 8;
const INSN_LENGTH = 16;
const INSN_BYTES = 18;
const INSN_MNEMONIC = 42;
const INSN_OPERANDS = 74;
const INSN_DETAIL = 236;
const X86_OPERAND_COUNT = 0x98;
const X86_OPERANDS = 0xa0;
const OPERAND_SIZE = 0x30;

const PREFIXES = new Set([0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65]);

export const OPERAND_REGISTER = 1;
export const OPERAND_IMMEDIATE = 2;
export const OPERAND_MEMORY = 3;

export interface ListingLine {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** As "mov rax, qword ptr [rbx + 8]"; "(bad)" where there is no instruction. */
  readonly text: string;
}

/** A look at one instruction in capstone's memory: valid only during the visit. */
export interface View {
  readonly address: number;
  readonly length: number;
  /** Mnemonic without prefixes. */
  readonly name: string;
  readonly operandCount: number;
  /** Is one of these bytes among the prefixes? */
  prefixed(...bytes: number[]): boolean;
  operandKind(i: number): number;
  /** Bytes. */
  operandSize(i: number): number;
  /** Number of the register (names: registerName). */
  register(i: number): number;
  immediate(i: number): bigint;
  memorySegment(i: number): number;
  memoryBase(i: number): number;
  memoryIndex(i: number): number;
  memoryScale(i: number): number;
  memoryDisp(i: number): bigint;
  text(): string;
}

export class Disassembler {
  private readonly raw: RawCapstone;
  private readonly plain: Capstone;
  private readonly detailed: Capstone;
  private readonly code: number;
  private readonly result: number;
  private readonly names = new Map<number, string>();

  constructor(raw: RawCapstone) {
    this.raw = raw;
    this.plain = new Capstone(Const.CS_ARCH_X86, Const.CS_MODE_64);
    this.detailed = new Capstone(Const.CS_ARCH_X86, Const.CS_MODE_64);
    this.detailed.setOption(Const.CS_OPT_DETAIL, Const.CS_OPT_ON);
    this.code = raw._malloc(WINDOW);
    this.result = raw._malloc(8);
  }

  registerName(id: number): string {
    return this.plain.getRegName(id);
  }

  /** Lists `count` instructions (all, when absent) of the bytes; a byte that starts none is "(bad)" and skipped. */
  list(bytes: Uint8Array, address: number, count = Number.POSITIVE_INFINITY): ListingLine[] {
    const lines: ListingLine[] = [];
    let at = 0;
    while (at < bytes.length && lines.length < count) {
      const window = bytes.subarray(at, at + WINDOW);
      const limit = Math.min(count - lines.length, window.length);
      const end = this.run(this.plain.handle, window, address + at, limit, (insn) => {
        const start = this.address(insn) - address;
        const length = this.raw.HEAPU16[(insn + INSN_LENGTH) >> 1]!;
        lines.push({
          address: address + start,
          bytes: bytes.slice(start, start + length),
          text: this.textOf(insn),
        });
      });
      at += end;
      if (end === 0) {
        lines.push({ address: address + at, bytes: bytes.slice(at, at + 1), text: '(bad)' });
        at++;
      }
    }
    return lines;
  }

  /**
   * Visits the instructions of the bytes in order; `bad` is told of each place where capstone finds none and answers how
   * many bytes to skip.
   */
  visit(
    bytes: Uint8Array,
    address: number,
    visitor: (view: View) => void,
    bad: (address: number) => number,
  ): void {
    const view = new HeapView(this.raw, this);
    let at = 0;
    while (at < bytes.length) {
      const window = bytes.subarray(at, at + WINDOW);
      const end = this.run(this.detailed.handle, window, address + at, 0, (insn) => {
        view.look(insn);
        visitor(view);
      });
      at += end;
      // Short of a window's end, capstone stopped at something invalid (or cut off by the window).
      if (end === 0 || (window.length - end >= 15 && at < bytes.length)) at += bad(address + at);
    }
  }

  nameOf(insn: number): string {
    const id = this.raw.HEAPU32[insn >> 2]!;
    const name = this.names.get(id);
    if (name !== undefined) return name;
    const found = this.plain.getInsnName(id);
    this.names.set(id, found);
    return found;
  }

  textOf(insn: number): string {
    const mnemonic = this.string(insn + INSN_MNEMONIC);
    const operands = this.string(insn + INSN_OPERANDS);
    return operands ? `${mnemonic} ${operands}` : mnemonic;
  }

  address(insn: number): number {
    return Number(this.raw.HEAP64[(insn + INSN_ADDRESS) >> 3]!);
  }

  private string(at: number): string {
    const { HEAPU8 } = this.raw;
    let text = '';
    while (HEAPU8[at]) text += String.fromCharCode(HEAPU8[at++]!);
    return text;
  }

  /** Disassembles up to `count` (0 = all) instructions of a window; returns how many bytes they took. */
  private run(
    handle: number,
    window: Uint8Array,
    address: number,
    count: number,
    each: (insn: number) => void,
  ): number {
    const { raw } = this;
    raw.HEAPU8.set(window, this.code);
    const found = raw._cs_disasm(
      handle,
      this.code,
      window.length,
      BigInt(address),
      count,
      this.result,
    );
    if (found === 0) return 0;
    const first = raw.HEAPU32[this.result >> 2]!;
    for (let i = 0; i < found; i++) each(first + i * INSN_SIZE);
    const last = first + (found - 1) * INSN_SIZE;
    const end = this.address(last) + raw.HEAPU16[(last + INSN_LENGTH) >> 1]! - address;
    raw._cs_free(first, found);
    return end;
  }
}

class HeapView implements View {
  address = 0;
  length = 0;
  name = '';
  operandCount = 0;
  private readonly raw: RawCapstone;
  private readonly owner: Disassembler;
  private insn = 0;
  private operands = 0;

  constructor(raw: RawCapstone, owner: Disassembler) {
    this.raw = raw;
    this.owner = owner;
  }

  look(insn: number): void {
    const detail = this.raw.HEAPU32[(insn + INSN_DETAIL) >> 2]!;
    this.insn = insn;
    this.address = this.owner.address(insn);
    this.length = this.raw.HEAPU16[(insn + INSN_LENGTH) >> 1]!;
    this.name = this.owner.nameOf(insn);
    this.operandCount = this.raw.HEAPU8[detail + X86_OPERAND_COUNT]!;
    this.operands = detail + X86_OPERANDS;
  }

  private word(i: number, offset: number): number {
    return this.raw.HEAPU32[(this.operands + i * OPERAND_SIZE + offset) >> 2]!;
  }

  prefixed(...bytes: number[]): boolean {
    const start = this.insn + INSN_BYTES;
    for (let i = start; i < start + this.length; i++) {
      const byte = this.raw.HEAPU8[i]!;
      if (bytes.includes(byte)) return true;
      if (!PREFIXES.has(byte) && (byte & 0xf0) !== 0x40) return false;
    }
    return false;
  }
  operandKind(i: number): number {
    return this.word(i, 0);
  }
  operandSize(i: number): number {
    return this.word(i, 32) & 255;
  }
  register(i: number): number {
    return this.word(i, 8);
  }
  immediate(i: number): bigint {
    return this.raw.HEAP64[(this.operands + i * OPERAND_SIZE + 8) >> 3]!;
  }
  memorySegment(i: number): number {
    return this.word(i, 8);
  }
  memoryBase(i: number): number {
    return this.word(i, 12);
  }
  memoryIndex(i: number): number {
    return this.word(i, 16);
  }
  memoryScale(i: number): number {
    return this.word(i, 20);
  }
  memoryDisp(i: number): bigint {
    return this.raw.HEAP64[(this.operands + i * OPERAND_SIZE + 24) >> 3]!;
  }
  text(): string {
    return this.owner.textOf(this.insn);
  }
}

let opened: Promise<Disassembler> | undefined;

/** The disassembler; loading it takes some 20 ms, so it is opened only when something is to be listed. */
export function openDisassembler(): Promise<Disassembler> {
  opened ??= (async () => {
    const raw = {} as unknown as RawCapstone;
    await loadCapstone(raw as unknown as Record<string, unknown>);
    return new Disassembler(raw);
  })();
  return opened;
}
