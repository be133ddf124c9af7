// Fills records with cases: an encoding of a row and a state in which it does something worth comparing.
import {
  CPU_LEVEL,
  EFLAGS,
  FCW,
  FSW,
  FTW,
  GPR,
  MXCSR,
  RIP,
  X87,
  XMM,
  YMM_HIGH,
} from '../../assembly/shared/layout.ts';
import { type Form, hasForm, operandBytes } from '../../src/decoder/ops.ts';
import { PLACE } from '../../src/decoder/tables/row.ts';
import { type Encoding, encode } from './encode.ts';
import { type Fill, fill, integer, Random } from './random.ts';
import {
  CODE_AT,
  CODE_BYTES,
  CTX_BYTES,
  DATA_END,
  DATA_PAGES,
  ENTRY,
  RECORD_BYTES,
  type Slot,
  WINDOW,
  WINDOW_AT,
  WINDOW_BYTES,
  WINDOW_END,
} from './record.ts';

/** One case as it was made; what a report shows. */
export interface Case {
  readonly form: Form;
  readonly bytes: readonly number[];
  readonly slot: Slot;
  readonly s: number;
}

/** A form to test, with operand size and memory or register operand fixed. */
export interface Variant {
  /** Operation; with "lock " before it in `name`. */
  readonly op: string;
  readonly name: string;
  readonly form: Form;
  readonly memory: boolean;
  readonly s: number;
  readonly lock: boolean;
}

/** Cannot be run alone on the host: they leave user code, load selectors, or answer what this host is. */
const NOT_ALONE =
  /^(SYSCALL|CPUID|RDTSC|RDTSCP|XGETBV|INT|INT1|INT3|IRET|RETF|FAR|PRIV|MOV_SE|POP_S\d+|PUSH_S\d+|MOV_RS\d+|MOV_MS|LAR|LSL|VERR|VERW)$/;

/** Every variant of these rows that can run alone. */
export function variantsOf(forms: readonly Form[], level: number): Variant[] {
  const variants: Variant[] = [];
  for (const form of forms) {
    // without OSXSAVE in CPUID these are #UD
    if ((form.map.vex || /^X(SAVE|RSTOR)/.test(form.row[1])) && level < 3) continue;
    if (form.key.level !== undefined && form.key.level !== (level < 3 ? 2 : 3)) continue;
    for (const memory of [0, 1] as const) {
      if (!hasForm(form, memory)) continue;
      const seen = new Set<string>();
      form.names[memory].forEach((name, i) => {
        const s = form.sizes[i]!;
        if (
          i !== s ||
          seen.has(`${name}${form.operands.some((o) => o.size === 'v') ? s : ''}`) ||
          NOT_ALONE.test(name)
        )
          return;
        if (form.key.w === 0 && s === 0) return;
        seen.add(`${name}${form.operands.some((o) => o.size === 'v') ? s : ''}`);
        variants.push({ op: name, name, form, memory: memory === 1, s, lock: false });
        if (memory && form.attributes.has('lock'))
          variants.push({ op: name, name: `lock ${name}`, form, memory: true, s, lock: true });
      });
    }
  }
  return variants;
}

/** A number (FNV-1a) that stands for the variant at this level as long as its row stays. */
export function variantKey({ name, form, memory, s }: Variant, level: number): number {
  return fnv(Buffer.from([level, name, form.row[0], form.row[2], memory, s].join('|')));
}

/** FNV-1a over bytes, continuing from `hash`. */
export function fnv(bytes: Uint8Array, hash = 0x811c9dc5): number {
  let h = hash;
  for (const byte of bytes) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}

const FILL_OF_MNEMONIC: readonly (readonly [RegExp, Fill])[] = [
  [/(PS|SS|PS2PI|PS2DQ|SS2SI|SS2SD|PS2PD|_M32)$|PH2PS|PS2PH/, 'float'],
  [/(PD|SD|PD2PI|PD2DQ|SD2SI|SD2SS|PD2PS|_M64)$/, 'double'],
];

function fillFor(form: Form, name: string, random: Random): Fill {
  if (random.chance(6)) return 'integer';
  for (const [pattern, kind] of FILL_OF_MNEMONIC)
    if (pattern.test(form.row[1]) || pattern.test(name)) return kind;
  if (/_M80|FRSTOR/.test(name)) return 'extended';
  return form.group === 'x87' && !/^FI|FBLD/.test(name)
    ? random.pick(['float', 'double', 'extended'] as const)
    : 'integer';
}

