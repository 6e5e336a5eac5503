import { expect, test } from 'vitest';
import { PortSpace } from '../../src/bus/ports.ts';
import { DebugExit } from '../../src/devices/debug-exit.ts';

test.each([
  // width  V  status
  [8, 0x00, 1],
  [8, 0x10, 0x21],
  [8, 0xff, 0x1ff],
  [16, 0x1234, 0x2469],
  [32, 0x10, 0x21],
  [32, 0xffffffff, 0xffffffff],
])('a %i-bit write of %i ends with %i, during the write', (width, value, status) => {
  const statuses: number[] = [];
  const ports = new PortSpace();
  ports.attach(0xf4, 4, new DebugExit((s) => statuses.push(s)));
  if (width === 8) ports.write8(0xf4, value);
  else if (width === 16) ports.write16(0xf4, value);
  else ports.write32(0xf4, value);
  expect(statuses).toEqual([status]);
});

test('reads are zero and end nothing', () => {
  const ports = new PortSpace();
  ports.attach(0xf4, 4, new DebugExit(() => expect.unreachable()));
  expect([ports.read8(0xf4), ports.read16(0xf4), ports.read32(0xf4)]).toEqual([0, 0, 0]);
});
