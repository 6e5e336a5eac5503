import { describe, expect, test } from 'vitest';
import { CS, R11, RCX, RDX, SS } from '../../../src/isa/registers.ts';
import { RFLAGS_IF, RFLAGS_TF } from '../../../src/isa/rflags.ts';
import { VECTOR_GP, VECTOR_UD } from '../../../src/isa/vectors.ts';
import {
  STATE_CSTAR, STATE_EFER, STATE_FMASK, STATE_KERNEL_GS_BASE, STATE_LSTAR, STATE_STAR, STATE_SYSENTER_CS,
  STATE_SYSENTER_EIP, STATE_SYSENTER_ESP,
} from '../../../src/state/layout.ts'; // biome-ignore format: a list of nouns.
import { CODE, STACK, type StartMode, SystemHarness } from '../../support/system-harness.ts';

const SYSCALL = [0x0f, 0x05] as const;
const SYSRET = [0x0f, 0x07] as const;
const SYSRETQ = [0x48, 0x0f, 0x07] as const;
const SYSENTER = [0x0f, 0x34] as const;
const SYSEXIT = [0x0f, 0x35] as const;
const UD = { vector: VECTOR_UD, errorCode: undefined };
const GP0 = { vector: VECTOR_GP, errorCode: 0 };
const AMD = 'qemu64';

function machine(mode: StartMode, model = 'max'): SystemHarness {
  const m = new SystemHarness(mode, model);
  m.setWord(STATE_STAR, 0x4000);
  m.setWord(STATE_STAR + 4, 0x0020_0010);
  m.setWord(STATE_LSTAR, 0x5000);
  m.setWord(STATE_LSTAR + 4, 0xffff8000);
  m.setWord(STATE_CSTAR, 0x6000);
  m.setWord(STATE_FMASK, RFLAGS_IF);
  m.setWord(STATE_SYSENTER_CS, 0x10);
  m.setWord(STATE_SYSENTER_ESP, 0x7000);
  m.setWord(STATE_SYSENTER_EIP, 0x7100);
  return m;
}

describe('SYSCALL and SYSRET', () => {
  test('from 64-bit code', () => {
    const m = machine('long-user');
    m.setFlags(RFLAGS_IF | 0x3000);
    m.execute(...SYSCALL);
    expect([m.rip, m.core.ripHi() >>> 0, m.selector(CS), m.selector(SS), m.core.state.cpl()]).toEqual([
      0x5000, 0xffff8000, 0x10, 0x18, 0,
    ]); // biome-ignore format: registers.
    expect([m.reg(RCX), m.reg(R11), m.core.flags.read(), m.rsp]).toEqual([CODE + 2, 0x3202, 0x3002, STACK]);
  });

  test('SYSRETQ and SYSRETL', () => {
    const m = machine('long');
    m.setReg(RCX, 0x1234);
    m.setReg(R11, 0x3202 | 0x30000);
    m.execute(...SYSRETQ);
    expect([m.rip, m.selector(CS), m.selector(SS), m.core.state.mode(), m.core.flags.read()]).toEqual([
      0x1234, 0x33, 0x2b, '64-bit', 0x3202,
    ]); // biome-ignore format: registers.
    const n = machine('long');
    n.setReg(RCX, 0x1234, 0x8000);
    n.execute(...SYSRET);
    expect([n.rip, n.core.ripHi(), n.selector(CS), n.core.state.mode()]).toEqual([
      0x1234,
      0,
      0x23,
      'compatibility32',
    ]);
  });

  test('a non-canonical RCX: Intel refuses, AMD goes there', () => {
    const m = machine('long');
    m.setReg(RCX, 0, 0x8000_0000);
    expect(m.execute(...SYSRETQ)).toEqual(GP0);
    const n = machine('long', AMD);
    n.setReg(RCX, 0, 0x8000_0000);
    expect(n.execute(...SYSRETQ)).toBeUndefined();
    expect([n.core.ripHi() >>> 0, n.core.state.cpl()]).toEqual([0x8000_0000, 3]);
  });

  test("SYSRET's SS: Intel sets RPL 3, AMD leaves it as STAR has it", () => {
    const ss = (model: string) => {
      const m = machine('long', model);
      m.setReg(RCX, 0x1234);
      m.execute(...SYSRETQ);
      return m.selector(SS);
    };
    expect([ss('skylake'), ss('zen2')]).toEqual([0x2b, 0x28]);
  });

  test('outside 64-bit code only AMD has them', () => {
    expect(machine('compatibility').execute(...SYSCALL)).toEqual(UD);
    const m = machine('compatibility', AMD);
    expect(m.execute(...SYSCALL)).toBeUndefined();
    expect([m.rip, m.core.state.mode()]).toEqual([0x6000, '64-bit']);
    const legacy = machine('user', AMD);
    legacy.setWord(STATE_EFER, 1);
    legacy.execute(...SYSCALL);
    expect([legacy.rip, legacy.core.state.mode(), legacy.core.state.cpl()]).toEqual([
      0x4000,
      'protected32',
      0,
    ]);
  });

  test('SCE and level 0', () => {
    const m = machine('long');
    m.setWord(STATE_EFER, m.word(STATE_EFER) & ~1);
    expect(m.execute(...SYSCALL)).toEqual(UD);
    expect(machine('long-user').execute(...SYSRET)).toEqual(GP0);
  });
});

describe('SYSENTER and SYSEXIT', () => {
  test('legacy mode', () => {
    const m = machine('user');
    m.setFlags(RFLAGS_IF | RFLAGS_TF);
    m.execute(...SYSENTER);
    expect([m.rip, m.rsp, m.selector(CS), m.selector(SS), m.core.flags.read()]).toEqual([
      0x7100, 0x7000, 0x10, 0x18, 0x102,
    ]);
    m.setReg(RCX, 0xb000);
    m.setReg(RDX, 0x1234);
    m.execute(...SYSEXIT);
    expect([m.rip, m.rsp, m.selector(CS), m.selector(SS), m.core.state.cpl()]).toEqual([
      0x1234, 0xb000, 0x23, 0x2b, 3,
    ]);
  });

  test('long mode: Intel to 64-bit code, AMD #UD', () => {
    const m = machine('compatibility');
    m.execute(...SYSENTER);
    expect(m.core.state.mode()).toBe('64-bit');
    m.setReg(RDX, 0, 0x8000_0000);
    expect(m.execute(0x48, ...SYSEXIT)).toEqual(GP0);
    expect(machine('compatibility', AMD).execute(...SYSENTER)).toEqual(UD);
  });

  test('no target, real mode, user level', () => {
    const m = machine('user');
    m.setWord(STATE_SYSENTER_CS, 0);
    expect(m.execute(...SYSENTER)).toEqual(GP0);
    expect(machine('real').execute(...SYSENTER)).toEqual(GP0);
    expect(machine('user').execute(...SYSEXIT)).toEqual(GP0);
  });
});

test('SWAPGS', () => {
  const m = machine('long');
  m.setWord(STATE_KERNEL_GS_BASE, 0x1234);
  m.setWord(STATE_KERNEL_GS_BASE + 4, 0xffff8000);
  m.execute(0x0f, 0x01, 0xf8);
  expect([m.core.state.baseLo(5), m.core.state.baseHi(5) >>> 0, m.word(STATE_KERNEL_GS_BASE)]).toEqual([
    0x1234, 0xffff8000, 0,
  ]);
  expect(machine('long-user').execute(0x0f, 0x01, 0xf8)).toEqual(GP0);
  expect(machine('compatibility').execute(0x0f, 0x01, 0xf8)).toEqual(UD);
});
