import { describe, expect, test } from 'vitest';
import { Piix3IsaBridge } from '../../src/devices/piix3.ts';
import { TestLine } from '../support/test-clock.ts';

function bridge() {
  const lines = Array.from({ length: 16 }, () => new TestLine());
  const piix = new Piix3IsaBridge({ line: (irq) => lines[irq]! });
  piix.seal();
  return { lines, piix, high: () => lines.flatMap((line, irq) => (line.level ? [irq] : [])) };
}

describe('the 82371SB', () => {
  test('is a multi-function bridge with its PIRQs switched off', () => {
    const { piix } = bridge();
    expect(piix.readConfig(0, 4)).toBe(0x70008086);
    expect(piix.readConfig(0x0e, 1)).toBe(0x80);
    expect(piix.readConfig(0x60, 4)).toBe(0x80808080);
  });

  test.each([
    [0x0a, 10],
    [0x0b, 11],
    [0x8b, -1],
    [0x0d, -1],
    [0x02, -1],
    [0x00, -1],
  ])('PIRQRC %i routes to %i', (value, irq) => {
    const { piix, high } = bridge();
    piix.writeConfig(0x61, value, 1);
    expect(piix.route(1)).toBe(irq);
    piix.setPirq(1, true);
    expect(high()).toEqual(irq < 0 ? [] : [irq]);
  });

  test('PIRQs that share an IRQ are a wired OR, and a rerouted one moves', () => {
    const { piix, high } = bridge();
    piix.writeConfig(0x60, 0x0b0b0a0a, 4);
    piix.setPirq(0, true);
    piix.setPirq(1, true);
    expect(high()).toEqual([10]);
    piix.setPirq(0, false);
    expect(high()).toEqual([10]);
    piix.writeConfig(0x61, 5, 1);
    expect(high()).toEqual([5]);
    piix.reset();
    expect(high()).toEqual([]);
  });
});
