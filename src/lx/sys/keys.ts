// add_key(2), request_key(2), keyctl(2).
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import {
  KEY_ALL,
  KEY_NEW,
  KEY_PERM,
  KEY_SPEC,
  KEYCTL,
  MAX_DESCRIPTION,
  MAX_PAYLOAD,
  MAX_TYPE,
} from '../abi/keyctl.ts';
import { byteString } from '../kernel/bytes.ts';
import { can } from '../kernel/caps.ts';
import {
  clearLocked,
  destroyLocked,
  errorOf,
  isKeyring,
  joinSessionLocked,
  KEYRING,
  Key,
  keyLocked,
  linkedLocked,
  linkLocked,
  mayUseLocked,
  newKeyLocked,
  ownRingsLocked,
  reachesLocked,
  searchLocked,
  serialOf,
  setPayloadLocked,
  unlinkLocked,
} from '../kernel/keys.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf } from '../kernel/process.ts';
import { Process } from '../kernel/task.ts';
import { KernelError } from '../mm/guest-memory.ts';
import { type Handler, row, type SyscallRow } from './row.ts';

const SHORT = 32767;
const SECOND = 1000;
/** KEYCTL_UPDATE takes a page at most. */
const UPDATE_MAX = 4096;
/** How long a request is remembered that nobody could fulfil. */
const NEGATIVE_MS = 60_000;

/** What payload a type takes: 0 or −errno. Keyrings take none. */
const types: ReadonlyMap<string, (description: string, length: number) => number> = new Map([
  [KEYRING, (_description, length) => (length === 0 ? 0 : -E.INVAL)],
  ['user', (_description, length) => (length > 0 && length <= SHORT ? 0 : -E.INVAL)],
  [
    'logon',
    (description, length) =>
      description.indexOf(':') > 0 && length > 0 && length <= SHORT ? 0 : -E.INVAL,
  ],
]);

function typeAt(lx: Lx, address: number): string {
  const type = lx.mem.cstring(address, MAX_TYPE, E.INVAL);
  if (type === '') throw new KernelError(E.INVAL);
  if (type.startsWith('.')) throw new KernelError(E.PERM);
  return type;
}

const descriptionAt = (lx: Lx, address: number): string =>
  lx.mem.cstring(address, MAX_DESCRIPTION, E.INVAL);

const payloadAt = (lx: Lx, address: number, length: number): string =>
  length === 0 ? '' : byteString(lx.mem.bytes(address, length), 0, length);

/** Runs `body` with the key `id` that may be used so; its answer, or −errno. */
function withKey(
  lx: Lx,
  id: number,
  need: number,
  body: (key: number) => number,
  create = false,
): number {
  return lx.k.locked(() => {
    const key = keyLocked(lx, id, create);
    if (key < 0) return key;
    return mayUseLocked(lx, key, need) || body(key);
  });
}

const add_key: Handler = (lx, typeAddr, descriptionAddr, payloadAddr, length, id) => {
  const { k } = lx;
  if (length > MAX_PAYLOAD) return -E.INVAL;
  const type = typeAt(lx, typeAddr);
  const description = descriptionAddr === 0 ? '' : descriptionAt(lx, descriptionAddr);
  if (type === KEYRING && description.startsWith('.')) return -E.PERM;
  const payload = payloadAt(lx, payloadAddr, length);
  return withKey(
    lx,
    id,
    KEY_PERM.WRITE,
    (ring) => {
      const check = types.get(type);
      if (check === undefined) return -E.NODEV;
      if (!isKeyring(k, ring)) return -E.NOTDIR;
      const invalid = check(description, length);
      if (invalid < 0) return invalid;
      if (description === '') return -E.INVAL;
      const known = type === KEYRING ? 0 : searchLocked(k, ring, type, description, 0);
      if (known !== 0) {
        const denied = mayUseLocked(lx, known, KEY_PERM.WRITE);
        if (denied < 0) return denied;
        setPayloadLocked(k, known, payload);
        return serialOf(k, known);
      }
      const made = newKeyLocked(lx, { type, description, payload, perm: KEY_NEW });
      linkLocked(k, ring, made);
      return serialOf(k, made);
    },
    true,
  );
};

