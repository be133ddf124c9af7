// The native driver: compiles native.c once and runs batches of cases on this processor.
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Native {
  /** The states after the cases; same layout and length as the batch. */
  run(batch: Uint8Array): Uint8Array;
  close(): void;
}

export const hostIsX86 = process.arch === 'x64' && process.platform === 'linux';

/** The driver is one process for all batches, spoken to through two fifos: starting one for each costs more than the cases. */
export function openNative(): Native {
  const shared = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const directory = mkdtempSync(join(shared, 'lxjit-isa-'));
  const [binary, records, requests, replies] = ['native', 'records', 'requests', 'replies'].map(
    (name) => join(directory, name),
  ) as [string, string, string, string];
  const source = new URL('native.c', import.meta.url).pathname;
  execFileSync('cc', ['-O2', '-o', binary, source]);
  execFileSync('mkfifo', [requests, replies]);
  const script = 'exec "$1" "$2" < "$3" > "$4"';
  const driver = spawn('sh', ['-c', script, 'sh', binary, records, requests, replies], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  driver.unref();
  const to = openSync(requests, 'w');
  const from = openSync(replies, 'r');
  const remove = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove); // also after an error
  const byte = new Uint8Array(1);
  return {
    run(batch) {
      writeFileSync(records, batch);
      writeSync(to, byte);
      if (readSync(from, byte) !== 1) throw new Error('the native driver has ended');
      return readFileSync(records);
    },
    close() {
      closeSync(to);
      closeSync(from);
      remove();
    },
  };
}
