// /proc/config.gz: what lxcore has of a kernel's options, for programs that look there before they use something. The text
// is stored, not compressed (RFC 1951 §3.2.4), in gzip's frame (RFC 1952).
import type { Text } from '../text-fs.ts';

// biome-ignore format: a paragraph for each part
const YES = [
  '64BIT', 'X86_64', 'X86', 'MMU', 'SMP', 'HIGH_RES_TIMERS', 'NO_HZ_COMMON', 'HZ_250', 'BINFMT_ELF', 'BINFMT_SCRIPT', 'ELF_CORE', 'MULTIUSER', 'UID16',
  'SYSVIPC', 'SYSVIPC_SYSCTL', 'POSIX_MQUEUE', 'POSIX_MQUEUE_SYSCTL', 'CROSS_MEMORY_ATTACH', 'FHANDLE', 'POSIX_TIMERS', 'PRINTK', 'FUTEX', 'FUTEX_PI',
  'EPOLL', 'SIGNALFD', 'TIMERFD', 'EVENTFD', 'SHMEM', 'AIO', 'ADVISE_SYSCALLS', 'MEMBARRIER', 'KCMP', 'CACHESTAT_SYSCALL', 'CHECKPOINT_RESTORE',
  'SYSCTL', 'PROC_FS', 'PROC_SYSCTL', 'SYSFS', 'TMPFS', 'TMPFS_XATTR', 'DEVTMPFS', 'UNIX98_PTYS', 'TTY', 'FILE_LOCKING', 'FSNOTIFY', 'DNOTIFY', 'INOTIFY_USER', 'EXT4_FS',
  'KEYS', 'SECCOMP', 'SECCOMP_FILTER', 'MEMFD_CREATE', 'SYSFS_SYSCALL', 'BSD_PROCESS_ACCT', 'ARCH_HAS_SYSCALL_WRAPPER', 'RT_MUTEXES', 'IKCONFIG', 'IKCONFIG_PROC', 'UTS_NS', 'NAMESPACES',
  'NET', 'UNIX', 'INET', 'IPV6',
];
// biome-ignore format: the same of what it does not have
const NO = [
  'PREEMPT_RT', 'MODULES', 'SWAP', 'NUMA', 'IO_URING', 'USERFAULTFD', 'BPF_SYSCALL', 'PERF_EVENTS', 'FANOTIFY', 'USER_NS', 'PID_NS', 'NET_NS', 'IPC_NS', 'TIME_NS', 'CGROUPS', 'MEMCG', 'QUOTA', 'QUOTACTL',
  'MODIFY_LDT_SYSCALL', 'RSEQ', 'SECRETMEM', 'SECURITY', 'AUDIT', 'PACKET', 'TUN', 'TRANSPARENT_HUGEPAGE', 'HUGETLBFS', 'KSM', 'PROC_PAGE_MONITOR', 'BLK_DEV_LOOP', 'VETH', 'DUMMY',
];

const text = [
  '#\n# Linux as lxcore has it\n#\n',
  ...YES.map((name) => `CONFIG_${name}=y\n`),
  'CONFIG_HZ=250\nCONFIG_DEFAULT_HOSTNAME="(none)"\n',
  ...NO.map((name) => `# CONFIG_${name} is not set\n`),
].join('');

/** CRC-32 of IEEE 802.3. */
function crc32(bytes: string): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) {
    crc ^= bytes.charCodeAt(i);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 0 ? 0 : 0xedb8_8320);
  }
  return ~crc;
}

const little = (value: number, bytes: number): string =>
  Array.from({ length: bytes }, (_, i) => String.fromCharCode((value >>> (8 * i)) & 0xff)).join('');

function gzip(bytes: string): string {
  const { length } = bytes; // below 64 KiB: one block
  const header = '\x1f\x8b\x08\0\0\0\0\0\0\x03';
  const block = `\x01${little(length, 2)}${little(~length, 2)}${bytes}`;
  return `${header}${block}${little(crc32(bytes), 4)}${little(length, 4)}`;
}

export const configGz: Text = () => gzip(text);
