// /proc/sys: kernel parameters as text, by path below /proc. Those that are only kept are in kernel/sysctl.ts.
import { Fixed } from '../../kernel/fixed.ts';
import type { Lx } from '../../kernel/lx.ts';
import { parameters, setSysctlLocked, sysctlTextLocked } from '../../kernel/sysctl.ts';
import { RELEASE, VERSION } from '../../kernel/version.ts';
import type { Text } from '../text-fs.ts';

const fixed =
  (value: string | number): Text =>
  () =>
    `${value}\n`;

/** A random UUID, version 4. */
const uuid = (): string => crypto.randomUUID();

/** One for the life of the session: made from the time it began. */
function bootId(lx: Lx): string {
  const seed = Math.floor(lx.k.f64[Fixed.bootTime >> 1] * 1000);
  const hex = seed.toString(16).padStart(32, '5');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

// biome-ignore format: aligned rows
const readOnly: Record<string, Text> = {
  '/sys/kernel/arch':                     fixed('x86_64'),
  '/sys/kernel/cap_last_cap':             fixed(40),
  '/sys/kernel/ngroups_max':              fixed(65536),
  '/sys/kernel/osrelease':                fixed(RELEASE),
  '/sys/kernel/ostype':                   fixed('Linux'),
  '/sys/kernel/overflowgid':              fixed(65534),
  '/sys/kernel/overflowuid':              fixed(65534),
  '/sys/kernel/pty/nr':                   fixed(0),
  '/sys/kernel/random/boot_id':           (lx) => `${bootId(lx)}\n`,
  '/sys/kernel/random/entropy_avail':     fixed(256),
  '/sys/kernel/random/poolsize':          fixed(256),
  '/sys/kernel/random/uuid':              () => `${uuid()}\n`,
  '/sys/kernel/seccomp/actions_avail':    fixed('kill_process kill_thread trap errno user_notif trace log allow'),
  '/sys/kernel/threads-max':              (lx) => `${lx.config.maxTasks}\n`,
  '/sys/kernel/version':                  fixed(VERSION),
  '/sys/fs/aio-nr':                       fixed(0),
  '/sys/fs/file-nr':                      fixed('1024\t0\t9223372036854775807'),
};

/** What can be written as well. `write` answers false for −EINVAL. */
interface Writable {
  readonly mode: number;
  readonly text: Text;
  readonly write: (lx: Lx, text: string) => boolean;
}

/** A string of uname(2). */
const name = (word: number, none = ''): Writable => ({
  mode: 0o644,
  text: (lx) => `${lx.k.readString(lx.k.i32[word]) || none}\n`,
  write: ({ k }, text) => {
    k.locked(() => k.setStringLocked(word, text.replace(/\n.*$/s, '').slice(0, 64)));
    return true;
  },
});

const parameter = (path: string): Writable => ({
  mode: path.endsWith('_next_id') ? 0o444 : 0o644,
  text: ({ k }) => `${k.locked(() => sysctlTextLocked(k, path))}\n`,
  write: ({ k }, text) => {
    const value = parameters[path].parse(text);
    if (value !== undefined) k.locked(() => setSysctlLocked(k, path, value));
    return value !== undefined;
  },
});

const lastPid: Writable = {
  mode: 0o666,
  text: (lx) => `${lx.k.i32[Fixed.lastPid]}\n`,
  write: ({ k }, text) => {
    const pid = Number(text.trim());
    if (Number.isInteger(pid) && pid >= 0) k.i32[Fixed.lastPid] = pid;
    return Number.isInteger(pid) && pid >= 0;
  },
};

const dropCaches: Writable = {
  mode: 0o200,
  text: () => '',
  write: (_lx, text) => /^[1-9]\d*$/.test(text.trim()),
};

export const writable: Readonly<Record<string, Writable>> = {
  '/sys/kernel/domainname': name(Fixed.domainname, '(none)'),
  '/sys/kernel/hostname': name(Fixed.hostname),
  '/sys/kernel/ns_last_pid': lastPid,
  '/sys/vm/drop_caches': dropCaches,
  ...Object.fromEntries(Object.keys(parameters).map((path) => [`/sys/${path}`, parameter(path)])),
};

export const sysctls: Record<string, Text> = {
  ...readOnly,
  ...Object.fromEntries(Object.entries(writable).map(([path, { text }]) => [path, text])),
};
