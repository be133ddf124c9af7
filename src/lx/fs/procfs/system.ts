// Files of /proc that are about the machine: cpuinfo, meminfo, stat, uptime … proc(5) has their formats.
import { realtime } from '../../kernel/clock.ts';
import { Fixed } from '../../kernel/fixed.ts';
import type { Lx } from '../../kernel/lx.ts';
import { processesLocked, tasksLocked } from '../../kernel/process.ts';
import { Process, ProcessState, Task, TaskState } from '../../kernel/task.ts';
import { RELEASE, VERSION } from '../../kernel/version.ts';
import { RAM_SIZE } from '../../mm/layout.ts';
import { usedPages } from '../../mm/maps.ts';
import type { Text } from '../text-fs.ts';

export const CPUS = Math.max(1, navigator.hardwareConcurrency);
const MEM_TOTAL_KB = RAM_SIZE / 1024;
const HZ = 100;
const PAGE_KB = 4;

/** Seconds since the machine was started. */
export const uptime = (lx: Lx): number =>
  Math.max(0, realtime() - lx.k.f64[Fixed.bootTime >> 1]) / 1000;

// ---- cpuinfo: what our CPUID says (assembly/interp/system.ts), in the kernel's words

const FLAGS_V2 =
  'fpu tsc cx8 cmov clflush mmx fxsr sse sse2 syscall nx rdtscp lm constant_tsc rep_good nopl nonstop_tsc cpuid ' +
  'pni pclmulqdq ssse3 cx16 sse4_1 sse4_2 popcnt aes hypervisor lahf_lm 3dnowprefetch erms fsrm';
const FLAGS_V3 = `${FLAGS_V2} fma movbe xsave avx f16c abm bmi1 avx2 bmi2`;
const MHZ = 1000;

function cpuinfo(lx: Lx): string {
  const flags = lx.config.cpuLevel >= 3 ? FLAGS_V3 : FLAGS_V2;
  let text = '';
  for (let cpu = 0; cpu < CPUS; cpu++) {
    // biome-ignore format: one line each
    text += [
      `processor\t: ${cpu}`,
      'vendor_id\t: AuthenticAMD',
      'cpu family\t: 23',
      'model\t\t: 8',
      'model name\t: lxjit x86-64 guest CPU',
      'stepping\t: 2',
      `cpu MHz\t\t: ${MHZ.toFixed(3)}`,
      'cache size\t: 512 KB',
      'physical id\t: 0',
      `siblings\t: ${CPUS}`,
      `core id\t\t: ${cpu}`,
      `cpu cores\t: ${CPUS}`,
      `apicid\t\t: ${cpu}`,
      `initial apicid\t: ${cpu}`,
      'fpu\t\t: yes',
      'fpu_exception\t: yes',
      'cpuid level\t: 7',
      'wp\t\t: yes',
      `flags\t\t: ${flags}`,
      'bugs\t\t: ',
      `bogomips\t: ${(MHZ * 2).toFixed(2)}`,
      'TLB size\t: 2560 4K pages',
      'clflush size\t: 64',
      'cache_alignment\t: 64',
      'address sizes\t: 48 bits physical, 48 bits virtual',
      'power management:',
      '',
      '',
    ].join('\n');
  }
  return text;
}

// ---- meminfo

function meminfo(lx: Lx): string {
  const used = usedPages(lx.k) * PAGE_KB;
  const free = MEM_TOTAL_KB - used;
  // biome-ignore format: aligned rows
  const rows: [string, number][] = [
    ['MemTotal', MEM_TOTAL_KB], ['MemFree', free], ['MemAvailable', free], ['Buffers', 0], ['Cached', 0],
    ['SwapCached', 0], ['Active', used], ['Inactive', 0], ['Active(anon)', used], ['Inactive(anon)', 0],
    ['Active(file)', 0], ['Inactive(file)', 0], ['Unevictable', 0], ['Mlocked', 0], ['SwapTotal', 0], ['SwapFree', 0],
    ['Zswap', 0], ['Zswapped', 0], ['Dirty', 0], ['Writeback', 0], ['AnonPages', used], ['Mapped', 0], ['Shmem', 0],
    ['KReclaimable', 0], ['Slab', 0], ['SReclaimable', 0], ['SUnreclaim', 0], ['KernelStack', 0], ['PageTables', 0],
    ['SecPageTables', 0], ['NFS_Unstable', 0], ['Bounce', 0], ['WritebackTmp', 0], ['CommitLimit', MEM_TOTAL_KB],
    ['Committed_AS', used], ['VmallocTotal', 34359738367], ['VmallocUsed', 0], ['VmallocChunk', 0], ['Percpu', 0],
    ['AnonHugePages', 0], ['ShmemHugePages', 0], ['ShmemPmdMapped', 0], ['FileHugePages', 0], ['FilePmdMapped', 0],
  ];
  const lines = rows.map(([name, kb]) => `${`${name}:`.padEnd(16)}${String(kb).padStart(8)} kB\n`);
  const counts = ['HugePages_Total', 'HugePages_Free', 'HugePages_Rsvd', 'HugePages_Surp'];
  const huge = counts.map((name) => `${`${name}:`.padEnd(16)}${'0'.padStart(8)}\n`);
  const rest = [
    'Hugepagesize:       2048 kB\n',
    'Hugetlb:               0 kB\n',
    `DirectMap4k:    ${String(MEM_TOTAL_KB).padStart(8)} kB\n`,
  ];
  return [...lines, ...huge, ...rest].join('');
}

