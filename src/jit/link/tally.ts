// What translation has done, for --stats: counted where it happens, carried with the next answer, summed up by the session.

export interface Tally {
  /** Modules made, regions and guest instructions in them, bytes of WebAssembly. */
  modules: number;
  regions: number;
  instructions: number;
  bytes: number;
  /** Milliseconds: all of it, and V8's part. */
  translating: number;
  compiling: number;
  /** Functions that Binaryen or V8 would not take: they are interpreted. */
  rejected: number;
  /** Modules and regions that workers took into their tables (milliseconds for that), slots there that refer to regions elsewhere, regions that were dropped. */
  installedModules: number;
  installedRegions: number;
  installing: number;
  links: number;
  dropped: number;
  /** From the translation cache: modules and regions that were installed, bytes of their machine code, milliseconds for that; images looked up. */
  keptModules: number;
  keptRegions: number;
  keptBytes: number;
  loading: number;
  lookedUp: number;
}

export function addTally(sum: Partial<Tally>, more: Partial<Tally>): void {
  for (const name of Object.keys(more) as (keyof Tally)[])
    sum[name] = (sum[name] ?? 0) + (more[name] ?? 0);
}
