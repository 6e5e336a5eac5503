import { describe, expect, test } from 'vitest';
import * as bitScan from '../../../src/cpu/execute/bit-scan.ts';
import { CoreHarness } from '../../support/core-harness.ts';

describe('CRC32 (SDM Vol. 2A, "CRC32—Accumulate CRC32 Value")', () => {
  const text = [...'123456789'].map((c) => c.charCodeAt(0));

  test('the check value of CRC-32C, byte by byte', () => {
    const harness = new CoreHarness('64-bit', bitScan);
    harness.set('rax', 0xffff_ffffn);
    for (const byte of text) {
      harness.set('rdx', byte);
      expect(harness.run(0xf2, 0x0f, 0x38, 0xf0, 0xc2)).toBeUndefined();
    }
    expect(harness.get32('rax')).toBe(~0xe306_9283 >>> 0);
  });

  test('the same in a quadword and a byte', () => {
    const harness = new CoreHarness('64-bit', bitScan);
    text.forEach((byte, i) => {
      harness.space.write8(0x9000 + i, byte);
    });
    harness.set('rax', 0xffff_ffff_ffff_ffffn);
    harness.set('rbx', 0x9000);
    expect(harness.run(0xf2, 0x48, 0x0f, 0x38, 0xf1, 0x03)).toBeUndefined();
    expect(harness.run(0xf2, 0x0f, 0x38, 0xf0, 0x43, 0x08)).toBeUndefined();
    expect(harness.get('rax')).toBe(BigInt(~0xe306_9283 >>> 0));
  });
});

test('scans and counts read memory', () => {
  const harness = new CoreHarness('64-bit', bitScan);
  harness.write64(0x9000, 0x0000_0100_0000_0000n);
  harness.set('rbx', 0x9000);
  const results = [
    [0x48, 0x0f, 0xbc, 0x03],
    [0x48, 0x0f, 0xbd, 0x03],
    [0xf3, 0x48, 0x0f, 0xbc, 0x03],
    [0xf3, 0x48, 0x0f, 0xbd, 0x03],
    [0xf3, 0x48, 0x0f, 0xb8, 0x03],
  ].map((bytes) => {
    harness.run(...bytes);
    return harness.get('rax');
  });
  expect(results).toEqual([40n, 40n, 40n, 23n, 1n]);
});
