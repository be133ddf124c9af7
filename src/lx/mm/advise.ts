// madvise(2): what of the advice has an effect that a program can see. Called with the Mm locked; pages, not bytes.
import { E } from '../abi/errno.ts';
import { MADV } from '../abi/mman.ts';
import type { Lx } from '../kernel/lx.ts';
import { changeFlags } from './map.ts';
import {
  findVma,
  Mm,
  pieceOf,
  VM_DONTDUMP,
  VM_DONTFORK,
  VM_LOCKED,
  VM_RUNTIME,
  VM_SEALED,
  VM_SHARED,
  VM_WIPEONFORK,
  VM_WRITE,
  type Vma,
  vmaAt,
} from './mm.ts';
import { forgetCode, loadPages, zeroPages } from './pages.ts';
import { isView } from './view.ts';

/** What an advice does to a piece of a VMA: 0 or −errno. */
type Effect = (lx: Lx, mm: number, piece: Vma) => number;

const nothing: Effect = () => 0;

const setFlag =
  (flag: number): Effect =>
  (lx, mm, piece) => {
    changeFlags(lx, mm, piece.start, piece.end, (vma) => vma.flags | flag);
    return 0;
  };

const clearFlag =
  (flag: number): Effect =>
  (lx, mm, piece) => {
    changeFlags(lx, mm, piece.start, piece.end, (vma) => vma.flags & ~flag);
    return 0;
  };

const isPrivateAnonymous = (vma: Vma): boolean => vma.file === 0 && (vma.flags & VM_SHARED) === 0;

/** The pages are dropped: anonymous ones are zero again, those of files show the file again. */
const dontNeed: Effect = (lx, _mm, piece) => {
  if ((piece.flags & VM_LOCKED) !== 0) return -E.INVAL;
  if (isView(piece)) return 0;
  if (piece.file === 0) {
    zeroPages(lx.mem, piece.start, piece.end);
    return 0;
  }
  forgetCode(lx.mem, piece.start, piece.end);
  return Math.min(0, loadPages(lx, piece));
};

/** Lazy freeing is allowed to do nothing. */
const free: Effect = (_lx, _mm, piece) => (isPrivateAnonymous(piece) ? 0 : -E.INVAL);

const wipeOnFork: Effect = (lx, mm, piece) =>
  isPrivateAnonymous(piece) ? setFlag(VM_WIPEONFORK)(lx, mm, piece) : -E.INVAL;

// biome-ignore format: aligned rows
const effects: ReadonlyMap<number, Effect> = new Map<number, Effect>([
  [MADV.NORMAL,     nothing],  [MADV.RANDOM,      nothing], [MADV.SEQUENTIAL,  nothing], [MADV.WILLNEED,   nothing],
  [MADV.DONTNEED,   dontNeed], [MADV.FREE,        free],
  [MADV.DONTFORK,   setFlag(VM_DONTFORK)],                  [MADV.DOFORK,      clearFlag(VM_DONTFORK)],
  [MADV.MERGEABLE,  nothing],  [MADV.UNMERGEABLE, nothing], [MADV.HUGEPAGE,    nothing], [MADV.NOHUGEPAGE, nothing],
  [MADV.DONTDUMP,   setFlag(VM_DONTDUMP)],                  [MADV.DODUMP,      clearFlag(VM_DONTDUMP)],
  [MADV.WIPEONFORK, wipeOnFork],                            [MADV.KEEPONFORK,  clearFlag(VM_WIPEONFORK)],
  [MADV.COLD,       nothing],  [MADV.PAGEOUT,     nothing], [MADV.POPULATE_READ, nothing], [MADV.POPULATE_WRITE, nothing],
  [MADV.DONTNEED_LOCKED, dontNeed],
]);

/** Advice that would change what a sealed mapping that cannot be written shows. */
const DISCARDS: readonly number[] = [
  MADV.DONTNEED,
  MADV.FREE,
  MADV.DONTNEED_LOCKED,
  MADV.DONTFORK,
  MADV.WIPEONFORK,
];
const isKept = (vma: Vma): boolean =>
  (vma.flags & VM_SEALED) !== 0 && isPrivateAnonymous(vma) && (vma.flags & VM_WRITE) === 0;

export const knowsAdvice = (advice: number): boolean => effects.has(advice);

/** −ENOMEM if there are holes, after all the rest was done; −EINVAL where the advice does not fit. */
export function advise(lx: Lx, mm: number, start: number, end: number, advice: number): number {
  const { k } = lx;
  const effect = effects.get(advice) ?? nothing;
  let result = 0;
  let at = start;
  while (at < end) {
    const index = findVma(k, mm, at);
    if (index === k.i32[mm + Mm.count]) return -E.NOMEM;
    const vma = vmaAt(k, mm, index);
    if (vma.start >= end) return -E.NOMEM;
    if (vma.start > at || (vma.flags & VM_RUNTIME) !== 0) result = -E.NOMEM;
    const piece = pieceOf(vma, Math.max(vma.start, at), Math.min(vma.end, end));
    if (isKept(vma) && DISCARDS.includes(advice)) return -E.PERM;
    if ((vma.flags & VM_RUNTIME) === 0) {
      const done = effect(lx, mm, piece);
      if (done < 0) return done;
    }
    at = piece.end;
  }
  return result;
}
