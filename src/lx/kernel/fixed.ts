// The fixed area of kernel memory: lists and counters that exist once a session. Each field is the word itself
// (`k.i32[Fixed.processes]`), not an offset into an object. Add a row for a new one; order does not matter.
import { FIXED_BASE, FIXED_WORDS, struct } from './kmem.ts';

// biome-ignore format: aligned rows
const fields = struct({
  processes: 'i32',      // head of the list of all processes (Process.next)
  init: 'i32',           // process 1: no task of its own, adopts orphans
  lastPid: 'i32',        // pids are given in increasing order, as Linux does
  processCount: 'i32', taskCount: 'i32',
  firstProcess: 'i32',   // the program lxjit was started for: its status is lxjit's
  firstStatus: 'i32',    // its wait status, valid once firstDone is 1
  firstDone: 'i32',
  userMs: 'f64', systemMs: 'f64', // of the processes that have ended
  maxMemory: 'f64',      // bytes that one of them had mapped at most
  alive: 'i32',          // processes that are neither zombies nor init
  shutdown: 'i32',       // 1: the session ends, every task leaves at its next poll
  consoleTty: 'i32',     // tty object of the host terminal, 0 if there is none
  mounts: 'i32',         // vfs
  fsGeneration: 'i32',   // vfs: counts renames and removals of directories (vfs/walk.ts)
  timers: 'i32', restingTimers: 'i32', // list of armed timers; of those that fire again once they are read (timer.ts)
  timersTold: 'i32',     // 1: the session manager has yet to look at them
  observed: 'i32',       // system calls that the session manager was told of, and has yet to hear (sys/policy.ts)
  locks: 'i32',          // vfs: flock and POSIX locks
  lockWait: 'i32',       // vfs: wait queue of those who want a lock
  sockets: 'i32',        // signals: bound unix sockets
  bootTime: 'f64',       // ms since the epoch when CLOCK_MONOTONIC was 0
  hostname: 'i32', domainname: 'i32', // string objects
  nextId: 'i32',         // inode numbers of pipes, sockets …: see newId()
  loadavg: 'i32',
  streams: 'i32',        // list of HostStream objects (session/host-streams.ts)
  futexes: 'i32',        // signals: hash table of futex waiters
  fifos: 'i32',          // signals: pipes of open FIFOs
  ptys: 'i32', ttys: 'i32',
  stats: 'i32',          // counts of --stats (sys/stats.ts), 0 without
  sharedFiles: 'i32',    // list of shared objects that are files (mm/shared-object.ts)
  sharedGeneration: 'i32', // counts their coming
  shm: 'i32', sem: 'i32', msg: 'i32',
  nextPort: 'i32',       // sockfs: the next ephemeral port
  clockOffset: 'f64',    // ms that the guest's CLOCK_REALTIME is ahead of the host's (clock_settime)
  clockWait: 'i32',      // wait queue of those who sleep until a time of CLOCK_REALTIME
  timex: 'i32',          // object: what adjtimex(2) was told, 0 nothing
  watches: 'i32', moveCookie: 'i32', // inotify: list of watches (vfs/notify.ts); the cookie given last
  xattrs: 'i32',         // list of extended attributes (vfs/xattr-store.ts)
  lingerers: 'i32',      // list of workers that wait for another thread (linger.ts)
  keys: 'i32', lastKey: 'i32', // list of keys (keys.ts); the serial number given last
  sysctls: 'i32',        // list of kernel parameters that were changed (sysctl.ts)
  leases: 'i32', leaseWait: 'i32', // number of leases held; wait queue of those who break one (vfs/leases.ts)
  handles: 'i32',        // list of notes of file handles given out (sys/handles.ts)
  mqueues: 'i32',        // list of POSIX message queues (fs/mqfs)
});

if (fields.SIZE / 4 > FIXED_WORDS) throw new Error('lxcore: fixed area is too small');

type Fields = typeof fields;
/** Word index of each fixed field. */
export const Fixed = Object.fromEntries(
  Object.entries(fields).map(([name, offset]) => [name, offset + FIXED_BASE]),
) as { readonly [K in Exclude<keyof Fields, 'SIZE'>]: number };
