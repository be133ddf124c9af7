// Writes what AssemblyScript needs of the tables: assembly/generated/ops.ts (operation numbers and group bounds).
// Run by the build; `node src/decoder/tables/pack.ts`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { GROUP_BOUNDS, OPS } from '../ops.ts';
import { GROUPS } from './row.ts';

const HEADER = '// Written by src/decoder/tables/pack.ts from the opcode tables. Do not edit.\n';

function opsSource(): string {
  const bounds = GROUPS.flatMap((group) => {
    const [first, last] = GROUP_BOUNDS[group];
    const name = group.toUpperCase();
    return [`export const FIRST_${name} = ${first};`, `export const LAST_${name} = ${last};`];
  });
  const ops = OPS.map(({ name, id }) => `export const ${name} = ${id};`);
  return `${HEADER}${[...bounds, ...ops].join('\n')}\n`;
}

const directory = new URL('../../../assembly/generated/', import.meta.url);
mkdirSync(directory, { recursive: true });
writeFileSync(new URL('ops.ts', directory), opsSource());
