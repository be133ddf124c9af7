// The second half of execve: fills a fresh address space (new Mm, new memory) with a checked program. Past this point
// there is nothing to go back to: an error means that the process dies of SIGSEGV, as on Linux.
import {
  BOUNCE_SIZE,
  CACHE_BASE,
  CACHE_SIZE,
  CPU_LEVEL,
  CTX_SIZE,
  EFLAGS,
  FCW,
  GPR,
  GUEST_SHIFT,
  MXCSR,
  PAGE_BUS,
  PAGE_FLAGS,
  RIP,
  RSP,
} from '../../../assembly/shared/layout.ts';
import { AT } from '../abi/auxv.ts';
import { PHDR } from '../abi/elf.ts';
import { E } from '../abi/errno.ts';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../abi/mman.ts';
import { fileGet, filePut } from '../kernel/file.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf } from '../kernel/process.ts';
import { Process } from '../kernel/task.ts';
import type { GuestMemory } from '../mm/guest-memory.ts';
import {
  GUARD_GAP_PAGES,
  GUEST_END,
  LOADER_PAGE,
  MIN_PAGE,
  MMAP_BASE_PAGE,
  MMAP_TOP_PAGE,
  PAGE_SIZE,
  PIE_BASE,
  pagesOf,
  RUNTIME_SIZE,
  STACK_TOP,
} from '../mm/layout.ts';
import { findPlace, firstFit, mapAt } from '../mm/map.ts';
import { Mm, VM_GROWSDOWN, VM_STACK, withMm } from '../mm/mm.ts';
import { reserveRuntime } from '../mm/runtime-range.ts';
import { bytesToString, type ElfImage, type Segment, segmentIsSane } from './elf.ts';
import type { Program } from './program.ts';
import { buildStack, type StackContents, stackBytes } from './stack.ts';

export interface Loaded {
  /** First instruction (the interpreter's, if there is one) and stack pointer: guest addresses. */
  readonly entry: number;
  /** The program's own entry point (AT_ENTRY). */
  readonly programEntry: number;
  readonly sp: number;
}

const MIB = 1 << 20;
const STACK_MIN = MIB / 4;
const STACK_MAX = 256 * MIB;
const STACK_UNLIMITED = 64 * MIB;

/** CPUID.1:EDX, which is what x86 gives as AT_HWCAP. */
const HWCAP = 0x178b_fbff;
/** Bytes that the largest signal frame takes here (fxsave or xsave area, siginfo, ucontext), with room to spare. */
const MINSIGSTKSZ = 0xd30;
const RSEQ_FEATURE_SIZE = 28;
const RSEQ_ALIGN = 32;
const CLOCK_TICKS = 100;

/**
 * Maps the program, its interpreter, stack and [runtime] range into the current process's fresh Mm and `lx.mem`. Takes over
 * the program's references. −errno: the process cannot live.
 */
export function loadProgram(lx: Lx, program: Program): Loaded | number {
  try {
    return withMm(lx, (mm) => load(lx, mm, program));
  } finally {
    filePut(lx, program.file);
    if (program.interpFile !== 0) filePut(lx, program.interpFile);
  }
}

function load(lx: Lx, mm: number, program: Program): Loaded | number {
  const { k } = lx;
  const main = mapImage(lx, mm, program.file, program.elf, PIE_BASE / PAGE_SIZE);
  if (typeof main === 'number') return main;
  k.f64[(mm + Mm.brkStart) >> 1] = main.end;
  k.f64[(mm + Mm.brk) >> 1] = main.end;
  noteCode(lx, mm, program.elf, main.bias);
  const runtime = mapRuntime(lx, mm);
  if (runtime < 0) return runtime;
  const entryOfMain = program.elf.entry + main.bias;
  let entry = entryOfMain;
  let base = 0;
  if (program.interp !== null) {
    const interp = mapInterpreter(lx, mm, program.interpFile, program.interp);
    if (typeof interp === 'number') return interp;
    base = interp.bias;
    entry = program.interp.entry + base;
  }
  if (entry >= GUEST_END) return -E.INVAL;
  const phdr = program.elf.phdr === 0 ? 0 : program.elf.phdr + main.bias;
  const auxv = fixedAuxv(lx, phdr, program.elf.phnum, base, entryOfMain);
  const sp = mapStack(lx, mm, program, auxv);
  return sp < 0 ? sp : { entry, programEntry: entryOfMain, sp };
}

interface MappedImage {
  /** Added to the image's own addresses. */
  readonly bias: number;
  /** Page-aligned end of its last segment. */
  readonly end: number;
}

