import { describe, expect, test } from 'vitest';
import { PENDING_SHADOW_SS } from '../../../src/cpu/execute/core.ts';
import { CS, DS, ES, FS, RAX, RBX, SS } from '../../../src/isa/registers.ts';
import { VECTOR_GP, VECTOR_NP, VECTOR_SS, VECTOR_UD } from '../../../src/isa/vectors.ts';
import { segmentWord } from '../../../src/state/cpu-state.ts';
import { SEGMENT_BASE, SEGMENT_LIMIT } from '../../../src/state/layout.ts';
import {
  CODE0,
  DATA0,
  DATA3,
  descriptor,
  FREE,
  GDT,
  type StartMode,
  SystemHarness,
} from '../../support/system-harness.ts';

/** mov sreg, ax. */
const load = (segment: number) => [0x8e, 0xc0 | (segment << 3)];

function loading(m: SystemHarness, segment: number, selector: number) {
  m.setReg(RAX, selector);
  return m.execute(...load(segment));
}

describe('MOV Sreg, r/m16', () => {
  test('real mode: base, the cached limit stays', () => {
    const m = new SystemHarness('real');
    m.core.words[segmentWord(DS, SEGMENT_LIMIT)] = -1;
    loading(m, DS, 0x1234);
    expect([m.selector(DS), m.core.state.baseLo(DS), m.core.state.limit(DS)]).toEqual([0x1234, 0x12340, -1]);
  });

  test('protected mode: base, limit, attributes, accessed bit', () => {
    const m = new SystemHarness('protected');
    m.describe(FREE, descriptor(0x12345678, 0x12345, 0x92, 0x4));
    loading(m, FS, FREE);
    expect([m.core.state.baseLo(FS), m.core.state.limit(FS)]).toEqual([0x12345678, 0x12345]);
    expect(m.read32(GDT + FREE + 4) & 0x100).toBe(0x100);
  });

  test('CS and numbers above GS are #UD', () => {
    const m = new SystemHarness('protected');
    for (const segment of [CS, 6, 7])
      expect(loading(m, segment, DATA0)).toEqual({ vector: VECTOR_UD, errorCode: undefined });
  });

  test.each<[string, StartMode, number, number, number, number, number]>([
    // why                       mode         segment selector  access vector     error code
    ['beyond the table',         'protected', DS,     0x1f8,    0x92,  VECTOR_GP, 0x1f8],
    ['execute-only code',        'protected', DS,     FREE,     0x98,  VECTOR_GP, FREE],
    ['system segment',           'protected', DS,     FREE,     0x82,  VECTOR_GP, FREE],
    ['DPL below CPL',            'user',      DS,     FREE | 3, 0x92,  VECTOR_GP, FREE],
    ['RPL above DPL',            'protected', DS,     FREE | 3, 0x92,  VECTOR_GP, FREE],
    ['not present',              'protected', DS,     FREE,     0x12,  VECTOR_NP, FREE],
    ['SS: null',                 'protected', SS,     0,        0x92,  VECTOR_GP, 0],
    ['SS: RPL is not CPL',       'protected', SS,     FREE | 3, 0xf2,  VECTOR_GP, FREE],
    ['SS: DPL is not CPL',       'protected', SS,     FREE,     0xf2,  VECTOR_GP, FREE],
    ['SS: read-only',            'protected', SS,     FREE,     0x90,  VECTOR_GP, FREE],
    ['SS: not present',          'protected', SS,     FREE,     0x12,  VECTOR_SS, FREE],
    ['SS: null in user code',    'long-user', SS,     3,        0x92,  VECTOR_GP, 0],
  ])('%s', (_why, mode, segment, selector, access, vector, errorCode) => {
    const m = new SystemHarness(mode);
    m.describe(FREE, descriptor(0, 0xfffff, access, 0xc));
    const before = m.selector(segment);
    expect(loading(m, segment, selector)).toEqual({ vector, errorCode });
    expect(m.selector(segment)).toBe(before);
  }); // biome-ignore format: a table.

  test('null makes the others unusable', () => {
    const m = new SystemHarness('protected');
    expect(loading(m, ES, 0)).toBeUndefined();
    expect(m.execute(0x26, 0x8a, 0x00)).toEqual({ vector: VECTOR_GP, errorCode: 0 });
  });

  test('conforming readable code has no privilege check', () => {
    const m = new SystemHarness('user');
    m.describe(FREE, descriptor(0, 0xfffff, 0x9e, 0xc));
    expect(loading(m, DS, FREE | 3)).toBeUndefined();
  });

  test('SS casts a shadow over the next instruction, LSS does not', () => {
    const m = new SystemHarness('protected');
    loading(m, SS, DATA0);
    expect(m.core.pending & PENDING_SHADOW_SS).not.toBe(0);
    m.core.pending = 0;
    m.setReg(RBX, 0x30000);
    m.write32(0x30000, 0x9000, DATA0);
    m.execute(0x0f, 0xb2, 0x23); // lss esp, [ebx]
    expect([m.rsp, m.core.pending & PENDING_SHADOW_SS]).toEqual([0x9000, 0]);
  });

  test('null SS is a stack in 64-bit code below level 3', () => {
    const m = new SystemHarness('long');
    expect(loading(m, SS, 0)).toBeUndefined();
    expect(m.execute(0x50)).toBeUndefined();
  });

  test('LFS with REX.W: m16:64 on Intel, m16:32 on AMD', () => {
    const load = (model: string) => {
      const m = new SystemHarness('long', model);
      m.setReg(RBX, 0x30000);
      m.write32(0x30000, 0x12345678, 0x10, 0x10);
      expect(m.execute(0x48, 0x0f, 0xb4, 0x03)).toBeUndefined(); // lfs rax, [rbx]
      return [m.reg(RAX), m.core.gpr32[RAX * 2 + 1], m.selector(FS)];
    };
    expect([load('skylake'), load('zen2')]).toEqual([
      [0x12345678, 0x10, 0x10],
      [0x12345678, 0, 0x10],
    ]);
  });

  test('a null FS: Intel and AMD since Zen 2 clear the base, earlier AMDs keep it', () => {
    for (const [model, base] of [
      ['max', 0],
      ['zen2', 0],
      ['zen5', 0],
      ['qemu64', 0x1234],
    ] as const) {
      const m = new SystemHarness('long', model);
      m.core.words[segmentWord(FS, SEGMENT_BASE)] = 0x1234;
      loading(m, FS, 0);
      expect(m.core.state.baseLo(FS)).toBe(base);
    }
  });
});

