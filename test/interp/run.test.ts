// What run() promises beyond the semantics of single instructions (those are compared with the processor in test/isa):
// counting, budget and polls, precise faults, self-modifying code, the decode cache.
import { beforeEach, describe, expect, test } from 'vitest';
import {
  EXIT_BUDGET,
  EXIT_FAULT,
  EXIT_POLL,
  EXIT_SYSCALL,
  VEC_BP,
  VEC_DE,
  VEC_GP,
  VEC_PF,
  VEC_SS,
  VEC_UD,
} from '../../assembly/shared/exit.ts';
import {
  PAGE_EXEC,
  PAGE_READ,
  PAGE_WRITE,
  R11,
  RAX,
  RBX,
  RCX,
  RDI,
  RDX,
  RSI,
  RSP,
} from '../../assembly/shared/layout.ts';
import { CODE, DATA, Machine, STACK_TOP } from '../helpers/machine.ts';

const RW = PAGE_READ | PAGE_WRITE;
const RWX = RW | PAGE_EXEC;
const hex = (text: string): number[] => text.split(' ').map((byte) => Number.parseInt(byte, 16));

let m: Machine;
beforeEach(() => {
  m = new Machine();
});

describe('counting and leaving', () => {
  test('every instruction counts once, fused pairs twice, the trap at the end too', () => {
    m.code(hex('b9 0a 00 00 00 83 e9 01 83 f9 00 75 f8 cc')); // mov ecx,10; L: sub ecx,1; cmp ecx,0; jne L; int3
    expect(m.run()).toBe(EXIT_FAULT);
    expect(m.count).toBe(1 + 3 * 10 + 1);
    expect(m.fault.vector).toBe(VEC_BP);
    expect(m.rip).toBe(CODE + 14);
  });

  test('an instruction that faults is not counted, and RIP is its address', () => {
    m.code(hex('31 c0 ff c0 8b 18')); // xor eax,eax; inc eax; mov ebx,[rax]
    expect(m.run()).toBe(EXIT_FAULT);
    expect(m.fault).toEqual({ vector: VEC_PF, code: 4, address: 1 });
    expect([m.count, m.rip]).toEqual([2, CODE + 4]);
  });

  test('a count over a page boundary has nothing added', () => {
    const code = new Uint8Array(0x2000).fill(0x90); // nop
    code[0x1fff] = 0xcc;
    m.code(code);
    expect(m.run()).toBe(EXIT_FAULT);
    expect(m.count).toBe(0x2000);
  });

  test('the budget ends an endless loop at an instruction boundary, and it can go on', () => {
    m.code(hex('48 ff c0 eb fb')); // L: inc rax; jmp L
    expect(m.run(1000)).toBe(EXIT_BUDGET);
    expect(m.rip).toBe(CODE);
    expect(m.count).toBeGreaterThanOrEqual(1000);
    expect(m.count).toBeLessThan(1100);
    expect(Number(m.get(RAX)) * 2).toBe(m.count);
    expect(m.run(1000)).toBe(EXIT_BUDGET);
    expect(Number(m.get(RAX)) * 2).toBe(m.count);
  });

  test.each([
    ['jmp rax', 'ff e0'],
    ['call rax', 'ff d0'],
    ['push rax; ret', '50 c3'],
  ])('the budget ends a loop of %s', (_name, bytes) => {
    m.code(hex(bytes));
    m.set(RAX, BigInt(CODE));
    expect(m.run(500)).toBe(EXIT_BUDGET);
    expect(m.rip).toBe(CODE);
  });

  test('a poll that wants something ends run', () => {
    let polls = 0;
    m = new Machine({ poll: () => Number(++polls === 3) });
    m.code(hex('eb fe'));
    expect(m.run(1 << 25)).toBe(EXIT_POLL);
    expect(m.rip).toBe(CODE);
  });

  test('syscall: rcx, r11, RIP; 0 from the kernel goes on, also elsewhere', () => {
    const seen: number[] = [];
    m = new Machine({
      syscall: (machine) => {
        seen.push(machine.rip, Number(machine.get(RCX)), Number(machine.get(R11)), machine.count);
        if (machine.get(RAX) === 7n) return 1;
        machine.rip = CODE + 0x10;
        return 0;
      },
    });
    m.code([...hex('31 c0 0f 05 cc'), ...Array(11).fill(0xcc), ...hex('b8 07 00 00 00 0f 05')]);
    expect(m.run()).toBe(EXIT_SYSCALL);
    expect(seen).toEqual([CODE + 4, CODE + 4, 0x246, 2, CODE + 0x17, CODE + 0x17, 0x246, 4]);
    expect(m.rip).toBe(CODE + 0x17);
  });
});

