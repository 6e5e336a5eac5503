import { expect, test } from 'vitest';
import { DebugConsole } from '../../src/devices/debugcon.ts';

test('bytes written are output, reads tell that it is there', () => {
  const bytes: number[] = [];
  const device = new DebugConsole((byte) => bytes.push(byte));
  for (const byte of [0x4f, 0x4b]) device.writePort(0, byte);
  expect(bytes).toEqual([0x4f, 0x4b]);
  expect(device.readPort(0)).toBe(0xe9);
});

test('nobody need listen', () => {
  expect(() => new DebugConsole().writePort(0, 1)).not.toThrow();
});
