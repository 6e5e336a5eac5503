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

describe("Microsoft's extensions", () => {
  const rates = (...values: number[]) => values.flatMap((value) => [0xf3, value]);

  test('three sampling rates ask for a wheel, three others for five buttons; a reset ends it', () => {
    const mouse = new Ps2Mouse();
    const type = () => command(mouse, 0xf2)[1];
    command(mouse, ...rates(200, 80, 100));
    expect(type()).toBe(0);
    command(mouse, ...rates(200, 100, 80));
    expect(type()).toBe(3);
    command(mouse, ...rates(200, 200, 80), 0xf6);
    expect(type()).toBe(4);
    expect(command(mouse, 0xff)).toEqual([0xfa, 0xaa, 0x00]);
    expect(type()).toBe(0);
  });

  test('the fourth byte is the wheel, with five buttons beside two of them', () => {
    const mouse = new Ps2Mouse();
    command(mouse, ...rates(200, 100, 80), 0xf4);
    mouse.move(1, 2, 5, -1);
    mouse.move(0, 0, 0, 20);
    expect(drain(mouse)).toEqual([0x0d, 1, 2, 0xff, 0x08, 0, 0, 7]);
    command(mouse, ...rates(200, 200, 80), 0xf4);
    mouse.move(0, 0, 0x19, -2);
    expect(drain(mouse)).toEqual([0x09, 0, 0, 0x3e]);
  });
});
