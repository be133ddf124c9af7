// Kernel parameters that guests can change, sysctl(8): what was changed is kept in kernel memory by name (the path below
// /proc/sys), for the life of the session. Values begin as those of the Linux this project is compared with. Most of them
// are only kept; lxcore asks for pid_max, lease-break-time, and of SysV IPC how many objects there may be and the next ids.
import { Fixed } from './fixed.ts';
import { type Kernel, struct } from './kmem.ts';

export interface Parameter {
  readonly value: string;
  /** What is kept of a text that is written; undefined: −EINVAL. */
  readonly parse: (text: string) => string | undefined;
}

const I32_MAX = 0x7fff_ffff;
const NUMBER = /^[+-]?(0x[0-9a-f]+|\d+)$/i;

/** A 32-bit number, or a larger one where `max` says so. */
function int(value: number, min = -I32_MAX - 1, max = I32_MAX): Parameter {
  const parse = (text: string): string | undefined => {
    const [word] = text.trim().split(/\s+/);
    const number = Number(word);
    return NUMBER.test(word) && number >= min && number <= max ? String(number) : undefined;
  };
  return { value: String(value), parse };
}

/** Some numbers; fewer may be written than there are. */
function ints(value: string): Parameter {
  const old = value.split('\t');
  const parse = (text: string): string | undefined => {
    const words = text.trim().split(/\s+/);
    const good = words.length <= old.length && words.every((word) => NUMBER.test(word));
    return good ? [...words, ...old.slice(words.length)].join('\t') : undefined;
  };
  return { value, parse };
}

const word = (value: string): Parameter => ({ value, parse: (text) => text.replace(/\n.*$/s, '') });

/** A number of 64 bits, kept as it is written. */
const long = (value: string): Parameter => ({
  value,
  parse: (text) => (/^\d+$/.test(text.trim()) ? text.trim() : undefined),
});

const flag = (value: number): Parameter => int(value, 0, 1);

