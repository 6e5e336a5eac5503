import { expect, test } from 'vitest';
import { Vga } from '../../src/devices/vga.ts';
import { renderVga } from '../../src/devices/vga-render.ts';
import { TestClock } from '../support/test-clock.ts';

const pixel = (picture: { width: number; rgba: Uint8Array }, x: number, y: number) => [
  ...picture.rgba.subarray((y * picture.width + x) * 4, (y * picture.width + x) * 4 + 4),
];

test('text: the font of plane 2 in the colours of the attribute', () => {
  const vga = new Vga(new TestClock());
  vga.setTextMode();
  vga.memory[(0x41 * 32 + 2) * 4 + 2] = 0x81;
  vga.writeMmio(0x18000, 0x1e41, 2);
  const picture = renderVga(vga);
  expect([picture.width, picture.height]).toEqual([720, 400]);
  expect(pixel(picture, 0, 2)).toEqual([255, 255, 85, 255]);
  expect(pixel(picture, 1, 2)).toEqual([0, 0, 170, 255]);
  expect(pixel(picture, 7, 2)).toEqual([255, 255, 85, 255]);
  expect(pixel(picture, 8, 2)).toEqual([0, 0, 170, 255]);
  expect(pixel(picture, 9, 2)).toEqual([0, 0, 0, 255]);
});

test('mode 13h: a byte a pixel, twice as high', () => {
  const vga = new Vga(new TestClock());
  vga.setTextMode();
  vga.sequencer[4] = 0x0e;
  vga.graphics.set([0x40, 0x05], 5);
  vga.crtc[9] = 0x41;
  vga.crtc[0x17] = 0xa3;
  vga.attribute[0x10] = 0x41;
  vga.dac.set([0x3f, 0, 0], 99 * 3);
  vga.sequencer[2] = 0x0f;
  vga.writeMmio(321, 99, 1);
  const picture = renderVga(vga);
  expect([picture.width, picture.height]).toEqual([320, 200]);
  expect(pixel(picture, 1, 1)).toEqual([255, 0, 0, 255]);
});

test('16 colours: a bit of each plane', () => {
  const vga = new Vga(new TestClock());
  vga.setTextMode();
  vga.memory.fill(0, 0, 0x10000);
  vga.graphics.set([0x00, 0x05], 5);
  vga.crtc[9] = 0x40;
  vga.crtc[0x17] = 0xe3;
  vga.attribute[0x10] = 0x01;
  vga.memory.set([0x80, 0, 0x80, 0], 80 * 4);
  const picture = renderVga(vga);
  expect([picture.width, picture.height]).toEqual([640, 400]);
  expect(pixel(picture, 0, 1)).toEqual([170, 0, 170, 255]);
});

test.each([
  [32, [0x10, 0x20, 0x30, 0], [0x30, 0x20, 0x10, 255]],
  [24, [0x10, 0x20, 0x30], [0x30, 0x20, 0x10, 255]],
  [16, [0xe0, 0xff], [255, 255, 0, 255]],
  [15, [0xe0, 0x7f], [255, 255, 0, 255]],
])('VBE, %i bits a pixel', (bits, bytes, color) => {
  const vga = new Vga(new TestClock());
  for (const [index, value] of [
    [1, 64],
    [2, 4],
    [3, bits],
    [4, 0x41],
  ] as const) {
    vga.vbe.writeRegister(index, value);
  }
  vga.memory.set(bytes, vga.vbe.stride + bytes.length * 2);
  const picture = renderVga(vga);
  expect([picture.width, picture.height]).toEqual([64, 4]);
  expect(pixel(picture, 2, 1)).toEqual(color);
});