describe('exceptions', () => {
  test.each([
    ['ud2', '0f 0b', VEC_UD, 0, 0],
    ['hlt', 'f4', VEC_GP, 0, 0],
    ['int 0x80', 'cd 80', VEC_GP, 0x402, 0],
    ['int3', 'cc', VEC_BP, 0, 1],
    ['int 3', 'cd 03', VEC_BP, 0, 2],
    ['div by 0', '31 c9 f7 f1', VEC_DE, 0, 2],
    ['push to a non-canonical stack', '48 c1 e4 20 50', VEC_SS, 0, 4],
    ['a non-canonical address', '48 c1 e4 20 48 89 e0 8a 00', VEC_GP, 0, 7],
  ])('%s', (_name, bytes, vector, code, at) => {
    m.set(RSP, 0x1234567800000000n >> 4n);
    m.code(hex(bytes));
    expect(m.run()).toBe(EXIT_FAULT);
    expect([m.fault.vector, m.fault.code, m.rip]).toEqual([vector, code, CODE + at]);
  });

  test('an access over the end of mapped memory faults at the next page, and nothing is stored', () => {
    m.map(DATA, 0x1000, RW);
    m.set(RAX, BigInt(DATA + 0xffd));
    m.code(hex('c7 00 ff ff ff ff')); // mov dword [rax], -1
    expect(m.run()).toBe(EXIT_FAULT);
    expect(m.fault).toEqual({ vector: VEC_PF, code: 6, address: DATA + 0x1000 });
    expect([...m.bytes(DATA + 0xffd, 3)]).toEqual([0, 0, 0]);
  });

  test('an access over two pages works', () => {
    m.map(DATA, 0x2000, RW);
    m.set(RAX, BigInt(DATA + 0xffd));
    m.code(hex('c7 00 01 02 03 04 8b 18 cc'));
    m.run();
    expect(m.get(RBX)).toBe(0x04030201n);
  });

  test.each([-1n, 0xffffffffn, 0x1_0000_0000n - 4n, 1n << 32n, 0xffff_8000_0000_0000n])(
    'nothing is read at %s',
    (address) => {
      m.set(RAX, address);
      m.code(hex('48 8b 18'));
      expect(m.run()).toBe(EXIT_FAULT);
      expect(m.fault.vector).toBe(VEC_PF);
    },
  );

  test('a read-only page', () => {
    m.map(DATA, 0x1000, PAGE_READ);
    m.set(RAX, BigInt(DATA));
    m.code(hex('80 00 01')); // add byte [rax], 1
    expect(m.run()).toBe(EXIT_FAULT);
    expect(m.fault).toEqual({ vector: VEC_PF, code: 7, address: DATA });
  });

  test('a jump to memory that is not executable faults there', () => {
    m.map(DATA, 0x1000, RW);
    m.set(RAX, BigInt(DATA));
    m.code(hex('ff e0'));
    expect(m.run()).toBe(EXIT_FAULT);
    expect(m.fault).toEqual({ vector: VEC_PF, code: 0x15, address: DATA });
    expect([m.rip, m.count]).toEqual([DATA, 1]);
  });

  test('an instruction that reaches into a page that is not executable', () => {
    m.code([...Array(0xffe).fill(0x90), 0x48, 0x8b]);
    expect(m.run()).toBe(EXIT_FAULT);
    expect(m.fault).toEqual({ vector: VEC_PF, code: 0x14, address: CODE + 0x1000 });
    expect([m.rip, m.count]).toEqual([CODE + 0xffe, 0xffe]);
  });

  test('a call whose push faults leaves rsp and RIP alone', () => {
    m.set(RSP, 0x500000n);
    m.code(hex('e8 00 00 00 00'));
    expect(m.run()).toBe(EXIT_FAULT);
    expect(m.fault).toEqual({ vector: VEC_PF, code: 6, address: 0x4ffff8 });
    expect([m.rip, m.get(RSP)]).toEqual([CODE, 0x500000n]);
  });
});

