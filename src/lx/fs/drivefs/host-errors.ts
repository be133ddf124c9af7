// Errors of the host as Linux error numbers. By code, not by errno: the numbers differ between hosts.
import { E } from '../../abi/errno.ts';

const byCode: Record<string, number> = Object.fromEntries(
  Object.entries(E).map(([name, number]) => [`E${name}`, number]),
);
byCode.E2BIG = E.TOOBIG;
byCode.ENOTSUP = E.OPNOTSUPP;
byCode.ERR_FS_FILE_TOO_LARGE = E.FBIG;
byCode.ERR_OUT_OF_RANGE = E.INVAL;
byCode.ERR_INVALID_ARG_VALUE = E.INVAL;

// A stack trace costs more than the failing host call itself, and nobody reads it: what is thrown at run time ends as
// an errno. Set around each call site, so that lxjit's own errors keep theirs.
/** −errno of what a host call threw. */
export function hostError(error: unknown): number {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string') throw error;
  return -(byCode[code] ?? E.IO);
}

/** Runs a host call; its result, or −errno. */
export function attempt(call: () => number): number {
  const depth = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return call();
  } catch (error) {
    return hostError(error);
  } finally {
    Error.stackTraceLimit = depth;
  }
}

/** Runs a host call that answers nothing: 0 or −errno. */
export function done(call: () => void): number {
  return attempt(() => {
    call();
    return 0;
  });
}

/** The path as the host call wants it: a string where that is the same bytes in UTF-8, else the bytes. */
export function hostPath(path: string): string | Buffer {
  for (let i = 0; i < path.length; i++) {
    if (path.charCodeAt(i) > 0x7f) return Buffer.from(path, 'latin1');
  }
  return path;
}