const request_key: Handler = (lx, typeAddr, descriptionAddr, callout, destination) => {
  const { k } = lx;
  const type = typeAt(lx, typeAddr);
  const description = descriptionAt(lx, descriptionAddr);
  if (callout !== 0) descriptionAt(lx, callout);
  return k.locked(() => {
    const into = destination === 0 ? 0 : keyLocked(lx, destination, true);
    if (into < 0) return into;
    if (!types.has(type)) return -E.NOKEY;
    const found = findOwnLocked(lx, type, description);
    if (found < 0) return found;
    if (found === 0) return callout === 0 ? -E.NOKEY : refuseLocked(lx, type, description, into);
    if (errorOf(k, found) < 0) return errorOf(k, found);
    const denied = into === 0 ? 0 : mayUseLocked(lx, found, KEY_PERM.LINK);
    if (denied < 0) return denied;
    if (into !== 0) linkLocked(k, into, found);
    return serialOf(k, found);
  });
};

/** The first key of the task's keyrings that fits and may be searched for; 0 none, −errno if each has only one that may not. */
function findOwnLocked(lx: Lx, type: string, description: string): number {
  let error = 0;
  let isMissing = false;
  for (const ring of ownRingsLocked(lx)) {
    const key = searchLocked(lx.k, ring, type, description);
    isMissing ||= key === 0;
    if (key === 0) continue;
    error = mayUseLocked(lx, key, KEY_PERM.SEARCH);
    if (error === 0) return key;
  }
  return isMissing ? 0 : error;
}

/** There is no program that could make the key: that is remembered for a while. */
function refuseLocked(lx: Lx, type: string, description: string, into: number): number {
  const { k } = lx;
  const ring = into !== 0 ? into : keyLocked(lx, KEY_SPEC.SESSION, true);
  const made = newKeyLocked(lx, { type, description, payload: '', perm: KEY_NEW });
  k.i32[made + Key.error] = E.NOKEY;
  k.f64[(made + Key.expiry) >> 1] = performance.now() + NEGATIVE_MS;
  linkLocked(k, ring, made);
  return -E.NOKEY;
}

// ---- keyctl

type Operation = (lx: Lx, a: number, b: number, c: number, d: number) => number;

const getId: Operation = (lx, id, create) =>
  lx.k.locked(() => {
    const key = keyLocked(lx, id | 0, create !== 0);
    return key < 0 ? key : mayUseLocked(lx, key, KEY_PERM.SEARCH) || serialOf(lx.k, key);
  });

const joinSession: Operation = (lx, nameAddr) => {
  const name = nameAddr === 0 ? '' : descriptionAt(lx, nameAddr);
  if (name.startsWith('.')) return -E.PERM;
  return lx.k.locked(() => serialOf(lx.k, joinSessionLocked(lx, name)));
};

const update: Operation = (lx, id, payloadAddr, length) => {
  if (length > UPDATE_MAX) return -E.INVAL;
  const payload = payloadAt(lx, payloadAddr, length);
  return withKey(lx, id | 0, KEY_PERM.WRITE, (key) => {
    if (isKeyring(lx.k, key)) return -E.OPNOTSUPP;
    const type = lx.k.readString(lx.k.i32[key + Key.type]);
    const invalid =
      types.get(type)?.(lx.k.readString(lx.k.i32[key + Key.description]), length) ?? 0;
    if (invalid < 0) return invalid;
    setPayloadLocked(lx.k, key, payload);
    return 0;
  });
};

const revoke: Operation = (lx, id) =>
  lx.k.locked(() => {
    const key = keyLocked(lx, id | 0, false);
    if (key < 0) return key;
    const asWriter = mayUseLocked(lx, key, KEY_PERM.WRITE);
    const denied = asWriter === -E.ACCES ? mayUseLocked(lx, key, KEY_PERM.SETATTR) : asWriter;
    if (denied < 0) return denied;
    lx.k.i32[key + Key.error] = E.KEYREVOKED;
    return 0;
  });

