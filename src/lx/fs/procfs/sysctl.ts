// /proc/sys: kernel parameters as text, by path below /proc. Values are those of the Linux this project is compared with,
// except where lxcore has its own.
import { Fixed } from '../../kernel/fixed.ts';
import type { Lx } from '../../kernel/lx.ts';
import { RELEASE, VERSION } from '../../kernel/version.ts';
import { PIPE_MAX } from '../pipefs/index.ts';
import type { Text } from '../text-fs.ts';

const fixed =
  (value: string | number): Text =>
  () =>
    `${value}\n`;

/** A random UUID, version 4. */
const uuid = (): string => crypto.randomUUID();

/** One for the life of the session: made from the time it began. */
function bootId(lx: Lx): string {
  const seed = Math.floor(lx.k.f64[Fixed.bootTime >> 1] * 1000);
  const hex = seed.toString(16).padStart(32, '5');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

// biome-ignore format: aligned rows
export const sysctls: Record<string, Text> = {
  '/sys/kernel/arch':                     fixed('x86_64'),
  '/sys/kernel/cap_last_cap':             fixed(40),
  '/sys/kernel/core_pattern':             fixed('core'),
  '/sys/kernel/core_uses_pid':            fixed(0),
  '/sys/kernel/domainname':               (lx) => `${lx.k.readString(lx.k.i32[Fixed.domainname]) || '(none)'}\n`,
  '/sys/kernel/hostname':                 (lx) => `${lx.k.readString(lx.k.i32[Fixed.hostname])}\n`,
  '/sys/kernel/kptr_restrict':            fixed(0),
  '/sys/kernel/msgmax':                   fixed(8192),
  '/sys/kernel/msgmnb':                   fixed(16384),
  '/sys/kernel/msgmni':                   fixed(32000),
  '/sys/kernel/ngroups_max':              fixed(65536),
  '/sys/kernel/ns_last_pid':              (lx) => `${lx.k.i32[Fixed.lastPid]}\n`,
  '/sys/kernel/osrelease':                fixed(RELEASE),
  '/sys/kernel/ostype':                   fixed('Linux'),
  '/sys/kernel/overflowgid':              fixed(65534),
  '/sys/kernel/overflowuid':              fixed(65534),
  '/sys/kernel/panic':                    fixed(0),
  '/sys/kernel/perf_event_paranoid':      fixed(2),
  '/sys/kernel/pid_max':                  fixed(32768),
  '/sys/kernel/printk':                   fixed('7\t4\t1\t7'),
  '/sys/kernel/pty/max':                  fixed(4096),
  '/sys/kernel/pty/nr':                   fixed(0),
  '/sys/kernel/random/boot_id':           (lx) => `${bootId(lx)}\n`,
  '/sys/kernel/random/entropy_avail':     fixed(256),
  '/sys/kernel/random/poolsize':          fixed(256),
  '/sys/kernel/random/uuid':              () => `${uuid()}\n`,
  '/sys/kernel/randomize_va_space':       fixed(0),
  '/sys/kernel/seccomp/actions_avail':    fixed('kill_process kill_thread trap errno user_notif trace log allow'),
  '/sys/kernel/sem':                      fixed('32000\t1024000000\t500\t32000'),
  '/sys/kernel/shmall':                   fixed('18446744073692774399'),
  '/sys/kernel/shmmax':                   fixed('18446744073692774399'),
  '/sys/kernel/shmmni':                   fixed(4096),
  '/sys/kernel/tainted':                  fixed(0),
  '/sys/kernel/threads-max':              (lx) => `${lx.config.maxTasks}\n`,
  '/sys/kernel/version':                  fixed(VERSION),
  '/sys/kernel/yama/ptrace_scope':        fixed(1),
  '/sys/fs/aio-max-nr':                   fixed(65536),
  '/sys/fs/aio-nr':                       fixed(0),
  '/sys/fs/epoll/max_user_watches':       fixed(5428838),
  '/sys/fs/file-max':                     fixed('9223372036854775807'),
  '/sys/fs/file-nr':                      fixed('1024\t0\t9223372036854775807'),
  '/sys/fs/inotify/max_queued_events':    fixed(16384),
  '/sys/fs/inotify/max_user_instances':   fixed(128),
  '/sys/fs/inotify/max_user_watches':     fixed(188410),
  '/sys/fs/lease-break-time':             fixed(45),
  '/sys/fs/mount-max':                    fixed(100000),
  '/sys/fs/mqueue/msg_default':           fixed(10),
  '/sys/fs/mqueue/msg_max':               fixed(10),
  '/sys/fs/mqueue/msgsize_default':       fixed(8192),
  '/sys/fs/mqueue/msgsize_max':           fixed(8192),
  '/sys/fs/mqueue/queues_max':            fixed(256),
  '/sys/fs/nr_open':                      fixed(1048576),
  '/sys/fs/overflowgid':                  fixed(65534),
  '/sys/fs/overflowuid':                  fixed(65534),
  '/sys/fs/pipe-max-size':                fixed(PIPE_MAX),
  '/sys/fs/pipe-user-pages-hard':         fixed(0),
  '/sys/fs/pipe-user-pages-soft':         fixed(16384),
  '/sys/fs/protected_fifos':              fixed(0),
  '/sys/fs/protected_hardlinks':          fixed(0),
  '/sys/fs/protected_regular':            fixed(0),
  '/sys/fs/protected_symlinks':           fixed(0),
  '/sys/fs/suid_dumpable':                fixed(0),
  '/sys/net/core/rmem_max':               fixed(212992),
  '/sys/net/core/somaxconn':              fixed(4096),
  '/sys/net/core/wmem_max':               fixed(212992),
  '/sys/net/ipv4/ip_local_port_range':    fixed('32768\t60999'),
  '/sys/net/ipv4/ip_unprivileged_port_start': fixed(1024),
  '/sys/net/ipv4/tcp_rmem':               fixed('4096\t131072\t6291456'),
  '/sys/net/ipv4/tcp_wmem':               fixed('4096\t16384\t4194304'),
  '/sys/vm/max_map_count':                fixed(65530),
  '/sys/vm/min_free_kbytes':              fixed(19856),
  '/sys/vm/mmap_min_addr':                fixed(65536),
  '/sys/vm/nr_hugepages':                 fixed(0),
  '/sys/vm/overcommit_memory':            fixed(0),
  '/sys/vm/overcommit_ratio':             fixed(50),
  '/sys/vm/swappiness':                   fixed(60),
};
