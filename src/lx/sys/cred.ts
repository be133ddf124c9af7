// System calls about user and group ids: credentials(7). The guest starts with the host's ids.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { can, fsuidChanged, uidsChanged, uidsOf } from '../kernel/caps.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf } from '../kernel/process.ts';
import { Process } from '../kernel/task.ts';
import { type Handler, row, type SyscallRow } from './row.ts';

/** Fields of one kind of id: real, effective, saved, file system. */
interface Ids {
  /** The capability that frees from the rules. */
  readonly capability: number;
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
  readonly fs: number;
}
const UID: Ids = {
  capability: CAP.SETUID,
  real: Process.uid,
  effective: Process.euid,
  saved: Process.suid,
  fs: Process.fsuid,
};
const GID: Ids = {
  capability: CAP.SETGID,
  real: Process.gid,
  effective: Process.egid,
  saved: Process.sgid,
  fs: Process.fsgid,
};

const get = (lx: Lx, field: number): number => lx.k.i32[processOf(lx) + field] >>> 0;

function set(lx: Lx, field: number, id: number): void {
  lx.k.i32[processOf(lx) + field] = id;
}

/** An id that is one of the caller's own of these fields. */
const isOneOf = (lx: Lx, id: number, ...fields: number[]): boolean =>
  fields.some((field) => lx.k.i32[processOf(lx) + field] === id);

const KEEP = -1;

const getId =
  (field: number): Handler =>
  (lx) =>
    get(lx, field);

/** A change of user ids changes capabilities. */
const withCaps =
  (handler: Handler): Handler =>
  (lx, a, b, c, d, e, f) => {
    const process = processOf(lx);
    const old = uidsOf(lx.k, process);
    const result = handler(lx, a, b, c, d, e, f);
    if (result === 0) uidsChanged(lx.k, process, old);
    return result;
  };

/** setuid(2), setgid(2): with privilege all three, else the effective one only. */
const setId =
  (ids: Ids): Handler =>
  (lx, id) => {
    if (id === KEEP) return -E.INVAL;
    if (can(lx, ids.capability)) {
      for (const field of [ids.real, ids.saved]) set(lx, field, id);
    } else if (!isOneOf(lx, id, ids.real, ids.saved)) {
      return -E.PERM;
    }
    return setEffective(lx, ids, id);
  };

/** A changed effective id makes a process undumpable; the file system id goes with it. */
function setEffective(lx: Lx, ids: Ids, id: number): number {
  if (lx.k.i32[processOf(lx) + ids.effective] !== id) set(lx, Process.dumpable, 0);
  set(lx, ids.effective, id);
  set(lx, ids.fs, id);
  return 0;
}

/** setreuid(2): the saved id follows when the real one is set, or the effective one to something else than the real one. */
const setReId =
  (ids: Ids): Handler =>
  (lx, real, effective) => {
    if (!can(lx, ids.capability)) {
      if (real !== KEEP && !isOneOf(lx, real, ids.real, ids.effective)) return -E.PERM;
      if (effective !== KEEP && !isOneOf(lx, effective, ids.real, ids.effective, ids.saved))
        return -E.PERM;
    }
    const oldReal = lx.k.i32[processOf(lx) + ids.real];
    if (real !== KEEP) set(lx, ids.real, real);
    if (effective !== KEEP) setEffective(lx, ids, effective);
    if (real !== KEEP || (effective !== KEEP && effective !== oldReal)) {
      set(lx, ids.saved, get(lx, ids.effective));
    }
    return 0;
  };

const setResId =
  (ids: Ids): Handler =>
  (lx, real, effective, saved) => {
    const wanted = [real, effective, saved];
    const own = [ids.real, ids.effective, ids.saved];
    if (!can(lx, ids.capability) && !wanted.every((id) => id === KEEP || isOneOf(lx, id, ...own)))
      return -E.PERM;
    if (real !== KEEP) set(lx, ids.real, real);
    if (effective !== KEEP) setEffective(lx, ids, effective);
    if (saved !== KEEP) set(lx, ids.saved, saved);
    return 0;
  };

