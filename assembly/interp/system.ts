// Instructions about the machine: cpuid, rdtsc(p), xgetbv, fences, fxsave/fxrstor, segment registers, software interrupts,
// and what user mode may not do. The guest sees a 64-bit Linux without 32-bit emulation: `int 0x80` is #GP.
import { EXIT_FAULT, EXIT_NONE, VEC_BP, VEC_DB, VEC_GP } from '../shared/exit';
import { ZF } from '../shared/flags';
import { I_IMM, I_OP } from '../shared/inst';
import {
  CLOCK, CPU_LEVEL, FENCE_WORD, RAX, RBX, RCX, RDX, RSP,
} from '../shared/layout';
import * as ops from '../generated/ops';
import { ea, fault, gp, isMem, pageFault, rd, ud, wr } from '../memory';
import { gpr, r0, r1, setGpr } from '../state';
import { ldmxcsr, stmxcsr } from '../sse/mxcsr';
import { stateExec } from '../x87';
import { setStatus, status } from './lazy';
import { push } from './stack';

// @ts-ignore: decorator
@external("env", "clock")
declare function clock(at: usize): void;

const BRAND: string = 'lxjit x86-64 guest CPU';

@inline
function answer(ctx: usize, a: u32, b: u32, c: u32, d: u32): i32 {
  setGpr<u32>(ctx, RAX * 8, a);
  setGpr<u32>(ctx, RBX * 8, b);
  setGpr<u32>(ctx, RCX * 8, c);
  setGpr<u32>(ctx, RDX * 8, d);
  return EXIT_NONE;
}

/** Four bytes of the brand string, which is filled up with NULs to 48. */
function brand(at: i32): u32 {
  let word: u32 = 0;
  for (let i = 0; i < 4; i++) {
    if (at + i < BRAND.length) word |= <u32>BRAND.charCodeAt(at + i) << (i * 8);
  }
  return word;
}

/**
 * CPUID: the features of x86-64-v2 with AES, PCLMULQDQ, ERMS, FSRM and RDTSCP, as a processor of AMD's family 17h, whose
 * cache leaves glibc reads (32 KiB L1, 512 KiB L2, 8 MiB L3). Level 2 has no XSAVE, so no AVX: glibc then uses fxsave and
 * SSE. Level 3 adds XSAVE, AVX, AVX2, FMA, F16C, MOVBE, LZCNT, BMI1 and BMI2.
 */
function cpuid(ctx: usize): i32 {
  const leaf = gpr<u32>(ctx, RAX * 8);
  const sub = gpr<u32>(ctx, RCX * 8);
  const v3 = load<u32>(ctx, CPU_LEVEL) >= 3;
  // biome-ignore format: aligned rows
  switch (leaf) {
    case 0:          return answer(ctx, v3 ? 13 : 7, 0x68747541, 0x444d4163, 0x69746e65); // AuthenticAMD
    // ecx: SSE3 PCLMUL SSSE3 CX16 SSE4.1 SSE4.2 POPCNT AES (v3: FMA MOVBE XSAVE OSXSAVE AVX F16C)
    // edx: FPU TSC CX8 CMOV CLFSH MMX FXSR SSE SSE2 …
    case 1:          return answer(ctx, 0x00800f82, 0x00010800, 0x02982203 | (v3 ? 0x3c401000 : 0), 0x078bfbff);
    // ebx: ERMS (v3: BMI1 AVX2 BMI2); edx: FSRM
    case 7:          return sub == 0 ? answer(ctx, 0, 0x200 | (v3 ? 0x128 : 0), 0, 1 << 4) : answer(ctx, 0, 0, 0, 0);
    case 13:         return v3 ? xsaveLeaf(ctx, sub) : answer(ctx, 0, 0, 0, 0);
    case 0x80000000: return answer(ctx, 0x8000001e, 0x68747541, 0x444d4163, 0x69746e65);
    // ecx: LAHF, PREFETCHW (v3: LZCNT); edx: SYSCALL NX FXSR RDTSCP LM and leaf 1's
    case 0x80000001: return answer(ctx, 0x00800f82, 0, 0x101 | (v3 ? 1 << 5 : 0), 0x29d3fbff & ~(1 << 22));
    case 0x80000002:
    case 0x80000003:
    case 0x80000004: return brandLeaf(ctx, (leaf - 0x80000002) * 16);
    case 0x80000005: return answer(ctx, 0, 0, 0x20080140, 0x20080140);
    case 0x80000006: return answer(ctx, 0, 0, 0x02006140, 0x00408140);
    case 0x80000007: return answer(ctx, 0, 0, 0, 1 << 8); // invariant TSC
    case 0x80000008: return answer(ctx, 0x3030, 1 << 2, 0, 0); // 48-bit addresses; xrstor restores FP error pointers
    case 0x8000001d: return cacheLeaf(ctx, sub);
    default:         return answer(ctx, 0, 0, 0, 0);
  }
}