/** Maps all segments; an image that may lie anywhere goes to `place`, or the first fit when that is taken. */
function mapImage(
  lx: Lx,
  mm: number,
  file: number,
  elf: ElfImage,
  place: number,
): MappedImage | number {
  if (elf.segments.length === 0) return elf.pie ? -E.INVAL : { bias: 0, end: MIN_PAGE * PAGE_SIZE };
  if (!elf.segments.every(segmentIsSane)) return -E.INVAL;
  const low = Math.min(...elf.segments.map((s) => Math.floor(s.vaddr / PAGE_SIZE)));
  const high = Math.max(...elf.segments.map((s) => pagesOf(s.vaddr + s.memSize)));
  let bias = 0;
  if (elf.pie) {
    const align = Math.max(1, ...elf.segments.map((s) => alignPages(s.align)));
    const at = placeImage(lx, mm, high - low, place, align);
    if (at < 0) return -E.NOMEM;
    bias = (at - low) * PAGE_SIZE;
  }
  if (high * PAGE_SIZE + bias > GUEST_END) return -E.NOMEM;
  for (const segment of elf.segments) {
    const result = mapSegment(lx, mm, file, segment, bias);
    if (result < 0) return result;
  }
  return { bias, end: high * PAGE_SIZE + bias };
}

/** A sane power of two, in pages. */
function alignPages(align: number): number {
  const pages = align / PAGE_SIZE;
  return pages >= 1 && pages <= 0x1_0000 && Number.isInteger(Math.log2(pages)) ? pages : 1;
}

function placeImage(lx: Lx, mm: number, pages: number, hint: number, align: number): number {
  const found = findPlace(lx.k, mm, pages + align - 1, hint);
  return found < 0 ? -1 : Math.ceil(found / align) * align;
}

const mapInterpreter = (lx: Lx, mm: number, file: number, elf: ElfImage): MappedImage | number =>
  mapImage(lx, mm, file, elf, LOADER_PAGE);

/** One PT_LOAD: file pages, then the zeroes of .bss (elf_load of fs/binfmt_elf.c). */
function mapSegment(lx: Lx, mm: number, file: number, segment: Segment, bias: number): number {
  const start = segment.vaddr + bias;
  const fileEnd = start + segment.fileSize;
  const memEnd = start + segment.memSize;
  const from = Math.floor(start / PAGE_SIZE);
  if (from < MIN_PAGE) return -E.NOMEM;
  let zeroFrom = from;
  if (segment.fileSize > 0) {
    zeroFrom = pagesOf(fileEnd);
    const offset = Math.floor(segment.offset / PAGE_SIZE);
    const vma = {
      start: from,
      end: zeroFrom,
      flags: segment.prot,
      file: fileGet(lx.k, file),
      offset,
    };
    const result = mapAt(lx, mm, vma);
    if (result < 0) return result;
    if (segment.memSize > segment.fileSize && !zeroTail(lx.mem, fileEnd, segment.prot)) {
      return -E.FAULT;
    }
  }
  const zeroEnd = pagesOf(memEnd);
  if (zeroEnd <= zeroFrom) return 0;
  return mapAt(lx, mm, { start: zeroFrom, end: zeroEnd, flags: segment.prot, file: 0, offset: 0 });
}

/** Zeroes from `addr` to the end of its page, where .bss begins in a page of the file. False: no such page. */
function zeroTail(mem: GuestMemory, addr: number, prot: number): boolean {
  if ((prot & PROT_WRITE) === 0 || addr % PAGE_SIZE === 0) return true;
  const page = Math.floor(addr / PAGE_SIZE);
  if ((mem.u8[PAGE_FLAGS + page] & PAGE_BUS) !== 0) return false;
  mem.zero(addr - GUEST_SHIFT, (page + 1) * PAGE_SIZE - GUEST_SHIFT);
  return true;
}

/** Where the program's text and data lie, for /proc/pid/stat. */
function noteCode(lx: Lx, mm: number, elf: ElfImage, bias: number): void {
  const { f64 } = lx.k;
  for (const segment of elf.segments) {
    const start = segment.vaddr + bias;
    const end = start + segment.fileSize;
    const executable = (segment.prot & PROT_EXEC) !== 0;
    f64[(mm + (executable ? Mm.codeStart : Mm.dataStart)) >> 1] = start;
    f64[(mm + (executable ? Mm.codeEnd : Mm.dataEnd)) >> 1] = end;
  }
}

/** The range of the first thread's decode cache. */
function mapRuntime(lx: Lx, mm: number): number {
  const { k } = lx;
  const start = reserveRuntime(lx, mm, RUNTIME_SIZE);
  if (start < 0) return start;
  k.f64[(mm + Mm.runtime) >> 1] = start;
  k.f64[(mm + Mm.runtimeSize) >> 1] = RUNTIME_SIZE;
  return 0;
}

