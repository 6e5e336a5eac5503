import { expect, test } from 'vitest';
import { FloatErrorLatch } from '../../src/devices/float-error.ts';

function latch() {
  const edges: string[] = [];
  const irq = { raise: () => edges.push('raise'), lower: () => edges.push('lower') };
  return { latch: new FloatErrorLatch(irq), edges };
}

test('one request for each assertion of FERR#, withdrawn by a write', () => {
  const { latch: l, edges } = latch();
  l.raise();
  l.raise();
  expect(edges).toEqual(['raise']);
  l.writePort(0, 0);
  expect(edges).toEqual(['raise', 'lower']);
  l.lower();
  l.raise();
  expect(edges).toEqual(['raise', 'lower', 'raise']);
});

test('IGNNE# lasts from the write until FERR# goes, and needs FERR#', () => {
  const { latch: l } = latch();
  l.writePort(0, 0);
  expect(l.ignne).toBe(false);
  l.raise();
  expect(l.ignne).toBe(false);
  l.writePort(0, 0);
  expect(l.ignne).toBe(true);
  l.lower();
  expect(l.ignne).toBe(false);
});

test('reset', () => {
  const { latch: l, edges } = latch();
  l.raise();
  l.writePort(0, 0);
  l.reset();
  expect([l.ignne, edges.at(-1), l.readPort(0)]).toEqual([false, 'lower', 0xff]);
});
