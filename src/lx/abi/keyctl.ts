// add_key(2), request_key(2), keyctl(2): linux/keyctl.h, keyutils.h.

// biome-ignore format: aligned rows
export const KEYCTL = {
  GET_KEYRING_ID: 0, JOIN_SESSION_KEYRING: 1, UPDATE: 2, REVOKE: 3, CHOWN: 4, SETPERM: 5, DESCRIBE: 6, CLEAR: 7, LINK: 8, UNLINK: 9,
  SEARCH: 10, READ: 11, SET_REQKEY_KEYRING: 14, SET_TIMEOUT: 15, ASSUME_AUTHORITY: 16, INVALIDATE: 21,
} as const;

/** Names of keyrings that are not serial numbers. */
export const KEY_SPEC = {
  THREAD: -1,
  PROCESS: -2,
  SESSION: -3,
  USER: -4,
  USER_SESSION: -5,
} as const;

/** Permissions: a byte each for who possesses the key, its user, its group, others. */
export const KEY_PERM = { VIEW: 1, READ: 2, WRITE: 4, SEARCH: 8, LINK: 16, SETATTR: 32 } as const;
export const KEY_ALL = 0x3f3f_3f3f;
/** What a new key gives: its possessor everything, its user a view of it. */
export const KEY_NEW = 0x3f01_0000;
export const KEYRING_NEW = 0x3f1f_0000;

export const MAX_TYPE = 32;
export const MAX_DESCRIPTION = 4096;
export const MAX_PAYLOAD = (1 << 20) - 1;
