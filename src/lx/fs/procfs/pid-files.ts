// The entries of /proc/pid (and /proc/pid/task/tid): one row each, with the function that makes the text.
import { S } from '../../abi/stat.ts';
import { File } from '../../kernel/file.ts';
import type { Lx } from '../../kernel/lx.ts';
import { commOf } from '../../kernel/process.ts';
import { Process, Task } from '../../kernel/task.ts';
import { type MappedFile, mapsText, visibleVmas } from '../../mm/maps.ts';
import { Mm } from '../../mm/mm.ts';
import { fileInode } from '../../vfs/file-inode.ts';
import { namespaceOf } from '../../vfs/paths.ts';
import { shownFlags } from '../../vfs/status-flags.ts';
import { mountinfoText, mountsText } from './mount-text.ts';
import {
  limitsText,
  memoryOf,
  type Subject,
  statmText,
  statText,
  statusText,
} from './pid-status.ts';

export interface PidFile {
  /** Permissions. */
  readonly mode: number;
  readonly text: (lx: Lx, subject: Subject) => string;
}

/** Contents read under the kernel lock. */
const locked =
  (make: (lx: Lx, s: Subject) => string) =>
  (lx: Lx, s: Subject): string =>
    lx.k.locked(() => make(lx, s));

const stringOf = (field: number) =>
  locked((lx, { process }) => lx.k.readString(lx.k.i32[process + field]));

const fixed = (text: string) => (): string => text;

function auxv(lx: Lx, { process }: Subject): string {
  const mm = lx.k.i32[process + Process.mm];
  return mm === 0 ? '' : lx.k.readString(lx.k.i32[mm + Mm.auxv]);
}

// ---- memory maps

const hex2 = (n: number): string => n.toString(16).padStart(2, '0');

function identify(lx: Lx, file: number): MappedFile {
  const ops = fileInode(lx, file);
  const attr = ops.attr(lx, file);
  const name = ops.linkText(lx, file);
  if (typeof attr === 'number') return { device: '00:00', inode: 0, name };
  const dev = Number(attr.dev);
  const device = `${hex2((dev >> 8) & 0xfff)}:${hex2(dev & 0xff)}`;
  return { device, inode: Number(attr.ino), name };
}

function maps(lx: Lx, { process }: Subject): string {
  const mm = lx.k.i32[process + Process.mm];
  return mm === 0 ? '' : mapsText(lx.k, mm, (file) => identify(lx, file));
}

const KB = ' kB\n';
const smapsLine = (name: string, kb: number): string =>
  `${`${name}:`.padEnd(16)}${String(kb).padStart(8)}${KB}`;

function smapsCounts(kb: number, shared: boolean): string {
  // biome-ignore format: aligned rows
  const rows: [string, number][] = [
    ['Rss', kb], ['Pss', kb], ['Pss_Dirty', 0], ['Shared_Clean', shared ? kb : 0], ['Shared_Dirty', 0],
    ['Private_Clean', 0], ['Private_Dirty', shared ? 0 : kb], ['Referenced', kb], ['Anonymous', shared ? 0 : kb], ['KSM', 0],
    ['LazyFree', 0], ['AnonHugePages', 0], ['ShmemPmdMapped', 0], ['FilePmdMapped', 0], ['Shared_Hugetlb', 0],
    ['Private_Hugetlb', 0], ['Swap', 0], ['SwapPss', 0], ['Locked', 0],
  ];
  return rows.map(([name, value]) => smapsLine(name, value)).join('');
}

function smaps(lx: Lx, subject: Subject): string {
  const lines = maps(lx, subject).split('\n');
  const vmas = visibleVmas(lx.k, lx.k.i32[subject.process + Process.mm]);
  return vmas
    .map((vma, i) => {
      const kb = (vma.end - vma.start) * 4;
      const head =
        smapsLine('Size', kb) + smapsLine('KernelPageSize', 4) + smapsLine('MMUPageSize', 4);
      return `${lines[i]}\n${head}${smapsCounts(kb, vma.file !== 0)}THPeligible:           0\nVmFlags: mr mw me\n`;
    })
    .join('');
}

function smapsRollup(lx: Lx, { process }: Subject): string {
  const kb = memoryOf(lx.k, process).resident * 4;
  return `00200000-ffff0000 ---p 00000000 00:00 0                                  [rollup]\n${smapsCounts(kb, false)}`;
}

// ---- the table

