import { describe, expect, test } from 'vitest';
import { PENDING_HALT } from '../../../src/cpu/execute/core.ts';
import { CR0_AM, CR4_FSGSBASE, CR4_PKE, CR4_TSD, CR4_UMIP } from '../../../src/isa/control.ts';
import { FS, RAX, RBX, RCX, RDX } from '../../../src/isa/registers.ts';
import { RFLAGS_AC, RFLAGS_IF } from '../../../src/isa/rflags.ts';
import { VECTOR_AC, VECTOR_GP, VECTOR_PF, VECTOR_UD } from '../../../src/isa/vectors.ts';
import {
  STATE_CR0,
  STATE_CR2,
  STATE_CR4,
  STATE_GDTR,
  STATE_IDTR,
  STATE_PKRU,
} from '../../../src/state/layout.ts';
import { SystemHarness } from '../../support/system-harness.ts';

const GP0 = { vector: VECTOR_GP, errorCode: 0 };
const UD = { vector: VECTOR_UD, errorCode: undefined };
const AT = 0x30000;

function at(mode: ConstructorParameters<typeof SystemHarness>[0], cr4 = 0): SystemHarness {
  const m = new SystemHarness(mode);
  m.setWord(STATE_CR4, m.word(STATE_CR4) | cr4);
  m.setReg(RBX, AT);
  return m;
}

describe('descriptor-table registers', () => {
  test('LGDT takes 24, 32 or 64 bits of base', () => {
    const m = at('protected');
    m.write16(AT, 0x1f, 0x5678, 0x1234);
    m.execute(0x0f, 0x01, 0x13);
    expect([m.word(STATE_GDTR), m.word(STATE_GDTR + 8)]).toEqual([0x12345678, 0x1f]);
    m.execute(0x66, 0x0f, 0x01, 0x13);
    expect(m.word(STATE_GDTR)).toBe(0x345678);
    const n = at('long');
    n.write16(AT, 0xfff, 0x5678, 0x1234, 0x8000, 0xffff);
    n.execute(0x0f, 0x01, 0x1b);
    expect([n.word(STATE_IDTR), n.word(STATE_IDTR + 4) >>> 0]).toEqual([0x12345678, 0xffff8000]);
    n.write16(AT + 8, 1);
    expect(n.execute(0x0f, 0x01, 0x1b)).toEqual(GP0);
    expect(at('user').execute(0x0f, 0x01, 0x13)).toEqual(GP0);
  });

  test('SGDT stores the limit, then the base: a fault of the second leaves the first', () => {
    const m = at('long-user');
    m.setWord(STATE_CR0, m.word(STATE_CR0) | CR0_AM);
    m.setFlags(RFLAGS_AC);
    m.setReg(RBX, AT + 4);
    m.write16(AT + 4, 0xaaaa, 0xbbbb);
    expect(m.execute(0x0f, 0x01, 0x03)?.vector).toBe(VECTOR_AC);
    expect([m.read16(AT + 4), m.read16(AT + 6)]).toEqual([0xff, 0xbbbb]);
  });

  test('SGDT stores limit and base, unless UMIP keeps it from users', () => {
    const m = at('long');
    m.setReg(RBX, AT);
    m.execute(0x0f, 0x01, 0x03);
    expect([m.read16(AT), m.read32(AT + 2)]).toEqual([0xff, m.word(STATE_GDTR)]);
    expect(at('user', CR4_UMIP).execute(0x0f, 0x01, 0x03)).toEqual(GP0);
  });

  test('the first part that cannot be written is the one that faults', () => {
    const m = at('long');
    m.setReg(RBX, 0x200010);
    expect(m.execute(0x0f, 0x01, 0x03)?.vector).toBe(VECTOR_PF);
    expect(m.word(STATE_CR2)).toBe(0x200010);
  });
});

