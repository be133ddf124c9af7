// What a guest worker can take from the translation cache, as the client sees it (jit/cache/loader.ts).
import type { Image } from '../region/function-start.ts';
import type { HeatSummary } from './heat.ts';
import type { EntryKind, TranslatedCode, TranslationMode } from './protocol.ts';
import type { Tally } from './tally.ts';

/** A function that was hot in an earlier run and could not be translated before that ended. */
export interface KeptHeat {
  readonly start: number;
  readonly entry: EntryKind;
  /** Samples. */
  readonly count: number;
  readonly seen: readonly number[];
}

export interface KeptSample {
  /** To be installed: it pays by now to load it. */
  readonly code: readonly TranslatedCode[];
  /** There is code of the function, which need not be translated. */
  readonly isPending: boolean;
  /** Once for an image, when it is seen for the first time. */
  readonly heat: readonly KeptHeat[];
  /** What was done for that. */
  readonly tally: Partial<Tally> | undefined;
}

export interface KeptCode {
  /** A new process image in `memory`. */
  open(memory: WebAssembly.Memory): void;
  /** The process image is gone. */
  close(): void;
  /** A sample of time was taken in function `start` of `image`. `isInstalled`: is there a region with this root? */
  sample(
    image: Image,
    start: number,
    mode: TranslationMode,
    isInstalled: (root: number) => boolean,
  ): KeptSample;
  /** Has the next run begin with what this one has found hot in the image at guest address `start`. */
  keepHeat(start: number, summary: HeatSummary): void;
  /** Does the program whose image is at guest address `start` need TranslationMode.keepFlags? As earlier runs found out. */
  wantsFlags(start: number): boolean;
  setWantsFlags(start: number): void;
  /** What the image at guest address `start` is kept under. */
  keyOf(start: number): string;
  /** Guest addresses [start, end) hold something else from now on. */
  forget(start: number, end: number): void;
}
