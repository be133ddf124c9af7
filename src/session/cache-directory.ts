// Which directory holds the translation cache.
import { mkdirSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { isTrusted } from '../jit/cache/store.ts';

/** The directory for `choice` (--cache), else LXJIT_CACHE, else the user's own; undefined for 'off'. */
export function cachePath(choice: string | undefined): string | undefined {
  const wanted = choice || process.env.LXJIT_CACHE || defaultPath();
  return wanted === 'off' ? undefined : resolve(wanted);
}

/** A directory that the user names, else the usual one in his home (XDG Base Directory Specification). */
export const userDirectory = (named: string | undefined, usual: string): string =>
  named && isAbsolute(named) ? named : join(homedir(), usual);

/** Where each platform keeps what can be made again. */
function defaultPath(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  switch (process.platform) {
    case 'darwin':
      return join(homedir(), 'Library/Caches/lxjit');
    case 'win32':
      return join(LOCALAPPDATA ?? join(homedir(), 'AppData/Local'), 'lxjit/cache');
    default:
      return join(userDirectory(XDG_CACHE_HOME, '.cache'), 'lxjit');
  }
}

/** With its parents. (Node's own `recursive` never ends where the system denies a file that it also says is not there: /proc.) */
function makeDirectory(path: string): void {
  const make = (): void => mkdirSync(path, { mode: 0o700 });
  try {
    make();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    makeDirectory(dirname(path));
    make();
  }
}

/** The same for a session: made if it is not there; undefined when it cannot be used, which only costs speed. */
export function cacheDirectory(choice: string | undefined): string | undefined {
  const path = cachePath(choice);
  if (path === undefined) return undefined;
  try {
    makeDirectory(path);
    const real = realpathSync(path);
    return statSync(real).isDirectory() && isTrusted(real) ? real : undefined;
  } catch {
    return undefined; // no home, a file in its place, a file system that cannot be written
  }
}