describe('string instructions', () => {
  beforeEach(() => m.map(DATA, 0x2000, RW));

  test('rep movsb stops at the page that is missing and can be restarted', () => {
    m.bytes(DATA, 0x2000).fill(7);
    m.map(DATA + 0x10000, 0x1000, RW);
    m.set(RSI, BigInt(DATA + 0x100));
    m.set(RDI, BigInt(DATA + 0x10800));
    m.set(RCX, 0x1000n);
    m.code(hex('f3 a4 cc'));
    expect(m.run()).toBe(EXIT_FAULT);
    expect(m.fault).toEqual({ vector: VEC_PF, code: 6, address: DATA + 0x11000 });
    expect([m.get(RCX), m.get(RSI), m.get(RDI)]).toEqual([
      0x800n,
      BigInt(DATA + 0x900),
      BigInt(DATA + 0x11000),
    ]);
    expect(m.rip).toBe(CODE);
    m.map(DATA + 0x11000, 0x1000, RW);
    expect(m.run()).toBe(EXIT_FAULT);
    expect([m.fault.vector, m.get(RCX), m.count]).toEqual([VEC_BP, 0n, 2]);
    expect(m.bytes(DATA + 0x10800, 0x1000).every((byte) => byte === 7)).toBe(true);
  });

  test('overlapping rep movsb repeats what it wrote', () => {
    m.bytes(DATA, 3).set([1, 2, 3]);
    m.set(RSI, BigInt(DATA));
    m.set(RDI, BigInt(DATA + 3));
    m.set(RCX, 9n);
    m.code(hex('f3 a4 cc'));
    m.run();
    expect([...m.bytes(DATA, 12)]).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]);
  });

  test('overlapping rep movsb downwards in address is a plain copy', () => {
    m.bytes(DATA, 6).set([1, 2, 3, 4, 5, 6]);
    m.set(RSI, BigInt(DATA + 2));
    m.set(RDI, BigInt(DATA));
    m.set(RCX, 4n);
    m.code(hex('f3 a4 cc'));
    m.run();
    expect([...m.bytes(DATA, 6)]).toEqual([3, 4, 5, 6, 5, 6]);
  });

  test('std; rep stosw goes down, elements over a page boundary included', () => {
    m.set(RAX, 0xabcdn);
    m.set(RDI, BigInt(DATA + 0x1001));
    m.set(RCX, 3n);
    m.code(hex('fd 66 f3 ab fc cc'));
    m.run();
    expect([...m.bytes(DATA + 0xffc, 8)]).toEqual([0, 0xcd, 0xab, 0xcd, 0xab, 0xcd, 0xab, 0]);
    expect(m.get(RDI)).toBe(BigInt(DATA + 0xffb));
  });

  test('repne scasb finds a byte on the next page', () => {
    m.bytes(DATA + 0x1005, 1)[0] = 0x2a;
    m.set(RAX, 0x2an);
    m.set(RDI, BigInt(DATA + 0xff0));
    m.set(RCX, -1n);
    m.code(hex('f2 ae cc'));
    m.run();
    expect(m.get(RDI)).toBe(BigInt(DATA + 0x1006));
    expect(m.flags & 0x40).toBe(0x40);
  });

  test('rep with rcx = 0 touches nothing, not even bad addresses', () => {
    m.set(RSI, 1n);
    m.set(RDI, 1n);
    m.set(RCX, 0n);
    m.code(hex('f3 48 a5 cc'));
    m.run();
    expect([m.fault.vector, m.get(RSI)]).toEqual([VEC_BP, 1n]);
  });
});

