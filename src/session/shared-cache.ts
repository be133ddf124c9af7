// The shared store of translations: LXJIT_CACHE_URL, with the keys in LXJIT_CACHE_KEY. Nothing of it is loaded when there is none.
import { join, resolve } from 'node:path';
import { kindOfCode } from '../jit/cache/identity.ts';
import type { Sharing } from '../jit/cache/sharing.ts';
import { Store } from '../jit/cache/store.ts';
import type { SessionConfig } from '../lx/kernel/lx.ts';
import { userDirectory } from './cache-directory.ts';

/** What the environment says; undefined: there is no shared store. */
export function sharedCache(): SessionConfig['sharedCache'] {
  const { LXJIT_CACHE_URL: url, LXJIT_CACHE_KEY: keys } = process.env;
  return url ? { url, keys: keys ? resolve(keys) : defaultKeys() } : undefined;
}

/** The user's own key, which is made when it is wanted first. */
const defaultKeys = (): string =>
  join(userDirectory(process.env.XDG_CONFIG_HOME, '.config'), 'lxjit/cache-key.pem');

export async function openSharing(
  { cache, sharedCache: shared }: SessionConfig,
  say: (text: string) => void,
): Promise<Sharing | undefined> {
  if (cache === undefined || shared === undefined) return undefined;
  try {
    const { readKeys } = await import('../jit/cache/keys.ts');
    const { Remote } = await import('../jit/cache/remote.ts');
    const { Sharing } = await import('../jit/cache/sharing.ts');
    const keys = readKeys(shared.keys, shared.keys === defaultKeys());
    return new Sharing(new Store(cache, kindOfCode()), new Remote(shared.url, keys));
  } catch (error) {
    say(`lxjit: the shared cache is not used: ${(error as Error).message}`);
    return undefined;
  }
}
