// A process's memory as the kernel reads and writes it: every pointer comes from the guest and is checked against the
// page flags first. A bad one throws Fault, which the system call dispatcher turns into EFAULT.
import {
  GUEST_SHIFT,
  PAGE_CODE,
  PAGE_FLAGS,
  PAGE_READ,
  PAGE_WRITE,
} from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { byteString } from '../kernel/bytes.ts';

/** Thrown (one preallocated object, no stack) when a guest pointer is bad: the call answers −errno. */
export class KernelError extends Error {
  readonly errno: number;
  constructor(errno: number) {
    super(`errno ${errno}`);
    this.errno = errno;
  }
}
export const FAULT = new KernelError(E.FAULT);

const PAGE = 4096;

/** Zeroes [start, end) of a buffer. V8 fills shared memory element by element: doubles are eight times as quick. */
export function zeroBytes(u8: Uint8Array, f64: Float64Array, start: number, end: number): void {
  const from = Math.min(Math.ceil(start / 8) * 8, end);
  const to = Math.max(Math.floor(end / 8) * 8, from);
  if (start < from) u8.fill(0, start, from);
  if (from < to) f64.fill(0, from / 8, to / 8);
  if (to < end) u8.fill(0, to, end);
}

export class GuestMemory {
  readonly memory: WebAssembly.Memory;
  /** Views on the whole memory, indexed by linear address; renewed by refresh() when it grew. */
  u8!: Uint8Array;
  dv!: DataView;
  i32!: Int32Array;
  f64!: Float64Array;
  /** Drops decoded and translated code of [start, end), guest addresses: the runtime's export, once it is there. */
  invalidate: (start: number, end: number) => void = () => {};

  constructor(memory: WebAssembly.Memory) {
    this.memory = memory;
    this.refresh();
  }

  /** Call after the memory may have grown, here or in another worker. */
  refresh(): void {
    const buffer = this.memory.buffer;
    if (this.u8 !== undefined && this.u8.byteLength === buffer.byteLength) return;
    this.u8 = new Uint8Array(buffer);
    this.dv = new DataView(buffer);
    this.i32 = new Int32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }

  /** Zeroes linear addresses [start, end). */
  zero(start: number, end: number): void {
    zeroBytes(this.u8, this.f64, start, end);
  }

  /** Number of bytes from `addr` on, at most `len`, whose pages allow all of `need`. */
  accessible(addr: number, len: number, need: number): number {
    if (!(addr >= 0 && addr < 0x1_0000_0000 && len >= 0)) return 0;
    const end = Math.min(addr + len, 0x1_0000_0000);
    if (end - GUEST_SHIFT > this.u8.length) this.refresh(); // another thread's mmap made it grow
    let at = addr;
    while (at < end) {
      if ((this.u8[PAGE_FLAGS + (at >>> 12)] & need) !== need) break;
      at = (Math.floor(at / PAGE) + 1) * PAGE;
    }
    return Math.min(at, end) - addr;
  }

  /** Linear address of [addr, addr + len), or throws FAULT. */
  readable(addr: number, len: number): number {
    return this.#check(addr, len, PAGE_READ);
  }

  writable(addr: number, len: number): number {
    const at = this.#check(addr, len, PAGE_WRITE);
    if (len !== 0) this.#forgetCode(addr, len);
    return at;
  }

  /** Number of bytes from `addr` on, at most `len`, that the kernel may write, and is about to. */
  writableSome(addr: number, len: number): number {
    const room = this.accessible(addr, len, PAGE_WRITE);
    if (room !== 0) this.#forgetCode(addr, room);
    return room;
  }

  /** The kernel writes where instructions were decoded: they must be decoded anew. */
  #forgetCode(addr: number, len: number): void {
    const last = PAGE_FLAGS + ((addr + len - 1) >>> 12);
    for (let at = PAGE_FLAGS + (addr >>> 12); at <= last; at++) {
      if ((this.u8[at] & PAGE_CODE) === 0) continue;
      this.invalidate(addr, addr + len);
      return;
    }
  }

  #check(addr: number, len: number, need: number): number {
    if (len !== 0 && this.accessible(addr, len, need) !== len) throw FAULT;
    return addr - GUEST_SHIFT;
  }

  readU8(addr: number): number {
    return this.u8[this.readable(addr, 1)];
  }
  readU16(addr: number): number {
    return this.dv.getUint16(this.readable(addr, 2), true);
  }
  readI32(addr: number): number {
    return this.dv.getInt32(this.readable(addr, 4), true);
  }
  readU32(addr: number): number {
    return this.dv.getUint32(this.readable(addr, 4), true);
  }
  /** A signed 64-bit value as a number; exact up to 2^53. */
  readI64(addr: number): number {
    const at = this.readable(addr, 8);
    return this.dv.getInt32(at + 4, true) * 0x1_0000_0000 + this.dv.getUint32(at, true);
  }
  readU64(addr: number): number {
    const at = this.readable(addr, 8);
    return this.dv.getUint32(at + 4, true) * 0x1_0000_0000 + this.dv.getUint32(at, true);
  }
  readBig(addr: number): bigint {
    return this.dv.getBigUint64(this.readable(addr, 8), true);
  }
  writeU8(addr: number, value: number): void {
    this.u8[this.writable(addr, 1)] = value;
  }
  writeU16(addr: number, value: number): void {
    this.dv.setUint16(this.writable(addr, 2), value, true);
  }
  writeU32(addr: number, value: number): void {
    this.dv.setUint32(this.writable(addr, 4), value, true);
  }
  /** Writes a number (an integer up to ±2^53) as 64 bits. */
  writeU64(addr: number, value: number): void {
    const at = this.writable(addr, 8);
    this.dv.setUint32(at, value % 0x1_0000_0000, true);
    this.dv.setInt32(at + 4, Math.floor(value / 0x1_0000_0000), true);
  }
  writeBig(addr: number, value: bigint): void {
    this.dv.setBigInt64(this.writable(addr, 8), value, true);
  }

  /** A copy of the bytes (not a view: the guest may change them while they are used). */
  bytes(addr: number, len: number): Uint8Array {
    const at = this.readable(addr, len);
    return new Uint8Array(this.u8.subarray(at, at + len));
  }

  write(addr: number, data: Uint8Array): void {
    if (data.length !== 0) this.u8.set(data, this.writable(addr, data.length));
  }

  /**
   * A NUL-terminated string, one char a byte ("byte string"; DESIGN keeps paths that way, as Linux has no encoding).
   * Throws FAULT, or KernelError(tooLong) when there is no NUL in `max` bytes.
   */
  cstring(addr: number, max = 4096, tooLong: number = E.NAMETOOLONG): string {
    let text = '';
    let at = addr;
    for (;;) {
      const run = this.accessible(at, PAGE - (at & (PAGE - 1)), PAGE_READ);
      if (run === 0) throw FAULT;
      const start = at - GUEST_SHIFT;
      let end = this.u8.indexOf(0, start);
      const found = end >= 0 && end < start + run;
      if (!found) end = start + run;
      if (text.length + (end - start) >= max) throw new KernelError(tooLong);
      text += byteString(this.u8, start, end);
      if (found) return text;
      at += run;
    }
  }
}
