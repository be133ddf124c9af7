// The library: what an embedder imports from 'lxjit'.
//
//   import { Session } from 'lxjit';
//   await using session = await Session.create({ root: { tar: 'busybox.tar' } });
//   const { code, stdout } = await session.run(['/bin/busybox', 'echo', 'hello']);
export {
  InternalError,
  LimitExceeded,
  NotExecutable,
  PolicyDenied,
  UnsupportedArchitecture,
} from './library/errors.ts';
export type { Decision, ErrnoName, Policy, Rule, SystemCall } from './library/policy.ts';
export type { DirectoryMount, MemoryMount, Mounts, TarSource, Tree } from './library/root.ts';
export {
  type Limits,
  type ResourceUsage,
  type RunOptions,
  type RunResult,
  Session,
  type SessionOptions,
} from './library/session.ts';
export type { Input, Output } from './library/streams.ts';
export type { JitMode } from './options.ts';
