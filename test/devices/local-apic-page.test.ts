import { expect, test } from 'vitest';
import { ApicBus } from '../../src/devices/apic-bus.ts';
import { LocalApic } from '../../src/devices/local-apic.ts';
import { LocalApicPage } from '../../src/devices/local-apic-page.ts';
import { TestClock } from '../support/test-clock.ts';

const ID = 0x20;
const TPR = 0x80;
const IA32_APIC_BASE = 0x1b;

test('each processor sees its own local APIC, where its base register says', () => {
  const clock = new TestClock();
  const bus = new ApicBus();
  const tsc = { tscPerNanosecond: 1, readTsc: (): [number, number] => [0, 0] };
  const apics = [0, 1].map(
    (id) => new LocalApic({ id, bus, clock, tsc, intr: { raise() {}, lower() {} }, isBootstrap: id === 0 }),
  );
  let current = 0;
  const page = new LocalApicPage(0xfee00000, () => apics[current]!);
  const ids = [0, 1].map((number) => {
    current = number;
    return page.readMmio(ID, 4) >>> 24;
  });
  expect(ids).toEqual([0, 1]);
  page.writeMmio(TPR, 0x20, 4);
  expect(page.readMmio(TPR, 4)).toBe(0x20);
  current = 0;
  expect(page.readMmio(TPR, 4)).toBe(0);
  // Enabled, at FED80000h.
  apics[0]!.writeMsr(IA32_APIC_BASE, 0xfed80900 | 0, 0);
  page.writeMmio(TPR, 0x30, 4);
  expect([page.readMmio(TPR, 4), page.readMmio(TPR, 1)]).toEqual([0xffffffff, 0xff]);
  expect(apics[0]!.readMmio(TPR, 4)).toBe(0);
});