/** Bytes the memory operand covers (the longest image for those of variable length). */
function memoryBytes({ form, s, op }: Variant): number {
  if (/^X(SAVE|RSTOR)/.test(op)) return XSAVE_BYTES;
  if (/^FX(SAVE|RSTOR)/.test(op)) return 512;
  const n = [...form.attributes].find((a) => a.startsWith('n:'));
  if (n) return Number(n.slice(2));
  const operand = form.operands.find((o) => o.place === PLACE.rm || o.place === PLACE.moffs);
  if (!operand) return 0;
  return operand.size === 'x' ? (form.map.vex ? 32 : 16) : operandBytes(operand, s);
}

/** The xsave area up to and with the upper halves of the vector registers (Intel SDM Vol. 1 §13.4). */
const XSAVE_BYTES = 832;

/** Reusable random contents, so that a case does not cost a thousand random numbers. */
class Pools {
  private readonly pools = new Map<Fill, Uint8Array>();
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
    for (const kind of ['integer', 'float', 'double', 'extended'] as const) {
      const bytes = new Uint8Array(1 << 16);
      fill(random, new DataView(bytes.buffer), kind);
      this.pools.set(kind, bytes);
    }
  }

  copy(kind: Fill, target: Uint8Array, at: number, length: number): void {
    const pool = this.pools.get(kind)!;
    const from = this.random.below((pool.length - length) / 16) * 16;
    target.set(pool.subarray(from, from + length), at);
  }
}

const EXCEPTION_MASKS = 0x1f80;
const STATUS = [0x001, 0x004, 0x010, 0x040, 0x080, 0x800];

export class Generator {
  readonly random: Random;
  private readonly pools: Pools;
  private readonly level: number;
  private readonly seed: number;

  constructor(seed: number, level: number) {
    this.seed = seed;
    this.random = new Random(seed);
    this.pools = new Pools(this.random);
    this.level = level;
  }

  /** Starts the variant's own stream: its cases do not depend on which others are made. */
  restart(variant: Variant): void {
    this.random.restart(this.seed, variantKey(variant, this.level));
  }

  /** Writes one case of the variant into the batch's buffer at the slot. */
  make(variant: Variant, batch: Uint8Array, view: DataView, slot: Slot): Case {
    const { random } = this;
    const { form } = variant;
    this.begin(variant, batch, view, slot);
    const lockAllowed = variant.lock;
    const choice = {
      form,
      memory: variant.memory,
      s: variant.s,
      lock: lockAllowed,
      addr32: variant.memory && random.chance(4),
      // the 16-bit images of the x87
      data16: /^(FLDENV|FNSTENV|FRSTOR|FNSAVE)$/.test(variant.op) && random.chance(30),
    };
    let encoding = encode(choice, random);
    // edx:eax says which components of the processor are saved; an address there would ask for those of AVX-512 too
    if (/^X(SAVE|RSTOR)/.test(variant.op)) {
      while (usesMask(encoding)) encoding = encode(choice, random);
    }
    const code = encoding.bytes;
    this.special(variant, encoding, view, slot);
    this.aim(variant, encoding, view, slot);
    this.afterAim(variant, encoding, view, slot);
    batch.set(code, slot.at + CODE_AT + ENTRY);
    return { form, bytes: code, slot, s: variant.s };
  }

  /** A state with values that suit the variant, and a slot full of int3. */
  begin(variant: Variant, batch: Uint8Array, view: DataView, slot: Slot): void {
    batch.fill(0, slot.at, slot.at + CTX_BYTES);
    batch.fill(0xcc, slot.at + CODE_AT, slot.at + RECORD_BYTES);
    const kind = fillFor(variant.form, variant.name, this.random);
    this.state(variant, kind, batch, view, slot);
    view.setBigUint64(slot.at + RIP, BigInt(slot.pc), true);
  }

