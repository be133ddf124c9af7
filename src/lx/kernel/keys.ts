// Keys and keyrings (Linux security/keys): in kernel memory, one list of all. A keyring is a key with links to others. A key
// lives as long as the session of lxjit, or until it is invalidated.

import { E } from '../abi/errno.ts';
import { KEY_SPEC, KEYRING_NEW } from '../abi/keyctl.ts';
import { Fixed } from './fixed.ts';
import { type Kernel, struct } from './kmem.ts';
import type { Lx } from './lx.ts';
import { processOf } from './process.ts';
import { Process, Task } from './task.ts';

// biome-ignore format: aligned rows
export const Key = struct({
  next: 'i32', serial: 'i32',
  type: 'i32', description: 'i32', payload: 'i32', // string objects
  uid: 'i32', gid: 'i32', perm: 'i32',
  error: 'i32',                                    // what using it answers: 0, EKEYREVOKED, ENOKEY (a negative key)
  links: 'i32',                                    // a keyring's: list of Link
  expiry: 'f64',                                   // performance.now() ms, 0 = never
});
const Link = struct({ next: 'i32', key: 'i32' });

export const KEYRING = 'keyring';
/** Keyrings within keyrings that a search goes into. */
const MAX_DEPTH = 6;

export const isKeyring = (k: Kernel, key: number): boolean =>
  k.readString(k.i32[key + Key.type]) === KEYRING;

export interface NewKey {
  readonly type: string;
  readonly description: string;
  readonly payload: string;
  readonly perm: number;
}

export function newKeyLocked(lx: Lx, { type, description, payload, perm }: NewKey): number {
  const { k } = lx;
  const { i32 } = k;
  const process = processOf(lx);
  const key = k.allocLocked(Key.SIZE);
  i32[Fixed.lastKey] = (i32[Fixed.lastKey] + 0x1357_9bd) & 0x3fff_ffff || 1;
  i32[key + Key.serial] = i32[Fixed.lastKey];
  i32[key + Key.type] = k.newStringLocked(type);
  i32[key + Key.description] = k.newStringLocked(description);
  i32[key + Key.payload] = k.newStringLocked(payload);
  i32[key + Key.uid] = i32[process + Process.fsuid];
  i32[key + Key.gid] = i32[process + Process.fsgid];
  i32[key + Key.perm] = perm;
  i32[key + Key.next] = i32[Fixed.keys];
  i32[Fixed.keys] = key;
  return key;
}

export function setPayloadLocked(k: Kernel, key: number, payload: string): void {
  k.setStringLocked(key + Key.payload, payload);
  k.i32[key + Key.error] = 0;
}

function findLocked(k: Kernel, wanted: (key: number) => boolean): number {
  let key = k.i32[Fixed.keys];
  while (key !== 0 && !wanted(key)) key = k.i32[key + Key.next];
  return key;
}

export const serialOf = (k: Kernel, key: number): number => k.i32[key + Key.serial];

// ---- links

export function linkedLocked(k: Kernel, ring: number): number[] {
  const keys: number[] = [];
  for (let link = k.i32[ring + Key.links]; link !== 0; link = k.i32[link + Link.next])
    keys.push(k.i32[link + Link.key]);
  return keys;
}

/** Puts a key into a keyring, in the place of one with the same type and description. */
export function linkLocked(k: Kernel, ring: number, key: number): void {
  for (const other of linkedLocked(k, ring))
    if (isAlike(k, other, key)) unlinkLocked(k, ring, other);
  const link = k.allocLocked(Link.SIZE);
  k.i32[link + Link.key] = key;
  k.i32[link + Link.next] = k.i32[ring + Key.links];
  k.i32[ring + Key.links] = link;
}

const isAlike = (k: Kernel, a: number, b: number): boolean =>
  [Key.type, Key.description].every(
    (field) => k.readString(k.i32[a + field]) === k.readString(k.i32[b + field]),
  );

/** False: it is not in there. */
export function unlinkLocked(k: Kernel, ring: number, key: number): boolean {
  for (let at = ring + Key.links; k.i32[at] !== 0; at = k.i32[at] + Link.next) {
    const link = k.i32[at];
    if (k.i32[link + Link.key] !== key) continue;
    k.i32[at] = k.i32[link + Link.next];
    k.freeLocked(link);
    return true;
  }
  return false;
}

export function clearLocked(k: Kernel, ring: number): void {
  for (const key of linkedLocked(k, ring)) unlinkLocked(k, ring, key);
}

/** Is `wanted` the key `from`, or in that keyring? */
export const reachesLocked = (
  k: Kernel,
  from: number,
  wanted: number,
  depth = MAX_DEPTH,
): boolean =>
  from === wanted ||
  (depth > 0 && linkedLocked(k, from).some((inner) => reachesLocked(k, inner, wanted, depth - 1)));

/** Takes a key out of the world. */
export function destroyLocked(k: Kernel, key: number): void {
  const { i32 } = k;
  for (let ring = i32[Fixed.keys]; ring !== 0; ring = i32[ring + Key.next])
    unlinkLocked(k, ring, key);
  clearLocked(k, key);
  let at: number = Fixed.keys;
  while (i32[at] !== key) at = i32[at] + Key.next;
  i32[at] = i32[key + Key.next];
  for (const field of [Key.type, Key.description, Key.payload]) k.freeLocked(i32[key + field]);
  k.freeLocked(key);
}

