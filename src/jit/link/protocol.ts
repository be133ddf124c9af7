// What guest workers and the translator say to each other, over a MessagePort of their own.

import type { WantedFunction } from '../analysis/entries.ts';

import type { TranslationMode } from '../lower/mode.ts';
import type { Tally } from './tally.ts';

export type { EntryKind, WantedFunction } from '../analysis/entries.ts';
export type { TranslationMode } from '../lower/mode.ts';

/** An ELF image as the translation cache knows it. */
export interface KeptImage {
  readonly key: string;
  /** The file that it is of, for people to read. */
  readonly name: string;
}

export interface TranslateRequest {
  readonly type: 'translate';
  /** The process image asked for, unique in a session; answers for another one are ignored. */
  readonly image: number;
  readonly memory: WebAssembly.Memory;
  readonly mode: TranslationMode;
  readonly functions: readonly WantedFunction[];
  /** Under which names their images are kept, by the image's start. */
  readonly images: ReadonlyMap<number, KeptImage>;
  /** The sender sleeps on this word until it is 1, which it becomes behind the answer; null: it goes on. */
  readonly done: Int32Array | null;
}

/** Which guest instruction is at a place in a module? Asked after a trap, by a sender that sleeps on `done`. */
export interface LocateRequest {
  readonly type: 'locate';
  readonly image: number;
  readonly memory: WebAssembly.Memory;
  readonly roots: readonly number[];
  readonly mode: TranslationMode;
  /** Byte offset in the module that translating these roots makes. */
  readonly offset: number;
  readonly done: Int32Array;
}

export type TranslatorRequest = TranslateRequest | LocateRequest;

/** Compiled code of some regions. */
export interface TranslatedCode {
  /** Unique in a session: positive from the translator, negative what a worker took from the cache. */
  readonly id: number;
  readonly module: WebAssembly.Module;
  /** Length of its WebAssembly. */
  readonly bytes: number;
  readonly mode: TranslationMode;
  /** Region n is in the module's slot n. */
  readonly regions: readonly RegionInfo[];
  /** Guest addresses of the regions that its links are for; those of calls with CALL_LINK. */
  readonly links: readonly number[];
}

export interface RegionInfo {
  readonly pc: number;
  /** The function that it is in. */
  readonly function: number;
  /** Guest addresses of the code, [start, end). */
  readonly start: number;
  readonly end: number;
}

/** What is translated of a request by now. */
export interface TranslateAnswer {
  readonly type: 'translated';
  readonly image: number;
  /** There will be no other answer to the request. */
  readonly isLast: boolean;
  readonly code: readonly TranslatedCode[];
  readonly tally: Partial<Tally>;
  /** When it was begun, ms since the epoch. */
  readonly started: number;
  /** Functions that are interpreted because Binaryen or V8 would not take them, and why. */
  readonly rejected: readonly { readonly pc: number; readonly why: string }[];
}

export interface LocateAnswer {
  readonly type: 'located';
  /** Guest address of the instruction, undefined if it cannot be told. */
  readonly pc: number | undefined;
}

export type TranslatorAnswer = TranslateAnswer | LocateAnswer;
