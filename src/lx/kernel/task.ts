// Processes (thread groups) and tasks (threads), as objects in kernel memory. A task runs on one guest worker; a
// process is what its tasks share. Named after Linux's task_struct, signal_struct, sighand_struct, fs_struct.
import { struct } from './kmem.ts';

// biome-ignore format: aligned rows
export const Process = struct({
  pid: 'i32', parent: 'i32', pgid: 'i32', sid: 'i32',
  next: 'i32', prev: 'i32',                  // list of all processes (fixed area holds the head)
  children: 'i32', sibling: 'i32',           // child list
  tasks: 'i32', taskCount: 'i32', leader: 'i32',
  state: 'i32',                              // a ProcessState
  exitCode: 'i32',                           // wait status word, once it is a zombie
  exitSignal: 'i32',                         // what the parent gets, SIGCHLD as a rule
  stopSignal: 'i32', stateChange: 'i32',     // what wait4(WUNTRACED | WCONTINUED) has still to report
  childWait: 'i32',                          // wait queue: a child changed state
  files: 'i32',                              // FileTable, shared by CLONE_FILES
  fs: 'i32',                                 // FsInfo
  sighand: 'i32',                            // SigHand
  mm: 'i32',                                 // Mm (mm/), 0 for a zombie
  memory: 'i32',                             // id of the wasm memory it lives in (session/), 0 = none
  execTask: 'i32',                           // task that executes a program and waits for the others to end, 0 = none
  exiting: 'i32',                            // 1: exit_group or a deadly signal; exitCode is set, every task leaves
  vforkDone: 'i32',                          // 1 while this is a vfork child that has not yet exec'ed or exited
  pending: 'u64', queue: 'i32',              // process-wide signals: bits, and the list of their siginfos
  tty: 'i32',                                // controlling terminal
  exe: 'i32', cmdline: 'i32', environ: 'i32',// string objects; comm is the leader task's
  uid: 'i32', euid: 'i32', suid: 'i32', fsuid: 'i32', gid: 'i32', egid: 'i32', sgid: 'i32', fsgid: 'i32',
  groups: 'i32',                             // object: count, gids
  rlimits: 64,                               // 16 × (soft, hard) as f64
  startTime: 'f64',                          // ms, performance.timeOrigin based
  utime: 'f64', stime: 'f64', cutime: 'f64', cstime: 'f64', maxRss: 'f64', cmaxRss: 'f64', // ms, ms, ms, ms, KiB, KiB (biggest child)
  timers: 'i32',                             // its timers (timer.ts): ITIMER_*, timer_create
  signalWait: 'i32',                         // wait queue of signalfd readers, 0 until there is one
  noNewPrivs: 'i32', dumpable: 'i32', childSubreaper: 'i32', didExec: 'i32', pdeathsig: 'i32',
  frozen: 'i32',                             // threads that copy the memory now: the others do not run guest code meanwhile
  nice: 'i32', personality: 'i32',
  oomScoreAdj: 'i32',                        // /proc/pid/oom_score_adj
  capInheritable: 'u64', capPermitted: 'u64', capEffective: 'u64', capBounding: 'u64', capAmbient: 'u64', // caps.ts
  thpDisable: 'i32',
  securebits: 'i32',                         // SECBIT_*, PR_SET_KEEPCAPS among them
  pidRef: 'i32',                             // what pidfds of it refer to (pidfd.ts), 0 none
  aio: 'i32',                                // contexts of io_setup(2), list (aio.ts)
  membarrier: 'i32',                         // what it has registered for
  sessionKeyring: 'i32', processKeyring: 'i32', // Key, 0 = none (keys.ts)
  tracer: 'i32', tracees: 'i32',             // process that traces its leader, 0 = none; 1: it traces, or has traced, others
  semUndo: 'i32',                            // SEM_UNDO: what its end undoes (sysv-sem.ts)
 
});

