import { describe, expect, test } from 'vitest';
import { FONT_BYTES_PER_CHARACTER, FONT_HEIGHT, textFont } from '../../src/devices/text-font.ts';
import { Vga } from '../../src/devices/vga.ts';
import { renderVga } from '../../src/devices/vga-render.ts';
import { TestClock } from '../support/test-clock.ts';

const font = textFont();
const lines = (code: number) => [
  ...font.subarray(code * FONT_BYTES_PER_CHARACTER, (code + 1) * FONT_BYTES_PER_CHARACTER),
];
const picture = (code: number) =>
  lines(code)
    .slice(0, FONT_HEIGHT)
    .map((line) => line.toString(2).padStart(8, '0').replaceAll('0', '.').replaceAll('1', '#'));

describe('the font', () => {
  test('draws an A', () => {
    expect(picture(0x41)).toEqual([
      '........', '........', '..###...', '..###...', '.#...#..', '.#...#..', '.#...#..', '.#...#..',
      '.#####..', '.#...#..', '.#...#..', '.#...#..', '.#...#..', '........', '........', '........',
    ]); // biome-ignore format: a picture.
  });

  test('has a form of its own for every character of ASCII, and none for the blank', () => {
    const forms = new Set(Array.from({ length: 0x5e }, (_, i) => lines(0x21 + i).join()));
    expect(forms.size).toBe(0x5e);
    expect(lines(0x20).every((line) => line === 0)).toBe(true);
    for (let code = 0; code < 256; code++)
      expect(
        lines(code)
          .slice(FONT_HEIGHT)
          .every((line) => line === 0),
      ).toBe(true);
  });

  test.each([
    ['─', 0xc4, 0xcd],
    ['│', 0xb3, 0xba],
  ])('%s runs on into the next cell, once and twice', (_name, single, twice) => {
    const isHorizontal = single === 0xc4;
    const strokes = (code: number) =>
      isHorizontal
        ? lines(code).filter((line) => line === 0xff).length
        : [...picture(code)[0]!].filter((dot) => dot === '#').length;
    expect([strokes(single), strokes(twice)]).toEqual([1, 2]);
    if (!isHorizontal) expect(new Set(picture(single)).size).toBe(1);
  });

  test('corners meet the lines that they join', () => {
    const [corner, across, along] = [picture(0xda), picture(0xc4), picture(0xb3)]; // ┌ ─ │
    expect(corner.map((row) => row[7])).toEqual(across.map((row) => row[7]));
    expect(corner.at(-1)).toBe(along.at(-1));
    expect(corner[0]).toBe('........');
  });
});

test('a display that no video BIOS has set up shows text', () => {
  const vga = new Vga(new TestClock());
  vga.setTextMode();
  vga.writeMmio(0x18000, 0x0741, 2);
  const { rgba, width } = renderVga(vga);
  const row = (y: number) =>
    Array.from({ length: 8 }, (_, x) => (rgba[(y * width + x) * 4] ? '#' : '.')).join('');
  expect([row(1), row(4), row(8)]).toEqual(['........', '.#...#..', '.#####..']);
});
