// The few things of the host that Node has no call for (mkfifo) are done by the host's own programs.
import { spawnSync } from 'node:child_process';
import { hostPath } from './host-errors.ts';

/** Runs a program of the host to its end; its status, or −1 if it could not be started. Arguments are byte strings. */
export function spawnHost(program: string, args: readonly string[]): number {
  if (args.some((a) => typeof hostPath(a) !== 'string')) return spawnBytes(program, args);
  const { status } = spawnSync(program, args, { stdio: 'ignore' });
  return status ?? -1;
}

/** Arguments that are not ASCII cannot be given as strings (they would be encoded): the shell's printf makes them. */
function spawnBytes(program: string, args: readonly string[]): number {
  const quoted = args.map((a) => `"$(printf '%b.' '${octal(a)}')"`);
  const vars = quoted.map((q, i) => `a${i}=${q}; a${i}=\${a${i}%.}`).join('; ');
  const list = args.map((_, i) => `"$a${i}"`).join(' ');
  const { status } = spawnSync('sh', ['-c', `${vars}; exec ${program} ${list}`], {
    stdio: 'ignore',
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' },
  });
  return status ?? -1;
}

const octal = (bytes: string): string =>
  [...bytes].map((c) => `\\0${c.charCodeAt(0).toString(8).padStart(3, '0')}`).join('');