test('CPUID answers in four registers', () => {
  const m = at('long');
  m.setReg(RAX, 0, -1);
  m.setReg(RBX, 0, -1);
  m.execute(0x0f, 0xa2);
  expect(m.reg(RBX)).toBe(0x756e6547);
  expect(m.core.gpr32[RBX * 2 + 1]).toBe(0);
});

test('RDTSC obeys CR4.TSD, RDTSCP reads TSC_AUX', () => {
  const m = at('user');
  m.tsc = 77;
  m.execute(0x0f, 0x31);
  expect([m.reg(RAX), m.reg(RDX)]).toEqual([77, 0]);
  expect(at('user', CR4_TSD).execute(0x0f, 0x31)).toEqual(GP0);
  expect(at('protected', CR4_TSD).execute(0x0f, 0x31)).toBeUndefined();
});

test('HLT is for level 0', () => {
  const m = at('protected');
  m.execute(0xf4);
  expect(m.core.pending & PENDING_HALT).not.toBe(0);
  expect(at('user').execute(0xf4)).toEqual(GP0);
});

test('MWAIT waits only where an interrupt can end it, and on a line that MONITOR has found unchanged', () => {
  const m = at('protected');
  const monitor = () => m.execute(0x0f, 0x01, 0xc8);
  const mwait = () => {
    m.execute(0x0f, 0x01, 0xc9);
    return (m.core.pending & PENDING_HALT) !== 0;
  };
  m.setFlags(RFLAGS_IF);
  expect(mwait()).toBe(false); // Nothing is monitored.
  m.setReg(RAX, 0x1234);
  monitor();
  m.setFlags(0);
  expect(mwait()).toBe(false);
  m.setFlags(RFLAGS_IF);
  m.space.write8(0x1200, m.space.read8(0x1200) ^ 1);
  expect(mwait()).toBe(false); // The first byte of the line is another one.
  monitor();
  m.space.write8(0x1240, m.space.read8(0x1240) ^ 1);
  expect(mwait()).toBe(true); // The next line does not count.
});

test('STAC and CLAC', () => {
  const m = at('protected');
  m.execute(0x0f, 0x01, 0xcb);
  expect(m.core.flags.system() & RFLAGS_AC).not.toBe(0);
  m.execute(0x0f, 0x01, 0xca);
  expect(m.core.flags.system() & RFLAGS_AC).toBe(0);
  expect(at('user').execute(0x0f, 0x01, 0xca)).toEqual(UD);
});

test('protection-key rights', () => {
  expect(at('user').execute(0x0f, 0x01, 0xee)).toEqual(UD);
  const m = at('long-user', CR4_PKE);
  m.setReg(RAX, 0x55);
  m.setReg(RDX, 0);
  m.execute(0x0f, 0x01, 0xef);
  expect(m.word(STATE_PKRU)).toBe(0x55);
  m.setReg(RCX, 1);
  expect(m.execute(0x0f, 0x01, 0xee)).toEqual(GP0);
});

test('FS base instructions', () => {
  expect(at('long').execute(0xf3, 0x48, 0x0f, 0xae, 0xd3)).toEqual(UD);
  const m = at('long-user', CR4_FSGSBASE);
  m.setReg(RBX, 0x1234, 0x7fff);
  m.execute(0xf3, 0x48, 0x0f, 0xae, 0xd3); // wrfsbase rbx
  expect([m.core.state.baseLo(FS), m.core.state.baseHi(FS)]).toEqual([0x1234, 0x7fff]);
  m.execute(0xf3, 0x0f, 0xae, 0xc0); // rdfsbase eax
  expect([m.reg(RAX), m.core.gpr32[RAX * 2 + 1]]).toEqual([0x1234, 0]);
  m.setReg(RBX, 0, 0x8000);
  expect(m.execute(0xf3, 0x48, 0x0f, 0xae, 0xd3)).toEqual(GP0);
});

