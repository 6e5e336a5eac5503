import { describe, expect, test } from 'vitest';
import { PortSpace } from '../../src/bus/ports.ts';
import { PowerControlPort, ShutdownPort } from '../../src/devices/power-ports.ts';

describe('the PM1a control register', () => {
  function board() {
    let powerOffs = 0;
    const ports = new PortSpace();
    ports.attach(0x604, 2, new PowerControlPort(() => powerOffs++));
    return { ports, powerOffs: () => powerOffs };
  }

  test.each([
    [16, 0x604, 0x2000, 1],
    [16, 0x604, 0x3c01, 1],
    [16, 0x604, 0x1c01, 0],
    [32, 0x604, 0x2000, 1],
    [8, 0x605, 0x20, 1],
    [8, 0x604, 0x20, 0],
  ])('a %i-bit write at %i of %i: %i power-offs', (width, port, value, expected) => {
    const { ports, powerOffs } = board();
    if (width === 8) ports.write8(port, value);
    else if (width === 16) ports.write16(port, value);
    else ports.write32(port, value);
    expect(powerOffs()).toBe(expected);
  });

  test('is kept, but for SLP_EN, which reads as zero', () => {
    const { ports } = board();
    ports.write16(0x604, 0x3c01);
    expect(ports.read16(0x604)).toBe(0x1c01);
  });
});

test.each([
  ['Shutdown', 1],
  ['ShutShutdown', 1],
  ['SShutdown', 1],
  ['Shutdow', 0],
  ['shutdown', 0],
  ['Shut down', 0],
  ['ShutdownShutdown', 2],
])('port 8900h: "%s" powers off %i times', (text, expected) => {
  let powerOffs = 0;
  const port = new ShutdownPort(() => powerOffs++);
  for (const character of text) port.writePort(0, character.charCodeAt(0));
  expect(powerOffs).toBe(expected);
});