const UNCHANGED = 0xffff_ffff;

const chown: Operation = (lx, id, uid, gid) =>
  withKey(lx, id | 0, KEY_PERM.SETATTR, (key) => {
    const { i32 } = lx.k;
    const isSame = uid >>> 0 === UNCHANGED || (uid | 0) === i32[key + Key.uid];
    if (!isSame && !can(lx, CAP.SYS_ADMIN)) return -E.ACCES;
    if (uid >>> 0 !== UNCHANGED) i32[key + Key.uid] = uid;
    if (gid >>> 0 !== UNCHANGED) i32[key + Key.gid] = gid;
    return 0;
  });

const setPerm: Operation = (lx, id, perm) => {
  if ((perm & ~KEY_ALL) !== 0) return -E.INVAL;
  return withKey(lx, id | 0, KEY_PERM.SETATTR, (key) => {
    const { i32 } = lx.k;
    if (!can(lx, CAP.SYS_ADMIN) && i32[key + Key.uid] !== i32[processOf(lx) + Process.fsuid])
      return -E.ACCES;
    i32[key + Key.perm] = perm;
    return 0;
  });
};

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** Gives out `bytes` if there is room for all of them, and says how many there are. */
function answer(lx: Lx, bytes: Uint8Array, address: number, size: number, partly: boolean): number {
  if (address !== 0 && size > 0 && (partly || bytes.length <= size))
    lx.mem.write(address, bytes.subarray(0, size));
  return bytes.length;
}

const describe: Operation = (lx, id, address, size) => {
  const { k } = lx;
  let text = '';
  const denied = withKey(lx, id | 0, KEY_PERM.VIEW, (key) => {
    const perm = (k.i32[key + Key.perm] >>> 0).toString(16).padStart(8, '0');
    const [type, description] = [Key.type, Key.description].map((field) =>
      k.readString(k.i32[key + field]),
    );
    text = `${type};${k.i32[key + Key.uid]};${k.i32[key + Key.gid]};${perm};${description}\0`;
    return 0;
  });
  return denied < 0 ? denied : answer(lx, bytesOf(text), address, size, false);
};

const read: Operation = (lx, id, address, size) => {
  const { k } = lx;
  let bytes: Uint8Array = new Uint8Array(0);
  let isRing = false;
  const denied = k.locked(() => {
    const key = keyLocked(lx, id | 0, false);
    if (key < 0) return key;
    if (errorOf(k, key) < 0) return errorOf(k, key);
    const asReader = mayUseLocked(lx, key, KEY_PERM.READ);
    if (asReader < 0 && (asReader !== -E.ACCES || mayUseLocked(lx, key, KEY_PERM.SEARCH) < 0))
      return asReader;
    isRing = isKeyring(k, key);
    if (k.readString(k.i32[key + Key.type]) === 'logon') return -E.OPNOTSUPP;
    bytes = isRing
      ? new Uint8Array(
          new Int32Array(linkedLocked(k, key).map((inner) => serialOf(k, inner))).buffer,
        )
      : bytesOf(k.readString(k.i32[key + Key.payload]));
    return 0;
  });
  return denied < 0 ? denied : answer(lx, bytes, address, size, isRing);
};

const clear: Operation = (lx, id) =>
  withKey(
    lx,
    id | 0,
    KEY_PERM.WRITE,
    (key) => {
      if (!isKeyring(lx.k, key)) return -E.NOTDIR;
      clearLocked(lx.k, key);
      return 0;
    },
    true,
  );

const link: Operation = (lx, id, ringId) =>
  withKey(
    lx,
    ringId | 0,
    KEY_PERM.WRITE,
    (ring) => {
      const key = keyLocked(lx, id | 0, true);
      if (key < 0) return key;
      const denied = mayUseLocked(lx, key, KEY_PERM.LINK);
      if (denied < 0) return denied;
      if (!isKeyring(lx.k, ring)) return -E.NOTDIR;
      // A keyring must not come to contain itself.
      if (reachesLocked(lx.k, key, ring)) return -E.DEADLK;
      linkLocked(lx.k, ring, key);
      return 0;
    },
    true,
  );

