import { describe, expect, test } from 'vitest';
import { PortSpace } from '../../src/bus/ports.ts';
import { AcpiPm, ApmPorts, pmTicksAt, pmTimeOf, ResetControl } from '../../src/devices/acpi-pm.ts';
import { TestClock, TestLine } from '../support/test-clock.ts';

function board(timerBits: 24 | 32 = 24) {
  const clock = new TestClock();
  const sci = new TestLine();
  const events: string[] = [];
  const pm = new AcpiPm({
    clock,
    sci,
    timerBits,
    onPowerOff: () => events.push('off'),
    onSleep: (type) => events.push(`sleep ${type}`),
  });
  const ports = new PortSpace();
  ports.attach(0x600, 64, pm);
  return { clock, sci, events, pm, ports };
}

describe('the PM timer', () => {
  test.each([
    [0, 0],
    [280, 1],
    [279, 0],
    [1_000_000_000, 3_579_545],
    [10_000_000_000, 35_795_450],
  ])('%i ns are %i ticks', (ns, ticks) => {
    expect(pmTicksAt(ns)).toBe(ticks);
  });

  test('the time of a tick is the first at which it has passed', () => {
    for (const ticks of [1, 2, 1000, 3_579_545, 8_388_608, 123_456_789]) {
      expect(pmTicksAt(pmTimeOf(ticks))).toBe(ticks);
      expect(pmTicksAt(pmTimeOf(ticks) - 1)).toBe(ticks - 1);
    }
  });

  test.each([
    [24, 17_897_725 % 2 ** 24],
    [32, 17_897_725],
  ] as const)('%i bits after 5 s read %i', (bits, value) => {
    const { clock, ports } = board(bits);
    clock.advance(5_000_000_000);
    expect(ports.read32(0x608)).toBe(value);
  });

  test('TMR_STS follows the highest bit, and interrupts when it may', () => {
    const { clock, sci, pm, ports } = board();
    clock.advance(pmTimeOf(2 ** 23) - 1);
    expect(ports.read16(0x600)).toBe(0);
    clock.advance(1);
    expect(ports.read16(0x600)).toBe(1);
    ports.write16(0x600, 1);
    pm.setAcpiMode(true);
    ports.write16(0x602, 1);
    expect(sci.level).toBe(false);
    clock.advanceTo(pmTimeOf(2 ** 24));
    expect(sci.level).toBe(true);
    ports.write16(0x600, 1);
    expect(sci.level).toBe(false);
    clock.advanceTo(pmTimeOf(3 * 2 ** 23));
    expect(sci.level).toBe(true);
  });
});

describe('PM1 and GPE0', () => {
  test('the power button interrupts in ACPI mode only', () => {
    const { sci, pm, ports } = board();
    ports.write16(0x602, 0x0100);
    pm.pressPowerButton();
    expect(ports.read16(0x600)).toBe(0x0100);
    expect(sci.level).toBe(false);
    expect(pm.apmCommand(0xf1)).toBe(true);
    expect(ports.read16(0x604)).toBe(1);
    expect(sci.level).toBe(true);
    ports.write8(0x601, 0x01);
    expect(sci.level).toBe(false);
    expect(pm.apmCommand(0xf0)).toBe(true);
    expect(ports.read16(0x604)).toBe(0);
    expect(pm.apmCommand(0x55)).toBe(false);
  });

  test('GPE0 status is cleared by ones', () => {
    const { sci, pm, ports } = board();
    pm.setAcpiMode(true);
    ports.write16(0x60e, 0x0202);
    pm.raiseGpe(1);
    pm.raiseGpe(9);
    expect(sci.level).toBe(true);
    ports.write16(0x60c, 0x0002);
    expect(ports.read32(0x60c)).toBe(0x02020200);
    ports.write16(0x60c, 0xffff);
    expect(sci.level).toBe(false);
  });

  test.each([
    // write   event          PM1 control after
    [0x2001, ['off'], 0x0001],
    [0x3401, ['sleep 5'], 0x1401],
    [0x1c01, [], 0x1c01],
  ])('PM1 control %i', (value, expected, after) => {
    const { events, ports } = board();
    ports.write16(0x604, value);
    expect(events).toEqual(expected);
    expect(ports.read16(0x604)).toBe(after);
  });

  test('waking sets WAK_STS', () => {
    const { ports } = board();
    ports.write16(0x604, 0x2400);
    expect(ports.read16(0x600)).toBe(0x8000);
  });

  test('reset forgets everything but time', () => {
    const { clock, pm, ports } = board();
    ports.write32(0x600, 0x0101_0000);
    ports.write32(0x628, 0xffffffff);
    clock.advance(1_000_000);
    pm.reset();
    expect(ports.read32(0x600)).toBe(0);
    expect(ports.read32(0x628)).toBe(1); // SMI_EN, as at power-on.
    expect(ports.read32(0x608)).toBe(3579);
  });
});

test('the APM ports keep what is written; control is a command', () => {
  const commands: number[] = [];
  const apm = new ApmPorts((command) => commands.push(command));
  apm.writePort(1, 0x5a);
  apm.writePort(0, 0xf1);
  expect([apm.readPort(0), apm.readPort(1), commands]).toEqual([0xf1, 0x5a, [0xf1]]);
});

test.each([
  [[0x02, 0x06], [true]],
  [[0x04], [false]],
  [[0x06, 0x06], [true]],
  [
    [0x06, 0x02, 0x06],
    [true, true],
  ],
  [[0x02, 0x00], []],
])('reset control: writes %o reset %o', (writes, expected) => {
  const resets: boolean[] = [];
  const control = new ResetControl((hard) => resets.push(hard));
  for (const value of writes) control.writePort(0, value);
  expect(resets).toEqual(expected);
});
