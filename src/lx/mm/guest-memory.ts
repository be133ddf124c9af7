// A process's memory as the kernel reads and writes it: every pointer comes from the guest and is checked against the
// page flags first. A bad one throws Fault, which the system call dispatcher turns into EFAULT.
//
// Pages of views (view.ts) lie in shared memory. bytes(), write() and the like go there. readable() and writable() answer
// with a copy in the thread's bounce buffer, since their callers look into the process's memory; what a caller writes to
// such a copy goes back with flush(), at the end of the system call at the latest. Big transfers use source() and target().
import {
  BOUNCE_SIZE,
  ENTRY_DIRTY,
  ENTRY_PRESENT,
  GUEST_SHIFT,
  PAGE_CODE,
  PAGE_FLAGS,
  PAGE_READ,
  PAGE_SHARED,
  PAGE_SHARED_SHIFT,
  PAGE_WRITE,
} from '../../../assembly/shared/layout.ts';
import { E } from '../abi/errno.ts';
import { byteString } from '../kernel/bytes.ts';
import type { PageScan } from '../kernel/lx.ts';
import type { SharedMemory } from './shared-memory.ts';

/** Thrown (one preallocated object, no stack) when a guest pointer is bad: the call answers −errno. */
export class KernelError extends Error {
  readonly errno: number;
  constructor(errno: number) {
    super(`errno ${errno}`);
    this.errno = errno;
  }
}
export const FAULT = new KernelError(E.FAULT);

/** Thrown when a page would have to come in while the kernel lock is held: bring it in, and begin the call again. */
export class PageMissing extends Error {
  /** Guest address. */
  at = 0;
}
export const PAGE_MISSING = new PageMissing('page missing');

const PAGE = 4096;
const BOUNCE_HALF = BOUNCE_SIZE / 2;

/** Zeroes [start, end) of a buffer. V8 fills shared memory element by element: doubles are eight times as quick. */
export function zeroBytes(u8: Uint8Array, f64: Float64Array, start: number, end: number): void {
  const from = Math.min(Math.ceil(start / 8) * 8, end);
  const to = Math.max(Math.floor(end / 8) * 8, from);
  if (start < from) u8.fill(0, start, from);
  if (from < to) f64.fill(0, from / 8, to / 8);
  if (to < end) u8.fill(0, to, end);
}

/** What a GuestMemory needs for pages of views. */
export interface SharedAccess {
  readonly memory: SharedMemory;
  /** Address of the slot for guest address `at`, or 0. */
  slot(at: number): number;
  /** Brings the page in; false: there is none, or no memory. */
  resolve(at: number): boolean;
  /** Linear address of the current thread's bounce buffer. */
  bounce(): number;
}

/** A copy that was given out for writing. */
interface Loan {
  readonly addr: number;
  /** Linear address of the copy. */
  readonly at: number;
  readonly before: Uint8Array;
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
  /** What looks through the pages quickly, once there is an instance of the runtime. */
  scan: PageScan | null = null;
  /** Where pages of views are. */
  shared: SharedAccess | null = null;
  /** Did the last accessible() come by a shared page? */
  #mixed = false;
  /** The bounce buffer: copies for reading go round in the upper half; those for writing are in the lower until flush(). */
  #readUpTo = 0;
  #lentUpTo = 0;
  #loans: Loan[] = [];

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
    this.#mixed = false;
    while (at < end) {
      if ((this.u8[PAGE_FLAGS + (at >>> 12)] & need) !== need && !this.#viewHas(at, need)) break;
      at = (Math.floor(at / PAGE) + 1) * PAGE;
    }
    return Math.min(at, end) - addr;
  }

