// The native driver: compiles native.c once and runs batches of cases on this processor.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Native {
  /** The states after the cases; same layout and length as the batch. */
  run(batch: Uint8Array): Uint8Array;
  close(): void;
}

export const hostIsX86 = process.arch === 'x64' && process.platform === 'linux';

export function openNative(): Native {
  const directory = mkdtempSync(join(tmpdir(), 'lxjit-isa-'));
  const binary = join(directory, 'native');
  const records = join(directory, 'records');
  const source = new URL('native.c', import.meta.url).pathname;
  execFileSync('cc', ['-O2', '-o', binary, source]);
  const remove = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove); // also after an error
  return {
    run(batch) {
      writeFileSync(records, batch);
      const { status, signal, stderr } = spawnSync(binary, [records]);
      if (status !== 0) throw new Error(`native driver: status ${status} ${signal} ${stderr}`);
      return readFileSync(records);
    },
    close: remove,
  };
}
