// The library: what an embedder imports from 'lxjit'.
//
//   import { run } from 'lxjit';
//   const result = await run(['ls', '-l'], { cwd: '/tmp' });
//   if ('code' in result) console.log(`exit status ${result.code}`);
import { sessionOptions } from './cli/guest-environment.ts';
import { type JitMode, type Mount, parseCommandLine } from './options.ts';
import { Session, type SessionOptions, type SessionResult } from './session/session.ts';

export type { JitMode, Mount, SessionOptions, SessionResult };
export { Session };

export interface RunOptions {
  /** Host directory that is the guest's root; the host's own / where that is Linux. */
  readonly root?: string;
  readonly mounts?: readonly Mount[];
  /** Set, or with undefined unset, in the guest's copy of the host's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Guest directory to start in. */
  readonly cwd?: string;
  readonly jit?: JitMode;
  readonly cpu?: 'v2' | 'v3';
  /** Host descriptors that become 0, 1 and 2 of the program; −1 for none. */
  readonly stdio?: readonly [number, number, number];
  /** Gets what lxjit itself has to say; stderr if absent. */
  readonly onMessage?: (text: string) => void;
}

/** Runs a program as the command does, looked up in PATH, and resolves when it and all it started have ended. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<SessionResult> {
  const defaults = parseCommandLine([]);
  const prepared = sessionOptions({
    ...defaults,
    program: argv,
    root: options.root,
    mounts: options.mounts ?? [],
    env: Object.entries(options.env ?? {}),
    cwd: options.cwd,
    jit: options.jit ?? defaults.jit,
    cpuLevel: options.cpu === 'v3' ? 3 : 2,
  });
  if (typeof prepared === 'string') return Promise.reject(new Error(prepared));
  const { stdio, onMessage } = options;
  return new Session({
    ...prepared,
    ...(stdio === undefined ? {} : { stdio }),
    ...(onMessage === undefined ? {} : { onMessage }),
  }).run();
}
