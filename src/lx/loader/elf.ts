// ELF headers, read from a file and checked as Linux's load_elf_binary does (fs/binfmt_elf.c). Every field is the
// guest's: 64-bit values become doubles, which is exact for all that pass the checks.

import { EHDR, ELF_MAGIC, EM_X86_64, ET, PF_R, PF_W, PF_X, PHDR, PT } from '../abi/elf.ts';
import { E } from '../abi/errno.ts';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../abi/mman.ts';
import { fileOps } from '../kernel/file.ts';
import type { Lx } from '../kernel/lx.ts';
import { PAGE_SIZE, TASK_SIZE } from '../mm/layout.ts';

export interface Segment {
  readonly vaddr: number;
  readonly offset: number;
  readonly fileSize: number;
  readonly memSize: number;
  readonly prot: number;
  readonly align: number;
}

export interface ElfImage {
  readonly pie: boolean;
  readonly entry: number;
  readonly phnum: number;
  /** Unrelocated address of the program headers in memory, 0 if no segment holds them. */
  readonly phdr: number;
  readonly segments: readonly Segment[];
  /** [file offset, size] of the interpreter's path. */
  readonly interp: readonly [number, number] | null;
  readonly execStack: boolean;
}

/** What the kernel looks at first (BINPRM_BUF_SIZE). */
export const HEAD_SIZE = 256;
const MAX_PHDR_BYTES = 65536;

/** Up to `len` bytes at `pos`; fewer at the end of the file; or −errno. */
export function readBytes(lx: Lx, file: number, pos: number, len: number): Uint8Array | number {
  const bytes = new Uint8Array(len);
  const ops = fileOps(lx.k, file);
  let done = 0;
  while (done < len) {
    const got = ops.read(lx, file, bytes, done, len - done, pos + done);
    if (got < 0) return got;
    if (got === 0) break;
    done += got;
  }
  return bytes.subarray(0, done);
}

/** The image that `head` (the first bytes of `file`) announces, or −`bad` (ENOEXEC, for interpreters ELIBBAD). */
export function readElf(lx: Lx, file: number, head: Uint8Array, bad: number): ElfImage | number {
  const ehdr = viewOf(padded(head));
  const type = ehdr.getUint16(EHDR.TYPE, true);
  if (ehdr.getUint32(0, true) !== ELF_MAGIC) return -bad;
  if (type !== ET.EXEC && type !== ET.DYN) return -bad;
  if (ehdr.getUint16(EHDR.MACHINE, true) !== EM_X86_64) return -bad;
  const phnum = ehdr.getUint16(EHDR.PHNUM, true);
  const bytes = phnum * PHDR.SIZE;
  if (ehdr.getUint16(EHDR.PHENTSIZE, true) !== PHDR.SIZE) return -bad;
  if (bytes === 0 || bytes > MAX_PHDR_BYTES) return -bad;
  const phoff = u64(ehdr, EHDR.PHOFF);
  if (phoff > Number.MAX_SAFE_INTEGER / 2) return -bad;
  const table = readBytes(lx, file, phoff, bytes);
  if (typeof table === 'number' || table.length !== bytes) return -bad;
  return imageOf(ehdr, viewOf(table), phnum, phoff, type === ET.DYN);
}

function padded(head: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD_SIZE);
  bytes.set(head.subarray(0, HEAD_SIZE));
  return bytes;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const u64 = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

function imageOf(
  ehdr: DataView,
  table: DataView,
  phnum: number,
  phoff: number,
  pie: boolean,
): ElfImage {
  const segments: Segment[] = [];
  let interp: ElfImage['interp'] = null;
  let execStack = false;
  let phdr = 0;
  for (let at = 0; at < phnum * PHDR.SIZE; at += PHDR.SIZE) {
    const type = table.getUint32(at + PHDR.TYPE, true);
    const segment = segmentAt(table, at);
    if (type === PT.INTERP && interp === null) interp = [segment.offset, segment.fileSize];
    if (type === PT.GNU_STACK) execStack = (segment.prot & PROT_EXEC) !== 0;
    if (type !== PT.LOAD) continue;
    segments.push(segment);
    const within = phoff - segment.offset;
    if (within >= 0 && within < segment.fileSize) phdr = segment.vaddr + within;
  }
  return { pie, entry: u64(ehdr, EHDR.ENTRY), phnum, phdr, segments, interp, execStack };
}

function segmentAt(table: DataView, at: number): Segment {
  const flags = table.getUint32(at + PHDR.FLAGS, true);
  const readable = (flags & PF_R) !== 0 ? PROT_READ : 0;
  const writable = (flags & PF_W) !== 0 ? PROT_WRITE : 0;
  const executable = (flags & PF_X) !== 0 ? PROT_EXEC : 0;
  return {
    vaddr: u64(table, at + PHDR.VADDR),
    offset: u64(table, at + PHDR.OFFSET),
    fileSize: u64(table, at + PHDR.FILESZ),
    memSize: u64(table, at + PHDR.MEMSZ),
    align: u64(table, at + PHDR.ALIGN),
    prot: readable | writable | executable,
  };
}

/** Whether a segment's numbers make sense, apart from where it lies. */
export function segmentIsSane(segment: Segment): boolean {
  const { vaddr, memSize, fileSize, offset } = segment;
  if (fileSize > memSize || memSize > TASK_SIZE || vaddr > TASK_SIZE - memSize) return false;
  return offset % PAGE_SIZE === vaddr % PAGE_SIZE && offset <= TASK_SIZE;
}

/** The path in PT_INTERP, or −errno. */
export function readInterpPath(
  lx: Lx,
  file: number,
  at: readonly [number, number],
): string | number {
  const [offset, size] = at;
  const PATH_MAX = 4096;
  if (size > PATH_MAX || size < 2) return -E.NOEXEC;
  const bytes = readBytes(lx, file, Math.min(offset, Number.MAX_SAFE_INTEGER / 2), size);
  if (typeof bytes === 'number') return bytes;
  if (bytes.length !== size) return -E.IO;
  if (bytes[size - 1] !== 0) return -E.NOEXEC;
  return bytesToString(bytes.subarray(0, bytes.indexOf(0)));
}

/** A byte string: one char a byte. */
export function bytesToString(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
