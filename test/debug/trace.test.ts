import { expect, test } from 'vitest';
import { addressFromText } from '../../src/debug/address.ts';
import { Symbols } from '../../src/debug/symbols.ts';
import { loadDisassembler, traceLine } from '../../src/debug/trace.ts';

const symbols = new Symbols([
  { name: 'k', symbols: [{ name: 'start', address: addressFromText('0x100000'), size: 16 }] },
]);
const point = (rip: string, codeSize: 16 | 32 | 64, ...bytes: number[]) => ({
  instruction: 1234567,
  rip: addressFromText(rip),
  codeSize,
  bytes: Uint8Array.from(bytes),
});

test('instructions in words, in every code size', async () => {
  const disassemble = await loadDisassembler();
  const line = (...p: Parameters<typeof point>) => traceLine(point(...p), symbols, disassemble);
  expect(line('0x100003', 32, 0x0f, 0x22, 0xd8)).toBe(
    '    1,234,567  0x0000000000100003  mov cr3, eax                              start+0x3 (k)',
  );
  expect(line('0xffffffff80200000', 64, 0x48, 0x8d, 0x05, 0x10, 0, 0, 0)).toBe(
    '    1,234,567  0xffffffff80200000  lea rax, [rel 0xffffffff80200017]',
  );
  expect(line('0x7c00', 16, 0xb8, 0x34, 0x12)).toBe('    1,234,567  0x0000000000007c00  mov ax, 0x1234');
});

test('bytes that are no instruction, and code that cannot be read', async () => {
  const disassemble = await loadDisassembler();
  expect(traceLine(point('0x0', 64, 0x06), symbols, disassemble)).toContain('(bad) 06');
  expect(traceLine(point('0x0', 64), symbols, disassemble)).toMatch(/--$/);
});