/** Maps the stack (all that RLIMIT_STACK allows; untouched pages cost nothing) and fills it; the stack pointer or −errno. */
function mapStack(lx: Lx, mm: number, program: Program, auxv: StackContents['auxv']): number {
  const { k, mem } = lx;
  const contents: StackContents = { ...program, auxv };
  const limit = Number.isFinite(program.stackLimit) ? program.stackLimit : STACK_UNLIMITED;
  const wanted = Math.min(Math.max(limit, STACK_MIN), STACK_MAX);
  const pages = pagesOf(Math.max(wanted, stackBytes(contents) + STACK_MIN));
  const end = stackPlace(lx, mm, pages);
  if (end < 0) return -E.NOMEM;
  const prot = PROT_READ | PROT_WRITE | (program.elf.execStack ? PROT_EXEC : 0);
  const flags = prot | VM_STACK | VM_GROWSDOWN;
  const result = mapAt(lx, mm, { start: end - pages, end, flags, file: 0, offset: 0 });
  if (result < 0) return result;
  const stack = buildStack(mem, end * PAGE_SIZE, contents);
  k.f64[(mm + Mm.stackStart) >> 1] = stack.sp;
  k.f64[(mm + Mm.argStart) >> 1] = stack.argStart;
  k.f64[(mm + Mm.argEnd) >> 1] = stack.argEnd;
  k.f64[(mm + Mm.envStart) >> 1] = stack.envStart;
  k.f64[(mm + Mm.envEnd) >> 1] = stack.envEnd;
  k.i32[mm + Mm.auxv] = k.locked(() => k.newStringLocked(bytesToString(stack.auxv)));
  return stack.sp;
}

/** Page after the stack: at its fixed place if that is free, else wherever stack and guard gap fit. */
function stackPlace(lx: Lx, mm: number, pages: number): number {
  const whole = pages + GUARD_GAP_PAGES;
  const end = STACK_TOP / PAGE_SIZE;
  if (firstFit(lx.k, mm, whole, end - whole, end) === end - whole) return end;
  const start = firstFit(lx.k, mm, whole, MMAP_BASE_PAGE, MMAP_TOP_PAGE);
  return start < 0 ? -1 : start + whole;
}

function fixedAuxv(
  lx: Lx,
  phdr: number,
  phnum: number,
  base: number,
  entry: number,
): StackContents['auxv'] {
  const { i32 } = lx.k;
  const process = processOf(lx);
  // biome-ignore format: aligned rows, in the kernel's order
  return [
    [AT.MINSIGSTKSZ, MINSIGSTKSZ],
    [AT.HWCAP, HWCAP],
    [AT.PAGESZ, PAGE_SIZE],
    [AT.CLKTCK, CLOCK_TICKS],
    [AT.PHDR, phdr],
    [AT.PHENT, PHDR.SIZE],
    [AT.PHNUM, phnum],
    [AT.BASE, base],
    [AT.FLAGS, 0],
    [AT.ENTRY, entry],
    [AT.UID, i32[process + Process.uid]],
    [AT.EUID, i32[process + Process.euid]],
    [AT.GID, i32[process + Process.gid]],
    [AT.EGID, i32[process + Process.egid]],
    [AT.SECURE, 0],
    [AT.RSEQ_FEATURE_SIZE, RSEQ_FEATURE_SIZE],
    [AT.RSEQ_ALIGN, RSEQ_ALIGN],
  ];
}

const INITIAL_EFLAGS = 0x202;
const INITIAL_FCW = 0x37f;
const INITIAL_MXCSR = 0x1f80;

/** The CPU context at linear address `ctx` as a program finds it at its first instruction. */
export function initContext(lx: Lx, mm: number, ctx: number, loaded: Loaded): void {
  const { k, mem } = lx;
  const { dv } = mem;
  mem.u8.fill(0, ctx, ctx + CTX_SIZE);
  dv.setUint32(ctx + RIP, loaded.entry, true);
  dv.setUint32(ctx + GPR + RSP * 8, loaded.sp, true);
  dv.setUint32(ctx + EFLAGS, INITIAL_EFLAGS, true);
  dv.setUint16(ctx + FCW, INITIAL_FCW, true);
  dv.setUint32(ctx + MXCSR, INITIAL_MXCSR, true);
  dv.setUint32(ctx + CPU_LEVEL, lx.config.cpuLevel, true);
  dv.setUint32(ctx + CACHE_BASE, k.f64[(mm + Mm.runtime) >> 1] - GUEST_SHIFT, true);
  dv.setUint32(ctx + CACHE_SIZE, k.f64[(mm + Mm.runtimeSize) >> 1] - BOUNCE_SIZE, true);
}