const unlink: Operation = (lx, id, ringId) =>
  withKey(lx, ringId | 0, KEY_PERM.WRITE, (ring) => {
    const key = keyLocked(lx, id | 0, false);
    if (key < 0) return key;
    if (!isKeyring(lx.k, ring)) return -E.NOTDIR;
    return unlinkLocked(lx.k, ring, key) ? 0 : -E.NOENT;
  });

const search: Operation = (lx, ringId, typeAddr, descriptionAddr, destination) => {
  const type = typeAt(lx, typeAddr);
  const description = descriptionAt(lx, descriptionAddr);
  return withKey(lx, ringId | 0, KEY_PERM.SEARCH, (ring) => {
    if (!isKeyring(lx.k, ring)) return -E.NOTDIR;
    const key = searchLocked(lx.k, ring, type, description);
    if (key === 0) return -E.NOKEY;
    const denied = mayUseLocked(lx, key, KEY_PERM.SEARCH);
    if (denied < 0) return denied;
    const into = (destination | 0) === 0 ? 0 : keyLocked(lx, destination | 0, true);
    if (into < 0) return into;
    if (into !== 0) linkLocked(lx.k, into, key);
    return serialOf(lx.k, key);
  });
};

/** Kept nowhere: requests always put what they find where the caller says. */
const setRequestRing: Operation = (_lx, which) =>
  which === UNCHANGED || (which >= 0 && which <= 7 && which !== 6) ? 0 : -E.INVAL;

const setTimeout: Operation = (lx, id, seconds) =>
  withKey(lx, id | 0, KEY_PERM.SETATTR, (key) => {
    const ms = (seconds >>> 0) * SECOND;
    lx.k.f64[(key + Key.expiry) >> 1] = ms === 0 ? 0 : performance.now() + ms;
    return 0;
  });

const invalidate: Operation = (lx, id) =>
  withKey(lx, id | 0, KEY_PERM.SEARCH, (key) => {
    destroyLocked(lx.k, key);
    return 0;
  });

// biome-ignore format: aligned rows
const operations: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [KEYCTL.GET_KEYRING_ID, getId], [KEYCTL.JOIN_SESSION_KEYRING, joinSession], [KEYCTL.UPDATE, update], [KEYCTL.REVOKE, revoke],
  [KEYCTL.CHOWN, chown], [KEYCTL.SETPERM, setPerm], [KEYCTL.DESCRIBE, describe], [KEYCTL.CLEAR, clear], [KEYCTL.LINK, link],
  [KEYCTL.UNLINK, unlink], [KEYCTL.SEARCH, search], [KEYCTL.READ, read], [KEYCTL.SET_REQKEY_KEYRING, setRequestRing],
  [KEYCTL.SET_TIMEOUT, setTimeout], [KEYCTL.ASSUME_AUTHORITY, (_lx, id) => ((id | 0) === 0 ? 0 : (id | 0) < 0 ? -E.INVAL : -E.NOKEY)],
  [KEYCTL.INVALIDATE, invalidate],
]);

const keyctl: Handler = (lx, operation, a, b, c, d) =>
  operations.get(operation)?.(lx, a, b, c, d) ?? -E.OPNOTSUPP;

const NOTE = 'types keyring, user, logon; no request-key program, no quotas';

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(248, 'add_key',     ['path', 'path', 'ptr', 'size', 'int'], add_key,     'partial', 'emulated', NOTE),
  row(249, 'request_key', ['path', 'path', 'ptr', 'int'],         request_key, 'partial', 'emulated', NOTE),
  row(250, 'keyctl',      ['int', 'ptr', 'ptr', 'ptr', 'ptr'],    keyctl,      'partial', 'emulated', NOTE),
];
