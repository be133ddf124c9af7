// Files that execve has to refuse, or that kill the process while they are loaded: each is tried on the real kernel first,
// and the loader must come to the same end.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EHDR, EM_X86_64, ET, PHDR, PT } from '../../src/lx/abi/elf.ts';
import { errnoName } from '../../src/lx/abi/errno.ts';
import type { Lx } from '../../src/lx/kernel/lx.ts';
import { loadProgram } from '../../src/lx/loader/load.ts';
import { checkProgram, dropProgram, type OpenExec } from '../../src/lx/loader/program.ts';
import { dropMm, freeMm, mmOf } from '../../src/lx/mm/mm.ts';
import { fakeLx, openHost } from '../mm/fake-lx.ts';

const dir = mkdtempSync(join(tmpdir(), 'lxjit-loader-'));
afterAll(() => rmSync(dir, { recursive: true }));

interface Phdr {
  type: number;
  flags: number;
  offset: number | bigint;
  vaddr: number | bigint;
  fileSize: number | bigint;
  memSize: number | bigint;
  align?: number;
}

/** exit(42) */
const CODE = [0xb8, 60, 0, 0, 0, 0xbf, 42, 0, 0, 0, 0x0f, 0x05];
const TEXT: Phdr = {
  type: PT.LOAD,
  flags: 5,
  offset: 0,
  vaddr: 0x400000,
  fileSize: 0x200,
  memSize: 0x200,
};

