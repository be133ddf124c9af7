// Where the bench keeps what it makes (programs, inputs): a directory that the next run finds again.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const scratch = join(tmpdir(), `lxjit-bench-${process.getuid?.() ?? 0}`);
mkdirSync(scratch, { recursive: true });

/** The program that a source file below bench/ makes, compiled if it is not there or is older; `tag` tells variants apart. */
export function compiled(source: string, flags: readonly string[], tag = ''): string {
  const file = join(root, 'bench', source);
  const compiler = source.endsWith('.cc') ? 'g++' : 'gcc';
  return made(source.replace(/\.cc?$/, '').replaceAll('/', '-') + tag, file, (to) =>
    execFileSync(compiler, [...flags, '-o', to, file, '-lm'], { stdio: 'inherit' }),
  );
}

/** A file of the scratch directory, made by `make` unless it is there and newer than `source`. */
export function made(name: string, source: string, make: (to: string) => void): string {
  const file = join(scratch, name);
  if (existsSync(file) && statSync(file).mtimeMs > statSync(source).mtimeMs) return file;
  const temporary = `${file}.${process.pid}`;
  make(temporary);
  renameSync(temporary, file);
  return file;
}
