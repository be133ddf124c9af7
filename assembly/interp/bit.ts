// Bit operations: bt, bts, btr, btc, bsf, bsr, tzcnt, lzcnt, popcnt, crc32. A memory operand with the bit number in a
// register addresses a bit string: the number, signed, reaches beyond the operand (Intel SDM Vol. 2 "BT").
import { EXIT_FAULT, EXIT_NONE } from '../shared/exit';
import { CF, STATUS_FLAGS, ZF } from '../shared/flags';
import { I_IMM, I_OP, INST_ADDR32, I_FLAGS } from '../shared/inst';
import * as ops from '../generated/ops';
import { ea, eaOffset, rd, segBase, wr } from '../memory';
import { gpr, r0, r1, setGpr } from '../state';
import { leaveCarry, setStatus, status } from './lazy';

export const B_TEST: i32 = 0;
export const B_SET: i32 = 1;
export const B_RESET: i32 = 2;
export const B_COMPLEMENT: i32 = 3;

/** The value with the bit changed; CF is the old bit, the other flags stay (ZF does, the rest is undefined). */
@inline
function bit<T>(ctx: usize, op: i32, value: T, n: u32): T {
  const one = <T>((<u64>1) << n);
  leaveCarry(ctx, u32((value & one) != 0));
  if (op == B_SET) return value | one;
  if (op == B_RESET) return value & ~one;
  return op == B_COMPLEMENT ? value ^ one : value;
}

function bitR<T>(ctx: usize, inst: usize, op: i32, by: u32): i32 {
  const value = bit<T>(ctx, op, gpr<T>(ctx, r0(inst)), by & (sizeof<T>() * 8 - 1));
  if (op != B_TEST) setGpr<T>(ctx, r0(inst), value);
  return EXIT_NONE;
}

@inline
export function bitRR<T>(ctx: usize, inst: usize, op: i32): i32 {
  return bitR<T>(ctx, inst, op, <u32>gpr<T>(ctx, r1(inst)));
}

@inline
export function bitRI<T>(ctx: usize, inst: usize, op: i32): i32 {
  return bitR<T>(ctx, inst, op, load<u8>(inst, I_IMM));
}

function bitAt<T>(ctx: usize, op: i32, address: u64, n: u32): i32 {
  const at = op == B_TEST ? rd(ctx, address, sizeof<T>()) : wr(ctx, address, sizeof<T>());
  if (!at) return EXIT_FAULT;
  const value = bit<T>(ctx, op, load<T>(at), n);
  if (op != B_TEST) store<T>(at, value);
  return EXIT_NONE;
}

@inline
function bitMI<T>(ctx: usize, inst: usize, op: i32): i32 {
  return bitAt<T>(ctx, op, ea(ctx, inst), load<u8>(inst, I_IMM) & (sizeof<T>() * 8 - 1));
}

@inline
function bitMR<T>(ctx: usize, inst: usize, op: i32): i32 {
  const n = bitNumber<T>(ctx, inst);
  return bitAt<T>(ctx, op, bitAddress<T>(ctx, inst, n), <u32>n & (sizeof<T>() * 8 - 1));
}

/** The bit number of `bt m, r`: signed, of the operand's size. */
@inline
export function bitNumber<T>(ctx: usize, inst: usize): i64 {
  const shift: i64 = 64 - sizeof<T>() * 8;
  return (<i64>gpr<T>(ctx, r1(inst)) << shift) >> shift;
}

/** Where the operand that holds bit `n` lies. */
@inline
export function bitAddress<T>(ctx: usize, inst: usize, n: i64): u64 {
  const step: i64 = sizeof<T>() == 8 ? (n >> 6) << 3 : sizeof<T>() == 4 ? (n >> 5) << 2 : (n >> 4) << 1;
  const offset = eaOffset(ctx, inst) + step;
  return segBase(ctx, inst) + (load<u8>(inst, I_FLAGS) & INST_ADDR32 ? offset & 0xffffffff : offset);
}

export const SCAN_BSF: i32 = 0;
export const SCAN_BSR: i32 = 1;
export const SCAN_TZCNT: i32 = 2;
export const SCAN_LZCNT: i32 = 3;
export const SCAN_POPCNT: i32 = 4;

/**
 * bsf, bsr: source 0 leaves the destination (upper half too) and sets ZF; the other flags are unchanged on AMD.
 * tzcnt, lzcnt: CF = the source was 0, ZF = the result is 0. popcnt: only ZF, the rest 0.
 */
