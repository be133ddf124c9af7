// A kernel with one process and a small guest memory, and system calls on it without a CPU: `sys(name, …)` runs the
// handler of that row with numbers, strings (put into guest memory) and buffers.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GUEST_SHIFT, PAGE_FLAGS, PAGE_READ, PAGE_WRITE } from '../../assembly/shared/layout.ts';
import { AT } from '../../src/lx/abi/fcntl.ts';
import { startCaps } from '../../src/lx/kernel/caps.ts';
import { newFileTableLocked } from '../../src/lx/kernel/files.ts';
import { Kernel } from '../../src/lx/kernel/kmem.ts';
import type { Lx, SessionConfig } from '../../src/lx/kernel/lx.ts';
import { newProcessLocked, newTaskLocked } from '../../src/lx/kernel/process.ts';
import { defaultRlimits } from '../../src/lx/kernel/rlimits.ts';
import { newSigHandLocked } from '../../src/lx/kernel/signal.ts';
import { FsInfo, Process } from '../../src/lx/kernel/task.ts';
import { GuestMemory, KernelError } from '../../src/lx/mm/guest-memory.ts';
import type { ArgKind } from '../../src/lx/sys/row.ts';
import { syscalls } from '../../src/lx/sys/table.ts';

process.umask(0);

const MEMORY_PAGES = 256; // 16 MiB
/** Guest memory the tests may use: [BASE, BASE + SIZE). */
export const BASE = 0x400000;
export const SIZE = 0x800000;

export interface Guest {
  readonly lx: Lx;
  readonly k: Kernel;
  readonly mem: GuestMemory;
  /** Runs a system call; strings are put into guest memory NUL-terminated. */
  sys(name: string, ...args: (number | string)[]): number;
  /** Guest address of `bytes` bytes that no other call of alloc() got. */
  alloc(bytes: number): number;
  text(addr: number, length: number): string;
  put(text: string): number;
  fork(): Guest;
}

const byName = new Map(syscalls.filter((r) => r !== undefined).map((r) => [r.name, r]));

export function newGuest(config: Partial<SessionConfig> = {}, cwd = '/'): Guest {
  const k = Kernel.create();
  const full: SessionConfig = {
    root: '/',
    mounts: [],
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    groups: [],
    nodename: 'test',
    cpuLevel: 2,
    strace: undefined,
    stats: false,
    noFile: [1024, 4096],
    maxTasks: 1000,
    ...config,
  } as SessionConfig;
  const { task, process: p } = k.locked(() => {
    const made = newProcessLocked(k, 1, 0);
    k.i32[made + Process.fs] = k.allocLocked(FsInfo.SIZE);
    k.i32[made + Process.files] = newFileTableLocked(k);
    k.i32[made + Process.sighand] = newSigHandLocked(k, 0);
    for (const f of ['uid', 'euid', 'suid', 'fsuid'] as const) k.i32[made + Process[f]] = full.uid;
    for (const f of ['gid', 'egid', 'sgid', 'fsgid'] as const) k.i32[made + Process[f]] = full.gid;
    const fs = k.i32[made + Process.fs];
    k.i32[fs + FsInfo.refs] = 1;
    k.i32[fs + FsInfo.umask] = 0o22;
    k.i32[fs + FsInfo.cwd] = k.newStringLocked(cwd);
    k.i32[fs + FsInfo.root] = k.newStringLocked('/');
    return { process: made, task: newTaskLocked(k, made, 1) };
  });
  startCaps(k, p, full.uid === 0, [-1, 0x1ff]);
  defaultRlimits(k, p, full.noFile, full.maxTasks);
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: 65536, shared: true });
  const mem = new GuestMemory(memory);
  mem.u8.fill(
    PAGE_READ | PAGE_WRITE,
    PAGE_FLAGS + (BASE >>> 12),
    PAGE_FLAGS + ((BASE + SIZE) >>> 12),
  );
  const lx = {
    k,
    task,
    mem,
    ctx: 0,
    session: { post() {} },
    config: full,
    trace: null,
    unwind: null,
    lingerer: 0,
  } as unknown as Lx;
  return guest(lx);
}

