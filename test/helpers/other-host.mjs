// A double of another operating system for tests, to be loaded before lxjit (`node --import …`): what Node looks like there.
// LXJIT_TEST_HOST=win32 or darwin says which; C:\ (or /) is the directory LXJIT_TEST_DISK. It has no /proc and no /dev,
// tells apart no upper and lower case, and as Windows: paths with drive letters and backslashes, no symlinks, no permissions
// but read-only, no users, no names with : * ? and the like, directories that cannot be opened, no touch or mkfifo to run.
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const platform = process.env.LXJIT_TEST_HOST;
const disk = process.env.LXJIT_TEST_DISK;
const windows = platform === 'win32';
/** Node's own files and lxjit's are where they are; and Node calls its own functions with what they were given here. */
const real = [new URL('../..', import.meta.url).pathname, process.execPath, disk];
const isReal = (path) => real.some((own) => path.startsWith(own));

function failed(code, call, path) {
  return Object.assign(new Error(`${code}: ${call} '${path}'`), { code, syscall: call, path });
}

const text = (path) => (Buffer.isBuffer(path) ? path.toString('utf8') : path);

/** The file that a path of the other system names. */
function place(path, call) {
  if (typeof path !== 'string' && !Buffer.isBuffer(path)) return path; // descriptors, file: URLs
  const given = text(path);
  if (isReal(given)) return given;
  if (!windows) return onDisk(given.split('/'));
  const [, drive, rest] = /^([A-Za-z]:)?(.*)$/s.exec(given);
  if (drive !== undefined && drive.toUpperCase() !== 'C:') return join(disk, 'no such drive', rest);
  const names = rest.split(/[\\/]/);
  for (const name of names) {
    // biome-ignore lint: control characters are what is not allowed
    if (/[\x01-\x1f"*:<>?|]/.test(name)) throw failed('EINVAL', call, given);
    if (/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name)) return '/dev/null';
  }
  return onDisk(names.map((name) => (name === '..' || name === '.' ? name : name.replace(/[. ]+$/, ''))));
}

function onDisk(names) {
  let at = disk;
  for (const name of names.filter((n) => n !== '' && n !== '.')) {
    if (name === '..') at = at === disk ? at : join(at, '..');
    else at = join(at, asThere(at, name));
  }
  return at;
}

function asThere(dir, name) {
  let all = [];
  try {
    all = originals.readdirSync(dir);
  } catch {}
  return all.includes(name) ? name : (all.find((n) => n.toLowerCase() === name.toLowerCase()) ?? name);
}

const PATHS = {
  1: ['accessSync', 'chmodSync', 'existsSync', 'lchownSync', 'lstatSync', 'lutimesSync', 'mkdirSync', 'openSync', 'opendirSync', 'readFileSync', 'readdirSync', 'readlinkSync', 'rmSync', 'rmdirSync', 'statSync', 'statfsSync', 'unlinkSync', 'writeFileSync', 'createReadStream'],
  2: ['linkSync', 'renameSync'],
};
const originals = { ...fs };

for (const name of PATHS[1]) fs[name] = (path, ...rest) => then(name, originals[name](place(path, name), ...rest), path);
for (const name of PATHS[2]) fs[name] = (a, b, ...rest) => originals[name](place(a, name), place(b, name), ...rest);
fs.realpathSync = (path, ...rest) => {
  if (typeof path !== 'string' || isReal(path)) return originals.realpathSync(path, ...rest);
  const inside = originals.realpathSync(place(path, 'realpath')).slice(disk.length);
  return windows ? `C:${inside.replaceAll('/', '\\') || '\\'}` : inside || '/';
};

/** Linux's flags that the other system has not, and what it cannot open. */
const UNKNOWN = 0o10000000 | 0o20000000 | 0o1000000;
const NOFOLLOW = 0o400000;
fs.openSync = (path, flags = 'r', mode = 0o666) => {
  if (typeof flags === 'number' && flags & UNKNOWN) throw failed('EINVAL', 'open', path);
  const at = place(path, 'open');
  if (windows && originals.statSync(at, { throwIfNoEntry: false })?.isDirectory()) throw failed('EISDIR', 'open', path);
  return originals.openSync(at, typeof flags === 'number' && windows ? flags & ~NOFOLLOW : flags, mode);
};

/** Attributes as Windows tells them. */
function then(name, result) {
  if (!windows || (name !== 'lstatSync' && name !== 'statSync') || result === undefined) return result;
  return attributes(result);
}

function attributes(stats) {
  const writable = Number(stats.mode) & 0o222 ? 0o666 : 0o444;
  const mode = (Number(stats.mode) & 0o170000) | writable;
  const none = typeof stats.mode === 'bigint' ? 0n : 0;
  return Object.assign(stats, { mode: none === 0n ? BigInt(mode) : mode, uid: none, gid: none });
}

if (windows) {
  fs.fstatSync = (...args) => attributes(originals.fstatSync(...args));
  fs.symlinkSync = (_, path) => {
    throw failed('EPERM', 'symlink', path);
  };
  for (const name of ['getuid', 'geteuid', 'getgid', 'getegid', 'getgroups', 'setuid']) delete process[name];
  childProcess.spawnSync = (command) => ({ status: null, error: failed('ENOENT', 'spawn', command) });
} else {
  fs.symlinkSync = (target, path) => originals.symlinkSync(target, place(path, 'symlink'));
}

Object.defineProperty(process, 'platform', { value: platform });
process.binding = () => {
  throw new Error('process.binding is not there');
};
syncBuiltinESMExports();
