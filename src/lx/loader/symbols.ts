// Names for guest addresses, from the symbol tables of the ELF files that are mapped: .symtab, which stripped files lack, and
// .dynsym, which has what they export. For what a user reads (--stats, --profile); nothing depends on it.
import { EHDR, ELF_MAGIC, PF_X, PHDR, PT } from '../abi/elf.ts';
import type { Lx } from '../kernel/lx.ts';
import { PAGE_SIZE } from '../mm/layout.ts';
import { listVmas, VM_EXEC, type Vma } from '../mm/mm.ts';
import { fileInode } from '../vfs/file-inode.ts';
import { bytesToString, readBytes } from './elf.ts';

const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const SYMBOL_SIZE = 24;
/** More than any file has that people look at. */
const MAX_BYTES = 256 << 20;

export interface GuestSymbol {
  /** Function, or '' if that is not known. */
  readonly name: string;
  /** Guest address of its first byte. */
  readonly start: number;
  /** Last component of the file's name. */
  readonly file: string;
}

interface FileSymbols {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly names: readonly string[];
  /** Address minus file offset of the executable segment. */
  readonly bias: number;
}

/** The names of a process's functions, by what its Mm maps at this moment. */
export class Symbolizer {
  readonly #lx: Lx;
  readonly #vmas: readonly Vma[];
  readonly #files: Map<number, FileSymbols | undefined>;

  /** `before`: an earlier one, whose symbols it takes over. */
  constructor(lx: Lx, mm: number, before?: Symbolizer) {
    this.#lx = lx;
    this.#files = before === undefined ? new Map() : before.#files;
    this.#vmas = listVmas(lx.k, mm).filter(
      ({ file, flags }) => file !== 0 && (flags & VM_EXEC) !== 0,
    );
  }

  find(pc: number): GuestSymbol | undefined {
    const page = Math.floor(pc / PAGE_SIZE);
    const vma = this.#vmas.find(({ start, end }) => page >= start && page < end);
    if (vma === undefined) return undefined;
    const file = fileInode(this.#lx, vma.file).linkText(this.#lx, vma.file).split('/').at(-1) ?? '';
    const symbols = this.#symbolsOf(vma.file);
    if (symbols === undefined) return { name: '', start: pc, file };
    const shift = (vma.start - vma.offset) * PAGE_SIZE - symbols.bias;
    const at = pc - shift;
    const n = lastUpTo(symbols.starts, at);
    if (n < 0 || at >= symbols.ends[n]) return { name: '', start: pc, file };
    return { name: symbols.names[n], start: symbols.starts[n] + shift, file };
  }

  #symbolsOf(file: number): FileSymbols | undefined {
    if (!this.#files.has(file)) this.#files.set(file, readSymbols(this.#lx, file));
    return this.#files.get(file);
  }
}

/** “memcpy+0x1c (libc.so.6)” */
export function showSymbol(symbol: GuestSymbol | undefined, pc: number): string {
  if (symbol === undefined) return '';
  const offset = pc - symbol.start;
  const plus = offset === 0 ? '' : `+0x${offset.toString(16)}`;
  return symbol.name === '' ? `(${symbol.file})` : `${symbol.name}${plus} (${symbol.file})`;
}

/** Index of the last of ascending `starts` that is not above `at`; −1 if all are. */
function lastUpTo(starts: Float64Array, at: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function readSymbols(lx: Lx, file: number): FileSymbols | undefined {
  const head = read(lx, file, 0, EHDR.SIZE);
  if (head === undefined || head.getUint32(0, true) !== ELF_MAGIC) return undefined;
  const sections = read(
    lx,
    file,
    Number(head.getBigUint64(40, true)),
    head.getUint16(60, true) * 64,
  );
  const segments = read(
    lx,
    file,
    Number(head.getBigUint64(EHDR.PHOFF, true)),
    head.getUint16(EHDR.PHNUM, true) * PHDR.SIZE,
  );
  if (sections === undefined || segments === undefined) return undefined;
  const found: { start: number; end: number; name: string }[] = [];
  for (let at = 0; at + 64 <= sections.byteLength; at += 64) {
    const type = sections.getUint32(at + 4, true);
    if (type !== SHT_SYMTAB && type !== SHT_DYNSYM) continue;
    const link = sections.getUint32(at + 40, true) * 64;
    if (link + 64 > sections.byteLength) continue;
    const table = section(lx, file, sections, at);
    const strings = section(lx, file, sections, link);
    if (table !== undefined && strings !== undefined) addSymbols(table, strings, found);
  }
  found.sort((a, b) => a.start - b.start);
  return {
    starts: Float64Array.from(found, ({ start }) => start),
    ends: Float64Array.from(found, ({ start, end }, i) =>
      end > start ? end : (found[i + 1]?.start ?? start + 1),
    ),
    names: found.map(({ name }) => name),
    bias: textBias(segments),
  };
}

/** Address minus file offset of the executable segment. */
function textBias(segments: DataView): number {
  for (let at = 0; at + PHDR.SIZE <= segments.byteLength; at += PHDR.SIZE) {
    if (segments.getUint32(at + PHDR.TYPE, true) !== PT.LOAD) continue;
    if ((segments.getUint32(at + PHDR.FLAGS, true) & PF_X) === 0) continue;
    const address = Number(segments.getBigUint64(at + PHDR.VADDR, true));
    return address - Number(segments.getBigUint64(at + PHDR.OFFSET, true));
  }
  return 0;
}

const section = (lx: Lx, file: number, sections: DataView, at: number): DataView | undefined =>
  read(
    lx,
    file,
    Number(sections.getBigUint64(at + 24, true)),
    Number(sections.getBigUint64(at + 32, true)),
  );

function addSymbols(
  table: DataView,
  strings: DataView,
  found: { start: number; end: number; name: string }[],
): void {
  const text = new Uint8Array(strings.buffer, strings.byteOffset, strings.byteLength);
  for (let at = 0; at + SYMBOL_SIZE <= table.byteLength; at += SYMBOL_SIZE) {
    const type = table.getUint8(at + 4) & 15;
    const start = Number(table.getBigUint64(at + 8, true));
    if ((type !== STT_FUNC && type !== STT_GNU_IFUNC) || start === 0) continue;
    const from = table.getUint32(at, true);
    const to = text.indexOf(0, from);
    if (to <= from) continue;
    const end = start + Number(table.getBigUint64(at + 16, true));
    found.push({ start, end, name: bytesToString(text.subarray(from, to)) });
  }
}

function read(lx: Lx, file: number, pos: number, length: number): DataView | undefined {
  if (length <= 0 || length > MAX_BYTES) return undefined;
  const bytes = readBytes(lx, file, pos, length);
  if (typeof bytes === 'number' || bytes.length < length) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
