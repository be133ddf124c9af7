/** What translations depend on beside the code's bytes. */
export interface TranslationMode {
  /** As CPU_LEVEL of the context. */
  readonly cpuLevel: number;
  /** Accesses look at the page flags first, so that faults are precise (DESIGN §3). */
  readonly checked: boolean;
}
