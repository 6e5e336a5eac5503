import { describe, expect, test } from 'vitest';
import { CS, DS, RAX, RBX, SS } from '../../../src/isa/registers.ts';
import { VECTOR_GP, VECTOR_NP, VECTOR_SS, VECTOR_TS } from '../../../src/isa/vectors.ts';
import {
  CODE, CODE0, CODE3, DATA0, DATA3, descriptor, FREE, GDT, gate, INNER_STACK, LONG0, LONG3, STACK, SystemHarness, TSS,
} from '../../support/system-harness.ts'; // biome-ignore format: a list of nouns.

const TARGET = 0x12340;
const jump32 = (selector: number, offset: number) => [
  0xea, offset & 0xff, (offset >> 8) & 0xff, (offset >> 16) & 0xff, offset >>> 24, selector & 0xff, selector >> 8,
]; // biome-ignore format: bytes.
const call32 = (selector: number, offset: number) => [0x9a, ...jump32(selector, offset).slice(1)];
const JMP_MP = [0xff, 0x28]; // jmp far [eax]
const CALL_MP = [0xff, 0x18]; // call far [eax]

describe('real and virtual-8086 mode', () => {
  test.each(['real', 'v86'] as const)('JMP and CALL far load a paragraph: %s', (mode) => {
    const m = new SystemHarness(mode);
    expect(m.execute(0xea, 0x34, 0x12, 0x00, 0x15)).toBeUndefined();
    expect([m.selector(CS), m.core.state.baseLo(CS), m.rip]).toEqual([0x1500, 0x15000, 0x1234]);
    m.execute(0x9a, 0x10, 0x00, 0x00, 0x16);
    expect([m.selector(CS), m.rip, m.rsp]).toEqual([0x1600, 0x10, STACK - 4]);
    expect([m.read16(STACK - 4), m.read16(STACK - 2)]).toEqual([0x1239, 0x1500]);
    m.execute(0xca, 0x02, 0x00); // retf 2
    expect([m.selector(CS), m.rip, m.rsp]).toEqual([0x1500, 0x1239, STACK + 2]);
  });

  test('a 32-bit offset beyond the limit of CS is #GP(0)', () => {
    const m = new SystemHarness('real');
    expect(m.execute(0x66, 0xea, 0, 0, 1, 0, 0, 0x15)).toEqual({ vector: VECTOR_GP, errorCode: 0 });
  });
});

describe('protected mode, same level', () => {
  test('JMP far loads CS with RPL = CPL and marks it accessed', () => {
    const m = new SystemHarness('protected');
    m.describe(FREE, descriptor(0x1000, 0xffff, 0x98, 0x4));
    expect(m.execute(...jump32(FREE, 0x50))).toBeUndefined();
    expect([m.selector(CS), m.rip, m.core.state.baseLo(CS), m.core.state.limit(CS)]).toEqual([
      FREE,
      0x50,
      0x1000,
      0xffff,
    ]);
    expect(m.read32(GDT + FREE + 4) & 0x100).toBe(0x100);
  });

  test.each([
    // why                                selector  access  flags  fault
    ['null selector',                     0,        0x9a,   0xc,   VECTOR_GP, 0],
    ['beyond the table',                  0x1f8,    0x9a,   0xc,   VECTOR_GP, 0x1f8],
    ['an LDT that is not there',          FREE | 4, 0x9a,   0xc,   VECTOR_GP, FREE | 4],
    ['data segment',                      FREE,     0x92,   0xc,   VECTOR_GP, FREE],
    ['another level',                     FREE,     0xfa,   0xc,   VECTOR_GP, FREE],
    ['RPL above CPL, non-conforming',     FREE | 3, 0x9a,   0xc,   VECTOR_GP, FREE],
    ['conforming with DPL above CPL',     FREE,     0xfe,   0xc,   VECTOR_GP, FREE],
    ['not present',                       FREE,     0x1a,   0xc,   VECTOR_NP, FREE],
    ['offset beyond the limit',           FREE,     0x9a,   0x4,   VECTOR_GP, 0],
  ])('%s', (_why, selector, access, flags, vector, errorCode) => {
    const m = new SystemHarness('protected');
    m.describe(FREE, descriptor(0, flags === 4 ? 0xfff : 0xfffff, access, flags));
    expect(m.execute(...jump32(selector, TARGET))).toEqual({ vector, errorCode });
    expect([m.selector(CS), m.rip]).toEqual([CODE0, CODE]);
  }); // biome-ignore format: a table.

  test('a conforming segment of an inner level keeps CPL', () => {
    const m = new SystemHarness('user');
    m.describe(FREE, descriptor(0, 0xfffff, 0x9e, 0xc));
    m.execute(...jump32(FREE, TARGET));
    expect([m.selector(CS), m.core.state.cpl()]).toEqual([FREE | 3, 3]);
  });

  test('CALL far pushes before it looks at the target, and RET far comes back', () => {
    const m = new SystemHarness('protected');
    m.execute(...call32(CODE0, TARGET));
    expect([m.rip, m.rsp]).toEqual([TARGET, STACK - 8]);
    m.execute(0xcb);
    expect([m.rip, m.rsp]).toEqual([CODE + 7, STACK]);
  });
});

