// The kernels: small C programs that spend their time in one kind of code each. They take a size and print a checksum.
import type { Item } from './item.ts';
import { compiled } from './scratch.ts';

/** A kernel that is to be within this many times native on its own; x87 arithmetic is done in software. */
const LIMIT = 4;
const X87_LIMIT = 30;

// biome-ignore format: aligned rows
const rows: readonly (readonly [name: string, source: string, size: number, flags: string, limit: number])[] = [
  ['recursion',     'recursion.c',  250,         '-O2', LIMIT],
  ['sieve',         'sieve.c',      480,         '-O2', LIMIT],
  ['sha256',        'sha256.c',     6_000_000,   '-O2', LIMIT],
  ['matmul',        'matmul.c',     450,         '-O2 -fno-tree-vectorize', LIMIT],
  ['matmul-vector', 'matmul.c',     1_600,       '-O3', LIMIT],
  ['nbody',         'nbody.c',      26_000_000,  '-O2', LIMIT],
  ['mandelbrot',    'mandelbrot.c', 4_000,       '-O2', LIMIT],
  ['sort-tree',     'sort-tree.c',  330,         '-O2', LIMIT],
  ['bytecode',      'bytecode.c',   480_000,     '-O2', LIMIT],
  ['bytecode-goto', 'bytecode.c',   520_000,     '-O2 -DGOTO', LIMIT],
  ['strings',       'strings.c',    5_000,       '-O2', LIMIT],
  ['lz',            'lz.c',         240,         '-O2', LIMIT],
  ['virtual',       'virtual.cc',   120_000,     '-O2', LIMIT],
  ['bignum',        'bignum.c',     490_000,     '-O2', LIMIT],
  ['hashtable',     'hashtable.c',  5_000_000,   '-O2', LIMIT],
  ['x87',           'x87.c',        100_000_000, '-O2', X87_LIMIT],
];

export const LINKS = ['static', 'dynamic'] as const;
export type Link = (typeof LINKS)[number];

/** `scale` divides the work. */
export function kernels(links: readonly Link[], scale: number): Item[] {
  return rows.flatMap(([name, source, size, flags, limit]) =>
    links.map((link) => ({
      name: links.length > 1 ? `${name} ${link}` : name,
      limit,
      inGeomean: limit === LIMIT,
      command: () => {
        const options = link === 'static' ? [...flags.split(' '), '-static'] : flags.split(' ');
        const program = compiled(`kernels/${source}`, options, `-${name}-${link}`);
        // A matrix of work grows with the square of its size, and no kernel is to do nothing.
        const scaled = name === 'mandelbrot' ? size / Math.sqrt(scale) : size / scale;
        return { argv: [program, String(Math.max(1, Math.round(scaled)))] };
      },
    })),
  );
}