// biome-ignore format: aligned rows
export const Task = struct({
  tid: 'i32', process: 'i32', next: 'i32',   // next: other tasks of the process
  ctx: 'i32',                                // linear address of its CPU context in the process's memory
  state: 'i32',                              // a TaskState, for /proc
  wake: 'i32',                               // the word this task sleeps on: 0 asleep, else woken
  signalled: 'i32',                          // Signalled bits; not 0: leave the guest's code. The poll word of translated code
  blocked: 'u64', savedBlocked: 'u64',       // signal masks; saved one for sigsuspend, ppoll, pselect
  restoreBlocked: 'i32',
  realBlocked: 'u64',                        // in rt_sigtimedwait: the mask without what is waited for
  restartKind: 'i32', restart: 'f64', restartArgs: 10, // restart_syscall: a RestartKind, its deadline and arguments (f64)
  pending: 'u64', queue: 'i32',              // thread-directed signals
  altStack: 'f64', altSize: 'f64', altFlags: 'i32',
  clearChildTid: 'f64', setChildTid: 'f64', robustList: 'f64',
  comm: 4,                                   // 16 bytes
  worker: 'i32',                             // id of the worker it runs on
  exitCode: 'i32', exitSignal: 'i32',
  tls: 'f64', cloneFlags: 'i32',
  cpuBase: 'f64', cpuSeen: 'f64',            // ms: CPU time of the worker when the task began; own CPU time as last seen
  sysTime: 'f64',                            // ms of that in system calls, sampled (clock.ts)
  lockWait: 'i32',                           // process whose POSIX lock it waits for (vfs/posix-locks.ts)
  forked: 'i32',                             // fork in progress: 0 waiting, 1 the child has its copy of the memory, −errno
  stack: 'f64',                              // clone: rsp of the new task, 0 = as the parent's
  parked: 'i32',                             // waits for a sibling's fork (freeze.ts)
  schedPolicy: 'i32', schedPriority: 'i32', schedReset: 'i32', // SCHED_*, its priority, SCHED_RESET_ON_FORK
  schedRuntime: 'f64', schedDeadline: 'f64', schedPeriod: 'f64', // SCHED_DEADLINE: ns
  affinity: 'i32',                           // processors it may not use, as bits
  ioprio: 'i32',                             // class << 13 | level, 0 = by its niceness
  timerSlack: 'i32',                         // ns, 0 = the default
  lastCall: 'i32',                           // while it is traced: the system call it has just left, −1 none
  hooks: 'i32',                              // Hook bits: what looks at its system calls
  requests: 'i32',                           // list of what others ask it to do (remote.ts)
  tracer: 'i32', traceOptions: 'i32', traceSeized: 'i32', // process that traces it, 0 = none; PTRACE_O_*; by PTRACE_SEIZE (trace.ts)
  traceMode: 'i32', traceStopped: 'i32',     // a TraceMode; a Traced
  traceCode: 'i32', traceSignal: 'i32',      // what it stopped for: signal, event << 8; the signal it is to get
  traceInfo: 12, traceHasInfo: 'i32',        // siginfo of the signal it stopped for
  traceEvent: 'i32', traceLeaves: 'i32',     // event it is to stop for; 1: and then as behind a system call
  traceMessage: 'f64',                       // PTRACE_GETEVENTMSG
  threadKeyring: 'i32',                      // Key, 0 = none (keys.ts)
  seccomp: 'i32',                            // its filters (seccomp.ts), 0 = none
  sysNumber: 'i32',                          // system call in progress, −1 none (for restarts and /proc)
});

/** Look for signals, a stop, the end (this ends a wait, too); park while a sibling forks (freeze.ts). */
export const Signalled = { look: 1, park: 2 } as const;

/** What looks at the system calls of a task. */
export const Hook = { trace: 1, seccomp: 2 } as const;

export const TaskState = { running: 0, sleeping: 1, stopped: 2, dead: 3, traced: 4 } as const;
export const ProcessState = { alive: 0, zombie: 1, reaped: 2 } as const;

/** Signal actions, 64 of them: handler, flags, restorer as f64, mask as u64 (8 words each). */
export const SigHand = struct({ refs: 'i32', pad: 'i32', actions: 64 * 8 });
export const SigAction = struct({ handler: 'f64', flags: 'f64', restorer: 'f64', mask: 'u64' });

export const FsInfo = struct({ refs: 'i32', umask: 'i32', cwd: 'i32', root: 'i32' });

/** refs, capacity, then pointers to a block of 2 words a descriptor: File (0 = free), close-on-exec. */
export const FileTable = struct({ refs: 'i32', capacity: 'i32', slots: 'i32', lowest: 'i32' });

export const INIT_PID = 1;