function scan<T>(ctx: usize, inst: usize, op: i32, value: T): i32 {
  if (op == SCAN_BSF || op == SCAN_BSR) {
    setStatus(ctx, (status(ctx) & ~ZF) | (value == 0 ? ZF : 0));
    if (value == 0) return EXIT_NONE;
    setGpr<T>(ctx, r0(inst), <T>(op == SCAN_BSF ? ctz<u64>(<u64>value) : 63 - clz<u64>(<u64>value)));
    return EXIT_NONE;
  }
  let res: u64;
  if (op == SCAN_POPCNT) {
    res = popcnt<u64>(<u64>value);
    setStatus(ctx, value == 0 ? ZF : 0);
  } else {
    const bits = sizeof<T>() * 8;
    res = value == 0 ? bits : op == SCAN_TZCNT ? ctz<u64>(<u64>value) : clz<u64>(<u64>value) - (64 - bits);
    const kept = status(ctx) & STATUS_FLAGS & ~(CF | ZF);
    setStatus(ctx, kept | (value == 0 ? CF : 0) | (res == 0 ? ZF : 0));
  }
  setGpr<T>(ctx, r0(inst), <T>res);
  return EXIT_NONE;
}

export function scanRR<T>(ctx: usize, inst: usize, op: i32): i32 {
  return scan<T>(ctx, inst, op, gpr<T>(ctx, r1(inst)));
}

