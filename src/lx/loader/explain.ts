// One clear line about a program that cannot run, and the status a shell gives (126, 127). The errno alone is not clear:
// “Exec format error” may be a 32-bit file, another machine's, a truncated one, or no program at all.
import { EHDR, ELF_MAGIC, ELFCLASS64, ELFDATA2LSB, EM_X86_64, ET, PHDR } from '../abi/elf.ts';
import { E } from '../abi/errno.ts';

export interface Refusal {
  /** Without the program's name in front. */
  readonly reason: string;
  readonly status: 126 | 127;
  /** An ELF file of another machine. */
  readonly foreign?: boolean;
}

/** e_machine values that people meet (elf.h). */
// biome-ignore format: aligned rows
const machines: Record<number, string> = {
  2: 'SPARC', 3: '32-bit x86', 8: 'MIPS', 20: 'PowerPC', 21: '64-bit PowerPC', 22: 'S/390', 40: '32-bit ARM',
  43: '64-bit SPARC', 183: '64-bit ARM', 243: 'RISC-V', 258: 'LoongArch',
};

// biome-ignore format: aligned rows
const words: Record<number, string> = {
  [E.NOENT]:       'No such file or directory',
  [E.ACCES]:       'Permission denied',
  [E.ISDIR]:       'Is a directory',
  [E.NOTDIR]:      'Not a directory',
  [E.LOOP]:        'Too many levels of symbolic links',
  [E.NAMETOOLONG]: 'File name too long',
  [E.TOOBIG]:      'Argument list too long',
  [E.NOEXEC]:      'Exec format error',
  [E.LIBBAD]:      'Its interpreter is no x86-64 ELF file',
  [E.NOMEM]:       'cannot execute: linked for addresses outside of the 4 GiB that a guest has',
  [E.INVAL]:       'Invalid ELF file',
  [E.IO]:          'Truncated ELF file',
};

/** Why `errno` came back for `name`, a file that starts with `head` (null if it could not be opened). */
export function explain(errno: number, head: Uint8Array | null, name: string): Refusal {
  if (errno === E.NOENT && head === null) {
    return { reason: name.includes('/') ? words[E.NOENT] : 'command not found', status: 127 };
  }
  if (errno === E.NOTDIR && head === null) return { reason: words[E.NOTDIR], status: 127 };
  if (errno === E.NOENT) return { reason: 'its interpreter does not exist', status: 127 };
  if (errno === E.NOEXEC && head !== null)
    return { reason: describeFormat(head), status: 126, foreign: isForeign(head) };
  return { reason: words[errno] ?? `cannot execute (errno ${errno})`, status: 126 };
}

function isForeign(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < EHDR.SIZE || view.getUint32(0, true) !== ELF_MAGIC) return false;
  const machine = view.getUint16(EHDR.MACHINE, true);
  return (
    head[EHDR.CLASS] !== ELFCLASS64 || head[EHDR.DATA] !== ELFDATA2LSB || machine !== EM_X86_64
  );
}

function describeFormat(head: Uint8Array): string {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < 4 || view.getUint32(0, true) !== ELF_MAGIC) {
    return 'cannot execute: neither an ELF file nor a #! script';
  }
  if (head.length < EHDR.SIZE) return 'cannot execute: truncated ELF file';
  const machine = view.getUint16(EHDR.MACHINE, true);
  if (isForeign(head)) {
    const bits = head[EHDR.CLASS] === ELFCLASS64 ? '' : '32-bit ';
    const name = machines[machine] ?? `machine ${machine}`;
    const what = machine === EM_X86_64 || name.startsWith(bits) ? name : bits + name;
    return `cannot execute: ELF file for ${machine === EM_X86_64 ? `${bits}x86-64` : what}, not for 64-bit x86-64`;
  }
  const type = view.getUint16(EHDR.TYPE, true);
  if (type !== ET.EXEC && type !== ET.DYN) {
    const kind =
      type === ET.REL ? 'an object file' : type === ET.CORE ? 'a core dump' : 'of an unknown type';
    return `cannot execute: ELF file is ${kind}, not a program`;
  }
  if (view.getUint16(EHDR.PHENTSIZE, true) !== PHDR.SIZE)
    return 'cannot execute: invalid ELF header';
  return 'cannot execute: truncated or invalid ELF file';
}