describe('INVLPG and INVPCID', () => {
  test('INVLPG ignores a non-canonical address and is for level 0', () => {
    const m = at('long');
    m.setReg(RBX, 0, 0x8000);
    expect(m.execute(0x0f, 0x01, 0x3b)).toBeUndefined();
    expect(at('user').execute(0x0f, 0x01, 0x3b)).toEqual(GP0);
  });

  test.each([
    ['type 4', 4, [0, 0, 0, 0]],
    ['reserved bits', 1, [0x1000, 0, 0, 0]],
    ['a PCID without PCIDE', 1, [5, 0, 0, 0]],
    ['a non-canonical address', 0, [0, 0, 0, 0x8000]],
  ])('INVPCID: %s is #GP(0)', (_why, type, words) => {
    const m = at('long');
    m.setReg(RAX, type);
    m.write32(AT, ...words);
    expect(m.execute(0x66, 0x0f, 0x38, 0x82, 0x03)).toEqual(GP0);
  });
});

test('UD2 and its kin', () => {
  expect(at('protected').execute(0x0f, 0x0b)).toEqual(UD);
  expect(at('protected').execute(0x0f, 0xaa)).toEqual(UD);
});

describe('instructions that only their names hide', () => {
  test('SIDT stores limit and base', () => {
    const m = at('protected');
    m.execute(0x0f, 0x01, 0x0b);
    expect([m.read16(AT), m.read32(AT + 2)]).toEqual([m.word(STATE_IDTR + 8), m.word(STATE_IDTR)]);
  });

  test('MONITOR takes no extensions: ECX must be 0', () => {
    const m = at('protected');
    m.setReg(RAX, AT);
    m.setReg(RCX, 0);
    expect(m.execute(0x0f, 0x01, 0xc8)).toBeUndefined();
    m.setReg(RCX, 1);
    expect(m.execute(0x0f, 0x01, 0xc8)).toEqual(GP0);
  });

  test('RDPMC has no counters to read', () => {
    expect(at('protected').execute(0x0f, 0x33)).toEqual(GP0);
    expect(at('user').execute(0x0f, 0x33)).toEqual(GP0);
  });

  test('RSM outside system-management mode is #UD', () => {
    expect(at('protected').execute(0x0f, 0xaa)).toEqual(UD);
  });

  test('RDPKRU reads what WRPKRU has written, with ECX and EDX 0', () => {
    const m = at('long', CR4_PKE);
    m.setReg(RAX, 0x55aa);
    m.setReg(RCX, 0);
    m.setReg(RDX, 0);
    expect(m.execute(0x0f, 0x01, 0xef)).toBeUndefined();
    m.setReg(RAX, 0);
    expect(m.execute(0x0f, 0x01, 0xee)).toBeUndefined();
    expect([m.reg(RAX), m.reg(RDX)]).toEqual([0x55aa, 0]);
    m.setReg(RDX, 1);
    expect(m.execute(0x0f, 0x01, 0xef)).toEqual(GP0);
  });
});

test.each([
  ['CLFLUSH', [0x0f, 0xae, 0x3b]],
  ['CLFLUSHOPT', [0x66, 0x0f, 0xae, 0x3b]],
  ['CLWB', [0x66, 0x0f, 0xae, 0x33]],
])('%s faults as a read does, and leaves memory alone', (_name, bytes) => {
  const m = at('long-user');
  m.write32(AT, 0x12345678);
  expect(m.execute(...bytes)).toBeUndefined();
  expect(m.read32(AT)).toBe(0x12345678);
  m.setReg(RBX, 0x200000);
  expect(m.execute(...bytes)).toEqual({ vector: VECTOR_PF, errorCode: 4 });
});

test('SERIALIZE is for everyone, and takes no LOCK', () => {
  expect(at('long-user').execute(0x0f, 0x01, 0xe8)).toBeUndefined();
  expect(at('real').execute(0x0f, 0x01, 0xe8)).toBeUndefined();
  expect(at('long').execute(0xf0, 0x0f, 0x01, 0xe8)).toEqual(UD);
});
