// A directory of the session's own for /dev/shm when the guest's root is not the host's: made in the host's directory for
// temporary files when it is first used, and removed when lxjit ends.
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { DriveFs } from './drivefs.ts';
import { done } from './host-errors.ts';

/** All workers of a session are one process of the host, so its number names the directory. */
const scratchPath = (): string => `${tmpdir()}/lxjit-shm-${process.pid}`;

/** A path that nothing is at. */
const NOWHERE = '/dev/null/none';

/** Makes the directory, or finds the one another worker made; never one that somebody else put there. */
function makeScratch(): boolean {
  const path = scratchPath();
  if (done(() => mkdirSync(path, 0o700)) === 0) {
    chmodSync(path, 0o1777);
    return true;
  }
  const there = lstatSync(path, { throwIfNoEntry: false });
  return there?.isDirectory() === true && there.uid === process.getuid?.();
}

export class ScratchFs extends DriveFs {
  #made = false;

  constructor() {
    super(scratchPath(), false, 'tmpfs', 'tmpfs');
  }

  override host(path: string): string {
    if (!this.#made) this.#made = makeScratch();
    return this.#made ? super.host(path) : NOWHERE;
  }
}

/** For the end of the session. */
export function removeScratch(): void {
  done(() => rmSync(scratchPath(), { recursive: true, force: true }));
}
