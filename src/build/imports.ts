// Checks who imports whom: the rules of STYLE.md, as a table. `node src/build/imports.ts` prints each violation and fails.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Stages of the translator: each looks only to the left. Lowering builds its code with the handles of wasm/. */
const STAGES = ['region', 'analysis', 'wasm', 'lower', 'link', 'cache'];

interface Rule {
  /** Files it is about (start of their path). */
  readonly from: string;
  /** Files they may not import (start of their path), apart from those in `except`. */
  readonly not: readonly string[];
  readonly except?: readonly string[];
  readonly why: string;
}

// biome-ignore format: aligned rows
const rules: readonly Rule[] = [
  { from: 'src/lx/abi/',      not: ['src/', 'assembly/'], except: ['src/lx/abi/'],                   why: 'abi imports nothing' },
  { from: 'src/decoder/',     not: ['src/', 'assembly/'], except: ['src/decoder/', 'assembly/shared/', 'assembly/generated/'], why: 'decoder imports only assembly/shared' },
  { from: 'src/jit/',         not: ['src/lx/'],                                                      why: 'jit never imports lx' },
  { from: 'src/lx/',          not: ['src/jit/', 'src/decoder/', 'src/session/', 'src/cli/'],         why: 'lx never imports jit, decoder or who wires it' },
  { from: 'src/host/',        not: ['src/lx/', 'src/jit/', 'src/session/', 'src/cli/'],              why: 'host knows nothing above it' },
  { from: 'assembly/shared/', not: ['src/', 'assembly/'],                                            why: 'assembly/shared imports nothing' },
  { from: 'src/',             not: ['assembly/'], except: ['assembly/shared/', 'assembly/generated/'], why: 'src imports only assembly/shared and assembly/generated' },
  ...STAGES.map((stage, i) => ({
    from: `src/jit/${stage}/`, not: STAGES.slice(i + 1).map((later) => `src/jit/${later}/`),         why: 'stages of jit look only left',
  })),
];

/** Packages, and the places that may import them. */
// biome-ignore format: aligned rows
const packages: readonly { readonly name: RegExp; readonly from: readonly string[] }[] = [
  { name: /^binaryen$/,      from: ['src/jit/wasm/', 'src/build/shared-memory.ts'] },
  { name: /^capstone-wasm$/, from: ['src/decoder/capstone.ts'] },
  { name: /^node:/,          from: ['src/host/', 'src/session/', 'src/library/', 'src/lx/fs/drivefs/', 'src/jit/cache/', 'src/jit/translator.ts', 'src/jit/link/client.ts', 'src/main.ts', 'src/cli/', 'src/options.ts', 'src/build/', 'src/decoder/tables/pack.ts', 'bench/', 'test/'] },
];

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;

const starts = (path: string, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => path.startsWith(prefix));

function violations(file: string, text: string): string[] {
  const found: string[] = [];
  for (const match of text.matchAll(IMPORT)) {
    const specifier = match[1] ?? match[2];
    if (specifier.startsWith('.')) {
      const target = relative(root, join(root, dirname(file), specifier));
      for (const rule of rules) {
        if (!file.startsWith(rule.from) || starts(target, rule.except ?? [])) continue;
        if (starts(target, rule.not)) found.push(`${file}: imports ${target} (${rule.why})`);
      }
    }
    for (const { name, from } of packages) {
      if (name.test(specifier) && !starts(file, from)) {
        found.push(`${file}: imports ${specifier} (only ${from.join(', ')} may)`);
      }
    }
  }
  return found;
}

const files = ['src', 'assembly/shared', 'bench', 'test'].flatMap((dir) =>
  globSync(`${dir}/**/*.ts`, { cwd: root }),
);
const all = files.flatMap((file) => violations(file, readFileSync(join(root, file), 'utf8')));
for (const line of all) console.error(line);
if (all.length > 0) process.exitCode = 1;
else console.log(`imports: ${files.length} files keep the rules`);
