import { describe, expect, test } from 'vitest';
import { Piix4Pm, SmbusHost } from '../../src/devices/piix4-pm.ts';
import { TestClock, TestLine } from '../support/test-clock.ts';

function pm(onSmi?: () => void) {
  const fn = new Piix4Pm({ clock: new TestClock(), sci: new TestLine(), onPowerOff() {}, onSmi });
  fn.seal();
  return fn;
}

describe('the 82371AB, function 3', () => {
  test('PMBASE and PMREGMISC place the block', () => {
    const fn = pm();
    expect(fn.readConfig(0x40, 4)).toBe(1);
    fn.writeConfig(0x40, 0xffffffff, 4);
    expect(fn.readConfig(0x40, 4)).toBe(0xffc1);
    fn.writeConfig(0x40, 0x601, 4);
    expect(fn.windows()).toEqual([]);
    fn.writeConfig(0x80, 1, 1);
    expect(fn.windows().map((w) => [w.base, w.bytes])).toEqual([[0x600, 64]]);
    fn.writeConfig(0x90, 0x701, 4);
    fn.writeConfig(0xd2, 0x09, 1);
    fn.writeConfig(0x04, 1, 2);
    expect(fn.windows().map((w) => w.base)).toEqual([0x600, 0x700]);
    fn.reset();
    expect(fn.windows()).toEqual([]);
  });

  test('SMI# needs APMC_EN and SMI_EN', () => {
    let smis = 0;
    const fn = pm(() => smis++);
    fn.apm.writePort(0, 0);
    expect(smis).toBe(0);
    fn.writeConfig(0x58, 0x02000000, 4);
    fn.apm.writePort(0, 0);
    expect([smis, fn.pm.readPort(0x28)]).toEqual([1, 1]);
    fn.pm.writePort(0x28, 0);
    fn.apm.writePort(0, 0);
    expect(smis).toBe(1);
  });

  test('without SMI# a firmware finds APMC_EN set', () => {
    expect(pm().readConfig(0x5b, 1)).toBe(0x02);
    expect(pm(() => {}).readConfig(0x5b, 1)).toBe(0x00);
  });
});

test('nobody answers on the SMBus', () => {
  const host = new SmbusHost();
  host.writePort(4, 0xa1);
  host.writePort(2, 0x48);
  expect([host.readPort(0), host.readPort(2), host.readPort(4)]).toEqual([0x04, 0x08, 0xa1]);
  host.writePort(0, 0x1e);
  expect(host.readPort(0)).toBe(0);
});