  private state(
    { form, name }: Variant,
    kind: Fill,
    batch: Uint8Array,
    view: DataView,
    slot: Slot,
  ): void {
    const { random } = this;
    for (let i = 0; i < 16; i++) this.set(view, slot, i, integer(random));
    this.set(
      view,
      slot,
      4,
      BigInt(WINDOW + 512 + (random.below(32) - 16) * (random.chance(80) ? 8 : 1)),
    );
    let flags = 2;
    for (const bit of STATUS) if (random.next() & 1) flags |= bit;
    if (form.row[3].length > 6 && random.chance(40)) flags |= 0x400;
    view.setUint32(slot.at + EFLAGS, flags, true);
    this.pools.copy(kind, batch, slot.at + XMM, 256);
    if (this.level >= 3) this.pools.copy(kind, batch, slot.at + YMM_HIGH, 256);
    this.pools.copy(kind, batch, slot.at + WINDOW_AT, WINDOW_BYTES);
    // MXCSR: rounding, FTZ, DAZ, sticky flags, now and then an exception unmasked
    let mxcsr = EXCEPTION_MASKS | (random.below(4) << 13);
    if (random.chance(20)) mxcsr |= random.pick([0x8000, 0x0040, 0x8040]);
    if (random.chance(30)) mxcsr |= random.below(64);
    if (random.chance(10)) mxcsr &= ~(1 << (7 + random.below(6)));
    view.setUint32(slot.at + MXCSR, mxcsr, true);
    this.x87(form, name, batch, view, slot);
    view.setUint32(slot.at + CPU_LEVEL, this.level, true);
  }

  private x87(form: Form, name: string, batch: Uint8Array, view: DataView, slot: Slot): void {
    const { random } = this;
    const mmx = form.group === 'mmx' || /MMX|PI2|2PI|DQ2Q|Q2DQ/.test(name);
    if (mmx) this.pools.copy(random.chance(50) ? 'integer' : 'float', batch, slot.at + X87, 128);
    else this.pools.copy(form.group === 'x87' ? 'extended' : 'integer', batch, slot.at + X87, 128);
    for (let i = 0; i < 8; i++)
      batch.fill(0, slot.at + X87 + i * 16 + 10, slot.at + X87 + i * 16 + 16);
    let control = 0x037f;
    let status = 0;
    let tags = 0xff;
    if (form.group === 'x87') {
      control = 0x007f | (random.pick([0, 2, 3, 3]) << 8) | (random.below(4) << 10);
      if (random.chance(12)) control &= ~(1 << random.below(6));
      status =
        (random.below(8) << 11) |
        (random.below(2) << 9) |
        (random.below(2) << 8) |
        (random.below(2) << 10) |
        (random.below(2) << 14);
      if (random.chance(20)) status |= random.below(64) & (control & 0x3f);
      // all in use, or as many from the top as a program has on its stack, or anything
      if (random.chance(50)) tags = stackOf(1 + random.below(7), (status >> 11) & 7);
      else if (random.chance(40)) tags = random.chance(50) ? random.below(256) : 0;
    } else if (random.chance(50)) {
      status = random.below(8) << 11;
      tags = random.below(256);
    }
    view.setUint16(slot.at + FCW, control, true);
    view.setUint16(slot.at + FSW, status, true);
    view.setUint8(slot.at + FTW, tags);
  }

  private set(view: DataView, slot: Slot, register: number, value: bigint): void {
    view.setBigUint64(slot.at + GPR + register * 8, BigInt.asUintN(64, value), true);
  }
  private get(view: DataView, slot: Slot, register: number): bigint {
    return view.getBigUint64(slot.at + GPR + register * 8, true);
  }

  /** An address for an operand of `size` bytes: mostly in the window, sometimes over its page boundary, sometimes a fault. */
  private target(size: number, aligned: boolean): bigint {
    const { random } = this;
    const kind = random.below(40);
    if (kind === 0)
      return BigInt(random.pick([DATA_END, DATA_PAGES - size, 0, 8, 0x7fff0000, -1, -8]));
    if (kind === 1) return BigInt(DATA_END - random.below(Math.max(2, size)));
    if (kind < 5) return BigInt(WINDOW + 512 - random.below(Math.max(2, size)));
    const room = WINDOW_BYTES - size - 64;
    const at = 32 + random.below(Math.max(1, room));
    return BigInt(WINDOW + (aligned ? at & ~(size >= 64 ? 63 : size - 1) : at));
  }