/** Extended state: x87, SSE and AVX in 832 bytes; XSAVEOPT and XSAVEC; the upper YMM halves are 256 bytes at 576. */
function xsaveLeaf(ctx: usize, sub: u32): i32 {
  if (sub == 0) return answer(ctx, 7, 832, 832, 0);
  if (sub == 1) return answer(ctx, 3, 832, 0, 0);
  return sub == 2 ? answer(ctx, 256, 576, 0, 0) : answer(ctx, 0, 0, 0, 0);
}

/** xgetbv: XCR0 has x87, SSE and AVX; there is no other register. */
function xgetbv(ctx: usize): i32 {
  if (load<u32>(ctx, CPU_LEVEL) < 3) return ud(ctx);
  if (gpr<u32>(ctx, RCX * 8)) return gp(ctx);
  setGpr<u32>(ctx, RAX * 8, 7);
  setGpr<u32>(ctx, RDX * 8, 0);
  return 0;
}

function brandLeaf(ctx: usize, at: i32): i32 {
  return answer(ctx, brand(at), brand(at + 4), brand(at + 8), brand(at + 12));
}

/** Cache properties: type and level, ways − 1 and line − 1, sets − 1 (AMD APM Vol. 3 E.4.15). */
function cacheLeaf(ctx: usize, index: u32): i32 {
  // biome-ignore format: aligned rows
  switch (index) {
    case 0:  return answer(ctx, 0x121, 0x01c0003f, 63, 0);
    case 1:  return answer(ctx, 0x122, 0x01c0003f, 63, 0);
    case 2:  return answer(ctx, 0x143, 0x01c0003f, 1023, 2);
    case 3:  return answer(ctx, 0x163, 0x03c0003f, 8191, 1);
    default: return answer(ctx, 0, 0, 0, 0);
  }
}

/** The time stamp counter runs at 1 GHz. */
function rdtsc(ctx: usize): i32 {
  clock(ctx + CLOCK);
  const now = load<u64>(ctx, CLOCK);
  setGpr<u32>(ctx, RAX * 8, <u32>now);
  setGpr<u32>(ctx, RDX * 8, <u32>(now >> 32));
  return EXIT_NONE;
}

/** As rdtsc, with ecx ← IA32_TSC_AUX, which Linux sets to the processor (0) and node number. */
function rdtscp(ctx: usize): i32 {
  setGpr<u32>(ctx, RCX * 8, 0);
  return rdtsc(ctx);
}

/** Selectors of a 64-bit Linux process, by segment number (es cs ss ds fs gs). */
@inline
function selector(segment: usize): u16 {
  return segment == 1 ? 0x33 : segment == 2 ? 0x2b : 0;
}

function readSegmentM(ctx: usize, inst: usize): i32 {
  const at = wr(ctx, ea(ctx, inst), 2);
  if (!at) return EXIT_FAULT;
  store<u16>(at, selector(r1(inst)));
  return EXIT_NONE;
}

@inline
function readSegmentR<T>(ctx: usize, inst: usize): i32 {
  setGpr<T>(ctx, r0(inst), <T>selector(r1(inst)));
  return EXIT_NONE;
}

/** Null and the flat user data selector may be loaded, into anything but ss also null; they change nothing here. */
function loadSelector(ctx: usize, segment: usize, value: u32): i32 {
  if ((value & ~3) == 0 && segment != 2) return EXIT_NONE;
  if (value == 0x2b) return EXIT_NONE;
  return fault(ctx, VEC_GP, value & 0xfffc);
}

function writeSegment(ctx: usize, inst: usize): i32 {
  if (!isMem(inst)) return loadSelector(ctx, r0(inst), gpr<u16>(ctx, r1(inst)));
  const at = rd(ctx, ea(ctx, inst), 2);
  if (!at) return EXIT_FAULT;
  return loadSelector(ctx, r0(inst), load<u16>(at));
}

