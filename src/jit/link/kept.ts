// What a guest worker can take from the translation cache, as the client sees it (jit/cache/loader.ts).
import type { Image } from '../region/function-start.ts';
import type { TranslatedCode, TranslationMode } from './protocol.ts';
import type { Tally } from './tally.ts';

export interface KeptSample {
  /** To be installed: it pays by now to load it. */
  readonly code: readonly TranslatedCode[];
  /** There is code of the function, which need not be translated. */
  readonly isPending: boolean;
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
  /** What the image at guest address `start` is kept under. */
  keyOf(start: number): string;
  /** Guest addresses [start, end) hold something else from now on. */
  forget(start: number, end: number): void;
}
