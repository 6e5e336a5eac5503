import { describe, expect, test } from 'vitest';
import { Ps2Mouse } from '../../src/devices/ps2-mouse.ts';

function drain(mouse: Ps2Mouse): number[] {
  const bytes: number[] = [];
  while (mouse.hasByte) bytes.push(mouse.nextByte());
  return bytes;
}

function command(mouse: Ps2Mouse, ...bytes: number[]): number[] {
  for (const byte of bytes) mouse.write(byte);
  return drain(mouse);
}

describe('scaling 2:1 ("Set Scaling 2:1"), in stream mode', () => {
  test.each([
    [0, 0],
    [1, 1],
    [2, 1],
    [3, 3],
    [4, 6],
    [5, 9],
    [6, 12],
    [-4, -6],
    [-20, -40],
  ])('%i counts are reported as %i', (counts, reported) => {
    const mouse = new Ps2Mouse();
    command(mouse, 0xe7, 0xf4);
    mouse.move(counts, 0, 0);
    expect(drain(mouse)[1]).toBe(reported & 0xff);
  });

  test('not in remote mode', () => {
    const mouse = new Ps2Mouse();
    command(mouse, 0xe7, 0xf0);
    mouse.move(4, 0, 0);
    expect(command(mouse, 0xeb)).toEqual([0xfa, 0x08, 4, 0]);
  });
});

test('a command stops the packets that wait', () => {
  const mouse = new Ps2Mouse();
  command(mouse, 0xf4);
  mouse.move(1, 1, 0);
  expect(command(mouse, 0xf2)).toEqual([0xfa, 0x00]);
});

test('the status shows the buttons: left 4, right 1, middle 2', () => {
  const mouse = new Ps2Mouse();
  for (const [buttons, bits] of [
    [1, 4],
    [2, 1],
    [4, 2],
  ] as const) {
    mouse.move(0, 0, buttons);
    expect(command(mouse, 0xe9)[1]).toBe(bits);
  }
});

test('movement that nobody reads is bounded', () => {
  const mouse = new Ps2Mouse();
  command(mouse, 0xf4);
  for (let i = 0; i < 1000; i++) mouse.move(1, 1, 0);
  expect(drain(mouse).length).toBe(48);
});