describe('the decode cache', () => {
  test('code that changes its next instruction', () => {
    // mov byte [rip+1], 0x22; mov al, 0x11; int3
    m.code(hex('c6 05 01 00 00 00 22 b0 11 cc'), CODE, RWX);
    m.run();
    expect(m.get(RAX) & 0xffn).toBe(0x22n);
    expect([m.count, m.rip]).toEqual([3, CODE + 10]);
  });

  test('a push that writes over the next one, of a fused pair', () => {
    // push rax; push rbx; nop…: the first push stores "mov cl, 7; int3" over the second
    const at = CODE + 0x801;
    m.code(new Uint8Array(0x1000).fill(0xcc), CODE, RWX);
    m.bytes(at - 1, 10).set(hex('50 53 90 90 90 90 90 90 90 90'));
    m.set(RSP, BigInt(at + 8));
    m.set(RAX, 0xcccc_cccc_cccc_07b1n);
    m.set(RCX, 0n);
    m.rip = at - 1;
    m.run();
    expect([m.get(RCX), m.get(RSP), m.count]).toEqual([7n, BigInt(at), 3]);
  });

  test('a loop that changes its own immediate each time round', () => {
    // mov ecx,5; L: add edx,0; inc byte [rip-7] (the 0); dec ecx; jnz L; int3
    m.code(hex('b9 05 00 00 00 83 c2 00 fe 05 f9 ff ff ff ff c9 75 f3 cc'), CODE, RWX);
    m.run();
    expect(m.get(RDX)).toBe(BigInt(0 + 1 + 2 + 3 + 4));
  });

  test('rep movsb over code that is then called', () => {
    m.code(
      [...hex('f3 a4 e8 09 00 00 00 cc'), ...Array(8).fill(0x90), ...hex('b0 01 c3')],
      CODE,
      RWX,
    );
    m.set(RCX, 0n);
    m.run();
    expect(m.get(RAX) & 0xffn).toBe(1n);
    m.map(DATA, 0x1000, RW);
    m.bytes(DATA, 2).set(hex('b0 02'));
    m.set(RSI, BigInt(DATA));
    m.set(RDI, BigInt(CODE + 16));
    m.set(RCX, 2n);
    m.rip = CODE;
    m.run();
    expect(m.get(RAX) & 0xffn).toBe(2n);
  });

  test('a write to the second page of an instruction over two', () => {
    const code = new Uint8Array(0x1100).fill(0x90);
    code.set(hex('b8 01 02 03 04 cc'), 0xffe); // mov eax, imm over the boundary
    m.code(code, CODE, RWX);
    m.run();
    expect(m.get(RAX)).toBe(0x04030201n);
    m.bytes(CODE + 0x1000, 1)[0] = 0x99;
    m.runtime.invalidate(CODE + 0x1000, CODE + 0x1001);
    m.rip = CODE + 0xffe;
    m.run();
    expect(m.get(RAX)).toBe(0x04039901n);
  });

  test('invalidate drops linked blocks, in a loop that is running', () => {
    m = new Machine({
      syscall: (machine) => {
        machine.bytes(CODE + 0x1000, 2).set(hex('b0 07'));
        machine.runtime.invalidate(CODE + 0x1000, CODE + 0x1002);
        return 0;
      },
    });
    const code = new Uint8Array(0x1010).fill(0xcc);
    // mov esi,3; L: call F; add edi,eax; syscall; dec esi; jnz L; int3 … F: mov al,1; ret
    code.set(hex('31 c0 be 03 00 00 00 e8 f4 0f 00 00 01 c7 0f 05 ff ce 75 f3'), 0);
    code.set(hex('b0 01 c3'), 0x1000);
    m.code(code);
    m.run();
    expect(m.get(RDI)).toBe(1n + 7n + 7n);
  });

  test('code that does not fit in the cache is decoded again and again', () => {
    m = new Machine({ cache: 320 << 10 });
    const blocks = 2000;
    const code = new Uint8Array(blocks * 16 + 16).fill(0xcc);
    for (let i = 0; i < blocks; i++) code.set(hex('ff c0 eb 0c'), i * 16); // inc eax; jmp next
    m.code(code);
    for (let round = 1; round <= 3; round++) {
      m.rip = CODE;
      expect(m.run()).toBe(EXIT_FAULT);
      expect(m.get(RAX)).toBe(BigInt(blocks * round));
    }
  });

  test('addresses with one hash keep apart', () => {
    const far = 0x10000;
    const code = new Uint8Array(2 * far + 16).fill(0xcc);
    for (let i = 0; i < 3; i++) code.set([0xb0, i + 1, 0xc3], i * far);
    m.code(code);
    const call = (at: number): bigint => {
      m.set(RSP, BigInt(STACK_TOP - 0x1000));
      m.dv.setBigUint64(STACK_TOP - 0x1000 - 0x10000, BigInt(CODE + 8), true);
      m.rip = at;
      m.run();
      return m.get(RAX) & 0xffn;
    };
    for (const i of [0, 1, 2, 1, 0, 2, 2, 0]) expect(call(CODE + i * far)).toBe(BigInt(i + 1));
  });
});

describe('cpuid and time', () => {
  const cpuid = (leaf: number): number[] => {
    m.set(RAX, BigInt(leaf));
    m.set(RCX, 0n);
    m.code(hex('0f a2 cc'));
    m.run();
    return [RAX, RBX, RCX, RDX].map((reg) => Number(m.get(reg)));
  };

  test('x86-64-v2 and not more', () => {
    const [, , ecx, edx] = cpuid(1);
    const v2 = [0, 9, 13, 19, 20, 23]; // SSE3 SSSE3 CX16 SSE4.1 SSE4.2 POPCNT
    const beyond = [12, 26, 27, 28, 29, 30]; // FMA XSAVE OSXSAVE AVX F16C RDRAND
    for (const bit of v2) expect((ecx! >>> bit) & 1, `bit ${bit}`).toBe(1);
    for (const bit of beyond) expect((ecx! >>> bit) & 1, `bit ${bit}`).toBe(0);
    expect((edx! >>> 26) & 1).toBe(1);
    expect(cpuid(0x80000001)[2]! & 1).toBe(1);
  });

  test('xgetbv is no instruction without OSXSAVE', () => {
    m.code(hex('0f 01 d0'));
    m.run();
    expect(m.fault.vector).toBe(VEC_UD);
  });

  test('rdtsc goes forward', () => {
    m.code(hex('0f 31 48 c1 e2 20 48 09 d0 48 89 c3 0f 31 48 c1 e2 20 48 09 d0 cc'));
    m.run();
    expect(m.get(RAX)).toBeGreaterThan(m.get(RBX));
  });
});
