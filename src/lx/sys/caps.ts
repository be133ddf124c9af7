// System calls about capabilities: capget(2), capset(2), and the options of prctl(2) that are about them.
import { CAP, CAP_LAST, SECBIT } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import {
  type CapSet,
  can,
  capSet,
  capsAnd,
  capsOr,
  capsWithin,
  capsWithout,
  getCaps,
  inCaps,
  NO_CAPS,
  setCaps,
} from '../kernel/caps.ts';
import type { Lx } from '../kernel/lx.ts';
import { findProcess, findTask, pidOf, processOf } from '../kernel/process.ts';
import { Process, Task } from '../kernel/task.ts';
import { type Handler, row, type SyscallRow } from './row.ts';

/** _LINUX_CAPABILITY_VERSION_1, 2 and 3: how many 32-bit halves a set has. */
const VERSIONS: Record<number, number> = { 429392688: 1, 537333798: 2, 537396514: 2 };
const LATEST = 0x20080522;
/** struct __user_cap_data_struct: effective, permitted, inheritable (4 each), once a half. */
const DATA = 12;
const ORDER = [Process.capEffective, Process.capPermitted, Process.capInheritable];

/** Halves by the header's version; an unknown one is answered with the latest, and 0. */
function capVersion(lx: Lx, header: number): number {
  const halves = VERSIONS[lx.mem.readU32(header)];
  if (halves === undefined) lx.mem.writeU32(header, LATEST);
  return halves ?? 0;
}

function processByTid(lx: Lx, tid: number): number {
  if (tid === 0) return processOf(lx);
  const task = findTask(lx.k, tid);
  return task === 0 ? findProcess(lx.k, tid) : lx.k.i32[task + Task.process];
}

const capget: Handler = (lx, header, data) => {
  const halves = capVersion(lx, header);
  if (halves === 0) return data === 0 ? 0 : -E.INVAL;
  const pid = lx.mem.readI32(header + 4);
  if (pid < 0) return -E.INVAL;
  const target = processByTid(lx, pid);
  if (target === 0) return -E.SRCH;
  if (data === 0) return 0;
  for (let half = 0; half < halves; half++) {
    ORDER.forEach((field, n) => {
      lx.mem.writeU32(data + half * DATA + n * 4, lx.k.i32[target + field + half]);
    });
  }
  return 0;
};

/** Bits that there are. */
const KNOWN: CapSet = [-1, 2 ** (CAP_LAST + 1 - 32) - 1];

/** cap_capset() of Linux. */
const capset: Handler = (lx, header, data) => {
  const { k } = lx;
  const halves = capVersion(lx, header);
  if (halves === 0) return -E.INVAL;
  const pid = lx.mem.readI32(header + 4);
  if (pid !== 0 && pid !== pidOf(lx) && pid !== k.i32[lx.task + Task.tid]) return -E.PERM;
  const words = new Int32Array(lx.mem.bytes(data, halves * DATA).buffer);
  const [effective, permitted, inheritable] = ORDER.map((_, n) =>
    capsAnd([words[n], words[n + 3] ?? 0], KNOWN),
  );
  const process = processOf(lx);
  const old = (field: number): CapSet => getCaps(k, process, field);
  const inherited = old(Process.capInheritable);
  const had = old(Process.capPermitted);
  if (!can(lx, CAP.SETPCAP) && !capsWithin(inheritable, capsOr(inherited, had))) return -E.PERM;
  if (!capsWithin(inheritable, capsOr(inherited, old(Process.capBounding)))) return -E.PERM;
  if (!capsWithin(permitted, had) || !capsWithin(effective, permitted)) return -E.PERM;
  setCaps(k, process, Process.capEffective, effective);
  setCaps(k, process, Process.capPermitted, permitted);
  setCaps(k, process, Process.capInheritable, inheritable);
  const ambient = capsAnd(old(Process.capAmbient), capsAnd(permitted, inheritable));
  setCaps(k, process, Process.capAmbient, ambient);
  return 0;
};

// ---- prctl

export const capBoundingRead = (lx: Lx, capability: number): number =>
  capability > CAP_LAST
    ? -E.INVAL
    : Number(inCaps(lx.k, processOf(lx), Process.capBounding, capability));

export function capBoundingDrop(lx: Lx, capability: number): number {
  if (!can(lx, CAP.SETPCAP)) return -E.PERM;
  if (capability > CAP_LAST) return -E.INVAL;
  const bounding = getCaps(lx.k, processOf(lx), Process.capBounding);
  const left = capsWithout(bounding, capSet(capability));
  setCaps(lx.k, processOf(lx), Process.capBounding, left);
  return 0;
}

export function setKeepCaps(lx: Lx, keep: number): number {
  if (keep > 1) return -E.INVAL;
  const { i32 } = lx.k;
  const at = processOf(lx) + Process.securebits;
  if ((i32[at] & (SECBIT.KEEP_CAPS << 1)) !== 0) return -E.PERM;
  i32[at] = keep === 0 ? i32[at] & ~SECBIT.KEEP_CAPS : i32[at] | SECBIT.KEEP_CAPS;
  return 0;
}

const SECURE_ALL = 0xff;
const SECURE_LOCKS = 0xaa;

export function setSecureBits(lx: Lx, bits: number): number {
  if (bits > SECURE_ALL) return -E.PERM; // of more than 32 bits, perhaps
  const { i32 } = lx.k;
  const at = processOf(lx) + Process.securebits;
  const changed = i32[at] ^ bits;
  const locked = (i32[at] & SECURE_LOCKS) >> 1;
  const unlocks = (i32[at] & SECURE_LOCKS & ~bits) !== 0;
  if ((locked & changed) !== 0 || unlocks || (bits & ~SECURE_ALL) !== 0) return -E.PERM;
  if (!can(lx, CAP.SETPCAP)) return -E.PERM;
  i32[at] = bits;
  return 0;
}

const AMBIENT = { IS_SET: 1, RAISE: 2, LOWER: 3, CLEAR_ALL: 4 };

/** PR_CAP_AMBIENT */
export function ambient(lx: Lx, operation: number, capability: number, rest: number): number {
  const { k } = lx;
  const process = processOf(lx);
  if (operation === AMBIENT.CLEAR_ALL) {
    if (capability !== 0 || rest !== 0) return -E.INVAL;
    setCaps(k, process, Process.capAmbient, NO_CAPS);
    return 0;
  }
  if (rest !== 0 || capability > CAP_LAST) return -E.INVAL;
  const now = getCaps(k, process, Process.capAmbient);
  switch (operation) {
    case AMBIENT.IS_SET:
      return Number(inCaps(k, process, Process.capAmbient, capability));
    case AMBIENT.LOWER:
      setCaps(k, process, Process.capAmbient, capsWithout(now, capSet(capability)));
      return 0;
    case AMBIENT.RAISE:
      if (!mayRaise(lx, capability)) return -E.PERM;
      setCaps(k, process, Process.capAmbient, capsOr(now, capSet(capability)));
      return 0;
    default:
      return -E.INVAL;
  }
}

const mayRaise = (lx: Lx, capability: number): boolean =>
  inCaps(lx.k, processOf(lx), Process.capPermitted, capability) &&
  inCaps(lx.k, processOf(lx), Process.capInheritable, capability) &&
  (lx.k.i32[processOf(lx) + Process.securebits] & SECBIT.NO_CAP_AMBIENT_RAISE) === 0;

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(125, 'capget', ['ptr', 'ptr'], capget, 'full',    'emulated'),
  row(126, 'capset', ['ptr', 'ptr'], capset, 'partial', 'emulated', 'capabilities are kept a process, not a thread'),
];