describe('RET far to an outer level', () => {
  function returning(selector: number, stack: number, ip = TARGET): SystemHarness {
    const m = new SystemHarness('protected');
    m.rsp = STACK - 32;
    m.write32(STACK - 32, ip, selector, 0x1111, 0xb000, stack);
    return m;
  }

  test('loads SS:ESP, releases parameters on both stacks, drops inner segments', () => {
    const m = returning(CODE3, DATA3);
    expect(m.execute(0xca, 4, 0)).toBeUndefined();
    expect([m.selector(CS), m.rip, m.selector(SS), m.rsp, m.core.state.cpl()]).toEqual([
      CODE3,
      TARGET,
      DATA3,
      0xb004,
      3,
    ]);
    expect([m.selector(DS), m.core.state.attributes(DS)]).toEqual([0, 0]);
  });

  test.each([
    ['null SS', CODE3, 0, VECTOR_GP, 0],
    ['SS of another level', CODE3, DATA0, VECTOR_GP, DATA0],
    ['code DPL is not RPL', CODE0 | 3, DATA3, VECTOR_GP, CODE0],
  ])('%s', (_why, selector, stack, vector, errorCode) => {
    expect(returning(selector, stack).execute(0xca, 4, 0)).toEqual({ vector, errorCode });
  });

  test('to an inner level is #GP', () => {
    const m = new SystemHarness('user');
    m.write32(STACK, TARGET, CODE0);
    expect(m.execute(0xcb)).toEqual({ vector: VECTOR_GP, errorCode: CODE0 });
  });
});

test.each([
  ['RETF', 0xcb],
  ['IRET', 0xcf],
])('%s looks at the limit of the stack before it reads', (_name, opcode) => {
  const m = new SystemHarness('compatibility');
  // What lies within the limit is not mapped.
  m.describe(FREE, descriptor(0x200000, 3, 0xf2, 4));
  m.setReg(RAX, FREE | 3);
  m.rsp = 0;
  expect(m.execute(0x8e, 0xd0)).toBeUndefined();
  expect(m.execute(opcode)).toEqual({ vector: VECTOR_SS, errorCode: 0 });
});

