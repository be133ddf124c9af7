// Real programs, as Debian has them, each on some seconds of work.
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cSource, sqlScript, writeText } from './inputs.ts';
import type { Item } from './item.ts';
import type { Command } from './measure.ts';
import { made, root } from './scratch.ts';

const LIMIT = 4;
const MIB = 1 << 20;
const GENERATORS = join(root, 'bench/inputs.ts');

const script = (name: string): string =>
  fileURLToPath(new URL(`./programs/${name}`, import.meta.url));

function textFile(bytes: number): string {
  return made(`text-${bytes}`, GENERATORS, (to) => writeText(to, bytes));
}

function textOf(name: string, text: string): string {
  return made(name, GENERATORS, (to) => writeFileSync(to, text));
}

function compressed(bytes: number): string {
  const input = textFile(bytes);
  return made(`text-${bytes}.xz`, input, (to) => {
    writeFileSync(to, execFileSync('xz', ['-c', '-6', input], { maxBuffer: bytes }));
  });
}

function cc1(): string {
  return execFileSync('gcc', ['-print-prog-name=cc1'], { encoding: 'utf8' }).trim();
}

const repeated = (times: number, word: string): string[] =>
  Array(Math.max(1, Math.round(times))).fill(word);

/** The work divided by `s`. */
type Make = (s: number) => Command;

// biome-ignore format: aligned rows
const rows: readonly (readonly [name: string, make: Make])[] = [
  ['xz -9',     (s) => ({ argv: ['/usr/bin/xz', '-9', '-T1', '-c', textFile(Math.round(2 * MIB / s))] })],
  ['xz -d',     (s) => ({ argv: ['/usr/bin/xz', '-d', '-c', ...repeated(8 / s, compressed(12 * MIB))] })],
  ['gzip',      (s) => ({ argv: ['/usr/bin/gzip', '-c', textFile(Math.round(20 * MIB / s))] })],
  ['zstd -12',  (s) => ({ argv: ['/usr/bin/zstd', '-q', '-12', '-c', textFile(Math.round(12 * MIB / s))] })],
  ['bzip2',     (s) => ({ argv: ['/usr/bin/bzip2', '-c', textFile(Math.round(16 * MIB / s))] })],
  ['openssl',   (s) => ({ argv: ['/usr/bin/openssl', 'dgst', '-sha256', ...repeated(32 / s, textFile(64 * MIB))] })],
  ['sqlite3',   (s) => ({ argv: ['/usr/bin/sqlite3', ':memory:'], stdin: textOf(`work-${s}.sql`, sqlScript(Math.ceil(28 / s))) })],
  ['lua5.4',    (s) => ({ argv: ['/usr/bin/lua5.4', script('work.lua'), String(Math.ceil(40 / s))] })],
  ['python3',   (s) => ({ argv: ['/usr/bin/python3', script('work.py'), String(Math.ceil(44 / s))] })],
  ['perl',      (s) => ({ argv: ['/usr/bin/perl', script('work.pl'), String(Math.ceil(10 / s))] })],
  ['bash',      (s) => ({ argv: ['/usr/bin/bash', script('work.sh'), String(Math.ceil(10 / s))] })],
  ['cc1 -O2',   (s) => ({ argv: [cc1(), '-quiet', '-O2', textOf(`work-${s}.c`, cSource(Math.round(4000 / s))), '-o', '/dev/stdout'] })],
];

export function programs(scale: number): Item[] {
  return rows.map(([name, make]) => ({
    name,
    limit: LIMIT,
    inGeomean: true,
    command: () => {
      const command = make(scale);
      if (!existsSync(command.argv[0])) throw new Error(`${command.argv[0]} is not installed`);
      return command;
    },
  }));
}
