// Kernel behaviour as a guest program sees it, against the real kernel.
import { describe, it } from 'vitest';
import { ALL_MODES, guest, MODES, same, sameScripts } from '../harness.ts';

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
  async: ['owners', 'leases', 'directories'],
  recent: [
    'futex2',
    'pages',
    'cache',
    'handles',
    'parameters',
    'edges',
    'system_time',
    'settings',
    'jumps',
  ],
  keys: ['adding', 'using', 'requests', 'rings'],
  filters: ['strict', 'filters', 'traced', 'errors'],
  pidfds: ['all'],
  xattrs: ['all'],
  transfers: ['aio', 'tees', 'holes', 'machine'],
  pi: ['all'],
  mounts: ['all'],
  sysv: ['sems', 'sem_waits', 'msgs', 'msg_waits'],
  shared: [
    'names',
    'anonymous',
    'calls',
    'atomics',
    'threads',
    'semaphores',
    'condition',
    'robust',
    'files',
    'fixed',
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

/** They run in one lxjit, but for those that are about many processes. */
const STORMS = ['storm', 'processes', 'hot', 'warm'];

const commandOf = (program: string): string => guest(`kernel/${program}.c`);

function compare(programs: readonly string[]): void {
  const scripts = Object.fromEntries(
    programs.flatMap((program) =>
      sections[program].map((name) => [`${program} ${name}`, [commandOf(program), name]]),
    ),
  );
  it.for(Object.keys(scripts))('%s', sameScripts({ scripts }));
}

const others = Object.keys(sections).filter((program) => !STORMS.includes(program));
const half = others.length >> 1;
describe('storms', () => compare(STORMS));
describe('calls', () => compare(others.slice(0, half)));
describe('more calls', () => compare(others.slice(half)));

/** Memory and threads: in the other modes too, all in one process, so that it is translated once. */
const OTHER_MODES = ALL_MODES.filter((mode) => !MODES.includes(mode));
describe.runIf(OTHER_MODES.length > 0).each(OTHER_MODES)('--jit=%s', (mode) => {
  it.each(['futexes', 'shared'])('%s', async (program) => {
    await same([commandOf(program), ...sections[program]], {}, [mode]);
  });
});