const getResId =
  (ids: Ids): Handler =>
  (lx, real, effective, saved) => {
    lx.mem.writeU32(real, get(lx, ids.real));
    lx.mem.writeU32(effective, get(lx, ids.effective));
    lx.mem.writeU32(saved, get(lx, ids.saved));
    return 0;
  };

/** setfsuid(2): answers the old id, whether or not it changed. */
const setFsId =
  (ids: Ids): Handler =>
  (lx, id) => {
    const old = get(lx, ids.fs);
    const allowed =
      can(lx, ids.capability) || isOneOf(lx, id, ids.real, ids.effective, ids.saved, ids.fs);
    if (id === KEEP || !allowed) return old;
    set(lx, ids.fs, id);
    if (ids === UID) fsuidChanged(lx.k, processOf(lx), old);
    return old;
  };

const NGROUPS_MAX = 65536;

const getgroups: Handler = (lx, size, list) => {
  const { i32 } = lx.k;
  const groups = i32[processOf(lx) + Process.groups];
  const count = i32[groups];
  if (size < 0) return -E.INVAL;
  if (size === 0) return count;
  if (size < count) return -E.INVAL;
  for (let n = 0; n < count; n++) lx.mem.writeU32(list + n * 4, i32[groups + 1 + n] >>> 0);
  return count;
};

const setgroups: Handler = (lx, size, list) => {
  if (!can(lx, CAP.SETGID)) return -E.PERM;
  if (size < 0 || size > NGROUPS_MAX) return -E.INVAL;
  const ids = Array.from({ length: size }, (_, n) => lx.mem.readI32(list + n * 4)).sort(
    (a, b) => a - b,
  );
  const { k } = lx;
  const process = processOf(lx);
  k.locked(() => {
    const groups = k.allocLocked(4 + size * 4);
    k.i32[groups] = size;
    k.i32.set(ids, groups + 1);
    k.freeLocked(k.i32[process + Process.groups]);
    k.i32[process + Process.groups] = groups;
  });
  return 0;
};

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(102, 'getuid',    [],                      getId(Process.uid),  'full',    'emulated'),
  row(104, 'getgid',    [],                      getId(Process.gid),  'full',    'emulated'),
  row(105, 'setuid',    ['uid'],                 withCaps(setId(UID)),          'full',    'emulated'),
  row(106, 'setgid',    ['uid'],                 setId(GID),          'full',    'emulated'),
  row(107, 'geteuid',   [],                      getId(Process.euid), 'full',    'emulated'),
  row(108, 'getegid',   [],                      getId(Process.egid), 'full',    'emulated'),
  row(113, 'setreuid',  ['uid', 'uid'],          withCaps(setReId(UID)),        'full',    'emulated'),
  row(114, 'setregid',  ['uid', 'uid'],          setReId(GID),        'full',    'emulated'),
  row(115, 'getgroups', ['int', 'ptr'],          getgroups,           'full',    'emulated'),
  row(116, 'setgroups', ['int', 'ptr'],          setgroups,           'full',    'emulated'),
  row(117, 'setresuid', ['uid', 'uid', 'uid'],   withCaps(setResId(UID)),       'full',    'emulated'),
  row(118, 'getresuid', ['ptr', 'ptr', 'ptr'],   getResId(UID),       'full',    'emulated'),
  row(119, 'setresgid', ['uid', 'uid', 'uid'],   setResId(GID),       'full',    'emulated'),
  row(120, 'getresgid', ['ptr', 'ptr', 'ptr'],   getResId(GID),       'full',    'emulated'),
  row(122, 'setfsuid',  ['uid'],                 setFsId(UID),        'full',    'emulated'),
  row(123, 'setfsgid',  ['uid'],                 setFsId(GID),        'full',    'emulated'),
];