/** A number as the dispatcher would read it from a register. */
function register(kind: ArgKind, value: number): number {
  if (['size', 'ptr', 'path', 'buf-in', 'buf-out', 'argv'].includes(kind))
    return value < 0 ? value + 2 ** 64 : value;
  if (kind === 'uint' || kind === 'hex' || kind === 'mode') return value >>> 0;
  return kind === 'off' || kind === 'long' ? value : value | 0;
}

function guest(lx: Lx): Guest {
  const { k, mem } = lx;
  let next = BASE;
  const alloc = (bytes: number): number => {
    const at = next;
    next += (bytes + 15) & ~15;
    if (next > BASE + SIZE) next = BASE + ((bytes + 15) & ~15);
    return next === BASE + ((bytes + 15) & ~15) ? BASE : at;
  };
  const put = (text: string): number => {
    const at = alloc(text.length + 1);
    mem.write(at, Buffer.from(`${text}\0`, 'latin1'));
    return at;
  };
  const sys = (name: string, ...args: (number | string)[]): number => {
    const row = byName.get(name);
    if (row === undefined) throw new Error(`no system call ${name}`);
    const n = args.map((a, i) => (typeof a === 'string' ? put(a) : register(row.args[i], a)));
    try {
      return row.handler(lx, n[0], n[1], n[2], n[3], n[4], n[5]);
    } catch (error) {
      if (error instanceof KernelError) return -error.errno;
      throw error;
    }
  };
  const text = (addr: number, length: number): string =>
    Buffer.from(mem.u8.slice(addr - GUEST_SHIFT, addr - GUEST_SHIFT + length)).toString('latin1');
  return { lx, k, mem, sys, alloc, put, text, fork: () => guest({ ...lx }) };
}

export const tempDir = (): string => mkdtempSync(join(tmpdir(), 'lxjit-vfs-'));
export const CWD = AT.FDCWD;

/** Fields of a struct stat at guest address `at`. */
export function readStat(g: Guest, at: number) {
  const { mem } = g;
  return {
    dev: mem.readBig(at),
    ino: mem.readBig(at + 8),
    nlink: mem.readU64(at + 16),
    mode: mem.readU32(at + 24),
    uid: mem.readU32(at + 28),
    gid: mem.readU32(at + 32),
    rdev: mem.readBig(at + 40),
    size: mem.readU64(at + 48),
    blksize: mem.readU64(at + 56),
    blocks: mem.readU64(at + 64),
    atimeNs: mem.readBig(at + 72) * 1_000_000_000n + mem.readBig(at + 80),
    mtimeNs: mem.readBig(at + 88) * 1_000_000_000n + mem.readBig(at + 96),
    ctimeNs: mem.readBig(at + 104) * 1_000_000_000n + mem.readBig(at + 112),
  };
}

/** Names that getdents64 gives for an open directory, in order. */
export function readNames(g: Guest, fd: number, bytes = 4096): string[] {
  return readEntries(g, fd, bytes).map((e) => e.name);
}

export function readEntries(
  g: Guest,
  fd: number,
  bytes = 4096,
): { name: string; ino: bigint; type: number }[] {
  const buf = g.alloc(bytes);
  const found: { name: string; ino: bigint; type: number }[] = [];
  for (;;) {
    const n = g.sys('getdents64', fd, buf, bytes);
    if (n < 0) throw new Error(`getdents64: ${n}`);
    if (n === 0) return found;
    for (let at = buf; at < buf + n; at += g.mem.readU16(at + 16)) {
      found.push({
        name: g.mem.cstring(at + 19),
        ino: g.mem.readBig(at),
        type: g.mem.readU8(at + 18),
      });
    }
  }
}