describe('call gates', () => {
  function withGate(mode: 'user' | 'protected', target: number, access: number, count = 0): SystemHarness {
    const m = new SystemHarness(mode);
    m.describe(FREE, gate(target, TARGET, access, count));
    return m;
  }

  test('to an inner level: stack switch and parameters', () => {
    const m = withGate('user', CODE0, 0xec, 2);
    m.write32(STACK, 0xaaaa, 0xbbbb);
    expect(m.execute(...call32(FREE, 0))).toBeUndefined();
    expect([m.selector(CS), m.rip, m.selector(SS), m.rsp]).toEqual([CODE0, TARGET, DATA0, INNER_STACK - 24]);
    expect([0, 1, 2, 3, 4, 5].map((i) => m.read32(INNER_STACK - 24 + i * 4))).toEqual([
      CODE + 7, CODE3, 0xaaaa, 0xbbbb, STACK, DATA3,
    ]); // biome-ignore format: a stack.
  });

  test('the inner stack takes SS:ESP before the parameters are read', () => {
    const m = withGate('user', CODE0, 0xec, 2);
    m.describe(FREE + 8, descriptor(0, 0xfff, 0xf2, 0x4));
    m.describe(DATA0, descriptor(0, 0xfff, 0x92, 0x4));
    m.setReg(RAX, FREE + 8 + 3);
    expect(m.execute(0x8e, 0xd0)).toBeUndefined();
    m.rsp = 0x2000;
    expect(m.execute(...call32(FREE, 0))).toEqual({ vector: VECTOR_SS, errorCode: DATA0 });
  });

  test('JMP through a gate may not change the level', () => {
    expect(withGate('user', CODE0, 0xec).execute(...jump32(FREE, 0))).toEqual({
      vector: VECTOR_GP,
      errorCode: CODE0,
    });
    expect(withGate('user', CODE3, 0xec).execute(...jump32(FREE, 0))).toBeUndefined();
  });

  test.each([
    ['gate DPL below CPL', 0x8c, VECTOR_GP, FREE],
    ['gate not present', 0x6c, VECTOR_NP, FREE],
    ['no gate at all', 0xe1 & ~1, VECTOR_GP, FREE],
  ])('%s', (_why, access, vector, errorCode) => {
    expect(withGate('user', CODE0, access).execute(...call32(FREE, 0))).toEqual({ vector, errorCode });
  });

  test('faults of the inner stack come before anything changes', () => {
    const m = withGate('user', CODE0, 0xec);
    m.write32(TSS + 8, 0);
    expect(m.execute(...call32(FREE, 0))).toEqual({ vector: VECTOR_TS, errorCode: 0 });
    m.write32(TSS + 8, DATA3);
    expect(m.execute(...call32(FREE, 0))).toEqual({ vector: VECTOR_TS, errorCode: DATA3 & ~3 });
    m.describe(DATA0, descriptor(0, 0xfff, 0x92, 0x4));
    m.write32(TSS + 8, DATA0);
    expect(m.execute(...call32(FREE, 0))).toEqual({ vector: VECTOR_SS, errorCode: DATA0 });
    expect([m.selector(CS), m.rsp, m.rip]).toEqual([CODE3, STACK, CODE]);
  });

  test('a 64-bit gate that is not present is #NP before its upper half counts', () => {
    const m = new SystemHarness('long');
    m.describe(FREE, [...gate(LONG0, TARGET, 0x6c), 0, 0x1f00]);
    m.setReg(RAX, 0x30000);
    m.write32(0x30000, 0, FREE);
    expect(m.execute(...CALL_MP)).toEqual({ vector: VECTOR_NP, errorCode: FREE });
    m.describe(FREE, [...gate(LONG0, TARGET, 0xec), 0, 0x1f00]);
    expect(m.execute(...CALL_MP)).toEqual({ vector: VECTOR_GP, errorCode: FREE });
  });

  test('a 64-bit gate at the same level pushes to RSP without the base of the old stack', () => {
    const m = new SystemHarness('compatibility');
    m.describe(FREE, [...gate(LONG3, TARGET, 0xec), 0, 0]);
    m.describe(FREE + 16, descriptor(0x8000, 0xffff, 0xf2, 0));
    m.setReg(RAX, (FREE + 16) | 3);
    expect(m.execute(0x8e, 0xd0)).toBeUndefined();
    m.rsp = 0x18000;
    expect(m.execute(...call32(FREE, 0))).toBeUndefined();
    expect([m.selector(CS), m.rip, m.rsp]).toEqual([LONG3, TARGET, 0x17ff0]);
    expect([m.read32(0x17ff0), m.read32(0x17ff8)]).toEqual([CODE + 9, CODE3]);
  });

  test('a 64-bit gate is 16 bytes, pushes quadwords and makes SS null', () => {
    const m = new SystemHarness('long-user');
    m.describe(FREE, [...gate(LONG0, TARGET, 0xec), 0xffff8000, 0]);
    m.setReg(RAX, 0x30000);
    m.write32(0x30000, 0, FREE);
    expect(m.execute(...CALL_MP)).toBeUndefined();
    expect([m.rip, m.core.ripHi() >>> 0, m.selector(CS), m.selector(SS), m.rsp]).toEqual([
      TARGET, 0xffff8000, LONG0, 0, INNER_STACK - 32,
    ]); // biome-ignore format: registers.
    expect(m.read32(INNER_STACK - 8)).toBe(DATA3);
    expect(m.read32(INNER_STACK - 24)).toBe(LONG3);
    m.describe(FREE, [...gate(CODE0, TARGET, 0xec), 0, 0]);
    const n = new SystemHarness('long-user');
    n.describe(FREE, [...gate(CODE0, TARGET, 0xec), 0, 0]);
    n.setReg(RAX, 0x30000);
    n.write32(0x30000, 0, FREE);
    expect(n.execute(...CALL_MP)).toEqual({ vector: VECTOR_GP, errorCode: CODE0 });
  });
});

