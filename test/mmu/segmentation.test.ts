import { beforeEach, describe, expect, test } from 'vitest';
import { CR0_PE, EFER_LMA } from '../../src/isa/control.ts';
import {
  DESC_CODE,
  DESC_DB,
  DESC_EXPAND_DOWN,
  DESC_L,
  DESC_READABLE,
  DESC_USABLE,
  DESC_WRITABLE,
} from '../../src/isa/descriptors.ts';
import { CS, DS, ES, FS, GS, SS } from '../../src/isa/registers.ts';
import { RFLAGS_VM } from '../../src/isa/rflags.ts';
import { VECTOR_GP, VECTOR_SS } from '../../src/isa/vectors.ts';
import { linearAddress, SegmentAccess, updateFlatSegments } from '../../src/mmu/segmentation.ts';
import { CpuState, segmentWord } from '../../src/state/cpu-state.ts';
import { GuestFault } from '../../src/state/faults.ts';
import {
  SEGMENT_ATTRIBUTES,
  SEGMENT_BASE,
  SEGMENT_LIMIT,
  STATE_BYTES,
  STATE_CR0,
  STATE_EFER,
  STATE_RFLAGS,
} from '../../src/state/layout.ts';

const DATA = DESC_USABLE | DESC_WRITABLE | DESC_DB;
const CODE = DESC_USABLE | DESC_CODE | DESC_READABLE | DESC_DB;

const state = new CpuState(new ArrayBuffer(STATE_BYTES));
const fault = new GuestFault();
const context = { state, fault, mmu: { linearBits: 48 as 48 | 57 }, high: 0, flatRead: 0, flatWrite: 0 };

function segment(number: number, attributes: number, limit = -1, baseLo = 0, baseHi = 0): void {
  const slot = segmentWord(number, SEGMENT_BASE);
  state.words[slot] = baseLo;
  state.words[slot + 1] = baseHi;
  state.words[segmentWord(number, SEGMENT_LIMIT)] = limit;
  state.words[segmentWord(number, SEGMENT_ATTRIBUTES)] = attributes;
}

function linear(number: number, lo: number, hi: number, bytes: number, access: 'read' | 'write'): string {
  try {
    const result = linearAddress(context, number, lo, hi, bytes, SegmentAccess[access]);
    return `${(context.high >>> 0).toString(16)}:${(result >>> 0).toString(16)}`;
  } catch (thrown) {
    if (thrown !== fault) throw thrown;
    return `${{ [VECTOR_GP]: '#GP', [VECTOR_SS]: '#SS' }[fault.vector]}(${fault.errorCode})`;
  }
}

beforeEach(() => {
  state.words.fill(0);
  state.words[STATE_CR0 >> 2] = CR0_PE;
  for (const number of [ES, SS, DS, FS, GS]) segment(number, DATA);
  segment(CS, CODE);
});

