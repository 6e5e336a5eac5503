import { describe, expect, test } from 'vitest';
import { SerialConsole } from '../../src/machine/serial-console.ts';

function consoleWith(text: string): SerialConsole {
  const serial = new SerialConsole();
  for (const c of text) serial.accept(c.charCodeAt(0));
  return serial;
}

describe('SerialConsole', () => {
  test('expect finds text that arrived before the call, and moves the cursor behind it', () => {
    const serial = consoleWith('boot: one\nboot: two\n');
    expect(serial.expect(/boot: (\w+)/)[1]).toBe('one');
    expect(serial.expect(/boot: (\w+)/)[1]).toBe('two');
    expect(serial.unread).toBe('\n');
  });

  test('a string is taken literally', () => {
    const serial = consoleWith('a+b (c)');
    expect(serial.expect('+b (').index).toBe(1);
  });

  test('a miss quotes what is unread and leaves the cursor', () => {
    const serial = consoleWith('hello');
    expect(() => serial.expect(/PASS/)).toThrow('serial output has no /PASS/ in "hello"');
    expect(serial.unread).toBe('hello');
  });

  test('global and sticky flags of the pattern do not matter', () => {
    const serial = consoleWith('xx yy');
    const pattern = /y+/gy;
    expect(serial.expect(pattern)[0]).toBe('yy');
  });

  test('bytes above 0x7f keep text offsets and byte offsets equal', () => {
    const serial = new SerialConsole();
    for (const byte of [0xc3, 0xbc, 0x41]) serial.accept(byte);
    expect(serial.text.length).toBe(3);
    expect([...serial.bytes]).toEqual([0xc3, 0xbc, 0x41]);
  });

  test('send hands Latin-1 bytes to the sink', () => {
    const serial = new SerialConsole();
    const sent: number[] = [];
    serial.sink = (bytes) => sent.push(...bytes);
    serial.send('hi\r');
    expect(sent).toEqual([0x68, 0x69, 0x0d]);
  });
});