  #viewHas(at: number, need: number): boolean {
    const flags = this.u8[PAGE_FLAGS + (at >>> 12)];
    if ((flags & PAGE_SHARED) === 0 || ((flags >> PAGE_SHARED_SHIFT) & need) !== need) return false;
    this.#mixed = true;
    return this.#find(at) !== 0;
  }

  // ---- shared pages

  /** Address in shared memory of guest address `at`, or 0. */
  #find(at: number): number {
    const { memory, slot, resolve } = this.shared!;
    for (let tries = 0; tries < 2; tries++) {
      const found = slot(at);
      const entry = found === 0 ? 0 : memory.load(found);
      if ((entry & ENTRY_PRESENT) !== 0) {
        const page = (entry & ~(PAGE - 1)) >>> 0;
        if (page >= memory.u8.length) memory.refresh();
        return page + (at & (PAGE - 1));
      }
      if (tries === 0 && !resolve(at)) return 0;
    }
    return 0;
  }

  /** Address in shared memory of [at, at + len), which lies on one page, or 0 if it is not in shared memory. */
  sharedAddress(at: number): number {
    return (this.u8[PAGE_FLAGS + (at >>> 12)] & PAGE_SHARED) === 0 ? 0 : this.#find(at);
  }

  /** Slot of the shared page at guest address `at`, which was found accessible; 0 if it is no shared page. */
  sharedSlot(at: number): number {
    return this.sharedAddress(at) === 0 ? 0 : this.shared!.slot(at);
  }

  /** Something was stored at guest address `at`, whose page is shared. */
  markDirty(at: number): void {
    const { memory, slot } = this.shared!;
    const found = slot(at);
    if (found !== 0) Atomics.or(memory.i32, found >>> 2, ENTRY_DIRTY);
  }

  /** Calls `body` for the piece of each page: the buffer it lies in, and where. */
  #pieces(
    addr: number,
    len: number,
    body: (buf: Uint8Array, at: number, n: number, done: number) => void,
  ): void {
    for (let done = 0; done < len; ) {
      const at = addr + done;
      const n = Math.min(len - done, PAGE - (at & (PAGE - 1)));
      const shared = this.sharedAddress(at);
      if (shared !== 0) body(this.shared!.memory.u8, shared, n, done);
      else body(this.u8, at - GUEST_SHIFT, n, done);
      done += n;
    }
  }

  #copyOut(addr: number, into: Uint8Array, off: number, len: number): void {
    this.#pieces(addr, len, (buf, at, n, done) => into.set(buf.subarray(at, at + n), off + done));
  }

  #copyIn(addr: number, from: Uint8Array): void {
    this.#pieces(addr, from.length, (buf, at, n, done) => {
      buf.set(from.subarray(done, done + n), at);
      if (buf !== this.u8) this.markDirty(addr + done);
    });
  }

  /** Linear address of a copy of [addr, addr + len), as aligned as the original; #lend: that flush() takes back. */
  #bounce(addr: number, len: number): number {
    const aligned = (from: number): number => from + ((addr - from) & 63);
    let start = aligned(this.#readUpTo);
    if (start + len > BOUNCE_HALF) start = aligned(0);
    if (start + len > BOUNCE_HALF) throw new KernelError(E.NOMEM);
    this.#readUpTo = start + len;
    const at = this.shared!.bounce() + BOUNCE_HALF + start;
    this.#copyOut(addr, this.u8, at, len);
    return at;
  }

  #lend(addr: number, len: number): number {
    const start = this.#lentUpTo + ((addr - this.#lentUpTo) & 63);
    if (start + len > BOUNCE_HALF) throw new KernelError(E.NOMEM);
    this.#lentUpTo = start + len;
    const at = this.shared!.bounce() + start;
    const before = new Uint8Array(len);
    this.#copyOut(addr, before, 0, len);
    this.u8.set(before, at);
    this.#loans.push({ addr, at, before });
    return at;
  }

  /** What was written to copies goes to where it belongs. */
  flush(): void {
    if (this.#loans.length === 0) return;
    this.#lentUpTo = 0;
    for (const { addr, at, before } of this.#loans.splice(0)) this.#giveBack(addr, at, before);
  }

  /** Only what was changed, since others may have written beside it. */
  #giveBack(addr: number, at: number, before: Uint8Array): void {
    const { u8 } = this;
    for (let i = 0; i < before.length; ) {
      if (u8[at + i] === before[i]) {
        i++;
        continue;
      }
      let end = i + 1;
      while (end < before.length && u8[at + end] !== before[end]) end++;
      this.#copyIn(addr + i, u8.slice(at + i, at + end));
      i = end;
    }
  }

  /** Throws FAULT unless all of [addr, addr + len) allows `need`. */
  probe(addr: number, len: number, need: number): void {
    if (len !== 0 && this.accessible(addr, len, need) !== len) throw FAULT;
  }

  /** Where to read [addr, addr + len) from, which was found accessible: the memory itself, or a copy. */
  source(addr: number, len: number): { buf: Uint8Array; off: number } {
    this.accessible(addr, len, PAGE_READ);
    if (!this.#mixed) return { buf: this.u8, off: addr - GUEST_SHIFT };
    const buf = new Uint8Array(len);
    this.#copyOut(addr, buf, 0, len);
    return { buf, off: 0 };
  }

  /** Where to put `len` bytes for `addr`, which was found writable; `done(n)` afterwards, with the number of bytes put. */
  target(addr: number, len: number): { buf: Uint8Array; off: number; done: (n: number) => void } {
    this.accessible(addr, len, PAGE_WRITE);
    if (!this.#mixed) return { buf: this.u8, off: addr - GUEST_SHIFT, done: () => {} };
    const buf = new Uint8Array(len);
    return { buf, off: 0, done: (n) => this.#copyIn(addr, buf.subarray(0, Math.max(n, 0))) };
  }

  /** Lies any of [addr, addr + len) in shared memory? */
  isShared(addr: number, len: number): boolean {
    const last = PAGE_FLAGS + ((addr + len - 1) >>> 12);
    for (let at = PAGE_FLAGS + (addr >>> 12); at <= last; at++) {
      if ((this.u8[at] & PAGE_SHARED) !== 0) return true;
    }
    return false;
  }

  // ---- checked access

  /** Linear address of [addr, addr + len), or throws FAULT. */
  readable(addr: number, len: number): number {
    this.probe(addr, len, PAGE_READ);
    return len !== 0 && this.#mixed ? this.#bounce(addr, len) : addr - GUEST_SHIFT;
  }

  writable(addr: number, len: number): number {
    this.probe(addr, len, PAGE_WRITE);
    if (len === 0) return addr - GUEST_SHIFT;
    if (this.#mixed) return this.#lend(addr, len);
    this.#forgetCode(addr, len);
    return addr - GUEST_SHIFT;
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
    this.#settle();
  }
  writeU16(addr: number, value: number): void {
    this.dv.setUint16(this.writable(addr, 2), value, true);
    this.#settle();
  }
  writeU32(addr: number, value: number): void {
    this.dv.setUint32(this.writable(addr, 4), value, true);
    this.#settle();
  }
  /** Writes a number (an integer up to ±2^53) as 64 bits. */
  writeU64(addr: number, value: number): void {
    const at = this.writable(addr, 8);
    this.dv.setUint32(at, value % 0x1_0000_0000, true);
    this.dv.setInt32(at + 4, Math.floor(value / 0x1_0000_0000), true);
    this.#settle();
  }
  writeBig(addr: number, value: bigint): void {
    this.dv.setBigInt64(this.writable(addr, 8), value, true);
    this.#settle();
  }

  /** A single value goes where it belongs at once. */
  #settle(): void {
    const loan = this.#loans.at(-1);
    if (loan === undefined || loan.before.length > 8) return;
    this.#loans.pop();
    if (this.#loans.length === 0) this.#lentUpTo = 0;
    this.#copyIn(loan.addr, this.u8.slice(loan.at, loan.at + loan.before.length));
  }

  /** A copy of the bytes (not a view: the guest may change them while they are used). */
  bytes(addr: number, len: number): Uint8Array {
    this.probe(addr, len, PAGE_READ);
    const { buf, off } = this.source(addr, len);
    return new Uint8Array(buf.subarray(off, off + len));
  }

  write(addr: number, data: Uint8Array): void {
    if (data.length === 0) return;
    this.probe(addr, data.length, PAGE_WRITE);
    if (this.#mixed) return this.#copyIn(addr, data);
    this.#forgetCode(addr, data.length);
    this.u8.set(data, addr - GUEST_SHIFT);
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
      const start = this.#mixed ? this.#bounce(at, run) : at - GUEST_SHIFT;
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