@inline
function popSegment<T>(ctx: usize, inst: usize): i32 {
  const rsp = gpr<u64>(ctx, RSP * 8);
  const at = rd(ctx, rsp, sizeof<T>());
  if (!at) return EXIT_FAULT;
  if (loadSelector(ctx, r0(inst), load<u16>(at))) return EXIT_FAULT;
  setGpr<u64>(ctx, RSP * 8, rsp + sizeof<T>());
  return EXIT_NONE;
}

/** lar, lsl, verr, verw: no selector is known to be readable, so ZF ← 0. */
function noSelector(ctx: usize, inst: usize): i32 {
  if (isMem(inst) && !rd(ctx, ea(ctx, inst), 2)) return EXIT_FAULT;
  setStatus(ctx, status(ctx) & ~ZF);
  return EXIT_NONE;
}

/** int n: only int 3 is allowed in user mode, int 4 (#OF) apart; the others are #GP with the vector (SDM Vol. 3 §6.13). */
function softwareInterrupt(ctx: usize, vector: u32): i32 {
  if (vector == VEC_BP) return fault(ctx, VEC_BP, 0);
  return fault(ctx, VEC_GP, (vector << 3) | 2);
}

/** far returns and jumps, iret: to another code segment, or with selectors that do not exist here. */
function farTransfer(ctx: usize): i32 {
  return gp(ctx);
}

/** The bytes of an instruction lie on a page that is not executable. */
function fetchFault(ctx: usize, inst: usize): i32 {
  pageFault(ctx, load<u64>(inst, I_IMM), 16);
  return EXIT_FAULT;
}

/** A read-modify-write that changes nothing: a full barrier, as asc's atomic.fence() makes no valid module. */
function fence(): void {
  atomic.or<u32>(FENCE_WORD, 0);
}

/** clflush: a byte that must be readable. */
function touch(ctx: usize, inst: usize): i32 {
  return rd(ctx, ea(ctx, inst), 1) ? EXIT_NONE : EXIT_FAULT;
}

/** Every operation of the system group but syscall (run.ts). */
// biome-ignore format: aligned rows
export function systemExec(ctx: usize, inst: usize): i32 {
  switch (<i32>load<u16>(inst, I_OP)) {
    case ops.CPUID:       return cpuid(ctx);
    case ops.RDTSC:       return rdtsc(ctx);
    case ops.RDTSCP:      return rdtscp(ctx);
    case ops.FENCE:       fence(); return EXIT_NONE;
    case ops.CLFLUSH:     return touch(ctx, inst);
    case ops.FXSAVE:
    case ops.FXSAVE64:
    case ops.FXRSTOR:
    case ops.FXRSTOR64:
    case ops.XSAVE:
    case ops.XSAVE64:
    case ops.XSAVEOPT:
    case ops.XSAVEOPT64:
    case ops.XSAVEC:
    case ops.XSAVEC64:
    case ops.XRSTOR:
    case ops.XRSTOR64:    return stateExec(ctx, inst);
    case ops.LDMXCSR:     return ldmxcsr(ctx, inst);
    case ops.STMXCSR:     return stmxcsr(ctx, inst);
    case ops.MOV_MS:      return readSegmentM(ctx, inst);
    case ops.MOV_RS16:    return readSegmentR<u16>(ctx, inst);
    case ops.MOV_RS32:    return readSegmentR<u32>(ctx, inst);
    case ops.MOV_RS64:    return readSegmentR<u64>(ctx, inst);
    case ops.MOV_SE:      return writeSegment(ctx, inst);
    case ops.PUSH_S16:    return push<u16>(ctx, selector(r0(inst)));
    case ops.PUSH_S64:    return push<u64>(ctx, selector(r0(inst)));
    case ops.POP_S16:     return popSegment<u16>(ctx, inst);
    case ops.POP_S64:     return popSegment<u64>(ctx, inst);
    case ops.VERR:
    case ops.VERW:
    case ops.LAR:
    case ops.LSL:         return noSelector(ctx, inst);
    case ops.INT3:        return fault(ctx, VEC_BP, 0);
    case ops.INT1:        return fault(ctx, VEC_DB, 0);
    case ops.INT:         return softwareInterrupt(ctx, load<u8>(inst, I_IMM));
    case ops.IRET:
    case ops.RETF:
    case ops.FAR:         return farTransfer(ctx);
    case ops.PRIV:        return gp(ctx);
    case ops.FETCH_FAULT: return fetchFault(ctx, inst);
    case ops.XGETBV:      return xgetbv(ctx);
    // ud2, no instruction
    default:              return ud(ctx);
  }
}
