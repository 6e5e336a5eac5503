import { describe, expect, test } from 'vitest';
import { type Address, addressFromText, distance } from '../../src/debug/address.ts';
import {
  describeGate,
  describeGdt,
  describeIdt,
  describeSegment,
  describeTss,
  limitOf,
  type ReadLinear,
  vectorText,
} from '../../src/debug/descriptors.ts';

const BASE = addressFromText('0xffffffff80201000');

/** Memory of 64-bit values from BASE on, and nothing else. */
function memory(...values: bigint[]): ReadLinear {
  const bytes = new Uint8Array(new BigUint64Array(values).buffer);
  return (address: Address, count: number) => {
    const at = distance(BASE, address);
    return at >= 0 && at + count <= bytes.length ? bytes.slice(at, at + count) : undefined;
  };
}
const half = (value: bigint): [number, number] => [Number(value & 0xffffffffn) | 0, Number(value >> 32n) | 0];

describe('a segment descriptor', () => {
  test.each([
    // descriptor          text
    [0x00cf9b000000ffffn, '32-bit code base 0x00000000 limit 0xffffffff DPL 0'],
    [0x00209b0000000000n, '64-bit code base 0x00000000 limit 0x00000000 DPL 0'],
    [0x0020990000000000n, '64-bit code, execute only base 0x00000000 limit 0x00000000 DPL 0'],
    [0x00009b000000ffffn, '16-bit code base 0x00000000 limit 0x0000ffff DPL 0'],
    [0x00cf93000000ffffn, 'data base 0x00000000 limit 0xffffffff DPL 0'],
    [0x00cff2000000ffffn, 'data, not accessed base 0x00000000 limit 0xffffffff DPL 3'],
    [0x00cf13000000ffffn, 'data base 0x00000000 limit 0xffffffff DPL 0, not present'],
    [0x12408b3456780067n, '32-bit TSS, busy base 0x12345678 limit 0x00000067 DPL 0'],
    [0x0000820000000027n, 'LDT base 0x00000000 limit 0x00000027 DPL 0'],
    [0x00008c0000081234n, 'call gate 0x0008:0x00001234 DPL 0'],
  ])('%# reads %s', (descriptor, text) => {
    const [low, high] = half(descriptor);
    expect(describeSegment(low, high)).toEqual({ text, problems: [] });
  });

  test('L with D is told', () => {
    expect(describeSegment(0, 0x00609b00).problems).toEqual([
      'L and D are both set: #GP when CS is loaded in IA-32e mode',
    ]);
  });

  test('16 bytes in IA-32e mode; garbage above an 8-byte one is told', () => {
    const [low, high] = half(0x80008b2010000067n);
    expect(describeSegment(low, high, -1)).toEqual({
      text: '64-bit TSS, busy base 0xffffffff80201000 limit 0x00000067 DPL 0',
      problems: [],
    });
    expect(describeSegment(low, high, 0x00cf9b00).problems).toHaveLength(1);
  });

  test('the limit counts bytes or pages', () => {
    expect(limitOf(0xffff, 0x000f0000)).toBe(0xfffff);
    expect(limitOf(0xffff, 0x008f0000)).toBe(0xffffffff);
    expect(limitOf(0, 0x00800000)).toBe(0xfff);
  });
});

describe('tables', () => {
  test('a GDT of IA-32e mode: a TSS takes two entries, null ones are left out', () => {
    const read = memory(0n, 0x00209b0000000000n, 0x80008b2010000067n, 0xffffffffn, 0n);
    const { entries, broken } = describeGdt(read, { base: BASE, limit: 39 }, true);
    expect(broken).toBeUndefined();
    expect(entries.map((e) => [e.offset, e.text])).toEqual([
      [8, '64-bit code base 0x00000000 limit 0x00000000 DPL 0'],
      [16, '64-bit TSS, busy base 0xffffffff80201000 limit 0x00000067 DPL 0'],
    ]);
  });

  test('a TSS that the limit cuts', () => {
    const { entries } = describeGdt(memory(0n, 0x80008b2010000067n), { base: BASE, limit: 15 }, true);
    expect(entries[0]!.problems).toEqual(['the limit cuts this 16-byte descriptor: #GP when it is used']);
  });

  test('an unmapped table, and one that was never loaded', () => {
    expect(describeGdt(memory(), { base: BASE, limit: 39 }, true).broken).toBe(
      '0xffffffff80201000 is not mapped',
    );
    expect(describeIdt(memory(), { base: [0, 0], limit: 0 }, true).broken).toBe('limit 0: never loaded');
  });

  test('an IDT', () => {
    const gate = 0x80208e0200101234n;
    const read = memory(0n, 0n, gate, 0xffffffffn, 0x0000850000280000n, 0n);
    const { entries } = describeIdt(read, { base: BASE, limit: 47 }, true);
    expect(entries).toEqual([
      { offset: 16, text: 'interrupt gate 0x0010:0xffffffff80201234 DPL 0 IST 2', problems: [] },
      { offset: 32, text: 'type 5', problems: ['not an interrupt, trap or task gate: #GP when it is used'] },
    ]);
  });

  test('a gate with a null selector', () => {
    expect(describeGate(0x1234, 0x8e00).problems).toEqual(['the selector is null: #GP when it is used']);
    expect(describeGate(0x1234, 0x0e00).text).toBe('interrupt gate 0x0000:0x00001234 DPL 0, not present');
  });

  test('vector names', () => {
    expect([14, 9, 32].map(vectorText)).toEqual(['#PF (14)', '0x09', '0x20']);
  });

  test('the stacks of a TSS', () => {
    const tss = new Uint8Array(104);
    const view = new DataView(tss.buffer);
    view.setBigUint64(4, 0xffffffff80300000n, true);
    view.setBigUint64(36, 0xffffffff80301000n, true);
    view.setUint16(102, 104, true);
    const lines = describeTss(() => tss, BASE, 103, true)!;
    expect(lines[0]).toBe('RSP0 0xffffffff80300000');
    expect(lines[3]).toBe('IST1 0xffffffff80301000');
    expect(lines.at(-1)).toBe('I/O map at 0x0068');
    expect(describeTss(() => undefined, BASE, 103, true)).toBeUndefined();
    expect(describeTss(() => tss, BASE, 50, true)![0]).toContain('#TS');
    expect(describeTss(() => tss, BASE, 103, false)![0]).toBe('SS0:ESP0 0xffff:0x80300000');
  });
});
