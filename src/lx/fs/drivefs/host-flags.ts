// File.b of descriptions that are host descriptors.

/** Bits of File.b. */
export const HostFlag = {
  /** The host descriptor has O_APPEND. */
  append: 1,
  /** Not opened by us: never closed. */
  inherited: 2,
  /** Writes go to the host's own offset. */
  hostOffset: 4,
  /** Opened through a read-only mount. */
  readOnly: 8,
  /** A standard stream of a confined session: it may be used as it was opened, and nothing else done to its file. */
  lent: 16,
} as const;