// ---- stat, loadavg, uptime

/** Clock ticks that all processes used so far. */
function usedTicks(lx: Lx): number {
  const { k } = lx;
  return k.locked(() => {
    let ms = 0;
    for (const p of processesLocked(k)) {
      ms += k.f64[(p + Process.utime) >> 1] + k.f64[(p + Process.stime) >> 1];
      for (const t of tasksLocked(k, p)) ms += k.f64[(t + Task.cpuSeen) >> 1];
    }
    return Math.floor((ms * HZ) / 1000);
  });
}

function taskCounts(lx: Lx): { running: number; total: number; zombies: number } {
  const { k } = lx;
  return k.locked(() => {
    const count = { running: 0, total: 0, zombies: 0 };
    for (const p of processesLocked(k)) {
      if (k.i32[p + Process.state] === ProcessState.zombie) count.zombies++;
      for (const t of tasksLocked(k, p)) {
        count.total++;
        if (k.i32[t + Task.state] === TaskState.running) count.running++;
      }
    }
    return count;
  });
}

function stat(lx: Lx): string {
  const user = usedTicks(lx);
  const idle = Math.max(0, Math.floor(uptime(lx) * HZ * CPUS) - user);
  const line = (name: string, part: number): string =>
    `${name} ${Math.floor(user / part)} 0 0 ${Math.floor(idle / part)} 0 0 0 0 0 0\n`;
  let text = line('cpu ', 1);
  for (let cpu = 0; cpu < CPUS; cpu++) text += line(`cpu${cpu}`, CPUS);
  const { k } = lx;
  return (
    `${text}intr 0\nctxt 0\nbtime ${Math.floor(k.f64[Fixed.bootTime >> 1] / 1000)}\n` +
    `processes ${k.i32[Fixed.lastPid]}\nprocs_running ${taskCounts(lx).running}\nprocs_blocked 0\n` +
    'softirq 0 0 0 0 0 0 0 0 0 0 0\n'
  );
}

function loadavg(lx: Lx): string {
  const { running, total } = taskCounts(lx);
  return `0.00 0.00 0.00 ${running}/${total} ${lx.k.i32[Fixed.lastPid]}\n`;
}

function uptimeText(lx: Lx): string {
  const up = uptime(lx);
  const idle = Math.max(0, up * CPUS - usedTicks(lx) / HZ);
  return `${up.toFixed(2)} ${idle.toFixed(2)}\n`;
}

export const FILESYSTEMS = [
  'sysfs',
  'tmpfs',
  'proc',
  'devtmpfs',
  'sockfs',
  'pipefs',
  'devpts',
  'mqueue',
];

// biome-ignore format: aligned rows
const DEVICES =
  'Character devices:\n  1 mem\n  4 tty\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n128 ptm\n136 pts\n\n' +
  'Block devices:\n254 virtblk\n';

// biome-ignore format: aligned rows
export const systemFiles: Record<string, Text> = {
  '/cgroups':      () => '#subsys_name\thierarchy\tnum_cgroups\tenabled\n',
  '/cmdline':      () => 'lxjit\n',
  '/consoles':     () => '',
  '/cpuinfo':      cpuinfo,
  '/crypto':       () => '',
  '/devices':      () => DEVICES,
  '/diskstats':    () => '',
  '/filesystems':  () => `${FILESYSTEMS.map((name) => `nodev\t${name}\n`).join('')}\text4\n`,
  '/interrupts':   () => '           CPU0\n',
  '/loadavg':      loadavg,
  '/meminfo':      meminfo,
  '/misc':         () => '',
  '/modules':      () => '',
  '/partitions':   () => 'major minor  #blocks  name\n\n',
  '/stat':         stat,
  '/swaps':        () => 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n',
  '/sysvipc/shm':  () => '       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n',
  '/uptime':       uptimeText,
  '/version':      () => `Linux version ${RELEASE} (lxjit) (TypeScript) ${VERSION}\n`,
  '/vmstat':       () => 'nr_free_pages 0\npgpgin 0\npgpgout 0\npswpin 0\npswpout 0\npgfault 0\npgmajfault 0\n',
};
