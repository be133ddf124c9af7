// Capabilities: capabilities(7). A process has five sets, each of them two words in kernel memory; lxcore keeps them a
// process, not a thread. What the first program starts with is what lxjit has on its host.
import { CAP, SECBIT } from '../abi/capability.ts';
import type { Kernel } from './kmem.ts';
import type { Lx } from './lx.ts';
import { Process, Task } from './task.ts';

/** A set of capabilities as 32-bit words: 0…31 and 32…40. */
export type CapSet = readonly [low: number, high: number];
export const NO_CAPS: CapSet = [0, 0];

/** Fields of Process that are sets. */
export const CAP_SETS = [
  Process.capInheritable,
  Process.capPermitted,
  Process.capEffective,
  Process.capBounding,
  Process.capAmbient,
] as const;

export const getCaps = (k: Kernel, process: number, field: number): CapSet => [
  k.i32[process + field],
  k.i32[process + field + 1],
];

export function setCaps(k: Kernel, process: number, field: number, [low, high]: CapSet): void {
  k.i32[process + field] = low;
  k.i32[process + field + 1] = high;
}

export const capsAnd = (a: CapSet, b: CapSet): CapSet => [a[0] & b[0], a[1] & b[1]];
export const capsOr = (a: CapSet, b: CapSet): CapSet => [a[0] | b[0], a[1] | b[1]];
export const capsWithout = (a: CapSet, b: CapSet): CapSet => [a[0] & ~b[0], a[1] & ~b[1]];
export const capsWithin = (a: CapSet, b: CapSet): boolean =>
  (a[0] & ~b[0]) === 0 && (a[1] & ~b[1]) === 0;
export const capSet = (capability: number): CapSet =>
  capability < 32 ? [1 << capability, 0] : [0, 1 << (capability - 32)];

export const inCaps = (k: Kernel, process: number, field: number, capability: number): boolean =>
  ((k.i32[process + field + (capability >> 5)] >>> (capability & 31)) & 1) !== 0;

/** Has the process the capability now? */
export const processCan = (k: Kernel, process: number, capability: number): boolean =>
  inCaps(k, process, Process.capEffective, capability);

export const can = (lx: Lx, capability: number): boolean =>
  processCan(lx.k, lx.k.i32[lx.task + Task.process], capability);

/** The first program: what the host lets lxjit do; a user who is not root starts with a bounding set only. */
export function startCaps(k: Kernel, process: number, root: boolean, bounding: CapSet): void {
  setCaps(k, process, Process.capBounding, bounding);
  setCaps(k, process, Process.capPermitted, root ? bounding : NO_CAPS);
  setCaps(k, process, Process.capEffective, root ? bounding : NO_CAPS);
}

// ---- changes that follow from others

const secured = (k: Kernel, process: number, bit: number): boolean =>
  (k.i32[process + Process.securebits] & bit) !== 0;

/** The user ids before a change of them: cap_emulate_setxuid() of Linux. */
export interface OldUids {
  readonly uid: number;
  readonly euid: number;
  readonly suid: number;
}

export const uidsOf = (k: Kernel, process: number): OldUids => ({
  uid: k.i32[process + Process.uid],
  euid: k.i32[process + Process.euid],
  suid: k.i32[process + Process.suid],
});

/** After setuid(2) and its relatives. */
export function uidsChanged(k: Kernel, process: number, old: OldUids): void {
  if (secured(k, process, SECBIT.NO_SETUID_FIXUP)) return;
  const now = uidsOf(k, process);
  const wasRoot = old.uid === 0 || old.euid === 0 || old.suid === 0;
  if (wasRoot && now.uid !== 0 && now.euid !== 0 && now.suid !== 0) {
    if (!secured(k, process, SECBIT.KEEP_CAPS)) {
      setCaps(k, process, Process.capPermitted, NO_CAPS);
      setCaps(k, process, Process.capEffective, NO_CAPS);
    }
    setCaps(k, process, Process.capAmbient, NO_CAPS);
  }
  if (old.euid === 0 && now.euid !== 0) setCaps(k, process, Process.capEffective, NO_CAPS);
  if (old.euid !== 0 && now.euid === 0)
    setCaps(k, process, Process.capEffective, getCaps(k, process, Process.capPermitted));
}

/** Those about files: they come and go with the file-system uid (CAP_FS_MASK). */
const FS_CAPS: CapSet = [
  [
    CAP.CHOWN,
    CAP.DAC_OVERRIDE,
    CAP.DAC_READ_SEARCH,
    CAP.FOWNER,
    CAP.FSETID,
    CAP.LINUX_IMMUTABLE,
    CAP.MKNOD,
  ].reduce<number>((all, capability) => all | (1 << capability), 0),
  1, // CAP_MAC_OVERRIDE
];

export function fsuidChanged(k: Kernel, process: number, old: number): void {
  if (secured(k, process, SECBIT.NO_SETUID_FIXUP)) return;
  const now = k.i32[process + Process.fsuid];
  const effective = getCaps(k, process, Process.capEffective);
  if (old === 0 && now !== 0)
    setCaps(k, process, Process.capEffective, capsWithout(effective, FS_CAPS));
  if (old !== 0 && now === 0) {
    const permitted = capsAnd(getCaps(k, process, Process.capPermitted), FS_CAPS);
    setCaps(k, process, Process.capEffective, capsOr(effective, permitted));
  }
}

/** execve(2) of a file without capabilities of its own. */
export function execCaps(k: Kernel, process: number): void {
  const { i32 } = k;
  const isRoot = i32[process + Process.uid] === 0 || i32[process + Process.euid] === 0;
  const root = isRoot && !secured(k, process, SECBIT.NOROOT);
  const ambient = root ? NO_CAPS : getCaps(k, process, Process.capAmbient);
  const inheritable = getCaps(k, process, Process.capInheritable);
  const full = capsOr(getCaps(k, process, Process.capBounding), inheritable);
  const permitted = root ? full : ambient;
  setCaps(k, process, Process.capAmbient, ambient);
  setCaps(k, process, Process.capPermitted, permitted);
  const effective = root && i32[process + Process.euid] !== 0 ? NO_CAPS : permitted;
  setCaps(k, process, Process.capEffective, effective);
  i32[process + Process.securebits] &= ~SECBIT.KEEP_CAPS;
}
