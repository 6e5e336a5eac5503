import { expect, test } from 'vitest';
import { DelayPort, PostCodePort } from '../../src/devices/post-code.ts';

test('the last code is kept and read back, the history without repetitions', () => {
  const port = new PostCodePort();
  for (const code of [0x01, 0x01, 0x2e, 0x01]) port.writePort(0, code);
  expect(port.lastCode).toBe(0x01);
  expect(port.readPort(0)).toBe(0x01);
  expect(port.history).toEqual([0x01, 0x2e, 0x01]);
});

test('a first code of 0 counts', () => {
  const port = new PostCodePort();
  port.writePort(0, 0);
  expect(port.history).toEqual([0]);
});

test('the history is a window of 256', () => {
  const port = new PostCodePort();
  for (let i = 0; i < 1000; i++) port.writePort(0, i & 0xff);
  expect(port.history.length).toBe(256);
  expect(port.history.at(-1)).toBe(999 & 0xff);
});

test('the delay port takes everything', () => {
  const port = new DelayPort();
  port.writePort(0, 0x55);
  expect(port.readPort(0)).toBe(0xff);
});
