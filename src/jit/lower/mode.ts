/** What translations depend on beside the code's bytes. */
export interface TranslationMode {
  /** As CPU_LEVEL of the context. */
  readonly cpuLevel: number;
  /** Accesses look at the page flags first, so that faults are precise (DESIGN §3). */
  readonly checked: boolean;
  /** --jit=always: everything is translated at first sight, in small regions that V8 compiles quickly. */
  readonly eager: boolean;
  /** Flags are kept across calls and returns: the process has come to code that looks at them (no compiler makes such). */
  readonly keepFlags: boolean;
}

export const isSameMode = (a: TranslationMode, b: TranslationMode): boolean =>
  a.cpuLevel === b.cpuLevel &&
  a.checked === b.checked &&
  a.eager === b.eager &&
  a.keepFlags === b.keepFlags;