/** A small ELF file: headers, program headers at 64, code at 0x180; `extra` is put at 0x1c0. */
function elf(
  phdrs: Phdr[],
  change: (view: DataView, bytes: Uint8Array) => void = () => {},
): Uint8Array {
  const bytes = new Uint8Array(0x2000);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(EHDR.TYPE, ET.EXEC, true);
  view.setUint16(EHDR.MACHINE, EM_X86_64, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(EHDR.ENTRY, 0x400180n, true);
  view.setBigUint64(EHDR.PHOFF, 64n, true);
  view.setUint16(52, 64, true);
  view.setUint16(EHDR.PHENTSIZE, PHDR.SIZE, true);
  view.setUint16(EHDR.PHNUM, phdrs.length, true);
  for (const [i, p] of phdrs.entries()) {
    const at = 64 + i * PHDR.SIZE;
    view.setUint32(at + PHDR.TYPE, p.type, true);
    view.setUint32(at + PHDR.FLAGS, p.flags, true);
    view.setBigUint64(at + PHDR.OFFSET, BigInt(p.offset), true);
    view.setBigUint64(at + PHDR.VADDR, BigInt(p.vaddr), true);
    view.setBigUint64(at + PHDR.FILESZ, BigInt(p.fileSize), true);
    view.setBigUint64(at + PHDR.MEMSZ, BigInt(p.memSize), true);
    view.setBigUint64(at + PHDR.ALIGN, BigInt(p.align ?? 4096), true);
  }
  bytes.set(CODE, 0x180);
  change(view, bytes);
  return bytes;
}

const interp = (path: string, size = path.length + 1) =>
  elf(
    [
      TEXT,
      { type: PT.INTERP, flags: 4, offset: 0x1c0, vaddr: 0x4001c0, fileSize: size, memSize: size },
    ],
    (_, bytes) => bytes.set(Buffer.from(`${path}\0`), 0x1c0),
  );

const other = (name: string, bytes: Uint8Array): string => {
  const path = join(dir, name);
  writeFileSync(path, bytes);
  chmodSync(path, 0o755);
  return path;
};

const notElf = other(
  'not-elf',
  Buffer.from('hello world, this is plain text and long enough to be a header\n'.repeat(4)),
);
const arm = other(
  'arm',
  elf([TEXT], (view) => view.setUint16(EHDR.MACHINE, 183, true)),
);
const script = (line: string | Buffer) => Buffer.concat([Buffer.from('#!'), Buffer.from(line)]);
const chain = (n: number): string =>
  other(`chain${n}`, script(n === 0 ? '/bin/true\n' : `${chain(n - 1)}\n`));

// biome-ignore format: a table
const cases: Record<string, Uint8Array> = {
  'a good one':                  elf([TEXT]),
  'empty file':                  new Uint8Array(0),
  'one byte':                    new Uint8Array([0x7f]),
  'magic only':                  elf([TEXT]).subarray(0, 4),
  'truncated in the header':     elf([TEXT]).subarray(0, 40),
  'header only':                 elf([TEXT]).subarray(0, 64),
  'truncated program headers':   elf([TEXT]).subarray(0, 80),
  'truncated text':              elf([TEXT]).subarray(0, 0x150),
  'text':                        readFileSync(notElf),
  'ARM':                         readFileSync(arm),
  'object file':                 elf([TEXT], (v) => v.setUint16(EHDR.TYPE, ET.REL, true)),
  'core file':                   elf([TEXT], (v) => v.setUint16(EHDR.TYPE, ET.CORE, true)),
  'phentsize 0':                 elf([TEXT], (v) => v.setUint16(EHDR.PHENTSIZE, 0, true)),
  'phentsize 57':                elf([TEXT], (v) => v.setUint16(EHDR.PHENTSIZE, 57, true)),
  'no program headers':          elf([]),
  '65535 program headers':       elf([TEXT], (v) => v.setUint16(EHDR.PHNUM, 65535, true)),
  'program headers at 2^63':     elf([TEXT], (v) => v.setBigUint64(EHDR.PHOFF, 1n << 63n, true)),
  'program headers beyond file': elf([TEXT], (v) => v.setBigUint64(EHDR.PHOFF, 1n << 40n, true)),
  'filesz > memsz':              elf([{ ...TEXT, memSize: 0x100 }]),
  'memsz 2^63':                  elf([{ ...TEXT, memSize: 1n << 63n }]),
  'memsz beyond TASK_SIZE':      elf([{ ...TEXT, memSize: 1n << 47n }]),
  'vaddr 2^63':                  elf([{ ...TEXT, vaddr: 1n << 63n }]),
  'misaligned offset':           elf([{ ...TEXT, offset: 0x10 }]),
  'bss in a page beyond EOF':    elf([TEXT, { ...TEXT, flags: 6, offset: 0x10000, vaddr: 0x500000, memSize: 0x3000 }]),
  'segment beyond EOF, unused':  elf([TEXT, { ...TEXT, flags: 6, offset: 0x10000, vaddr: 0x500000 }]),
  'overlapping segments':        elf([TEXT, { ...TEXT, flags: 5 }]),
  'zero-size segment':           elf([TEXT, { ...TEXT, vaddr: 0x500000, fileSize: 0, memSize: 0 }]),
  'interpreter missing':         interp('/nonexistent/ld.so'),
  'interpreter is a directory':  interp('/usr'),
  'interpreter is text':         interp(notElf),
  'interpreter for ARM':         interp(arm),
  'interpreter empty':           interp(other('empty', new Uint8Array(0))),
  'interpreter name not ended':  interp('/lib64/ld-linux-x86-64.so.2', 10),
  'interpreter name too short':  interp('', 1),
  'interpreter name too long':   interp('/x', 5000),
  'interpreter name beyond EOF': elf([TEXT, { type: PT.INTERP, flags: 4, offset: 0x100000, vaddr: 0, fileSize: 20, memSize: 20 }]),
  '#! alone':                    script('\n'),
  '#! blanks':                   script('  \t \n'),
  '#! missing':                  script('/nonexistent/interpreter\n'),
  '#! true':                     script('/bin/true\n'),
  '#! true with argument':       script(' /bin/true   a b  \n'),
  '#! without end of line':      script('/bin/true'),
  '#! directory':                script('/usr\n'),
  '#! name cut off':             script(`/${'x'.repeat(300)}`),
  '#! name cut off, newline':    script(`/${'x'.repeat(300)}\n`),
  '#! long argument':            script(`/bin/true ${'y'.repeat(300)}\n`),
  '#! chain of 4':               script(`${chain(3)}\n`),
  '#! chain of 5':               script(`${chain(4)}\n`),
  '#! chain of 6':               script(`${chain(5)}\n`),
  '#! itself':                   script(`${join(dir, 'case')}\n`),
  '#! NUL in the name':          script('/bin/true\0xyz\n'),
};

/** execve without libuv's help (which runs what gives ENOEXEC by /bin/sh): exits with the errno, or becomes the file. */
const EXECV = `
#include <errno.h>
#include <unistd.h>
int main(int argc, char **argv) {
  char *args[] = {argv[1], 0}, *env[] = {"A=b", 0};
  execve(argv[1], args, env);
  return 100 + errno;
}`;
const execv = join(dir, 'execv');
execFileSync('gcc', ['-O', '-o', execv, '-x', 'c', '-'], { input: EXECV });

/** 'runs', the errno's name, or 'SIGSEGV': died while it was loaded. */
function native(path: string): string {
  const { status, signal } = spawnSync(execv, [path], { stdio: 'ignore' });
  if (status !== null && status > 100) return errnoName(status - 100);
  return signal === null ? 'runs' : 'SIGSEGV';
}

function ours(lx: Lx, path: string): string {
  const open: OpenExec = (l, name) => openExec(l, name);
  const file = open(lx, path);
  if (file < 0) return errnoName(-file);
  const program = checkProgram(lx, file, path, [path], ['A=b'], open);
  if (typeof program === 'number') return errnoName(-program);
  const loaded = loadProgram(lx, program);
  return typeof loaded === 'number' ? 'SIGSEGV' : 'runs';
}

/** What vfs does: regular files with an x bit. */
function openExec(lx: Lx, path: string): number {
  if (spawnSync('test', ['-f', path, '-a', '-x', path]).status !== 0) {
    return spawnSync('test', ['-e', path]).status === 0 ? -13 : -2;
  }
  return openHost(lx, path);
}

/** Linux maps them and dies of SIGBUS at the first instruction; the loader is not asked to see that. */
const dieLater = new Set(['truncated text', 'zero-size segment']);

describe('execve refuses as Linux does', () => {
  it.each(Object.entries(cases))('%s', (name, bytes) => {
    const path = other('case', bytes);
    const expected = native(path);
    const lx = fakeLx();
    const result = ours(lx, path);
    if (!(dieLater.has(name) && result === 'runs')) expect(result).toBe(expected);
    if (dropMm(lx.k, mmOf(lx))) freeMm(lx, mmOf(lx));
  });

  it.each([0x1_0000, 0x7f00_0000_0000])('a program linked for 0x%s is out of reach', (vaddr) => {
    const path = other('case', elf([{ ...TEXT, vaddr }]));
    expect(native(path)).not.toBe('ENOMEM');
    expect(ours(fakeLx(), path)).toBe('ENOMEM');
  });

  it('drops its files when it refuses', () => {
    const lx = fakeLx();
    const file = openHost(lx, other('case', cases['a good one']));
    const program = checkProgram(lx, file, 'case', ['case'], [], openExec);
    if (typeof program === 'number') throw new Error('refused');
    dropProgram(lx, program);
    expect(lx.k.i32[file + 1]).toBe(0);
  });
});

describe('argument limits', () => {
  const check = (argv: string[], envp: string[] = []): string => {
    const lx = fakeLx();
    const result = checkProgram(lx, openHost(lx, '/bin/true'), '/bin/true', argv, envp, openExec);
    return typeof result === 'number' ? errnoName(-result) : 'runs';
  };
  const run = (args: string[], env: Record<string, string> = {}): string => {
    const { error } = spawnSync('/bin/true', args, { env });
    return error === undefined ? 'runs' : (error as NodeJS.ErrnoException).code!;
  };

  it.each([131070, 131071, 131072])('one argument of %i bytes', (length) => {
    const argument = 'x'.repeat(length);
    expect(check(['/bin/true', argument])).toBe(run([argument]));
  });

  it('1 MB of arguments runs, 3 MB do not', () => {
    for (const count of [10, 30]) {
      const args = new Array<string>(count).fill('y'.repeat(100_000));
      expect(check(['/bin/true', ...args])).toBe(run(args));
    }
  });
});
