import { expect, test } from 'vitest';
import { IA32_SYSENTER_EIP } from '../../../src/isa/msr.ts';
import { RAX, RCX, RDX } from '../../../src/isa/registers.ts';
import { VECTOR_GP } from '../../../src/isa/vectors.ts';
import { SystemHarness } from '../../support/system-harness.ts';

const GP0 = { vector: VECTOR_GP, errorCode: 0 };

function access(model: string, index: number, write?: readonly [lo: number, hi: number]) {
  const m = new SystemHarness('long', model);
  m.setReg(RCX, index);
  m.setReg(RAX, write?.[0] ?? 0);
  m.setReg(RDX, write?.[1] ?? 0);
  const fault = write && m.execute(0x0f, 0x30);
  return fault ?? m.execute(0x0f, 0x32) ?? [m.reg(RAX), m.reg(RDX)];
}

test.each([
  ['SYSCFG',   0xc0010010, 0x0014_0000],
  ['HWCR',     0xc0010015, 0x0100_0000], // TscFreqSel: Linux warns where it is clear.
  ['TOP_MEM',  0xc001001a, 0x0080_0000], // 1 MiB of RAM, in units of 8 MiB.
  ['TOP_MEM2', 0xc001001d, 0],
  ['VM_CR',    0xc0010114, 0x10],        // SVMDIS.
  ['DE_CFG',   0xc0011029, 2],           // LFENCE serializes.
])('%s is there on AMD alone', (_name, index, value) => {
  expect([access('zen2', index), access('skylake', index)]).toEqual([[value, 0], GP0]);
  expect(access('zen2', index, [value, 0])).toEqual([value, 0]);
}); // biome-ignore format: a table.

test('MISC_ENABLE, PLATFORM_ID and FEATURE_CONTROL are there on Intel alone', () => {
  for (const index of [0x1a0, 0x17, 0x3a]) {
    expect(access('zen2', index)).toEqual(GP0);
    expect(access('skylake', index)).not.toEqual(GP0);
  }
});

test('the microcode revision: high half on Intel, low half on AMD', () => {
  expect([access('skylake', 0x8b), access('zen2', 0x8b)]).toEqual([
    [0, 0xf0],
    [0x08701034, 0],
  ]);
});

test("SYSENTER's MSRs: canonical on Intel, of 32 bits on AMD", () => {
  const value = [0x1234, 0x8000_0000] as const;
  expect([access('skylake', IA32_SYSENTER_EIP, value), access('zen2', IA32_SYSENTER_EIP, value)]).toEqual([
    GP0,
    [0x1234, 0],
  ]);
});
