// The host calls that programs make all the time (stat, open, close), as cheap as Node lets us have them: its own binding
// to libuv, below node:fs, answers attributes as plain numbers in an array that is reused. That binding is nobody's
// promise, so it is tried on the root directory first, and where it does not answer as node:fs does, node:fs is used.
import { type BigIntStats, closeSync, fstatSync, lstatSync, openSync } from 'node:fs';
import { host } from '../../../host/host.ts';
import { HostAttr } from './host-attr.ts';

type Path = string | Buffer;

/** Places in the array of attributes. */
const MODE = 1;
const INO = 7;

interface HostCalls {
  /** undefined: there is no such file. What else is wrong is thrown as node:fs does. */
  lstat(path: Path): HostAttr | undefined;
  fstat(fd: number): HostAttr;
  /** Type and permissions of an open file. */
  fmode(fd: number): number;
  /** `flags` are Linux's. */
  open(path: Path, flags: number, mode?: number): number;
  close(fd: number): void;
}

// ---- node:fs

const BIG = { bigint: true } as const;
const BIG_NO_THROW = { bigint: true, throwIfNoEntry: false } as const;

const BILLION = 1_000_000_000n;

function fromStats(s: BigIntStats): HostAttr {
  const time = (ns: bigint): [number, number] => {
    const part = ((ns % BILLION) + BILLION) % BILLION;
    return [Number((ns - part) / BILLION), Number(part)];
  };
  const numbers = [
    s.dev,
    host.mode(Number(s.mode)),
    s.nlink,
    s.uid,
    s.gid,
    s.rdev,
    s.blksize,
    s.ino,
    s.size,
    s.blocks,
  ];
  const times = [s.atimeNs, s.mtimeNs, s.ctimeNs, s.birthtimeNs].flatMap(time);
  const values = [...numbers.map(Number), ...times];
  return values[INO] > Number.MAX_SAFE_INTEGER ? new HostAttr(values, s.ino) : new HostAttr(values);
}

const publicCalls: HostCalls = {
  lstat(path) {
    const stats = lstatSync(path, BIG_NO_THROW);
    return stats === undefined ? undefined : fromStats(stats);
  },
  fstat: (fd) => fromStats(fstatSync(fd, BIG)),
  fmode: (fd) => fstatSync(fd).mode,
  open: (path, flags, mode) => openSync(path, host.openFlags(flags), mode),
  close: closeSync,
};

// ---- the binding

const DEFAULT_MODE = 0o666;

interface Binding {
  lstat(path: Path, big: false, request: undefined, throwIfNone: false): Float64Array | undefined;
  fstat(fd: number, big: false, request: undefined, quiet: false): Float64Array;
  open(path: Path, flags: number, mode: number): number;
  close(fd: number): void;
}

const callsOf = (binding: Binding): HostCalls => ({
  lstat(path) {
    const values = binding.lstat(path, false, undefined, false);
    if (values === undefined) return undefined;
    return values[INO] > Number.MAX_SAFE_INTEGER ? publicCalls.lstat(path) : new HostAttr(values);
  },
  fstat(fd) {
    const values = binding.fstat(fd, false, undefined, false);
    return values[INO] > Number.MAX_SAFE_INTEGER ? publicCalls.fstat(fd) : new HostAttr(values);
  },
  fmode: (fd) => binding.fstat(fd, false, undefined, false)[MODE],
  open: (path, flags, mode = DEFAULT_MODE) => binding.open(path, flags, mode),
  close: (fd) => binding.close(fd),
});

/** Node warns of process.binding() under some options: not about us. */
function findBinding(): Binding | undefined {
  const before = process.noDeprecation === true;
  try {
    process.noDeprecation = true;
    const { binding } = process as unknown as { binding(name: string): Binding };
    return binding.call(process, 'fs') as Binding;
  } catch {
    return undefined;
  } finally {
    process.noDeprecation = before;
  }
}

function worksLikeNodeFs(calls: HostCalls): boolean {
  try {
    const fd = calls.open('/', 0, 0);
    const opened = calls.fstat(fd);
    calls.close(fd);
    const expected = JSON.stringify(publicCalls.lstat('/'));
    const found = [calls.lstat('/'), opened].map((attr) => JSON.stringify(attr));
    return found.every((text) => text === expected) && calls.lstat('/\u0001/none') === undefined;
  } catch {
    return false;
  }
}

function chooseCalls(): HostCalls {
  if (!host.isLinux) return publicCalls;
  const binding = findBinding();
  if (binding === undefined) return publicCalls;
  const calls = callsOf(binding);
  return worksLikeNodeFs(calls) ? calls : publicCalls;
}

export const hostCalls: HostCalls = chooseCalls();
