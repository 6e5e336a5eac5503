import { expect, test } from 'vitest';
import * as bound from '../../../src/cpu/execute/bound.ts';
import { CoreHarness } from '../../support/core-harness.ts';

/** SDM Vol. 2A, "BOUND—Check Array Index Against Bounds". */
test.each<[number, number[], number, string | undefined]>([
  [32, [0x62, 0x03], -5, undefined],
  [32, [0x62, 0x03], 7, undefined],
  [32, [0x62, 0x03], -6, '#BR'],
  [32, [0x62, 0x03], 8, '#BR'],
  [16, [0x66, 0x62, 0x43, 0x10], -5, undefined],
  [16, [0x66, 0x62, 0x43, 0x10], 0x10007, undefined],
  [16, [0x66, 0x62, 0x43, 0x10], 8, '#BR'],
])('%i bits, %j: index %i within -5 to 7', (_bits, bytes, index, outcome) => {
  const harness = new CoreHarness('protected32', bound);
  harness.space.write32(0x9000, -5 >>> 0);
  harness.space.write32(0x9004, 7);
  harness.space.write16(0x9010, 0xfffb);
  harness.space.write16(0x9012, 7);
  harness.set('rbx', 0x9000);
  harness.set('rax', index);
  expect(harness.run(...bytes)).toBe(outcome);
});