  /** Makes the memory operand point at a target by setting its registers or patching its displacement. */
  private aim(variant: Variant, encoding: Encoding, view: DataView, slot: Slot): void {
    const { random } = this;
    const size = memoryBytes(variant);
    const aligned = random.chance(size >= 16 ? 80 : 50);
    const target = this.target(
      size || 8,
      aligned && size > 0 && ((size & (size - 1)) === 0 || size >= 512),
    );
    const { bytes, memory, moffsAt } = encoding;
    if (moffsAt !== undefined) {
      for (let i = 0; moffsAt + i < bytes.length && i < 8; i++)
        bytes[moffsAt + i] = Number((target >> BigInt(8 * i)) & 255n);
      return;
    }
    if (!memory) return;
    const { base, index, scale, disp, dispAt } = memory;
    let missing = target - BigInt(disp);
    if (memory.ripRelative) {
      patch(bytes, dispAt, missing - BigInt(slot.pc + bytes.length));
      return;
    }
    if (base >= 0 && dispAt >= 0 && random.chance(70)) {
      const d = BigInt(random.below(0x2000) - 0x1000) * (random.chance(10) ? 0x4000n : 1n);
      patch(bytes, dispAt, d);
      missing -= d;
    }
    if (base < 0) {
      patch(bytes, dispAt, missing);
      return;
    }
    if (index >= 0 && index !== base) {
      if (random.chance(90) && index !== 4)
        this.set(view, slot, index, BigInt(random.below(64) - 16));
      const shifted = this.get(view, slot, index) << BigInt(scale);
      missing -= shifted;
    } else if (index >= 0) {
      // base and index are one register: it takes what divides, the rest is left to the displacement
      const factor = 1n + (1n << BigInt(scale));
      this.set(view, slot, base, missing / factor);
      return;
    }
    const upper = memory.addr32 && random.chance(50) ? BigInt(random.next()) << 32n : 0n;
    this.set(view, slot, base, BigInt.asUintN(64, missing) + (memory.addr32 ? upper : 0n));
    if (memory.addr32 && !upper) this.set(view, slot, base, BigInt.asUintN(32, missing));
  }

  /** States that an instruction needs to do something ordinary, set before the memory operand is aimed. */
  private special(
    { op: name, form, s }: Variant,
    encoding: Encoding,
    view: DataView,
    slot: Slot,
  ): void {
    const { random } = this;
    const inWindow = () => BigInt(WINDOW + 256 + random.below(512));
    if (/^(MOVS|CMPS|STOS|LODS|SCAS)\d+$/.test(name)) {
      this.set(view, slot, 6, inWindow());
      this.set(
        view,
        slot,
        7,
        random.chance(20) ? this.get(view, slot, 6) + BigInt(random.below(16)) : inWindow(),
      );
      this.set(view, slot, 1, BigInt(random.below(24)));
      if (random.chance(70)) encoding.bytes.unshift(random.pick([0xf2, 0xf3]));
    } else if (name === 'XLAT') {
      this.set(view, slot, 3, BigInt(WINDOW + 300));
    } else if (/^V?MASKMOV(Q|DQU)/.test(name)) {
      this.set(view, slot, 7, inWindow());
    } else if (/^(LOOP|JRCXZ)/.test(name)) {
      this.set(view, slot, 1, BigInt(random.below(3)));
    } else if (/^(JMP|CALL)_R$/.test(name)) {
      this.set(view, slot, encoding.rm, BigInt(slot.pc + 20));
    } else if (/^(SHLD|SHRD)/.test(name) && s === 0) {
      this.set(view, slot, 1, BigInt(random.below(17)));
    } else if (/^BT[SRC]?_MR/.test(name)) {
      this.set(view, slot, encoding.reg, BigInt(random.below(512) - 256));
    } else if (/^I?DIV/.test(name)) {
      this.dividend(name, form, s, view, slot);
    } else if (/^(SH|SA|RO|RC)\w_[RM]C/.test(name) && random.chance(50)) {
      this.set(
        view,
        slot,
        1,
        BigInt(random.pick([0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255])),
      );
    } else if (/^X(SAVE|RSTOR)/.test(name)) {
      this.set(view, slot, 0, BigInt(random.below(this.level < 3 ? 4 : 8)));
      this.set(view, slot, 2, 0n);
    } else if (/^LEAVE/.test(name)) {
      this.set(view, slot, 5, inWindow());
    } else if (/^ENTER/.test(name)) {
      this.set(view, slot, 5, BigInt(WINDOW + 700 + 8 * random.below(16)));
    } else if (/^V?PCMPESTR/.test(name)) {
      for (const r of [0, 2])
        if (random.chance(80)) this.set(view, slot, r, BigInt(random.below(40) - 20));
    }
    if (/^CMPXCHG_R/.test(name) && random.chance(50))
      this.set(view, slot, encoding.rm, this.get(view, slot, 0));
  }

  /** rdx:rax such that the quotient mostly fits. */
  private dividend(name: string, form: Form, s: number, view: DataView, slot: Slot): void {
    const { random } = this;
    if (random.chance(25)) return;
    const signed = name.startsWith('I');
    if (form.operands[0]!.size === 1) {
      const ax = BigInt(random.below(0x300)) - (signed ? 0x180n : 0n);
      this.set(view, slot, 0, ax);
      return;
    }
    const high = this.get(view, slot, 0) >> BigInt([15, 31, 63][s]!);
    this.set(view, slot, 2, signed && high & 1n ? -1n : BigInt(random.below(4)));
  }

