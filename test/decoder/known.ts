// Where capstone is wrong (or has another opinion than the processor), with the reason. Each entry was checked against the
// manual or the processor of a development machine; anything else that differs is a bug of ours.
import type { View } from '../../src/decoder/capstone.ts';
import type { Finding } from './compare.ts';

interface Known {
  readonly reason: string;
  matches(view: View, finding: Finding): boolean;
}

// biome-ignore format: one entry each
const KNOWN: readonly Known[] = [
  {
    reason: 'cmpltps & co.: the number of the instruction is that of another mnemonic, the text is right',
    matches: (view, { kind, detail }) => kind === 'mnemonic' && /^V?CMP([PS][SD])/.test(detail) && /^v?cmp\w+[ps][sd] /.test(view.text()),
  },
];

/** Why this difference is capstone's, or undefined. */
export function knownDeviation(view: View, finding: Finding): string | undefined {
  return KNOWN.find((known) => known.matches(view, finding))?.reason;
}
