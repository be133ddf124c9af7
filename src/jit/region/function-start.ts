// Where the function around a guest address begins, from the image's .eh_frame_hdr: stripped files have it too, and it
// is mapped. Layout: Linux Standard Base, "Exception Frame Header".
import { GUEST_SHIFT, PAGE_FLAGS } from '../../../assembly/shared/layout.ts';

const ELF_MAGIC = 0x464c457f;
const PT_LOAD = 1;
const PT_GNU_EH_FRAME = 0x6474e550;
const PAGE = 4096;
/** Farthest that an image's first byte is looked for below an address of its text. */
const MAX_IMAGE = 128 << 20;
/** pcrel sdata4, udata4, datarel sdata4: what all linkers write. */
const ENCODINGS = 0x3b_03_1b;

interface Image {
  readonly start: number;
  readonly end: number;
  /** Linear address of the search table, its entries, and what they are relative to; 0 entries when there is none. */
  readonly table: number;
  readonly entries: number;
  readonly header: number;
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
    const image = this.#imageOf(pc);
    if (image === undefined || image.entries === 0) return undefined;
    const start = (n: number) =>
      (image.header + this.#view.getInt32(image.table + n * 8, true)) >>> 0;
    let low = 0;
    let high = image.entries;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (start(middle) <= pc) low = middle;
      else high = middle;
    }
    const found = start(low);
    return found <= pc && pc - found < 1 << 20 ? found : undefined;
  }

  #imageOf(pc: number): Image | undefined {
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
    for (let i = 0; i < count; i++) {
      const header = headers + i * 56;
      if (header + 56 > view.byteLength) return undefined;
      const type = view.getUint32(header, true);
      const address = view.getUint32(header + 16, true);
      if (type === PT_LOAD) {
        if (first < 0) first = address & -PAGE;
        end = Math.max(end, address + view.getUint32(header + 40, true));
      } else if (type === PT_GNU_EH_FRAME) frame = address;
    }
    if (first < 0) return undefined;
    const bias = base - first;
    const image = { start: base, end: bias + end, table: 0, entries: 0, header: 0 };
    if (frame < 0) return image;
    const header = bias + frame;
    const linear = header - GUEST_SHIFT;
    if (linear + 12 > view.byteLength || view.getUint32(linear, true) >>> 8 !== ENCODINGS)
      return image;
    const entries = view.getUint32(linear + 8, true);
    if (linear + 12 + entries * 8 > view.byteLength) return image;
    return { ...image, header, table: linear + 12, entries };
  }
}
