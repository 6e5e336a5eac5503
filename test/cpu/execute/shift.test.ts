import { describe, expect, test } from 'vitest';
import * as doubleShift from '../../../src/cpu/execute/double-shift.ts';
import * as rotate from '../../../src/cpu/execute/rotate.ts';
import * as shift from '../../../src/cpu/execute/shift.ts';
import { RFLAGS_CF, RFLAGS_OF, RFLAGS_STATUS } from '../../../src/isa/rflags.ts';
import { CoreHarness, statusText } from '../../support/core-harness.ts';

/** SDM Vol. 2B, "SAL/SAR/SHL/SHR—Shift", "RCL/RCR/ROL/ROR—Rotate". Counts in CL are compared with a real processor in test/oracle. */
describe('shifts and rotates of memory by an immediate', () => {
  test.each<[string, number[], bigint]>([
    // form                bytes                             memory after
    ['SHL m8, 1',         [0xd0, 0x23],                     0x0123_4567_89ab_cddan],
    ['SHL m16, 4',        [0x66, 0xc1, 0x23, 0x04],         0x0123_4567_89ab_ded0n],
    ['SHL m64, 40',       [0x48, 0xc1, 0x23, 0x28],         0xabcd_ed00_0000_0000n],
    ['SHR m32, 1',        [0xd1, 0x2b],                     0x0123_4567_44d5_e6f6n],
    ['SHR m64, 33',       [0x48, 0xc1, 0x2b, 0x21],         0x0000_0000_0091_a2b3n],
    ['SAR m8, 3',         [0xc0, 0x3b, 0x03],               0x0123_4567_89ab_cdfdn],
    ['SAR m64, 63',       [0x48, 0xc1, 0x3b, 0x3f],         0x0000_0000_0000_0000n],
    ['ROL m8, 4',         [0xc0, 0x03, 0x04],               0x0123_4567_89ab_cdden],
    ['ROR m64, 16',       [0x48, 0xc1, 0x0b, 0x10],         0xcded_0123_4567_89abn],
    ['RCL m32, 1',        [0xd1, 0x13],                     0x0123_4567_1357_9bdan],
    ['RCR m16, 1',        [0x66, 0xd1, 0x1b],               0x0123_4567_89ab_66f6n],
    ['SHLD m32, edx, 8',  [0x0f, 0xa4, 0x13, 0x08],         0x0123_4567_abcd_ed55n],
    ['SHRD m64, rdx, 32', [0x48, 0x0f, 0xac, 0x13, 0x20],   0x5566_7788_0123_4567n],
  ])('%s', (_form, bytes, memory) => {
    const harness = new CoreHarness('64-bit', doubleShift, rotate, shift);
    harness.write64(0x9000, 0x0123_4567_89ab_cdedn);
    harness.set('rbx', 0x9000);
    harness.set('rdx', 0x1122_3344_5566_7788n);
    harness.status = 0;
    expect(harness.run(...bytes)).toBeUndefined();
    expect(harness.read64(0x9000)).toBe(memory);
  }); // biome-ignore format: a table.

  test.each([
    ['SHL', [0xc0, 0xe0, 0x20]],
    ['ROL', [0xc0, 0xc0, 0x40]],
    ['RCR', [0xc0, 0xd8, 0x00]],
    ['SAR', [0x48, 0xc1, 0xf8, 0x40]],
    ['SHLD', [0x0f, 0xa4, 0xd0, 0x20]],
  ])('%s by a count that is 0 after masking changes no flag', (_name, bytes) => {
    const harness = new CoreHarness('64-bit', doubleShift, rotate, shift);
    harness.set('rax', 0x99);
    harness.status = RFLAGS_STATUS;
    harness.run(...bytes);
    expect(harness.status).toBe(RFLAGS_STATUS);
    expect(harness.get('rax')).toBe(0x99n);
  });

  test('ROL by 8 of a byte keeps it but updates CF', () => {
    const harness = new CoreHarness('64-bit', rotate);
    harness.set('rax', 0x81);
    harness.status = 0;
    harness.run(0xc0, 0xc0, 0x08);
    expect(harness.get('rax')).toBe(0x81n);
    expect(statusText(harness.status & (RFLAGS_CF | RFLAGS_OF))).toBe('CF');
  });

  test('a shift of memory needs the right to write even when the count is 0', () => {
    const harness = new CoreHarness('64-bit', shift);
    harness.page(0x9000, true, false);
    harness.set('rbx', 0x9000);
    expect(harness.run(0xc1, 0x23, 0x01)).toBe('#PF(3)');
    expect(harness.run(0xc1, 0x23, 0x00)).toBe('#PF(3)');
  });
});
