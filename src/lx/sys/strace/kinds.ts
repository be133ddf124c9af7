// How one argument is shown. A formatter sees the whole call, because strings need their length and what the kernel fills
// in is only there when the call succeeded; a bad pointer is shown as the address it is.
import type { Lx } from '../../kernel/lx.ts';
import * as names from './flags.ts';
import { bits, one } from './flags.ts';

export interface Call {
  readonly lx: Lx;
  readonly args: readonly number[];
  /** ≥ 0 or −errno */
  readonly result: number;
}
export type Formatter = (call: Call, at: number) => string;

/** strace -s */
export const STRING_LIMIT = 32;
const ARRAY_LIMIT = 32;
const O_CREAT = 0o100;
const O_TMPFILE_BIT = 0o20000000;

// ---- numbers

const signed: Formatter = ({ args }, i) => String(args[i]);
const int: Formatter = ({ args }, i) => String(args[i] | 0);
/** An argument of 64 bits; as a number, the last few addresses round up to 2^64. */
export const hex = (value: number): string =>
  `0x${value >= 2 ** 64 ? 'f'.repeat(16) : value.toString(16)}`;
const octal = (value: number): string => `0${value.toString(8)}`;
const pointer = (value: number): string => (value === 0 ? 'NULL' : hex(value));
const ptr: Formatter = ({ args }, i) => pointer(args[i]);
const enumOf =
  (table: names.Names, unknown: string): Formatter =>
  ({ args }, i) =>
    one(args[i] | 0, table, unknown);
const bitsOf =
  (table: names.Names, zero = '0'): Formatter =>
  ({ args }, i) =>
    bits(args[i] | 0, table, zero);

const atfd: Formatter = ({ args }, i) => (args[i] === -100 ? 'AT_FDCWD' : String(args[i]));
const openFlags: Formatter = ({ args }, i) => showOpenFlags(args[i]);

function showOpenFlags(flags: number): string {
  const mode = one(flags & 3, names.accessModes, 'O_ACCMODE');
  const rest = bits(flags & ~3, names.openFlags, '');
  return rest === '' ? mode : `${mode}|${rest}`;
}

// ---- strings and buffers

/** A byte string in quotes, escaped as strace does (octal; three digits when a digit follows). */
export function quote(text: string, cut: boolean): string {
  const escapes: Record<string, string> = {
    '\n': '\\n',
    '\t': '\\t',
    '\r': '\\r',
    '\v': '\\v',
    '\f': '\\f',
    '"': '\\"',
    '\\': '\\\\',
  };
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    const code = text.charCodeAt(i);
    if (escapes[char] !== undefined) out += escapes[char];
    else if (code >= 32 && code < 127) out += char;
    else
      out += `\\${/[0-7]/.test(text[i + 1] ?? '') ? code.toString(8).padStart(3, '0') : code.toString(8)}`;
  }
  return `"${out}"${cut ? '...' : ''}`;
}

function bytesAt({ lx }: Call, address: number, length: number): string {
  const shown = Math.min(length, STRING_LIMIT);
  let text = '';
  for (const byte of lx.mem.bytes(address, shown)) text += String.fromCharCode(byte);
  return quote(text, length > STRING_LIMIT);
}

/** Runs `show`, and shows the address where the memory cannot be read. */
const guarded =
  (show: Formatter): Formatter =>
  (call, i) => {
    if (call.args[i] === 0) return 'NULL';
    try {
      return show(call, i);
    } catch {
      return hex(call.args[i]);
    }
  };

/** What the kernel writes: only readable when the call succeeded. */
const filled =
  (show: Formatter): Formatter =>
  (call, i) =>
    call.result < 0 ? pointer(call.args[i]) : guarded(show)(call, i);