function scanRM<T>(ctx: usize, inst: usize, op: i32): i32 {
  const at = rd(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  return scan<T>(ctx, inst, op, load<T>(at));
}

/** CRC-32C (reflected polynomial 0x82F63B78) of `bytes` bytes of `value`, a byte at a time. */
function crc32c(crc: u32, value: u64, bytes: i32): u32 {
  crc ^= <u32>value;
  for (let i = 0; i < bytes; i++) {
    if (i == 4) crc ^= <u32>(value >> 32);
    crc = (crc >>> 8) ^ CRC_TABLE[crc & 0xff];
  }
  return crc;
}

/** CRC-32C of each byte value. */
// biome-ignore format: table
const CRC_TABLE: StaticArray<u32> = [
  0x00000000, 0xf26b8303, 0xe13b70f7, 0x1350f3f4, 0xc79a971f, 0x35f1141c, 0x26a1e7e8, 0xd4ca64eb,
  0x8ad958cf, 0x78b2dbcc, 0x6be22838, 0x9989ab3b, 0x4d43cfd0, 0xbf284cd3, 0xac78bf27, 0x5e133c24,
  0x105ec76f, 0xe235446c, 0xf165b798, 0x030e349b, 0xd7c45070, 0x25afd373, 0x36ff2087, 0xc494a384,
  0x9a879fa0, 0x68ec1ca3, 0x7bbcef57, 0x89d76c54, 0x5d1d08bf, 0xaf768bbc, 0xbc267848, 0x4e4dfb4b,
  0x20bd8ede, 0xd2d60ddd, 0xc186fe29, 0x33ed7d2a, 0xe72719c1, 0x154c9ac2, 0x061c6936, 0xf477ea35,
  0xaa64d611, 0x580f5512, 0x4b5fa6e6, 0xb93425e5, 0x6dfe410e, 0x9f95c20d, 0x8cc531f9, 0x7eaeb2fa,
  0x30e349b1, 0xc288cab2, 0xd1d83946, 0x23b3ba45, 0xf779deae, 0x05125dad, 0x1642ae59, 0xe4292d5a,
  0xba3a117e, 0x4851927d, 0x5b016189, 0xa96ae28a, 0x7da08661, 0x8fcb0562, 0x9c9bf696, 0x6ef07595,
  0x417b1dbc, 0xb3109ebf, 0xa0406d4b, 0x522bee48, 0x86e18aa3, 0x748a09a0, 0x67dafa54, 0x95b17957,
  0xcba24573, 0x39c9c670, 0x2a993584, 0xd8f2b687, 0x0c38d26c, 0xfe53516f, 0xed03a29b, 0x1f682198,
  0x5125dad3, 0xa34e59d0, 0xb01eaa24, 0x42752927, 0x96bf4dcc, 0x64d4cecf, 0x77843d3b, 0x85efbe38,
  0xdbfc821c, 0x2997011f, 0x3ac7f2eb, 0xc8ac71e8, 0x1c661503, 0xee0d9600, 0xfd5d65f4, 0x0f36e6f7,
  0x61c69362, 0x93ad1061, 0x80fde395, 0x72966096, 0xa65c047d, 0x5437877e, 0x4767748a, 0xb50cf789,
  0xeb1fcbad, 0x197448ae, 0x0a24bb5a, 0xf84f3859, 0x2c855cb2, 0xdeeedfb1, 0xcdbe2c45, 0x3fd5af46,
  0x7198540d, 0x83f3d70e, 0x90a324fa, 0x62c8a7f9, 0xb602c312, 0x44694011, 0x5739b3e5, 0xa55230e6,
  0xfb410cc2, 0x092a8fc1, 0x1a7a7c35, 0xe811ff36, 0x3cdb9bdd, 0xceb018de, 0xdde0eb2a, 0x2f8b6829,
  0x82f63b78, 0x709db87b, 0x63cd4b8f, 0x91a6c88c, 0x456cac67, 0xb7072f64, 0xa457dc90, 0x563c5f93,
  0x082f63b7, 0xfa44e0b4, 0xe9141340, 0x1b7f9043, 0xcfb5f4a8, 0x3dde77ab, 0x2e8e845f, 0xdce5075c,
  0x92a8fc17, 0x60c37f14, 0x73938ce0, 0x81f80fe3, 0x55326b08, 0xa759e80b, 0xb4091bff, 0x466298fc,
  0x1871a4d8, 0xea1a27db, 0xf94ad42f, 0x0b21572c, 0xdfeb33c7, 0x2d80b0c4, 0x3ed04330, 0xccbbc033,
  0xa24bb5a6, 0x502036a5, 0x4370c551, 0xb11b4652, 0x65d122b9, 0x97baa1ba, 0x84ea524e, 0x7681d14d,
  0x2892ed69, 0xdaf96e6a, 0xc9a99d9e, 0x3bc21e9d, 0xef087a76, 0x1d63f975, 0x0e330a81, 0xfc588982,
  0xb21572c9, 0x407ef1ca, 0x532e023e, 0xa145813d, 0x758fe5d6, 0x87e466d5, 0x94b49521, 0x66df1622,
  0x38cc2a06, 0xcaa7a905, 0xd9f75af1, 0x2b9cd9f2, 0xff56bd19, 0x0d3d3e1a, 0x1e6dcdee, 0xec064eed,
  0xc38d26c4, 0x31e6a5c7, 0x22b65633, 0xd0ddd530, 0x0417b1db, 0xf67c32d8, 0xe52cc12c, 0x1747422f,
  0x49547e0b, 0xbb3ffd08, 0xa86f0efc, 0x5a048dff, 0x8ecee914, 0x7ca56a17, 0x6ff599e3, 0x9d9e1ae0,
  0xd3d3e1ab, 0x21b862a8, 0x32e8915c, 0xc083125f, 0x144976b4, 0xe622f5b7, 0xf5720643, 0x07198540,
  0x590ab964, 0xab613a67, 0xb831c993, 0x4a5a4a90, 0x9e902e7b, 0x6cfbad78, 0x7fab5e8c, 0x8dc0dd8f,
  0xe330a81a, 0x115b2b19, 0x020bd8ed, 0xf0605bee, 0x24aa3f05, 0xd6c1bc06, 0xc5914ff2, 0x37faccf1,
  0x69e9f0d5, 0x9b8273d6, 0x88d28022, 0x7ab90321, 0xae7367ca, 0x5c18e4c9, 0x4f48173d, 0xbd23943e,
  0xf36e6f75, 0x0105ec76, 0x12551f82, 0xe03e9c81, 0x34f4f86a, 0xc69f7b69, 0xd5cf889d, 0x27a40b9e,
  0x79b737ba, 0x8bdcb4b9, 0x988c474d, 0x6ae7c44e, 0xbe2da0a5, 0x4c4623a6, 0x5f16d052, 0xad7d5351,
];

@inline
function crcRR<T>(ctx: usize, inst: usize): i32 {
  setGpr<u64>(ctx, r0(inst), crc32c(gpr<u32>(ctx, r0(inst)), <u64>gpr<T>(ctx, r1(inst)), sizeof<T>()));
  return EXIT_NONE;
}

@inline
function crcRM<T>(ctx: usize, inst: usize): i32 {
  const at = rd(ctx, ea(ctx, inst), sizeof<T>());
  if (!at) return EXIT_FAULT;
  setGpr<u64>(ctx, r0(inst), crc32c(gpr<u32>(ctx, r0(inst)), <u64>load<T>(at), sizeof<T>()));
  return EXIT_NONE;
}

/** Every operation of this file. */
// biome-ignore format: aligned rows
export function bitExec(ctx: usize, inst: usize): i32 {
  switch (<i32>load<u16>(inst, I_OP)) {
    case ops.BT_RR16:       return bitRR<u16>(ctx, inst, B_TEST);
    case ops.BT_RR32:       return bitRR<u32>(ctx, inst, B_TEST);
    case ops.BT_RR64:       return bitRR<u64>(ctx, inst, B_TEST);
    case ops.BT_MR16:       return bitMR<u16>(ctx, inst, B_TEST);
    case ops.BT_MR32:       return bitMR<u32>(ctx, inst, B_TEST);
    case ops.BT_MR64:       return bitMR<u64>(ctx, inst, B_TEST);
    case ops.BT_RI16:       return bitRI<u16>(ctx, inst, B_TEST);
    case ops.BT_RI32:       return bitRI<u32>(ctx, inst, B_TEST);
    case ops.BT_RI64:       return bitRI<u64>(ctx, inst, B_TEST);
    case ops.BT_MI16:       return bitMI<u16>(ctx, inst, B_TEST);
    case ops.BT_MI32:       return bitMI<u32>(ctx, inst, B_TEST);
    case ops.BT_MI64:       return bitMI<u64>(ctx, inst, B_TEST);
    case ops.BTS_RR16:      return bitRR<u16>(ctx, inst, B_SET);
    case ops.BTS_RR32:      return bitRR<u32>(ctx, inst, B_SET);
    case ops.BTS_RR64:      return bitRR<u64>(ctx, inst, B_SET);
    case ops.BTS_MR16:      return bitMR<u16>(ctx, inst, B_SET);
    case ops.BTS_MR32:      return bitMR<u32>(ctx, inst, B_SET);
    case ops.BTS_MR64:      return bitMR<u64>(ctx, inst, B_SET);
    case ops.BTS_RI16:      return bitRI<u16>(ctx, inst, B_SET);
    case ops.BTS_RI32:      return bitRI<u32>(ctx, inst, B_SET);
    case ops.BTS_RI64:      return bitRI<u64>(ctx, inst, B_SET);
    case ops.BTS_MI16:      return bitMI<u16>(ctx, inst, B_SET);
    case ops.BTS_MI32:      return bitMI<u32>(ctx, inst, B_SET);
    case ops.BTS_MI64:      return bitMI<u64>(ctx, inst, B_SET);
    case ops.BTR_RR16:      return bitRR<u16>(ctx, inst, B_RESET);
    case ops.BTR_RR32:      return bitRR<u32>(ctx, inst, B_RESET);
    case ops.BTR_RR64:      return bitRR<u64>(ctx, inst, B_RESET);
    case ops.BTR_MR16:      return bitMR<u16>(ctx, inst, B_RESET);
    case ops.BTR_MR32:      return bitMR<u32>(ctx, inst, B_RESET);
    case ops.BTR_MR64:      return bitMR<u64>(ctx, inst, B_RESET);
    case ops.BTR_RI16:      return bitRI<u16>(ctx, inst, B_RESET);
    case ops.BTR_RI32:      return bitRI<u32>(ctx, inst, B_RESET);
    case ops.BTR_RI64:      return bitRI<u64>(ctx, inst, B_RESET);
    case ops.BTR_MI16:      return bitMI<u16>(ctx, inst, B_RESET);
    case ops.BTR_MI32:      return bitMI<u32>(ctx, inst, B_RESET);
    case ops.BTR_MI64:      return bitMI<u64>(ctx, inst, B_RESET);
    case ops.BTC_RR16:      return bitRR<u16>(ctx, inst, B_COMPLEMENT);
    case ops.BTC_RR32:      return bitRR<u32>(ctx, inst, B_COMPLEMENT);
    case ops.BTC_RR64:      return bitRR<u64>(ctx, inst, B_COMPLEMENT);
    case ops.BTC_MR16:      return bitMR<u16>(ctx, inst, B_COMPLEMENT);
    case ops.BTC_MR32:      return bitMR<u32>(ctx, inst, B_COMPLEMENT);
    case ops.BTC_MR64:      return bitMR<u64>(ctx, inst, B_COMPLEMENT);
    case ops.BTC_RI16:      return bitRI<u16>(ctx, inst, B_COMPLEMENT);
    case ops.BTC_RI32:      return bitRI<u32>(ctx, inst, B_COMPLEMENT);
    case ops.BTC_RI64:      return bitRI<u64>(ctx, inst, B_COMPLEMENT);
    case ops.BTC_MI16:      return bitMI<u16>(ctx, inst, B_COMPLEMENT);
    case ops.BTC_MI32:      return bitMI<u32>(ctx, inst, B_COMPLEMENT);
    case ops.BTC_MI64:      return bitMI<u64>(ctx, inst, B_COMPLEMENT);
    case ops.BSF_RR16:      return scanRR<u16>(ctx, inst, SCAN_BSF);
    case ops.BSF_RR32:      return scanRR<u32>(ctx, inst, SCAN_BSF);
    case ops.BSF_RR64:      return scanRR<u64>(ctx, inst, SCAN_BSF);
    case ops.BSF_RM16:      return scanRM<u16>(ctx, inst, SCAN_BSF);
    case ops.BSF_RM32:      return scanRM<u32>(ctx, inst, SCAN_BSF);
    case ops.BSF_RM64:      return scanRM<u64>(ctx, inst, SCAN_BSF);
    case ops.BSR_RR16:      return scanRR<u16>(ctx, inst, SCAN_BSR);
    case ops.BSR_RR32:      return scanRR<u32>(ctx, inst, SCAN_BSR);
    case ops.BSR_RR64:      return scanRR<u64>(ctx, inst, SCAN_BSR);
    case ops.BSR_RM16:      return scanRM<u16>(ctx, inst, SCAN_BSR);
    case ops.BSR_RM32:      return scanRM<u32>(ctx, inst, SCAN_BSR);
    case ops.BSR_RM64:      return scanRM<u64>(ctx, inst, SCAN_BSR);
    case ops.TZCNT_RR16:    return scanRR<u16>(ctx, inst, SCAN_TZCNT);
    case ops.TZCNT_RR32:    return scanRR<u32>(ctx, inst, SCAN_TZCNT);
    case ops.TZCNT_RR64:    return scanRR<u64>(ctx, inst, SCAN_TZCNT);
    case ops.TZCNT_RM16:    return scanRM<u16>(ctx, inst, SCAN_TZCNT);
    case ops.TZCNT_RM32:    return scanRM<u32>(ctx, inst, SCAN_TZCNT);
    case ops.TZCNT_RM64:    return scanRM<u64>(ctx, inst, SCAN_TZCNT);
    case ops.LZCNT_RR16:    return scanRR<u16>(ctx, inst, SCAN_LZCNT);
    case ops.LZCNT_RR32:    return scanRR<u32>(ctx, inst, SCAN_LZCNT);
    case ops.LZCNT_RR64:    return scanRR<u64>(ctx, inst, SCAN_LZCNT);
    case ops.LZCNT_RM16:    return scanRM<u16>(ctx, inst, SCAN_LZCNT);
    case ops.LZCNT_RM32:    return scanRM<u32>(ctx, inst, SCAN_LZCNT);
    case ops.LZCNT_RM64:    return scanRM<u64>(ctx, inst, SCAN_LZCNT);
    case ops.POPCNT_RR16:   return scanRR<u16>(ctx, inst, SCAN_POPCNT);
    case ops.POPCNT_RR32:   return scanRR<u32>(ctx, inst, SCAN_POPCNT);
    case ops.POPCNT_RR64:   return scanRR<u64>(ctx, inst, SCAN_POPCNT);
    case ops.POPCNT_RM16:   return scanRM<u16>(ctx, inst, SCAN_POPCNT);
    case ops.POPCNT_RM32:   return scanRM<u32>(ctx, inst, SCAN_POPCNT);
    case ops.POPCNT_RM64:   return scanRM<u64>(ctx, inst, SCAN_POPCNT);
    case ops.CRC32_RR32_8:  return crcRR<u8>(ctx, inst);
    case ops.CRC32_RR64_8:  return crcRR<u8>(ctx, inst);
    case ops.CRC32_RR32_16: return crcRR<u16>(ctx, inst);
    case ops.CRC32_RR32_32: return crcRR<u32>(ctx, inst);
    case ops.CRC32_RR64_64: return crcRR<u64>(ctx, inst);
    case ops.CRC32_RM32_8:  return crcRM<u8>(ctx, inst);
    case ops.CRC32_RM64_8:  return crcRM<u8>(ctx, inst);
    case ops.CRC32_RM32_16: return crcRM<u16>(ctx, inst);
    case ops.CRC32_RM32_32: return crcRM<u32>(ctx, inst);
    case ops.CRC32_RM64_64: return crcRM<u64>(ctx, inst);
    default: return unreachable();
  }
}
