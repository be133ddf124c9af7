// From the command line and the host's environment to what a session is started with. Strings of the guest are byte
// strings (one char a byte), those of Node are decoded UTF-8.
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { posix } from 'node:path';
import { CAP_LAST } from '../lx/abi/capability.ts';
import { newRootLocked } from '../lx/fs/tmpfs/inode.ts';
import { Store } from '../lx/fs/tmpfs/store.ts';
import type { CapSet } from '../lx/kernel/caps.ts';
import type { SessionConfig } from '../lx/kernel/lx.ts';
import type { Options } from '../options.ts';
import { cacheDirectory } from '../session/cache-directory.ts';
import type { SessionOptions } from '../session/session.ts';
import { sharedCache } from '../session/shared-cache.ts';

/** Most tasks of a session: each costs a worker thread while it runs. */
const MAX_TASKS = 128;
const FALLBACK_NOFILE = 1024;
const ALL_CAPS: CapSet = [-1, 2 ** (CAP_LAST + 1 - 32) - 1];

/** SessionOptions, or a message that says what is wrong. */
export function sessionOptions(options: Options): SessionOptions | string {
  if (options.root === undefined && process.platform !== 'linux') {
    return `on ${process.platform} the guest needs a root directory of its own: --root DIR`;
  }
  const root = options.root ?? '/';
  for (const directory of [root, ...options.mounts.map((mount) => mount.host)]) {
    const wrong = notDirectory(directory);
    if (wrong !== '') return `${directory}: ${wrong}`;
  }
  const cache = options.jit === 'on' ? cacheDirectory(options.cache) : undefined;
  if (options.cache && options.cache !== 'off' && options.jit === 'on' && cache === undefined) {
    return `${options.cache}: cannot be the cache: it has to be a directory that only you can write to`;
  }
  const argv = guestArguments(options);
  return {
    config: {
      root: toBytes(realpathSync(root)),
      mounts: options.mounts.map(({ host, guest, readOnly }) => ({
        host: toBytes(realpathSync(host)),
        guest: toBytes(guest),
        readOnly,
      })),
      ...(options.root === undefined ? {} : { inMemory: sharedMemory() }),
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      groups: supplementaryGroups(),
      caps: capabilities(),
      nodename: hostname(),
      cpuLevel: options.cpuLevel,
      jit: options.jit,
      codeLimit: options.codeLimit,
      warmUp: warmUp(),
      cache,
      sharedCache: sharedCache(),
      checked: options.checked,
      strace: options.strace,
      stats: options.stats !== 'off',
      timeline: options.stats === 'trace',
      profile: options.profile !== undefined,
      noFile: descriptorLimits(),
      maxTasks: MAX_TASKS,
      cpus: availableParallelism(),
    },
    argv,
    env: guestEnvironment(options),
    cwd: toBytes(startDirectory(options)),
  };
}

/** LXJIT_WARM_UP (CONTRIBUTING.md); undefined: as it is best. */
const warmUp = (): number | undefined => Number(process.env.LXJIT_WARM_UP) || undefined;

const SHM_BYTES = 1 << 30;

/** /dev/shm of a guest whose root is not the host's. */
function sharedMemory(): NonNullable<SessionConfig['inMemory']> {
  const store = Store.ofSize(SHM_BYTES);
  const root = store.locked(() => newRootLocked(store, 0o1777));
  return { memory: store.memory, mounts: [{ guest: '/dev/shm', root, readOnly: false }] };
}

/** What is wrong with a directory that somebody names; '' for nothing. */
function notDirectory(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 'no such directory';
  return stats.isDirectory() ? '' : 'not a directory';
}

/** The directory to start in: relative to the current one, where the guest has that. */
function startDirectory({ cwd, root }: Options): string {
  const here = root === undefined ? process.cwd() : '/';
  return cwd === undefined ? here : posix.resolve(here, cwd);
}

/** A string of Node as the bytes it came from. */
const toBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** What Node shows in the place of bytes that are no UTF-8. */
const LOST = '\ufffd';

/** NUL-separated strings of a /proc file as byte strings; none if there is no such file. */
function rawStrings(path: string): string[] {
  try {
    return readFileSync(path, 'latin1').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}

function guestArguments(options: Options): string[] {
  const { program } = options;
  if (!program.some((arg) => arg.includes(LOST))) return program.map(toBytes);
  const raw = rawStrings('/proc/self/cmdline').slice(-program.length);
  return raw.length === program.length ? raw : program.map(toBytes);
}

function guestEnvironment(options: Options): string[] {
  const entries = Object.entries(process.env);
  const lossy = entries.some(([name, value]) => `${name}${value}`.includes(LOST));
  const raw = lossy ? rawStrings('/proc/self/environ') : [];
  const start = raw.length > 0 ? raw : entries.map(([name, value]) => toBytes(`${name}=${value}`));
  const env = new Map(start.map((entry) => [entry.slice(0, entry.indexOf('=')), entry]));
  for (const [name, value] of options.env) {
    if (value === undefined) env.delete(toBytes(name));
    else env.set(toBytes(name), toBytes(`${name}=${value}`));
  }
  return [...env.values()];
}

/** Node's getgroups() adds the effective group, which the kernel's does not. */
function supplementaryGroups(): number[] {
  try {
    const [, list] = /^Groups:[ \t]*(.*)$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
    if (list !== undefined) return list.split(' ').filter(Boolean).map(Number);
  } catch {
    // not a Linux host
  }
  return process.getgroups?.() ?? [];
}

/** The bounding set of the host; all capabilities where there is no such thing. */
function capabilities(): CapSet {
  try {
    const status = readFileSync('/proc/self/status', 'latin1');
    const [, high, low] = /^CapBnd:\s*([0-9a-f]{8})([0-9a-f]{8})$/m.exec(status) ?? [];
    if (low !== undefined) return [Number.parseInt(low, 16) | 0, Number.parseInt(high, 16) | 0];
  } catch {
    // not a Linux host
  }
  return ALL_CAPS;
}

/** RLIMIT_NOFILE of the host: soft, hard. */
function descriptorLimits(): [number, number] {
  try {
    const match = /^Max open files\s+(\S+)\s+(\S+)/m.exec(
      readFileSync('/proc/self/limits', 'latin1'),
    );
    const [soft, hard] = [Number(match?.[1]), Number(match?.[2])];
    if (soft > 0 && hard > 0) return [soft, hard];
  } catch {
    // not a Linux host
  }
  return [FALLBACK_NOFILE, FALLBACK_NOFILE];
}