  /** What must be in memory: code addresses to return to, flags to pop, an equal comparand. */
  private afterAim({ op: name }: Variant, encoding: Encoding, view: DataView, slot: Slot): void {
    const { random } = this;
    const back = BigInt(slot.pc + 16 + random.below(8));
    const sp = this.get(view, slot, 4);
    const poke = (at: bigint, value: bigint) => {
      if (at >= BigInt(WINDOW) && at + 8n <= BigInt(WINDOW_END)) {
        view.setBigUint64(slot.at + WINDOW_AT + Number(at) - WINDOW, value, true);
      }
    };
    if (/^RET/.test(name)) poke(sp, back);
    else if (/^POPF/.test(name)) poke(sp, BigInt(random.below(0x1000)) & 0xed5n);
    else if (/^(JMP|CALL)_M$/.test(name) && encoding.memory) {
      for (let at = 0; at + 8 <= WINDOW_BYTES; at++) view.setUint8(slot.at + WINDOW_AT + at, 0);
      const ea = this.effective(encoding, view, slot);
      poke(ea, back);
    } else if (/^CMPXCHG_M/.test(name) && random.chance(50)) {
      const ea = this.effective(encoding, view, slot);
      poke(ea, this.get(view, slot, 0));
    } else if (/^CMPXCHG(8|16)B/.test(name) && random.chance(50)) {
      const ea = this.effective(encoding, view, slot);
      const wide = name === 'CMPXCHG16B';
      const mask = 0xffffffffn;
      if (wide) {
        poke(ea, this.get(view, slot, 0));
        poke(ea + 8n, this.get(view, slot, 2));
      } else poke(ea, (this.get(view, slot, 0) & mask) | ((this.get(view, slot, 2) & mask) << 32n));
    } else if (/^V?LDMXCSR/.test(name)) {
      const ea = this.effective(encoding, view, slot);
      poke(ea, BigInt(random.chance(90) ? random.next() & 0xffff : random.next()));
    } else if (/^F?X(SAVE|RSTOR)/.test(name)) {
      const ea = this.effective(encoding, view, slot);
      poke(ea + 24n, BigInt(random.chance(90) ? random.next() & 0xffff : random.next()));
      if (random.chance(95)) {
        for (let i = 520n; i < 576n; i += 8n) poke(ea + i, 0n);
        poke(ea + 512n, BigInt(random.below(this.level < 3 ? 4 : 8)));
      }
    } else if (/^(FLDENV|FRSTOR)/.test(name)) {
      const ea = this.effective(encoding, view, slot);
      const masks = BigInt((random.next() & 0x0f00) | 0x7f | (random.next() << 16)) & 0x3f3f_0f7fn;
      poke(
        ea,
        BigInt.asUintN(32, masks & 0xffffn) | (0n << 16n) | (BigInt(random.next() & 0x7f00) << 32n),
      );
    }
  }

  private effective(encoding: Encoding, view: DataView, slot: Slot): bigint {
    const { memory, bytes } = encoding;
    if (!memory) return 0n;
    let disp = BigInt(memory.disp);
    if (memory.dispAt >= 0) {
      const raw = bytes
        .slice(memory.dispAt, memory.dispAt + 4)
        .reduce((sum, b, i) => sum | (b << (8 * i)), 0);
      disp = BigInt(raw);
    }
    if (memory.ripRelative) return disp + BigInt(slot.pc + bytes.length);
    let at = disp;
    if (memory.base >= 0) at += this.get(view, slot, memory.base);
    if (memory.index >= 0) at += this.get(view, slot, memory.index) << BigInt(memory.scale);
    return BigInt.asUintN(memory.addr32 ? 32 : 64, at);
  }
}

/** Abridged tag word with `depth` registers in use, from the top. */
function stackOf(depth: number, top: number): number {
  const used = ((1 << depth) - 1) << top;
  return (used | (used >> 8)) & 0xff;
}

function usesMask({ memory }: Encoding): boolean {
  return [0, 2].some((register) => memory?.base === register || memory?.index === register);
}

function patch(bytes: number[], at: number, value: bigint): void {
  for (let i = 0; i < 4; i++)
    bytes[at + i] = Number((BigInt.asUintN(64, value) >> BigInt(8 * i)) & 255n);
}

export { CODE_BYTES };
