// Kernel behaviour as a guest program sees it, against the real kernel.
import { describe, it } from 'vitest';
import { ALL_MODES, guest, MODES, sameScripts } from '../harness.ts';

const sections: Record<string, readonly string[]> = {
  processes: [
    'forks',
    'many',
    'vforks',
    'waits',
    'groups',
    'orphans',
    'execs',
    'limits',
    'credentials',
    'misc',
    'threads',
  ],
  signals: [
    'basic',
    'queues',
    'flags',
    'altstack',
    'context',
    'faults',
    'restart',
    'stops',
    'recursion_dies',
    'threads',
    'group_stop',
    'thread_ends',
  ],
  events: [
    'pipes',
    'fifos',
    'polls',
    'masks',
    'epolls',
    'eventfds',
    'timers',
    'ticking',
    'signals',
    'clocks',
  ],
  sockets: ['families', 'pairs', 'datagrams', 'servers', 'rights', 'timeouts'],
  ttys: ['opening', 'canonical', 'output', 'raw', 'jobs'],
  futexes: ['raw', 'waking', 'mutexes', 'others'],
  mqueues: ['opens', 'transfers', 'notices'],
  creds: ['changes', 'capabilities', 'settings', 'owners'],
  scheduling: ['policies', 'attrs', 'affinity', 'nices'],
  clocks: ['errors'],
  inet: ['kinds', 'binds', 'streams', 'dual', 'datagrams', 'options'],
  inotifies: ['calls', 'files', 'dirs', 'modes'],
  hot: ['interrupted', 'jumped', 'overflowed', 'resumed', 'rewritten', 'forked'],
  warm: [
    'jumps',
    'contexts',
    'stacks',
    'patches',
    'itself',
    'trampolines',
    'replaced',
    'remapped',
    'overwritten',
    'freed',
    'registers',
    'many',
  ],
  traces: [
    'signals',
    'memory',
    'registers',
    'syscalls',
    'steps',
    'attaches',
    'events',
    'exec',
    'deaths',
  ],
  recent: ['futex2', 'pages', 'cache', 'handles', 'parameters', 'jumps'],
  keys: ['adding', 'using', 'requests', 'rings'],
  filters: ['strict', 'filters', 'traced', 'errors'],
  pidfds: ['all'],
  xattrs: ['all'],
  transfers: ['aio', 'tees', 'holes', 'machine'],
  pi: ['all'],
  mounts: ['all'],
  sysv: ['sems', 'sem_waits', 'msgs', 'msg_waits'],
  shared: [
    'anonymous',
    'calls',
    'atomics',
    'threads',
    'semaphores',
    'condition',
    'robust',
    'files',
    'fixed',
    'names',
  ],
  'sysv-shm': ['life', 'keys', 'places'],
  storm: [
    'pipes',
    'signals',
    'epolls',
    'processes',
    'exits',
    'forks',
    'closing',
    'lives',
    'echoes',
    'joins',
  ],
};

/** The others have their turn in `npm run test:modes`. */
const IN_ALL_MODES = ['futexes', 'shared'];

for (const [program, names] of Object.entries(sections)) {
  describe(program, () => {
    const scripts = Object.fromEntries(names.map((name) => [name, name]));
    const command = [guest(`kernel/${program}.c`)];
    const modes = IN_ALL_MODES.includes(program) ? ALL_MODES : MODES;
    const check = sameScripts({ command, scripts, modes });
    it.each(names)('%s', check);
  });
}
