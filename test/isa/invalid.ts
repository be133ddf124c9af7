// Which encodings exist: every opcode of the legacy maps with each prefix, ModRM.reg and form, on the processor and in the
// decoder. Both have to agree on #UD, but for extensions that the guest CPU does not have.

import { VEC_UD } from '../../assembly/shared/exit.ts';
import { I_OP } from '../../assembly/shared/inst.ts';
import { EFLAGS, FAULT_VECTOR, FCW, GPR, MXCSR, RIP } from '../../assembly/shared/layout.ts';
import { openDisassembler } from '../../src/decoder/capstone.ts';
import { opById } from '../../src/decoder/ops.ts';
import { openDecoder } from '../decoder/runtime.ts';
import type { Native } from './native.ts';
import { CODE_AT, ENTRY, RECORD_BYTES, slot, WINDOW, WINDOW_AT } from './record.ts';

const PREFIXES: readonly (readonly number[])[] = [[], [0x66], [0xf3], [0xf2]];
const MAPS: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
/** Legacy prefixes, REX, escapes, VEX, EVEX and XOP: not opcodes. */
const isPrefix = (map: number, b: number): boolean =>
  map === 0
    ? (b & 0xf0) === 0x40 ||
      [
        0x0f, 0x26, 0x2e, 0x36, 0x3e, 0x62, 0x64, 0x65, 0x66, 0x67, 0xc4, 0xc5, 0xf0, 0xf2, 0xf3,
        0x8f,
      ].includes(b)
    : map === 1 && (b === 0x38 || b === 0x3a);

/** Would leave the driver, or wait: not run. The list names operations of ours, the condition encodings that have none. */
const UNSAFE = /^(SYSCALL|INT|INT1|INT3|RETF|IRET|FAR|MOV_SE|POP_S\d+|XRSTOR\w*|FETCH_FAULT)$/;
function unsafe(map: number, opcode: number, prefix: number, modrm: number): boolean {
  if (map !== 1) return false;
  // sysenter; wrfsbase, wrgsbase, incssp, ptwrite, umonitor …; the 0F 01 group's monitorx, mwaitx, wrpkru, xbegin's end …
  if (opcode === 0x34 || opcode === 0x35) return true;
  if (opcode === 0xae && prefix !== 0) return true;
  return opcode === 0x01 && modrm >= 0xc0 && ![0xd0, 0xf8, 0xf9].includes(modrm);
}

export interface Disagreement {
  readonly bytes: string;
  readonly text: string;
  readonly native: number;
  readonly ours: string;
}

export interface InvalidResult {
  readonly cases: number;
  readonly valid: number;
  /** The decoder takes what the processor does not. */
  readonly onlyOurs: Disagreement[];
  /** The processor takes what the decoder does not. */
  readonly onlyNative: Disagreement[];
}

interface Encoded {
  readonly bytes: number[];
  readonly op: string;
}

/** What follows the opcode: ModRM for [rax], eax or ecx with this reg; [rax] has no displacement, the rest is immediate. */
const FORMS = [0x00, 0xc0, 0xc1];
const IMMEDIATE = [1, 0, 0, 0, 0, 0, 0, 0];

/** All legacy encodings that are safe to run. */
function* legacyEncodings(): Generator<number[]> {
  for (let map = 0; map < MAPS.length; map++) {
    for (let opcode = 0; opcode < 256; opcode++) {
      if (isPrefix(map, opcode)) continue;
      for (let prefix = 0; prefix < PREFIXES.length; prefix++) {
        for (let reg = 0; reg < 8; reg++) {
          for (const form of FORMS) {
            const modrm = form | (reg << 3);
            if (unsafe(map, opcode, prefix, modrm)) continue;
            yield [...PREFIXES[prefix]!, ...MAPS[map]!, opcode, modrm, ...IMMEDIATE];
          }
        }
      }
    }
  }
}

/** VEX encodings: each opcode with each pp, W, L, and vvvv = 1111 or 0000. */
function* vexEncodings(): Generator<number[]> {
  for (let map = 1; map <= 3; map++) {
    for (let opcode = 0; opcode < 256; opcode++) {
      for (let bits = 0; bits < 16; bits++) {
        const last = ((bits & 8) << 4) | (bits & 7);
        for (const reg of [0, 1, 2, 3, 4, 6]) {
          for (const form of [0x00, 0xc1]) {
            yield [0xc4, 0xe0 | map, last | 0x78, opcode, form | (reg << 3), ...IMMEDIATE];
          }
        }
        yield [0xc4, 0xe0 | map, last, opcode, 0x01, ...IMMEDIATE];
      }
    }
  }
}

/** The encodings with our opinion. */
function judged(level: number, encodings: Iterable<number[]>): Encoded[] {
  const pc = 0x400000;
  const decoder = openDecoder(new Uint8Array(4096), pc, level);
  const list: Encoded[] = [];
  for (const bytes of encodings) {
    decoder.bytes.set(bytes, pc - 0x10000);
    decoder.decode(pc);
    const op = opById(decoder.view.getUint16(decoder.record + I_OP, true))!.name;
    if (!UNSAFE.test(op)) list.push({ bytes, op });
  }
  return list;
}

const BATCH = 8192;

export async function checkInvalid(
  native: Native,
  level: number,
  kind: 'legacy' | 'vex',
): Promise<InvalidResult> {
  const cs = await openDisassembler();
  const all = judged(level, kind === 'legacy' ? legacyEncodings() : vexEncodings());
  const result: InvalidResult = { cases: all.length, valid: 0, onlyOurs: [], onlyNative: [] };
  let valid = 0;
  for (let start = 0; start < all.length; start += BATCH) {
    const part = all.slice(start, start + BATCH);
    const batch = new Uint8Array(part.length * RECORD_BYTES);
    const view = new DataView(batch.buffer);
    part.forEach(({ bytes }, i) => {
      const { at, pc } = slot(i);
      batch.fill(0xcc, at + CODE_AT, at + RECORD_BYTES);
      batch.set(bytes, at + CODE_AT + ENTRY);
      for (let r = 0; r < 16; r++) view.setBigUint64(at + GPR + r * 8, BigInt(WINDOW + 512), true);
      view.setBigUint64(at + RIP, BigInt(pc), true);
      view.setUint32(at + EFLAGS, 2, true);
      view.setUint16(at + FCW, 0x37f, true);
      view.setUint32(at + MXCSR, 0x1f80, true);
      view.setUint32(at + WINDOW_AT + 512, 0x1f80, true);
    });
    const after = native.run(batch);
    const states = new DataView(after.buffer, after.byteOffset, after.length);
    part.forEach(({ bytes, op }, i) => {
      const vector = states.getUint32(slot(i).at + FAULT_VECTOR, true);
      const exists = op !== 'UD';
      if (exists) valid++;
      if ((vector !== VEC_UD) === exists) return;
      const text = cs.list(Uint8Array.from(bytes), slot(i).pc, 1)[0]!.text;
      const found = {
        bytes: Buffer.from(bytes.slice(0, 6)).toString('hex'),
        text,
        native: vector,
        ours: op,
      };
      (exists ? result.onlyOurs : result.onlyNative).push(found);
    });
  }
  return { ...result, valid };
}
