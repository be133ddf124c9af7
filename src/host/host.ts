// What differs between the systems that Node runs on, as far as guests' files meet it: numbers of open flags, names that a
// system does not allow, permissions that it does not have, and whether an open file can be named by its descriptor.
// Everywhere else a path, a flag and a mode are Linux's.
import { constants } from 'node:fs';

export interface Host {
  /** What DriveFs' full care needs: O_PATH, and /proc/PID/fd. Elsewhere files are reached by their names alone. */
  readonly isLinux: boolean;
  /** Linux's open flags as this system numbers them; those that it does not have are left out. */
  openFlags(linux: number): number;
  /** A path of the guest's (a byte string, as all here) as part of one of the host's. */
  toHost(path: string): string;
  /** A name in a directory of the host's as the guest sees it. */
  toGuest(name: string): string;
  /** The target of a symlink, likewise. */
  linkToGuest(target: string): string;
  /** Type and permissions. */
  mode(mode: number): number;
}

const ACCMODE = 3;

// Linux's numbers (asm-generic/fcntl.h), and Node's names for them.
// biome-ignore format: aligned rows
const FLAGS: readonly (readonly [linux: number, name: string])[] = [
  [0o100,     'O_CREAT'],     [0o200,      'O_EXCL'],     [0o400,     'O_NOCTTY'],   [0o1000,     'O_TRUNC'],
  [0o2000,    'O_APPEND'],    [0o4000,     'O_NONBLOCK'], [0o10000,   'O_DSYNC'],    [0o200000,   'O_DIRECTORY'],
  [0o400000,  'O_NOFOLLOW'],  [0o4010000,  'O_SYNC'],
];

type Numbers = Readonly<Record<string, number>>;

const flagsBy =
  (numbers: Numbers) =>
  (linux: number): number =>
    FLAGS.reduce(
      (flags, [bits, name]) => ((linux & bits) === bits ? flags | (numbers[name] ?? 0) : flags),
      linux & ACCMODE,
    );

const same = <T>(value: T): T => value;

const LINUX: Host = {
  isLinux: true,
  openFlags: same,
  toHost: same,
  toGuest: same,
  linkToGuest: same,
  mode: same,
};

// ---- Windows

const TYPE = 0o170000;
const WRITE = 0o222;

// What Windows allows in no name, at no name's end, and names that are devices in every directory. As Cygwin and WSL do it,
// such a character is one of the private use area: U+F000 and its code. Above all '\' and ':', which would lead elsewhere.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is not allowed
const FORBIDDEN = /[\x01-\x1f"*:<>?\\|]|[. ]$/g;
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;
/** U+F001 … U+F07F in UTF-8. */
const PRIVATE = /\xef\x80[\x81-\xbf]|\xef\x81[\x80-\xbf]/g;

const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const toPrivate = (char: string): string => utf8(String.fromCharCode(0xf000 + char.charCodeAt(0)));
const fromPrivate = (bytes: string): string =>
  String.fromCharCode(Buffer.from(bytes, 'latin1').toString('utf8').charCodeAt(0) - 0xf000);

function windowsName(name: string): string {
  const allowed = name.replace(FORBIDDEN, toPrivate);
  return DEVICE.test(allowed) ? toPrivate(allowed[0]) + allowed.slice(1) : allowed;
}

const windows = (numbers: Numbers): Host => ({
  isLinux: false,
  openFlags: flagsBy(numbers),
  toHost: (path) => path.split('/').map(windowsName).join('/'),
  toGuest: (name) => name.replace(PRIVATE, fromPrivate),
  linkToGuest: (target) => target.replaceAll('\\', '/').replace(PRIVATE, fromPrivate),
  // It knows no permissions but read-only.
  mode: (mode) => (mode & TYPE) | ((mode & WRITE) === 0 ? 0o555 : 0o777),
});

/** `numbers`: what node:fs has as constants there. */
export function hostFor(platform: NodeJS.Platform, numbers: Numbers): Host {
  if (platform === 'linux') return LINUX;
  if (platform === 'win32') return windows(numbers);
  return { ...LINUX, isLinux: false, openFlags: flagsBy(numbers) };
}

export const host = hostFor(process.platform, constants as unknown as Numbers);
