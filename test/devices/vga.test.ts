import { describe, expect, test } from 'vitest';
import { PortSpace } from '../../src/bus/ports.ts';
import { cp437 } from '../../src/devices/cp437.ts';
import { Vga } from '../../src/devices/vga.ts';
import { TestClock } from '../support/test-clock.ts';

function board() {
  const clock = new TestClock();
  const vga = new Vga(clock, 256 * 1024);
  const ports = new PortSpace();
  for (const [base, count] of [
    [0x3b4, 2],
    [0x3ba, 1],
    [0x3c0, 16],
    [0x3d4, 2],
    [0x3da, 1],
  ] as const) {
    ports.attach(base, count, vga, base - 0x3b0);
  }
  const set = (index: number, register: number, value: number) =>
    ports.write16(index, (value << 8) | register);
  return { clock, vga, ports, set };
}

/** Sequencer and graphics controller for planar graphics at A0000h. */
function planar() {
  const bench = board();
  bench.set(0x3c4, 4, 0x06);
  bench.set(0x3c4, 2, 0x0f);
  bench.set(0x3ce, 6, 0x05);
  bench.set(0x3ce, 8, 0xff);
  return bench;
}

describe('registers', () => {
  test('index and data in one word', () => {
    const { ports, set } = board();
    set(0x3c4, 2, 0xff);
    expect(ports.read8(0x3c5)).toBe(0x0f);
    set(0x3ce, 5, 0xff);
    expect(ports.read16(0x3ce)).toBe(0x7b05);
  });

  test('monochrome or colour: the CRTC moves', () => {
    const { ports } = board();
    ports.write8(0x3c2, 0x00);
    ports.write8(0x3b4, 0x0e);
    ports.write8(0x3b5, 0x12);
    expect([ports.read8(0x3b5), ports.read8(0x3d5)]).toEqual([0x12, 0xff]);
    ports.write8(0x3c2, 0x67);
    expect([ports.read8(0x3b5), ports.read8(0x3d5), ports.read8(0x3cc)]).toEqual([0xff, 0x12, 0x67]);
  });

  test('CR0 to CR7 can be protected', () => {
    const { ports, set } = board();
    ports.write8(0x3c2, 0x01);
    set(0x3d4, 1, 0x4f);
    set(0x3d4, 7, 0x1f);
    set(0x3d4, 0x11, 0x80);
    set(0x3d4, 1, 0x00);
    set(0x3d4, 7, 0x00);
    ports.write8(0x3d4, 1);
    expect(ports.read8(0x3d5)).toBe(0x4f);
    ports.write8(0x3d4, 7);
    expect(ports.read8(0x3d5)).toBe(0x0f);
  });

  test('the attribute controller has one port and a flip-flop', () => {
    const { ports } = board();
    ports.write8(0x3c2, 1);
    ports.read8(0x3da);
    for (const value of [0x03, 0x2a, 0x10, 0x0c, 0x20]) ports.write8(0x3c0, value);
    ports.read8(0x3da);
    ports.write8(0x3c0, 0x23);
    expect(ports.read8(0x3c1)).toBe(0x2a);
    ports.write8(0x3c0, 0x11); // The palette is the display's while PAS is set.
    expect(ports.read8(0x3c1)).toBe(0x2a);
  });

  test('the DAC: three bytes of six bits, and it steps on', () => {
    const { ports } = board();
    ports.write8(0x3c8, 7);
    for (const value of [0x3f, 0xff, 0x01, 0x10]) ports.write8(0x3c9, value);
    ports.write8(0x3c7, 7);
    expect(ports.read8(0x3c7)).toBe(3);
    expect([1, 2, 3, 4].map(() => ports.read8(0x3c9))).toEqual([0x3f, 0x3f, 0x01, 0x10]);
    ports.write8(0x3c8, 0);
    expect(ports.read8(0x3c7)).toBe(0);
  });

  test('input status 1 shows blanking and retrace as time goes by', () => {
    const { clock, ports } = board();
    ports.write8(0x3c2, 1);
    const seen = new Set<number>();
    for (let i = 0; i < 16_000; i++) {
      seen.add(ports.read8(0x3da));
      clock.advance(1_000);
    }
    expect([...seen].sort((a, b) => a - b)).toEqual([0, 1, 9]);
  });
});