// biome-ignore format: one directory a group
export const parameters: Readonly<Record<string, Parameter>> = {
  'abi/vsyscall32': flag(1), 'debug/exception-trace': int(1),

  'fs/aio-max-nr': int(65536, 0), 'fs/dir-notify-enable': int(1), 'fs/epoll/max_user_watches': int(5428838, 0),
  'fs/fanotify/max_queued_events': int(16384, 0), 'fs/fanotify/max_user_groups': int(128, 0), 'fs/fanotify/max_user_marks': int(205039, 0),
  'fs/file-max': long('9223372036854775807'), 'fs/inotify/max_queued_events': int(16384, 0),
  'fs/inotify/max_user_instances': int(128, 0), 'fs/inotify/max_user_watches': int(188410, 0),
  'fs/lease-break-time': int(45), 'fs/leases-enable': int(1), 'fs/mount-max': int(100000, 1),
  'fs/mqueue/msg_default': int(10, 1, 65536), 'fs/mqueue/msg_max': int(10, 1, 65536), 'fs/mqueue/msgsize_default': int(8192, 128, 16777216),
  'fs/mqueue/msgsize_max': int(8192, 128, 16777216), 'fs/mqueue/queues_max': int(256),
  'fs/nr_open': int(1048576, 64, 2147483584), 'fs/overflowgid': int(65534, 0, 65535), 'fs/overflowuid': int(65534, 0, 65535),
  'fs/pipe-max-size': int(1048576, 4096), 'fs/pipe-user-pages-hard': int(0, 0), 'fs/pipe-user-pages-soft': int(16384, 0),
  'fs/protected_fifos': int(0, 0, 2), 'fs/protected_hardlinks': flag(0), 'fs/protected_regular': int(0, 0, 2), 'fs/protected_symlinks': flag(0),
  'fs/suid_dumpable': int(0, 0, 2),

  'kernel/acct': ints('4\t2\t30'), 'kernel/auto_msgmni': flag(0), 'kernel/bpf_stats_enabled': flag(0), 'kernel/core_pattern': word('core'),
  'kernel/core_pipe_limit': int(0), 'kernel/core_uses_pid': int(0), 'kernel/ctrl-alt-del': int(0), 'kernel/dmesg_restrict': flag(1),
  'kernel/io_uring_disabled': int(0, 0, 2), 'kernel/io_uring_group': int(-1), 'kernel/keys/gc_delay': int(300, 0),
  'kernel/keys/maxbytes': int(20000, 0), 'kernel/keys/maxkeys': int(200, 0), 'kernel/keys/persistent_keyring_expiry': int(259200, 0),
  'kernel/keys/root_maxbytes': int(25000000, 0), 'kernel/keys/root_maxkeys': int(1000000, 0), 'kernel/kptr_restrict': int(0, 0, 2),
  'kernel/max_lock_depth': int(1024), 'kernel/msg_next_id': int(-1, 0), 'kernel/msgmax': int(8192, 0), 'kernel/msgmnb': int(16384, 0),
  'kernel/msgmni': int(32000, 0, 32768), 'kernel/numa_balancing': flag(0), 'kernel/panic': int(0), 'kernel/panic_on_oops': int(0),
  'kernel/panic_on_warn': flag(0), 'kernel/panic_print': int(0, 0), 'kernel/perf_cpu_time_max_percent': int(25, 0, 100),
  'kernel/perf_event_max_sample_rate': int(100000, 1), 'kernel/perf_event_max_stack': int(127, 0, 640), 'kernel/perf_event_mlock_kb': int(516),
  'kernel/perf_event_paranoid': int(2), 'kernel/pid_max': int(32768, 301, 4194304), 'kernel/printk': ints('7\t4\t1\t7'),
  'kernel/printk_delay': int(0, 0, 10000), 'kernel/printk_devkmsg': word('ratelimit'), 'kernel/printk_ratelimit': int(5),
  'kernel/printk_ratelimit_burst': int(10), 'kernel/pty/max': int(4096, 0), 'kernel/pty/reserve': int(1024, 0),
  'kernel/random/urandom_min_reseed_secs': int(60), 'kernel/random/write_wakeup_threshold': int(256), 'kernel/randomize_va_space': int(0),
  'kernel/sched_autogroup_enabled': flag(0), 'kernel/sched_cfs_bandwidth_slice_us': int(5000, 1),
  'kernel/sched_deadline_period_max_us': int(4194304, 0), 'kernel/sched_deadline_period_min_us': int(100, 0),
  'kernel/sched_rr_timeslice_ms': int(100), 'kernel/sched_rt_period_us': int(1000000, 1), 'kernel/sched_rt_runtime_us': int(950000, -1),
  'kernel/seccomp/actions_logged': word('kill_process kill_thread trap errno user_notif trace log'),
  'kernel/sem': ints('32000\t1024000000\t500\t32000'), 'kernel/sem_next_id': int(-1, 0), 'kernel/shm_next_id': int(-1, 0),
  'kernel/shm_rmid_forced': flag(0), 'kernel/shmall': long('18446744073692774399'), 'kernel/shmmax': long('18446744073692774399'),
  'kernel/shmmni': int(4096, 0, 32768), 'kernel/split_lock_mitigate': flag(1), 'kernel/sysctl_writes_strict': int(1, -1, 1),
  'kernel/tainted': int(0, 0), 'kernel/task_delayacct': flag(0), 'kernel/timer_migration': flag(1),
  'kernel/unprivileged_bpf_disabled': int(2, 0, 2), 'kernel/yama/ptrace_scope': int(1, 0, 3),

  'net/core/bpf_jit_enable': int(1, 0, 2), 'net/core/busy_poll': int(0, 0), 'net/core/busy_read': int(0, 0), 'net/core/dev_weight': int(64),
  'net/core/message_burst': int(10), 'net/core/message_cost': int(5), 'net/core/netdev_max_backlog': int(1000), 'net/core/optmem_max': int(131072, 0),
  'net/core/rmem_default': int(212992, 2304), 'net/core/rmem_max': int(212992, 2304), 'net/core/somaxconn': int(4096, 0),
  'net/core/wmem_default': int(212992, 4608), 'net/core/wmem_max': int(212992, 4608), 'net/ipv4/ip_local_port_range': ints('32768\t60999'),
  'net/ipv4/ip_unprivileged_port_start': int(1024, 0, 65535), 'net/ipv4/tcp_rmem': ints('4096\t131072\t6291456'),
  'net/ipv4/tcp_wmem': ints('4096\t16384\t4194304'), 'net/unix/max_dgram_qlen': int(10),

  'user/max_cgroup_namespaces': int(96365, 0), 'user/max_fanotify_groups': int(128, 0), 'user/max_fanotify_marks': int(205039, 0),
  'user/max_inotify_instances': int(128, 0), 'user/max_inotify_watches': int(192536, 0), 'user/max_ipc_namespaces': int(96365, 0),
  'user/max_mnt_namespaces': int(96365, 0), 'user/max_net_namespaces': int(96365, 0), 'user/max_pid_namespaces': int(96365, 0),
  'user/max_time_namespaces': int(96365, 0), 'user/max_user_namespaces': int(96365, 0), 'user/max_uts_namespaces': int(96365, 0),

  'vm/admin_reserve_kbytes': int(8192, 0), 'vm/compact_unevictable_allowed': flag(1), 'vm/dirty_background_bytes': int(0, 0),
  'vm/dirty_background_ratio': int(10, 0, 100), 'vm/dirty_bytes': int(0, 0), 'vm/dirty_expire_centisecs': int(3000, 0),
  'vm/dirty_ratio': int(20, 0, 100), 'vm/dirty_writeback_centisecs': int(500), 'vm/hugetlb_shm_group': int(0), 'vm/laptop_mode': int(0),
  'vm/legacy_va_layout': int(0), 'vm/max_map_count': int(65530, 0), 'vm/memfd_noexec': int(0, 0, 2), 'vm/min_free_kbytes': int(19856, 0),
  'vm/mmap_min_addr': int(65536, 0), 'vm/nr_hugepages': int(0, 0, 0), 'vm/nr_overcommit_hugepages': int(0, 0), 'vm/numa_stat': flag(1),
  'vm/oom_dump_tasks': int(1), 'vm/oom_kill_allocating_task': int(0), 'vm/overcommit_kbytes': int(0, 0), 'vm/overcommit_memory': int(0, 0, 2),
  'vm/overcommit_ratio': int(50), 'vm/page-cluster': int(3, 0, 31), 'vm/panic_on_oom': int(0, 0, 2), 'vm/stat_interval': int(1),
  'vm/swappiness': int(60, 0, 200), 'vm/unprivileged_userfaultfd': flag(0), 'vm/user_reserve_kbytes': int(100464, 0),
  'vm/vfs_cache_pressure': int(100, 0), 'vm/watermark_boost_factor': int(15000, 0), 'vm/watermark_scale_factor': int(10, 1, 3000),
  'vm/zone_reclaim_mode': int(0, 0),
};

const Entry = struct({ next: 'i32', name: 'i32', value: 'i32' });

function entryLocked(k: Kernel, name: string): number {
  let entry = k.i32[Fixed.sysctls];
  while (entry !== 0 && k.readString(k.i32[entry + Entry.name]) !== name)
    entry = k.i32[entry + Entry.next];
  return entry;
}

export function sysctlTextLocked(k: Kernel, name: string): string {
  const entry = entryLocked(k, name);
  return entry === 0 ? parameters[name].value : k.readString(k.i32[entry + Entry.value]);
}

/** The `n`th number of a parameter. */
export const sysctlLocked = (k: Kernel, name: string, n = 0): number =>
  Number(sysctlTextLocked(k, name).split('\t')[n]);

export function setSysctlLocked(k: Kernel, name: string, value: string): void {
  const { i32 } = k;
  let entry = entryLocked(k, name);
  if (entry === 0) {
    entry = k.allocLocked(Entry.SIZE);
    i32[entry + Entry.name] = k.newStringLocked(name);
    i32[entry + Entry.next] = i32[Fixed.sysctls];
    i32[Fixed.sysctls] = entry;
  }
  k.setStringLocked(entry + Entry.value, value);
}
