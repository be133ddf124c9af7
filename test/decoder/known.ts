// Where capstone is wrong (or has another opinion than the processor), with the reason. Each entry was checked against the
// manual or the processor of a development machine; anything else that differs is a bug of ours.
import type { View } from '../../src/decoder/capstone.ts';
import type { Finding } from './compare.ts';

interface Known {
  readonly reason: string;
  /** ud: our decoder answered UD. */
  matches(view: View, finding: Finding, ud: boolean): boolean;
}

/** Instructions of extensions that the guest CPU does not have, and of ring 0 and VMX: #UD for us. */
const NOT_ON_V2 =
  /^(v\w+|k(mov|or|ortest|test|unpck|xnor|xor|and|andn|not|add|shift)\w*|bls(msk|r|i)|bzhi|andn|bextr|[sr]arx|sh[lr]x|rorx|mulx|pdep|pext|movbe|x(test|begin|end|abort)|incssp[dq]|rdpkru|wrpkru|rdseed|rdrand|rdpid|ad[co]x|sha\w+|gf2p8\w+|cl(wb|flushopt|zero|ac|gi|rssbsy)|st(ac|gi)|movnts[sd]|extrq|insertq|ptwrite|umonitor|umwait|tpause|monitorx?|mwaitx?|(rd|wr)[fg]sbase|femms|pf\w+|pi2f\w|pswapd|pavgusb|pmulhrw|getsec|rsm|enc\w+|skinit|inv\w+|montmul|x(store|crypt\w+|sha\w+)|aes\w+kl|loadiwkey|movdir\w+|enqcmds?|rdpru|mcommit|serialize|pconfig|setssbsy|saveprevssp|rstorssp|wru?ss[dq]|xresldtrk|xsusldtrk|b[lt]c\w*|t1mskc|tzmsk|l?lwpcb|slwpcb|lwp\w+|salc|cldemote|ud0|ud1)$/;

// biome-ignore format: one entry each
const KNOWN: readonly Known[] = [
  {
    reason: 'cmpltps & co.: the number of the instruction is that of another mnemonic, the text is right',
    matches: (view, { kind, detail }) => (kind === 'mnemonic' || kind === 'immediate') && /^V?CMP([PS][SD])/.test(detail) && /^v?cmp\w+[ps][sd] /.test(view.text()),
  },
  {
    reason: 'not on this guest CPU',
    matches: (view, _, ud) => ud && NOT_ON_V2.test(view.name),
  },
  {
    reason: 'a lock prefix that is not allowed is #UD (Intel SDM Vol. 2 LOCK)',
    matches: (view, _, ud) => ud && view.prefixed(0xf0),
  },
  {
    reason: 'fxsave, rsqrtps & co. with another mandatory prefix are #UD',
    matches: (view, _, ud) => ud && /^(ld|st)mxcsr|^rsqrtps|^rcpps|^fx(save|rstor)|^xs?(save|rstor)|^clflush|^.fence|^xgetbv|^xsetbv/.test(view.name),
  },
  {
    reason: 'mov to and from control registers takes every mod for a register (it is #GP for us whatever follows); cr1, cs, and segment registers 6 and 7 are #UD',
    matches: (view, { kind }, ud) => view.name === 'mov' && (ud || (kind === 'length' && /\b[cd]r\d/.test(view.text()))),
  },
  {
    reason: 'a null segment prefix (cs, ds, es, ss) after fs or gs does not replace it',
    matches: (view, { kind }) => kind === 'memory' && view.prefixed(0x2e, 0x36, 0x3e, 0x26),
  },
  {
    reason: '66 before a near branch: ignored by Intel and by us, 16 bits for AMD and capstone',
    matches: (view, { kind }) => (kind === 'length' || kind === 'immediate') && /^(j\w+|call|ret|loop\w*|xbegin)$/.test(view.name),
  },
  {
    reason: 'operands that capstone leaves out or names by another size',
    matches: (view, { kind }) => (/^(retf?q?|lar|lsl)$/.test(view.name) && (kind === 'immediate' || kind === 'registers')) || (kind === 'registers' && /^mov [c-gs]s, /.test(view.text())),
  },
];

/** Why this difference is capstone's, or undefined. */
export function knownDeviation(view: View, finding: Finding, ud = false): string | undefined {
  return KNOWN.find((known) => known.matches(view, finding, ud))?.reason;
}
