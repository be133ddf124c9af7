// `lxjit cache ls|clear|verify`.
import { clearCache, listCache, verifyCache } from '../jit/cache/admin.ts';
import { cachePath } from '../session/cache-directory.ts';

export interface Said {
  readonly text: string;
  readonly failed: boolean;
}

const said = (text: string, failed = false): Said => ({ text: `${text}\n`, failed });

function ls(root: string): Said {
  const entries = listCache(root);
  if (entries.length === 0) return said(`${root}: the translation cache is empty.`);
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const lines = entries.map(({ used, bytes, regions, name, image }) =>
    [day(used), size(bytes).padStart(9), `${regions} regions`.padStart(15), name || image].join(
      '  ',
    ),
  );
  return said([...lines, `${root}: ${entries.length} files, ${size(total)}`].join('\n'));
}

const clear = (root: string): Said => said(`${root}: ${size(clearCache(root))} removed.`);

function verify(root: string): Said {
  const { packs, chunks, damaged } = verifyCache(root);
  const lines = damaged.map((what) => `damaged: ${what}`);
  const sum = `${root}: ${chunks} modules in ${packs} packs, ${damaged.length} damaged`;
  return said([...lines, sum].join('\n'), damaged.length > 0);
}

const COMMANDS: Record<string, (root: string) => Said> = { ls, clear, verify };

/** What the command prints; undefined: there is no such command. */
export function cacheCommand(command: string, choice: string | undefined): Said | undefined {
  const run = COMMANDS[command];
  if (run === undefined) return undefined;
  const root = cachePath(choice);
  return root === undefined ? said('There is no translation cache (off).') : run(root);
}

export const cacheCommands = Object.keys(COMMANDS).join(', ');

const day = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ');

const size = (bytes: number): string =>
  bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
