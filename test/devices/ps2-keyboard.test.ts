import { describe, expect, test } from 'vitest';
import { Ps2Keyboard, translateScanCode } from '../../src/devices/ps2-keyboard.ts';

function drain(keyboard: Ps2Keyboard): number[] {
  const bytes: number[] = [];
  while (keyboard.hasByte) bytes.push(keyboard.nextByte());
  return bytes;
}

test.each([
  // set 2  set 1  key
  [0x16, 0x02, '1'],
  [0x15, 0x10, 'Q'],
  [0x1a, 0x2c, 'Z'],
  [0x29, 0x39, 'space'],
  [0x66, 0x0e, 'backspace'],
  [0x05, 0x3b, 'F1'],
  [0x83, 0x41, 'F7'],
  [0x78, 0x57, 'F11'],
  [0x07, 0x58, 'F12'],
  [0x12, 0x2a, 'left shift'],
  [0x14, 0x1d, 'control'],
  [0xe0, 0xe0, 'prefix'],
  [0xfa, 0xfa, 'ACK'],
])('%i is translated to %i (%s)', (set2, set1) => {
  expect(translateScanCode(set2)).toBe(set1);
});

test('below 80h no two codes are translated to one, and SysRq and F7 come from above it', () => {
  const seen = new Set(Array.from({ length: 0x80 }, (_, code) => translateScanCode(code)));
  expect(seen.size).toBe(0x80);
});

describe('the wire', () => {
  test('replies go before keys', () => {
    const keyboard = new Ps2Keyboard();
    keyboard.press([0x1c]);
    keyboard.write(0xed);
    expect(drain(keyboard)).toEqual([0xfa, 0x1c]);
  });

  test.each([
    [0xf4, 'enable'],
    [0xf5, 'disable'],
    [0xf6, 'defaults'],
    [0xff, 'reset'],
  ])('%i drops keys that were not sent (%s)', (command) => {
    const keyboard = new Ps2Keyboard();
    keyboard.press([0x1c]);
    keyboard.write(command);
    expect(drain(keyboard)).not.toContain(0x1c);
  });

  test('a guest that never reads does not fill the memory', () => {
    const keyboard = new Ps2Keyboard();
    for (let i = 0; i < 1000; i++) keyboard.write(0xf2);
    expect(drain(keyboard).length).toBe(16);
  });
});