describe('protected mode', () => {
  test.each([
    ['at the limit', 0xffc, 4, '0:1ffc'],
    ['one byte beyond', 0xffd, 4, '#GP(0)'],
    ['a byte at the limit', 0xfff, 1, '0:1fff'],
    ['around the end of the offsets', -2, 4, '#GP(0)'],
  ])('%s', (_, offset, bytes, expected) => {
    segment(DS, DATA, 0xfff, 0x1000);
    expect(linear(DS, offset, 0, bytes, 'read')).toBe(expected);
  });

  test('expand-down: valid above the limit, up to 64 KiB or 4 GiB', () => {
    segment(DS, DATA | DESC_EXPAND_DOWN, 0xfff);
    expect(linear(DS, 0xfff, 0, 1, 'read')).toBe('#GP(0)');
    expect(linear(DS, 0x1000, 0, 4, 'read')).toBe('0:1000');
    expect(linear(DS, -4, 0, 4, 'read')).toBe('0:fffffffc');
    expect(linear(DS, -3, 0, 4, 'read')).toBe('#GP(0)');
    segment(DS, (DATA | DESC_EXPAND_DOWN) & ~DESC_DB, 0xfff);
    expect(linear(DS, 0xfffc, 0, 4, 'read')).toBe('0:fffc');
    expect(linear(DS, 0xfffd, 0, 4, 'read')).toBe('#GP(0)');
  });

  test.each([
    ['a null segment', DATA & ~DESC_USABLE, '#GP(0)', '#GP(0)'],
    ['read-only data', DATA & ~DESC_WRITABLE, '0:10', '#GP(0)'],
    ['readable code', CODE, '0:10', '#GP(0)'],
    ['execute-only code', CODE & ~DESC_READABLE, '#GP(0)', '#GP(0)'],
  ])('%s', (_, attributes, read, write) => {
    segment(DS, attributes);
    expect([linear(DS, 0x10, 0, 4, 'read'), linear(DS, 0x10, 0, 4, 'write')]).toEqual([read, write]);
  });

  test('the stack segment raises #SS', () => {
    segment(SS, DATA, 0xfff);
    expect(linear(SS, 0x1000, 0, 4, 'write')).toBe('#SS(0)');
  });

  test('linear addresses wrap at 4 GiB', () => {
    segment(DS, DATA, -1, -0x1000);
    expect(linear(DS, 0x2000, 0, 4, 'read')).toBe('0:1000');
  });

  test('flat segments: base 0 and no limit, by what they permit', () => {
    segment(ES, DATA & ~DESC_WRITABLE);
    segment(FS, DATA, -1, 0x10);
    segment(GS, DATA, 0xffff);
    segment(DS, DATA | DESC_EXPAND_DOWN);
    updateFlatSegments(context);
    expect(context.flatRead).toBe((1 << ES) | (1 << CS) | (1 << SS));
    expect(context.flatWrite).toBe(1 << SS);
  });
});

test('virtual-8086 mode checks the limit and nothing else', () => {
  state.words[STATE_RFLAGS >> 2] = RFLAGS_VM;
  segment(CS, 0, 0xffff, 0x12340);
  expect(linear(CS, 0xffff, 0, 1, 'write')).toBe('0:2233f');
  expect(linear(CS, 0xffff, 0, 2, 'write')).toBe('#GP(0)');
});

describe('64-bit mode', () => {
  beforeEach(() => {
    state.words[STATE_EFER >> 2] = EFER_LMA;
    segment(CS, DESC_USABLE | DESC_CODE | DESC_L);
  });

  test('bases and limits count for FS and GS alone, and there only the base', () => {
    segment(DS, 0, 0, 0x1000);
    segment(GS, 0, 0, -0x1000, 0x12);
    expect(linear(DS, 0x10, 0x7, 4, 'write')).toBe('7:10');
    expect(linear(GS, 0x2000, 0, 4, 'write')).toBe('13:1000');
    expect(linear(FS, 0x10, 0, 8, 'write')).toBe('0:10');
  });

  test.each([
    [DS, 0, 0x8000, '#GP(0)'],
    [SS, 0, 0x8000, '#SS(0)'],
    [SS, -4, 0x7fff, '7fff:fffffffc'],
    [SS, -3, 0x7fff, '#SS(0)'],
    [DS, 0, 0xffff8000 | 0, 'ffff8000:0'],
  ])('segment %i, address %i of %i: %s', (number, lo, hi, expected) => {
    expect(linear(number, lo, hi, 4, 'read')).toBe(expected);
  });

  test('57 bits with LA57', () => {
    context.mmu.linearBits = 57;
    expect(linear(DS, 0, 0x8000, 4, 'read')).toBe('8000:0');
    expect(linear(DS, 0, 0x1000000, 4, 'read')).toBe('#GP(0)');
    context.mmu.linearBits = 48;
  });

  test('flat are all but FS and GS with a base', () => {
    segment(GS, 0, 0, 0, 1);
    updateFlatSegments(context);
    expect(context.flatRead).toBe((1 << ES) | (1 << CS) | (1 << SS) | (1 << DS) | (1 << FS));
    expect(context.flatWrite).toBe(context.flatRead);
  });
});
