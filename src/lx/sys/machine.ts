// System calls about the machine that a session does not have to itself: the kernel log, swap, accounting, file system
// types, quotas, power. They check what they are given and do what can be done without the machine.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { AT } from '../abi/fcntl.ts';
import { S } from '../abi/stat.ts';
import { FILESYSTEMS } from '../fs/procfs/system.ts';
import { can } from '../kernel/caps.ts';
import type { Lx } from '../kernel/lx.ts';
import { lookup, lookupPath } from '../vfs/paths.ts';
import { FOLLOW } from '../vfs/where.ts';
import { type Handler, row, type SyscallRow } from './row.ts';

// ---- the kernel log: empty

// biome-ignore format: aligned rows
const LOG = {
  CLOSE: 0, OPEN: 1, READ: 2, READ_ALL: 3, READ_CLEAR: 4, CLEAR: 5, CONSOLE_OFF: 6, CONSOLE_ON: 7, CONSOLE_LEVEL: 8,
  SIZE_UNREAD: 9, SIZE_BUFFER: 10,
} as const;
const LOG_BUFFER = 262144;

const syslog: Handler = (lx, type, buffer, length) => {
  if (type < LOG.CLOSE || type > LOG.SIZE_BUFFER) return -E.INVAL;
  const free = type === LOG.READ_ALL || type === LOG.SIZE_BUFFER; // dmesg_restrict is 0
  if (!free && !can(lx, CAP.SYSLOG) && !can(lx, CAP.SYS_ADMIN)) return -E.PERM;
  if (type >= LOG.READ && type <= LOG.READ_CLEAR) {
    if (buffer === 0 || length < 0) return -E.INVAL;
    lx.mem.writable(buffer, length);
    return 0;
  }
  if (type === LOG.CONSOLE_LEVEL) return length < 1 || length > 8 ? -E.INVAL : 0;
  return type === LOG.SIZE_BUFFER ? LOG_BUFFER : 0;
};

// ---- file systems

const sysfs: Handler = (lx, option, a, b) => {
  const all = [...FILESYSTEMS, 'ext4'];
  switch (option) {
    case 1: {
      const index = all.indexOf(lx.mem.cstring(a));
      return index < 0 ? -E.INVAL : index;
    }
    case 2:
      if (a >= all.length) return -E.INVAL;
      lx.mem.write(
        b,
        Uint8Array.from(`${all[a]}\0`, (char) => char.charCodeAt(0)),
      );
      return 0;
    case 3:
      return all.length;
    default:
      return -E.INVAL;
  }
};

const USTAT = 32; // f_tfree (4 + 4), f_tinode (8), f_fname (6), f_fpack (6)

/** Of the root's device only: others have no mount to ask. */
const ustat: Handler = (lx, dev, address) => {
  const root = lookupPath(lx, AT.FDCWD, '/', 0);
  if (typeof root === 'number') return root;
  const attr = root.fs.lstat(lx, root.path);
  if (typeof attr === 'number' || Number(attr.dev) !== dev) return -E.INVAL;
  const stat = root.fs.statfs(lx, root.path);
  if (typeof stat === 'number') return stat;
  const out = new DataView(new ArrayBuffer(USTAT));
  out.setUint32(0, Math.min(stat.bfree, 0x7fff_ffff), true);
  out.setBigUint64(8, BigInt(stat.ffree), true);
  lx.mem.write(address, new Uint8Array(out.buffer));
  return 0;
};

/** The type of the file a path names (S_IF*), or −errno. */
function typeAt(lx: Lx, path: number): number {
  const where = lookup(lx, AT.FDCWD, path, FOLLOW);
  if (typeof where === 'number') return where;
  const attr = where.attr ?? where.fs.lstat(lx, where.path);
  return typeof attr === 'number' ? attr : attr.mode & S.IFMT;
}

// ---- accounting, swap, quotas

const acct: Handler = (lx, path) => {
  if (!can(lx, CAP.SYS_PACCT)) return -E.PERM;
  if (path === 0) return 0;
  const type = typeAt(lx, path);
  if (type < 0) return type;
  if (type === S.IFDIR) return -E.ISDIR;
  return type === S.IFREG ? -E.NOSYS : -E.ACCES;
};

const SWAP_FLAGS = 0x7ffff;

const swapon: Handler = (lx, path, flags) => {
  if ((flags & ~SWAP_FLAGS) !== 0) return -E.INVAL;
  if (!can(lx, CAP.SYS_ADMIN)) return -E.PERM;
  const type = typeAt(lx, path);
  if (type < 0) return type;
  return type === S.IFDIR ? -E.ISDIR : -E.INVAL; // no signature
};

const swapoff: Handler = (lx, path) => {
  if (!can(lx, CAP.SYS_ADMIN)) return -E.PERM;
  const type = typeAt(lx, path);
  return type < 0 ? type : -E.INVAL;
};

// ---- power

const REBOOT = { MAGIC1: 0xfee1dead | 0, CAD_ON: 0x89abcdef | 0, CAD_OFF: 0 } as const;
const MAGICS: readonly number[] = [672274793, 85072278, 369367448, 537993216];

const reboot: Handler = (lx, magic1, magic2, command) => {
  if (!can(lx, CAP.SYS_BOOT)) return -E.PERM;
  if ((magic1 | 0) !== REBOOT.MAGIC1 || !MAGICS.includes(magic2)) return -E.INVAL;
  const harmless = (command | 0) === REBOOT.CAD_ON || command === REBOOT.CAD_OFF;
  return harmless ? 0 : KNOWN_COMMANDS.includes(command) ? -E.PERM : -E.INVAL;
};
/** RESTART, HALT, POWER_OFF, RESTART2, SW_SUSPEND, KEXEC: not this machine. */
const KNOWN_COMMANDS: readonly number[] = [
  0x01234567, 0xcdef0123, 0x4321fedc, 0xa1b2c3d4, 0xd000fce2, 0x45584543,
];

const vhangup: Handler = (lx) => (can(lx, CAP.SYS_TTY_CONFIG) ? 0 : -E.PERM);

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(103, 'syslog',  ['int', 'ptr', 'int'],        syslog,  'partial', 'emulated', 'the log is empty'),
  row(136, 'ustat',   ['uint', 'ptr'],              ustat,   'partial', 'emulated', 'the root’s device only'),
  row(139, 'sysfs',   ['int', 'ptr', 'ptr'],        sysfs,   'full',    'emulated'),
  row(153, 'vhangup', [],                           vhangup, 'stub',    'emulated', 'checked; no terminal is hung up'),
  row(163, 'acct',    ['path'],                     acct,    'stub',    'emulated', 'checked; there is no accounting'),
  row(167, 'swapon',  ['path', 'int'],              swapon,  'stub',    'emulated', 'checked; nothing can be swap'),
  row(168, 'swapoff', ['path'],                     swapoff, 'stub',    'emulated', 'checked; nothing is swap'),
  row(169, 'reboot',  ['hex', 'uint', 'uint', 'ptr'], reboot, 'partial', 'emulated', 'only what does not stop the machine'),
];