describe('64-bit mode', () => {
  test('a far jump to compatibility mode and back', () => {
    const m = new SystemHarness('long');
    m.setReg(RAX, 0x30000);
    m.write32(0x30000, TARGET, CODE0);
    m.execute(...JMP_MP);
    expect([m.core.state.mode(), m.rip]).toEqual(['compatibility32', TARGET]);
    m.execute(...jump32(LONG0, CODE));
    expect([m.core.state.mode(), m.rip]).toEqual(['64-bit', CODE]);
  });

  test('REX.W reads a 64-bit offset, which must be canonical', () => {
    const m = new SystemHarness('long');
    m.setReg(RBX, 0x30000);
    m.write32(0x30000, TARGET, 0xffff8000, LONG0);
    m.execute(0x48, 0xff, 0x2b); // jmp far [rbx]
    expect([m.rip, m.core.ripHi() >>> 0]).toEqual([TARGET, 0xffff8000]);
    const n = new SystemHarness('long');
    n.setReg(RBX, 0x30000);
    n.write32(0x30000, TARGET, 0x00008000, LONG0);
    expect(n.execute(0x48, 0xff, 0x2b)).toEqual({ vector: VECTOR_GP, errorCode: 0 });
  });

  test('a far pointer with REX.W is m16:64 to Intel, m16:32 to AMD', () => {
    const jump = (model: string) => {
      const m = new SystemHarness('long', model);
      m.setReg(RBX, 0x30000);
      m.write32(0x30000, TARGET, LONG0, LONG0);
      expect(m.execute(0x48, 0xff, 0x2b)).toBeUndefined();
      return [m.rip, m.core.ripHi()];
    };
    expect([jump('skylake'), jump('zen2')]).toEqual([
      [TARGET, LONG0],
      [TARGET, 0],
    ]);
  });

  test('L and D together are reserved', () => {
    const m = new SystemHarness('long');
    m.describe(FREE, descriptor(0, 0xfffff, 0x9a, 0xe));
    m.setReg(RAX, 0x30000);
    m.write32(0x30000, TARGET, FREE);
    expect(m.execute(...JMP_MP)).toEqual({ vector: VECTOR_GP, errorCode: FREE });
  });

  test('LRETQ to user mode', () => {
    const m = new SystemHarness('long');
    m.write32(STACK, TARGET, 0, LONG3, 0, 0xb000, 0, DATA3, 0);
    m.execute(0x48, 0xcb);
    expect([m.selector(CS), m.rip, m.selector(SS), m.rsp, m.core.state.mode()]).toEqual([
      LONG3,
      TARGET,
      DATA3,
      0xb000,
      '64-bit',
    ]);
  });
});
