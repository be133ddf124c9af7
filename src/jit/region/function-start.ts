// Where the function around a guest address begins: from the image's .eh_frame_hdr, which stripped files have too and which is
// mapped (layout: Linux Standard Base, "Exception Frame Header"); statically linked files have none, there the targets of
// call instructions and the addresses that code forms (of functions chosen at start-up) have to do. A wrong guess costs speed, nothing else.
import { GUEST_SHIFT, PAGE_FLAGS } from '../../../assembly/shared/layout.ts';

const ELF_MAGIC = 0x464c457f;
const PT_LOAD = 1;
const PT_GNU_EH_FRAME = 0x6474e550;
const PAGE = 4096;
/** Farthest that an image's first byte is looked for below an address of its text. */
const MAX_IMAGE = 128 << 20;
/** pcrel sdata4, udata4, datarel sdata4: what all linkers write. */
const ENCODINGS = 0x3b_03_1b;

/** An ELF file in memory: guest addresses [start, end). */
export interface Image {
  readonly start: number;
  readonly end: number;
  /** First addresses of functions, ascending. */
  readonly functions: Uint32Array;
}

const PF_X = 1;
const CALL = 0xe8;
const LEA = 0x8d;
/** mov $imm32, register: B8 … BF, or C7 C0 … C7 with REX.W. */
const MOV = 0xb8;
const MOV_WIDE = 0xc7;
/** Bytes that stand between functions: ret, nop, int3, and the last of the long nops. */
const PADDING: readonly number[] = [0xc3, 0x90, 0xcc, 0x00];

/** Where a call of a fixed target goes, or what a constant address is that an instruction at `at` puts into a register. */
function targetAt(view: DataView, at: number): number | undefined {
  const linear = at - GUEST_SHIFT;
  const first = view.getUint8(linear);
  if (first === CALL) return (at + 5 + view.getInt32(linear + 1, true)) >>> 0;
  if ((first & 0xf8) === MOV) return view.getUint32(linear + 1, true);
  const second = view.getUint8(linear + 1);
  if (first === LEA && (second & 0xc7) === 5)
    return (at + 6 + view.getInt32(linear + 2, true)) >>> 0;
  return first === MOV_WIDE && (second & 0xf8) === 0xc0
    ? view.getUint32(linear + 2, true)
    : undefined;
}

/** Function starts in one process's memory. */
export class FunctionStarts {
  readonly #memory: WebAssembly.Memory;
  #view: DataView;
  #images: Image[] = [];
  /** Pages that are in no image. */
  readonly #outside = new Set<number>();

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#view = new DataView(memory.buffer);
  }

  /** First address of the function that holds `pc`, or undefined. */
  find(pc: number): number | undefined {
    const image = this.imageOf(pc);
    if (image === undefined || image.functions.length === 0) return undefined;
    const { functions } = image;
    let low = 0;
    let high = functions.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (functions[middle] <= pc) low = middle;
      else high = middle;
    }
    const found = functions[low];
    return found <= pc && pc - found < 1 << 20 ? found : undefined;
  }

  /** The image that holds `pc`. */
  imageOf(pc: number): Image | undefined {
    const known = this.#images.find(({ start, end }) => pc >= start && pc < end);
    if (known !== undefined || this.#outside.has(pc >>> 12)) return known;
    const found = this.#search(pc);
    if (found === undefined) this.#outside.add(pc >>> 12);
    else this.#images.push(found);
    return found;
  }

  /** Guest addresses [start, end) were unmapped or hold something else now. */
  forget(start: number, end: number): void {
    this.#images = this.#images.filter((image) => image.start >= end || image.end <= start);
    this.#outside.clear();
  }

  #search(pc: number): Image | undefined {
    const { buffer } = this.#memory;
    if (buffer.byteLength !== this.#view.byteLength) this.#view = new DataView(buffer);
    for (let at = (pc & -PAGE) >>> 0; at > pc - MAX_IMAGE && at > GUEST_SHIFT; at -= PAGE) {
      if (this.#view.getUint8(PAGE_FLAGS + (at >>> 12)) === 0) continue;
      if (this.#view.getUint32(at - GUEST_SHIFT, true) !== ELF_MAGIC) continue;
      const image = this.#readImage(at);
      return image === undefined || pc >= image.end ? undefined : image;
    }
    return undefined;
  }

  #readImage(base: number): Image | undefined {
    const view = this.#view;
    const at = base - GUEST_SHIFT;
    const headers = at + view.getUint32(at + 32, true);
    const count = view.getUint16(at + 56, true);
    if (count > 64) return undefined;
    let first = -1;
    let end = 0;
    let frame = -1;
    const text: [start: number, end: number][] = [];
    for (let i = 0; i < count; i++) {
      const header = headers + i * 56;
      if (header + 56 > view.byteLength) return undefined;
      const type = view.getUint32(header, true);
      const address = view.getUint32(header + 16, true);
      if (type === PT_LOAD) {
        if (first < 0) first = address & -PAGE;
        end = Math.max(end, address + view.getUint32(header + 40, true));
        if ((view.getUint32(header + 4, true) & PF_X) !== 0)
          text.push([address, address + view.getUint32(header + 32, true)]);
      } else if (type === PT_GNU_EH_FRAME) frame = address;
    }
    if (first < 0) return undefined;
    const bias = base - first;
    const functions =
      (frame < 0 ? undefined : this.#frameTable(bias + frame)) ??
      this.#callTargets(text.map(([from, to]) => [bias + from, bias + to]));
    return { start: base, end: bias + end, functions };
  }

  #frameTable(header: number): Uint32Array | undefined {
    const view = this.#view;
    const linear = header - GUEST_SHIFT;
    if (linear + 12 > view.byteLength || view.getUint32(linear, true) >>> 8 !== ENCODINGS)
      return undefined;
    const count = view.getUint32(linear + 8, true);
    if (linear + 12 + count * 8 > view.byteLength) return undefined;
    return Uint32Array.from(
      { length: count },
      (_, n) => header + view.getInt32(linear + 12 + n * 8, true),
    );
  }

  #callTargets(text: readonly (readonly [start: number, end: number])[]): Uint32Array {
    const view = this.#view;
    const found = new Set<number>();
    for (const [start, end] of text) {
      if (start < GUEST_SHIFT || end - GUEST_SHIFT > view.byteLength) continue;
      for (let at = start; at + 6 <= end; at++) {
        const target = targetAt(view, at);
        if (target === undefined || target <= start || target >= end) continue;
        if ((target & 15) === 0 && PADDING.includes(view.getUint8(target - 1 - GUEST_SHIFT)))
          found.add(target);
      }
    }
    return Uint32Array.from(found).sort();
  }
}