const R = S.IFREG | 0o444;
const OWNER = S.IFREG | 0o400;
const RW = S.IFREG | 0o644;

// biome-ignore format: aligned rows
export const pidFiles: Record<string, PidFile> = {
  auxv:             { mode: OWNER, text: locked(auxv) },
  cgroup:           { mode: R,     text: fixed('0::/\n') },
  cmdline:          { mode: R,     text: stringOf(Process.cmdline) },
  comm:             { mode: RW,    text: locked((lx, { task }) => `${task === 0 ? '' : commOf(lx.k, task)}\n`) },
  coredump_filter:  { mode: RW,    text: fixed('00000033\n') },
  cpuset:           { mode: R,     text: fixed('/\n') },
  environ:          { mode: OWNER, text: stringOf(Process.environ) },
  gid_map:          { mode: RW,    text: fixed('         0          0 4294967295\n') },
  io:               { mode: OWNER, text: fixed('rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n') },
  limits:           { mode: R,     text: locked(limitsText) },
  loginuid:         { mode: RW,    text: fixed('4294967295') },
  maps:             { mode: R,     text: maps },
  mountinfo:        { mode: R,     text: mountinfoText },
  mounts:           { mode: R,     text: mountsText },
  oom_adj:          { mode: RW,    text: fixed('0\n') },
  oom_score:        { mode: R,     text: fixed('666\n') },
  oom_score_adj:    { mode: RW,    text: (lx, { process }) => `${lx.k.i32[process + Process.oomScoreAdj]}\n` },
  personality:      { mode: OWNER, text: (lx, { process }) => `${(lx.k.i32[process + Process.personality] >>> 0).toString(16).padStart(8, '0')}\n` },
  projid_map:       { mode: RW,    text: fixed('         0          0 4294967295\n') },
  schedstat:        { mode: R,     text: fixed('0 0 0\n') },
  sessionid:        { mode: R,     text: fixed('4294967295') },
  setgroups:        { mode: RW,    text: fixed('allow\n') },
  smaps:            { mode: R,     text: smaps },
  smaps_rollup:     { mode: R,     text: smapsRollup },
  stat:             { mode: R,     text: locked(statText) },
  statm:            { mode: R,     text: locked(statmText) },
  status:           { mode: R,     text: locked(statusText) },
  syscall:          { mode: OWNER, text: locked((lx, { task }) => `${task === 0 ? -1 : lx.k.i32[task + Task.sysNumber]} 0x0 0x0 0x0 0x0 0x0 0x0 0x0 0x0\n`) },
  timerslack_ns:    { mode: S.IFREG | 0o666, text: fixed('50000\n') },
  uid_map:          { mode: RW,    text: fixed('         0          0 4294967295\n') },
  wchan:            { mode: R,     text: fixed('0') },
};

// biome-ignore format: aligned rows
export const netFiles: Record<string, string> = {
  arp:       'IP address       HW type     Flags       HW address            Mask     Device\n',
  dev:       'Inter-|   Receive                                                |  Transmit\n' +
             ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n',
  if_inet6:  '',
  ipv6_route: '',
  netlink:   'sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n',
  packet:    'sk       RefCnt Type Proto  Iface R Rmem   User   Inode\n',
  raw:       '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n',
  route:     'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n',
  tcp:       '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n',
  tcp6:      '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n',
  udp:       '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n',
  udp6:      '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n',
  unix:      'Num       RefCount Protocol Flags    Type St Inode Path\n',
};

// biome-ignore format: aligned rows
export const namespaces: Record<string, number> = {
  cgroup: 4026531835, ipc: 4026531839, mnt: 4026531832, net: 4026531833, pid: 4026531836, pid_for_children: 4026531836,
  time: 4026531834, time_for_children: 4026531834, user: 4026531837, uts: 4026531838,
};

/** /proc/pid/fdinfo/N. */
export function fdinfoText(lx: Lx, file: number): string {
  const { k } = lx;
  const attr = fileInode(lx, file).attr(lx, file);
  const ino = typeof attr === 'number' ? 0 : attr.ino;
  const flags = shownFlags(lx, file).toString(8).padStart(2, '0');
  const mountId = namespaceOf(lx).mountIdOf(k.readString(k.i32[file + File.path]));
  return `pos:\t${k.f64[(file + File.pos) >> 1]}\nflags:\t0${flags}\nmnt_id:\t${mountId}\nino:\t${ino}\n`;
}