describe('memory', () => {
  test.each([
    [0x05, 0x0ffff, true],
    [0x05, 0x10000, false],
    [0x09, 0x10000, true],
    [0x09, 0x0ffff, false],
    [0x0d, 0x18000, true],
    [0x0d, 0x17fff, false],
    [0x01, 0x18000, true],
  ])('map %i shows offset %i: %s', (map, offset, isThere) => {
    const { vga, set } = planar();
    set(0x3ce, 6, map);
    vga.writeMmio(offset, 0x5a, 1);
    expect(vga.readMmio(offset, 1)).toBe(isThere ? 0x5a : 0xff);
  });

  test.each([
    // name                   mode  set/reset enable rotate/function mask  value  planes after (latch 0f0f0f0f)
    ['write mode 0', 0, 0x0, 0x0, 0x00, 0xff, 0x35, [0x35, 0x35, 0x35, 0x35]],
    ['rotate by 4', 0, 0x0, 0x0, 0x04, 0xff, 0x35, [0x53, 0x53, 0x53, 0x53]],
    ['set/reset', 0, 0x5, 0x3, 0x00, 0xff, 0x35, [0xff, 0x00, 0x35, 0x35]],
    ['bit mask', 0, 0x0, 0x0, 0x00, 0xf0, 0x55, [0x5f, 0x5f, 0x5f, 0x5f]],
    ['AND', 0, 0x0, 0x0, 0x08, 0xff, 0x35, [0x05, 0x05, 0x05, 0x05]],
    ['OR', 0, 0x0, 0x0, 0x10, 0xff, 0x35, [0x3f, 0x3f, 0x3f, 0x3f]],
    ['XOR', 0, 0x0, 0x0, 0x18, 0xff, 0x35, [0x3a, 0x3a, 0x3a, 0x3a]],
    ['write mode 1', 1, 0x0, 0x0, 0x00, 0xff, 0x35, [0x0f, 0x0f, 0x0f, 0x0f]],
    ['write mode 2', 2, 0x0, 0x0, 0x00, 0xff, 0x06, [0x00, 0xff, 0xff, 0x00]],
    ['write mode 3', 3, 0x9, 0x0, 0x00, 0x3c, 0xf0, [0x3f, 0x0f, 0x0f, 0x3f]],
  ])('%s', (_name, mode, setReset, enable, rotate, mask, value, planes) => {
    const { vga, set } = planar();
    vga.writeMmio(0, 0x0f, 1);
    vga.readMmio(0, 1);
    for (const [register, v] of [
      [5, mode],
      [0, setReset],
      [1, enable],
      [3, rotate],
      [8, mask],
    ] as const) {
      set(0x3ce, register, v);
    }
    vga.writeMmio(8, value, 1);
    const expected = mode === 3 ? planes.map((p, i) => (i === 1 || i === 2 ? p & ~0x30 : p)) : planes;
    expect([...vga.memory.subarray(32, 36)]).toEqual(expected);
  });

  test('the map mask chooses planes, read map select one of them', () => {
    const { vga, set } = planar();
    set(0x3c4, 2, 0x04);
    vga.writeMmio(0, 0xaa, 1);
    expect([...vga.memory.subarray(0, 4)]).toEqual([0, 0, 0xaa, 0]);
    set(0x3ce, 4, 2);
    expect(vga.readMmio(0, 1)).toBe(0xaa);
    set(0x3ce, 4, 1);
    expect(vga.readMmio(0, 1)).toBe(0);
  });

  test('read mode 1 compares colours', () => {
    const { vga, set } = planar();
    vga.memory.set([0xf0, 0xcc, 0x00, 0xff]);
    set(0x3ce, 5, 0x08);
    set(0x3ce, 2, 0x0b);
    set(0x3ce, 7, 0x0f);
    expect(vga.readMmio(0, 1)).toBe(0xc0);
    set(0x3ce, 7, 0x00);
    expect(vga.readMmio(0, 1)).toBe(0xff);
  });

  test('chain 4 is one byte a pixel', () => {
    const { vga, set } = planar();
    set(0x3c4, 4, 0x0e);
    vga.writeMmio(5, 0x44332211, 4);
    expect([...vga.memory.subarray(4, 10)]).toEqual([0, 0x11, 0x22, 0x33, 0x44, 0]);
    expect(vga.readMmio(6, 2)).toBe(0x3322);
  });
});

describe('the text screen', () => {
  test('what is written at B8000h can be read', () => {
    const { vga } = board();
    vga.setTextMode();
    for (const [i, c] of [...'Hello'].entries())
      vga.writeMmio(0x18000 + 2 * (80 * 3 + i), 0x0700 | c.charCodeAt(0), 2);
    vga.writeMmio(0x18000 + 2 * (80 * 24 + 79), 0x07db, 2);
    const screen = vga.textScreen();
    expect([screen.length, screen[0]!.length]).toEqual([25, 80]);
    expect(screen[3]!.trimEnd()).toBe('Hello');
    expect(screen[24]).toBe(`${' '.repeat(79)}█`);
    expect(vga.readMmio(0x18000 + 480, 4)).toBe(0x07650748);
  });

  test('the start address scrolls, and wide screens have more columns', () => {
    const { vga, set } = board();
    vga.setTextMode();
    vga.writeMmio(0x18000 + 160, 0x0741, 2);
    set(0x3d4, 0x0d, 80);
    expect(vga.textScreen()[0]!.trimEnd()).toBe('A');
    expect(vga.cursorAddress).toBe(0);
    set(0x3d4, 0x0a, 0x20);
    expect(vga.cursorAddress).toBe(-1);
  });

  test('there is none in graphics modes', () => {
    const { vga } = planar();
    expect(vga.isTextMode).toBe(false);
    expect(vga.textScreen()).toEqual([]);
  });

  test.each([
    [0x41, 'A'],
    [0x00, ' '],
    [0x01, '☺'],
    [0x80, 'Ç'],
    [0xb0, '░'],
    [0xc4, '─'],
    [0xe1, 'ß'],
    [0xff, ' '],
  ])('code %i is %s', (code, character) => {
    expect(cp437(code)).toBe(character);
  });
});

test('reset clears registers, not memory', () => {
  const { vga } = board();
  vga.setTextMode();
  vga.reset();
  expect(vga.crtc[1]).toBe(0);
  expect(vga.memory[0]).toBe(0x20);
});