const path = guarded(({ lx, args }, i) => quote(lx.mem.cstring(args[i]), false));
const bufferIn = guarded((call, i) => bytesAt(call, call.args[i], call.args[i + 1]));
const bufferOut = filled((call, i) => bytesAt(call, call.args[i], call.result));
const randomOut = filled((call, i) => {
  const bytes = call.lx.mem.bytes(call.args[i], Math.min(call.result, STRING_LIMIT));
  const text = [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  return `"${text}"${call.result > STRING_LIMIT ? '...' : ''}`;
});

function pointers({ lx }: Call, address: number): number[] {
  const list: number[] = [];
  for (let at = address; ; at += 8) {
    const value = lx.mem.readU64(at);
    if (value === 0) return list;
    list.push(value);
  }
}

const argv = guarded((call, i) => {
  const list = pointers(call, call.args[i]);
  const shown = list.slice(0, ARRAY_LIMIT).map((at) => {
    const text = call.lx.mem.cstring(at, 131072);
    return quote(text.slice(0, STRING_LIMIT), text.length > STRING_LIMIT);
  });
  return `[${shown.join(', ')}${list.length > ARRAY_LIMIT ? ', ...' : ''}]`;
});
const envp = guarded(
  (call, i) => `${hex(call.args[i])} /* ${pointers(call, call.args[i]).length} vars */`,
);

function iovecs(call: Call, i: number, total: number): string {
  const shown: string[] = [];
  let left = total;
  for (let n = 0; n < Math.min(call.args[i + 1], ARRAY_LIMIT); n++) {
    const at = call.args[i] + n * 16;
    const [base, length] = [call.lx.mem.readU64(at), call.lx.mem.readU64(at + 8)];
    const text = bytesAt(call, base, Math.min(length, left));
    left = Math.max(0, left - length);
    shown.push(`{iov_base=${text}, iov_len=${length}}`);
  }
  return `[${shown.join(', ')}]`;
}

// ---- structs

const stat = filled(({ lx, args }, i) => {
  const mode = lx.mem.readU32(args[i] + 24);
  const type = one(mode & 0o170000, names.fileTypes, 'S_IFMT');
  const kind =
    type === 'S_IFBLK' || type === 'S_IFCHR'
      ? `st_rdev=${device(lx.mem.readU64(args[i] + 40))}`
      : `st_size=${lx.mem.readI64(args[i] + 48)}`;
  return `{st_mode=${type}|${octal(mode & 0o7777)}, ${kind}, ...}`;
});

const device = (dev: number): string =>
  `makedev(${hex(Math.floor(dev / 256) & 0xfff)}, ${hex(dev & 0xff)})`;

const timespecAt = (lx: Lx, at: number): string =>
  `{tv_sec=${lx.mem.readI64(at)}, tv_nsec=${lx.mem.readI64(at + 8)}}`;
const timespec = guarded(({ lx, args }, i) => timespecAt(lx, args[i]));
const timespecs = guarded(
  ({ lx, args }, i) => `[${timespecAt(lx, args[i])}, ${timespecAt(lx, args[i] + 16)}]`,
);
const timeval = filled(
  ({ lx, args }, i) =>
    `{tv_sec=${lx.mem.readI64(args[i])}, tv_usec=${lx.mem.readI64(args[i] + 8)}}`,
);

function limit(value: bigint): string {
  if (value === 0xffff_ffff_ffff_ffffn) return 'RLIM64_INFINITY';
  return value > 1024n && value % 1024n === 0n ? `${value / 1024n}*1024` : String(value);
}
const rlimit = guarded(({ lx, args }, i) => {
  const [soft, hard] = [lx.mem.readBig(args[i]), lx.mem.readBig(args[i] + 8)];
  return `{rlim_cur=${limit(soft)}, rlim_max=${limit(hard)}}`;
});

function sigset(lx: Lx, at: number): string {
  const set = lx.mem.readBig(at);
  const list: string[] = [];
  for (let n = 1; n <= 64; n++)
    if ((set >> BigInt(n - 1)) & 1n) list.push(signalName(n).replace(/^SIG/, ''));
  return list.length > 32 ? `~[${missing(set).join(' ')}]` : `[${list.join(' ')}]`;
}

function missing(set: bigint): string[] {
  const list: string[] = [];
  for (let n = 1; n <= 64; n++)
    if (((set >> BigInt(n - 1)) & 1n) === 0n) list.push(signalName(n).replace(/^SIG/, ''));
  return list;
}

export function signalName(n: number): string {
  if (n >= 32 && n <= 64) return n === 32 ? 'SIGRTMIN' : `SIGRT_${n - 32}`;
  return names.signals.find(([number]) => number === n)?.[1] ?? String(n);
}

const sigaction = guarded(({ lx, args }, i) => {
  const at = args[i];
  const handler = lx.mem.readU64(at);
  const flags = lx.mem.readU32(at + 8) | 0;
  const name = handler === 0 ? 'SIG_DFL' : handler === 1 ? 'SIG_IGN' : hex(handler);
  const restorer = (flags & 0x4000000) !== 0 ? `, sa_restorer=${hex(lx.mem.readU64(at + 16))}` : '';
  return `{sa_handler=${name}, sa_mask=${sigset(lx, at + 24)}, sa_flags=${bits(flags, names.saFlags)}${restorer}}`;
});

const waitStatus = filled(({ lx, args, result }, i) => {
  if (result === 0) return hex(args[i]);
  const status = lx.mem.readU32(args[i]);
  const signal = status & 0x7f;
  if (signal === 0) return `[{WIFEXITED(s) && WEXITSTATUS(s) == ${(status >> 8) & 0xff}}]`;
  if (signal === 0x7f)
    return `[{WIFSTOPPED(s) && WSTOPSIG(s) == ${signalName((status >> 8) & 0xff)}}]`;
  const core = (status & 0x80) !== 0 ? ' && WCOREDUMP(s)' : '';
  return `[{WIFSIGNALED(s) && WTERMSIG(s) == ${signalName(signal)}${core}}]`;
});

const pollfds = guarded(({ lx, args }, i) => {
  const shown: string[] = [];
  for (let n = 0; n < Math.min(args[i + 1], ARRAY_LIMIT); n++) {
    const at = args[i] + n * 8;
    shown.push(
      `{fd=${lx.mem.readI32(at)}, events=${bits(lx.mem.readU16(at + 4), names.pollEvents)}}`,
    );
  }
  return `[${shown.join(', ')}]`;
});

// ---- all kinds, by the name that the signatures use

// biome-ignore format: aligned rows
export const kinds: Readonly<Record<string, Formatter>> = {
  dec: signed, int, ptr, fd: int, pid: int, atfd, path, argv, envp, stat, timespec, timespecs, timeval, rlimit, sigaction,
  hex:      ({ args }, i) => hex(args[i]),
  uhex:     ({ args }, i) => (args[i] === 0 ? '0' : hex(args[i] >>> 0)),
  off:      ({ args }, i) => (args[i] === 0 ? '0' : hex(args[i])),
  uid:      ({ args }, i) => String(args[i] | 0),
  mode:     ({ args }, i) => octal(args[i] & 0o7777),
  dev:      ({ args }, i) => device(args[i]),
  oflags:   openFlags,
  in:       bufferIn,
  out:      bufferOut,
  random:   randomOut,
  prot:     bitsOf(names.prot, 'PROT_NONE'),
  map:      bitsOf(names.mapFlags),
  mremap:   bitsOf(names.mremapFlags),
  at:       bitsOf(names.atFlags),
  access:   bitsOf(names.accessBits, 'F_OK'),
  whence:   enumOf(names.whence, 'SEEK_???'),
  clock:    enumOf(names.clocks, 'CLOCK_???'),
  madvise:  enumOf(names.madvise, 'MADV_???'),
  resource: enumOf(names.resources, 'RLIMIT_???'),
  fcntl:    enumOf(names.fcntlCommands, 'F_???'),
  ioctl:    enumOf(names.ioctls, ''),
  arch:     enumOf(names.archCodes, 'ARCH_???'),
  how:      enumOf(names.sigHow, 'SIG_???'),
  grnd:     bitsOf(names.randomFlags),
  msync:    bitsOf(names.msyncFlags),
  rename:   bitsOf(names.renameFlags),
  wait:     bitsOf(names.waitOptions),
  signal:   ({ args }, i) => signalName(args[i]),
  clone:    ({ args }, i) => bits(args[i] & ~0xff, names.cloneFlags, '') + signalSuffix(args[i]),
  futex:    ({ args }, i) => one(args[i] & 0x7f, names.futexOps, 'FUTEX_???') + futexSuffix(args[i]),
  sigset:   guarded(({ lx, args }, i) => sigset(lx, args[i])),
  sigsetout: filled(({ lx, args }, i) => sigset(lx, args[i])),
  sigactout: filled(sigaction),
  timeout:  filled(timespec),
  rlimout:  filled(rlimit),
  status:   waitStatus,
  pipefds:  filled(({ lx, args }, i) => `[${lx.mem.readI32(args[i])}, ${lx.mem.readI32(args[i] + 4)}]`),
  pollfds,
  iovin:    guarded((call, i) => iovecs(call, i, Number.POSITIVE_INFINITY)),
  iovout:   filled((call, i) => iovecs(call, i, call.result)),
  uname:    filled(({ lx, args }, i) => `{sysname=${quote(lx.mem.cstring(args[i], 65), false)}, nodename=${quote(lx.mem.cstring(args[i] + 65, 65), false)}, ...}`),
  string:   guarded(({ lx, args }, i) => quote(lx.mem.cstring(args[i], 65536).slice(0, STRING_LIMIT), false)),
  dirents:  ({ args, result }, i) => `${pointer(args[i])} /* ${result <= 0 ? 0 : '?'} entries */`,
};

const signalSuffix = (flags: number): string => {
  const rest = (flags & ~0xff) === 0 ? '' : '|';
  return (flags & 0xff) === 0 ? '' : rest + signalName(flags & 0xff);
};
const futexSuffix = (op: number): string =>
  ((op & 0x80) !== 0 ? '_PRIVATE' : '') + ((op & 0x100) !== 0 ? '|FUTEX_CLOCK_REALTIME' : '');

/** open's mode is only shown when there is one. */
export const createsFile = (flags: number): boolean => (flags & (O_CREAT | O_TMPFILE_BIT)) !== 0;