describe('MOV r/m16, Sreg', () => {
  test('a 32-bit register is zero-extended, a 16-bit one keeps its upper half', () => {
    const m = new SystemHarness('protected');
    m.setReg(RAX, -1);
    m.execute(0x66, 0x8c, 0xd8);
    expect(m.reg(RAX)).toBe(0xffff0010);
    m.execute(0x8c, 0xd8);
    expect(m.reg(RAX)).toBe(DATA0);
    m.setReg(RBX, 0x30000);
    m.write32(0x30000, 0xffffffff);
    m.execute(0x8c, 0x0b);
    expect(m.read32(0x30000)).toBe(0xffff0000 + CODE0);
  });
});

describe('LDS LES LSS LFS LGS', () => {
  test('a fault of the selector leaves the register', () => {
    const m = new SystemHarness('protected');
    m.setReg(RBX, 0x30000);
    m.write32(0x30000, 0x1234, 0x1f8);
    expect(m.execute(0xc4, 0x03)).toEqual({ vector: VECTOR_GP, errorCode: 0x1f8 });
    expect(m.reg(RAX)).toBe(0);
    m.write32(0x30004, DATA3 & ~3);
    expect(m.execute(0xc4, 0x03)).toBeUndefined();
    expect([m.reg(RAX), m.selector(ES)]).toEqual([0x1234, DATA3 & ~3]);
  });
});
