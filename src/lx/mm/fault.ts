// Page faults: what the kernel makes of an access that the page flags did not allow. Nothing is paged in lazily, so most
// faults are the guest's own; a file that has grown since it was mapped is the exception.
import {
  PAGE_BUS,
  PAGE_EXEC,
  PAGE_FLAGS,
  PAGE_READ,
  PAGE_WRITE,
} from '../../../assembly/shared/layout.ts';
import type { Lx } from '../kernel/lx.ts';
import { PAGE_SHIFT } from './layout.ts';
import { pieceOf, type Vma, vmaOf, withMm } from './mm.ts';
import { accessFlags, loadPages } from './pages.ts';
import { isView, resolveView } from './view.ts';

const SIGBUS = 7;
const SIGSEGV = 11;
const SEGV_MAPERR = 1;
const SEGV_ACCERR = 2;
const BUS_ADRERR = 2;
const SI_KERNEL = 0x80;
/** Addresses of 48 bits, sign-extended: user space is the lower half. */
const NONCANONICAL = 0x8000_0000_0000;
const KERNEL_HALF = 2 ** 64 - 2 ** 47;

export interface FaultSignal {
  signo: number;
  /** si_code */
  code: number;
}

/** Error code bits (Intel SDM Vol. 3 §4.7). */
const PF_WRITE = 2;
const PF_FETCH = 16;

/**
 * Answers null when the access may be tried again, else the signal of a fault with error code `code` at guest address
 * `addr`. sigaction(2)
 */
export function resolveFault(lx: Lx, addr: number, code: number): FaultSignal | null {
  if (addr >= NONCANONICAL && addr < KERNEL_HALF) return { signo: SIGSEGV, code: SI_KERNEL }; // #GP
  if (!(addr >= 0 && addr < 0x1_0000_0000)) return { signo: SIGSEGV, code: SEGV_MAPERR };
  const page = addr >>> PAGE_SHIFT;
  return withMm(lx, (mm) => {
    const vma = vmaOf(lx.k, mm, page);
    if (vma === null) return { signo: SIGSEGV, code: SEGV_MAPERR };
    if (isView(vma)) return faultInView(lx, mm, vma, page, code);
    if ((lx.mem.u8[PAGE_FLAGS + page] & PAGE_BUS) === 0 || accessFlags(vma.flags) === 0) {
      return { signo: SIGSEGV, code: SEGV_ACCERR };
    }
    lx.mem.u8[PAGE_FLAGS + page] = 0;
    const loaded = loadPages(lx, pieceOf(vma, page, page + 1));
    const still = (lx.mem.u8[PAGE_FLAGS + page] & PAGE_BUS) !== 0;
    return loaded < 0 || still ? { signo: SIGBUS, code: BUS_ADRERR } : null;
  });
}

/** Pages of views come in here. */
function faultInView(lx: Lx, mm: number, vma: Vma, page: number, code: number): FaultSignal | null {
  const need =
    (code & PF_WRITE) !== 0 ? PAGE_WRITE : (code & PF_FETCH) !== 0 ? PAGE_EXEC : PAGE_READ;
  if ((accessFlags(vma.flags) & need) === 0) return { signo: SIGSEGV, code: SEGV_ACCERR };
  const result = resolveView(lx, mm, vma, page);
  return result < 0 ? { signo: SIGBUS, code: BUS_ADRERR } : null;
}