/** The key of a keyring that has this type and description, searched into keyrings `depth` deep; 0: none. */
export function searchLocked(
  k: Kernel,
  ring: number,
  type: string,
  description: string,
  depth = MAX_DEPTH,
): number {
  const { i32 } = k;
  const keys = linkedLocked(k, ring);
  const found = keys.find(
    (key) =>
      k.readString(i32[key + Key.type]) === type &&
      k.readString(i32[key + Key.description]) === description,
  );
  if (found !== undefined) return found;
  for (const key of depth > 0 ? keys.filter((inner) => isKeyring(k, inner)) : []) {
    const inside = searchLocked(k, key, type, description, depth - 1);
    if (inside !== 0) return inside;
  }
  return 0;
}

// ---- the keyrings of a task

const ring = (description: string): NewKey => ({
  type: KEYRING,
  description,
  payload: '',
  perm: KEYRING_NEW,
});

/** The keyring of a user, `_uid.n` or `_uid_ses.n`; made when it is asked for. */
function userRingLocked(lx: Lx, name: string): number {
  const { k } = lx;
  const uid = k.i32[processOf(lx) + Process.uid];
  const description = `${name}.${uid}`;
  const found = findLocked(
    k,
    (key) =>
      k.i32[key + Key.perm] === USER_RING &&
      k.readString(k.i32[key + Key.description]) === description,
  );
  if (found !== 0) return found;
  const made = newKeyLocked(lx, { ...ring(description), perm: USER_RING });
  k.i32[made + Key.uid] = uid;
  if (name === '_uid_ses') linkLocked(k, made, userRingLocked(lx, '_uid'));
  return made;
}
const USER_RING = 0x3f3f_0000;

/** Where a task, or its process, notes a keyring of its own. */
function placeOf(lx: Lx, id: number): { at: number; name: string } {
  const process = processOf(lx);
  if (id === KEY_SPEC.THREAD) return { at: lx.task + Task.threadKeyring, name: '_tid' };
  if (id === KEY_SPEC.PROCESS) return { at: process + Process.processKeyring, name: '_pid' };
  return { at: process + Process.sessionKeyring, name: '_ses' };
}

/** The key with a serial number or a KEY_SPEC; `create`: makes the keyring that it names. −errno. */
export function keyLocked(lx: Lx, id: number, create: boolean): number {
  const { k } = lx;
  if (id === 0) return -E.INVAL;
  if (id > 0) return findLocked(k, (key) => serialOf(k, key) === id) || -E.NOKEY;
  if (id === KEY_SPEC.USER) return userRingLocked(lx, '_uid');
  if (id === KEY_SPEC.USER_SESSION) return userRingLocked(lx, '_uid_ses');
  if (id < KEY_SPEC.USER_SESSION) return id === -7 ? -E.NOKEY : -E.INVAL;
  const { at, name } = placeOf(lx, id);
  if (k.i32[at] === 0 && id === KEY_SPEC.SESSION) return userRingLocked(lx, '_uid_ses');
  if (k.i32[at] === 0 && !create) return -E.NOKEY;
  if (k.i32[at] === 0) k.i32[at] = newKeyLocked(lx, ring(name));
  return k.i32[at];
}

export function joinSessionLocked(lx: Lx, name: string): number {
  const { k } = lx;
  const known = findLocked(
    k,
    (key) =>
      name !== '' && isKeyring(k, key) && k.readString(k.i32[key + Key.description]) === name,
  );
  const joined = known !== 0 ? known : newKeyLocked(lx, ring(name === '' ? '_ses' : name));
  k.i32[processOf(lx) + Process.sessionKeyring] = joined;
  return joined;
}

/** The keyrings that a task searches, in order. */
export function ownRingsLocked(lx: Lx): number[] {
  return [KEY_SPEC.THREAD, KEY_SPEC.PROCESS, KEY_SPEC.SESSION]
    .map((id) => keyLocked(lx, id, false))
    .filter((key) => key > 0);
}

// ---- permissions

/** Does the task reach the key from its own keyrings? */
const possessesLocked = (lx: Lx, key: number): boolean =>
  ownRingsLocked(lx).some((own) => reachesLocked(lx.k, own, key));

/** 0, or −EACCES, −EKEYREVOKED, −EKEYEXPIRED, −ENOKEY. `need`: KEY_PERM bits. */
export function mayUseLocked(lx: Lx, key: number, need: number): number {
  const { i32, f64 } = lx.k;
  const process = processOf(lx);
  const perm = i32[key + Key.perm];
  const kind =
    i32[key + Key.uid] === i32[process + Process.fsuid]
      ? 16
      : i32[key + Key.gid] === i32[process + Process.fsgid]
        ? 8
        : 0;
  const given = (perm >> kind) | (possessesLocked(lx, key) ? perm >> 24 : 0);
  const expiry = f64[(key + Key.expiry) >> 1];
  if (i32[key + Key.error] === E.KEYREVOKED) return -E.KEYREVOKED;
  if (expiry !== 0 && performance.now() >= expiry) return -E.KEYEXPIRED;
  return (given & need) === need ? 0 : -E.ACCES;
}

/** Of a negative key: what reading it answers. */
export const errorOf = (k: Kernel, key: number): number => -k.i32[key + Key.error];
