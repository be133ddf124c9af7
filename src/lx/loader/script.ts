// `#!` scripts: the first line names the interpreter and at most one argument (fs/binfmt_script.c).
import { E } from '../abi/errno.ts';
import { bytesToString, HEAD_SIZE } from './elf.ts';

export interface Script {
  readonly interpreter: string;
  readonly argument: string | null;
}

export const isScript = (head: Uint8Array): boolean => head[0] === 0x23 && head[1] === 0x21;

/** Reads `#!interpreter [argument]` from the first 256 bytes of a file; −ENOEXEC if there is none, or it is cut off. */
export function parseScript(head: Uint8Array): Script | number {
  const text = bytesToString(head.subarray(2, HEAD_SIZE));
  const newline = text.indexOf('\n');
  let line = newline < 0 ? text : text.slice(0, newline);
  if (newline < 0 && head.length >= HEAD_SIZE) {
    // No end of line: fine as long as the interpreter's name is complete.
    if (!/^[ \t]*[^ \t\0]+[ \t\0]/.test(text)) return -E.NOEXEC;
    line = text.slice(0, HEAD_SIZE - 3);
  }
  const match = /^[ \t]*([^ \t\0]+)[ \t]*([^\0]*)/.exec(line);
  if (match === null) return -E.NOEXEC;
  const argument = match[2].replace(/[ \t]+$/, '');
  return { interpreter: match[1], argument: argument === '' ? null : argument };
}
