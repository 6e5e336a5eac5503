import { describe, expect, test } from 'vitest';
import { Pit8254 } from '../../src/devices/pit8254.ts';
import { A20Gate, SystemControlPortA, SystemControlPortB } from '../../src/devices/system-control.ts';
import { TestClock, TestLine } from '../support/test-clock.ts';

describe('port 61h', () => {
  function portB() {
    const clock = new TestClock();
    const pit = new Pit8254(clock, new TestLine());
    return { clock, pit, port: new SystemControlPortB(clock, pit) };
  }

  test("bits 3-0 are kept, bits 7-4 are the hardware's", () => {
    const { port } = portB();
    port.writePort(0, 0xff);
    expect(port.readPort(0) & 0xdf).toBe(0x0f);
  });

  test('IOCHK# is an NMI and bit 6 until bit 3 is written as 1; bit 7 of port 70h holds it back', () => {
    const nmi = new TestLine();
    const clock = new TestClock();
    const port = new SystemControlPortB(clock, new Pit8254(clock, new TestLine()), nmi);
    port.setNmiMask(true);
    port.checkChannel();
    expect([nmi.level, port.readPort(0) & 0xc0]).toEqual([false, 0x40]);
    port.setNmiMask(false);
    expect(nmi.level).toBe(true);
    port.writePort(0, 0x08);
    expect([nmi.level, port.readPort(0) & 0xc8]).toEqual([false, 0x08]);
    port.checkChannel();
    expect(nmi.level).toBe(false);
    port.writePort(0, 0);
    port.checkChannel();
    expect(nmi.level).toBe(true);
    port.reset();
    expect([nmi.level, port.readPort(0) & 0x40]).toEqual([false, 0]);
  });

  test('bit 4 toggles with every refresh, 15.085 us', () => {
    const { port, clock } = portB();
    const seen: number[] = [];
    for (let i = 0; i < 4; i++) {
      seen.push(port.readPort(0) & 0x10);
      clock.advance(15_085);
    }
    expect(seen).toEqual([0, 0x10, 0, 0x10]);
  });

  test('a delay by timer 2, as kernels calibrate with it: gate on, mode 0, wait for bit 5', () => {
    const { port, pit, clock } = portB();
    port.writePort(0, 0x01);
    pit.writePort(3, 0xb0);
    pit.writePort(2, 0x9b); // 11931 ticks: 10 ms
    pit.writePort(2, 0x2e);
    clock.advance(9_999_000);
    expect(port.readPort(0) & 0x20).toBe(0);
    clock.advance(2_000);
    expect(port.readPort(0) & 0x20).toBe(0x20);
  });

  test('bit 0 low holds timer 2', () => {
    const { port, pit, clock } = portB();
    port.writePort(0, 0x00);
    pit.writePort(3, 0xb0);
    pit.writePort(2, 10);
    pit.writePort(2, 0);
    clock.advance(1_000_000);
    expect(port.readPort(0) & 0x20).toBe(0);
    port.writePort(0, 0x01);
    clock.advance(1_000_000);
    expect(port.readPort(0) & 0x20).toBe(0x20);
  });

  test('reset clears it', () => {
    const { port } = portB();
    port.writePort(0, 0x0f);
    port.reset();
    expect(port.readPort(0) & 0x0f).toBe(0);
  });
});

describe('port 92h', () => {
  function portA() {
    const a20: boolean[] = [];
    let resets = 0;
    const port = new SystemControlPortA(
      (enabled) => a20.push(enabled),
      () => resets++,
    );
    return { port, a20, resets: () => resets };
  }

  test('bit 1 is A20', () => {
    const { port, a20 } = portA();
    for (const value of [0x02, 0x02, 0x00, 0x02]) port.writePort(0, value);
    expect(a20).toEqual([true, false, true]);
    expect(port.readPort(0)).toBe(0x02);
  });

  test('bit 0 resets on its rise', () => {
    const { port, resets } = portA();
    for (const value of [0x01, 0x01, 0x00, 0x03]) port.writePort(0, value);
    expect(resets()).toBe(2);
  });
});

describe('A20', () => {
  test.each([
    [false, false, false],
    [true, false, true],
    [false, true, true],
    [true, true, true],
  ])('fast %s, keyboard %s: enabled %s', (fast, keyboard, enabled) => {
    const gate = new A20Gate(() => {});
    gate.setFast(fast);
    gate.setKeyboard(keyboard);
    expect(gate.enabled).toBe(enabled);
  });

  test('is enabled at power-on, and tells only of changes', () => {
    const changes: boolean[] = [];
    const gate = new A20Gate((enabled) => changes.push(enabled));
    expect(gate.enabled).toBe(true);
    gate.setFast(true);
    gate.setKeyboard(false);
    gate.setFast(false);
    gate.setKeyboard(true);
    expect(changes).toEqual([false, true]);
  });
});
