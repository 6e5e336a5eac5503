import { expect, test } from 'vitest';
import { accessOf, errorText, faultTitle, idtVectorOf, selectorOf } from '../../src/debug/fault-text.ts';
import { VECTOR_DF, VECTOR_GP, VECTOR_PF, VECTOR_UD } from '../../src/isa/vectors.ts';
import { Scene } from './scene.ts';

const noted = (vector: number, error?: number, cr2 = '0x1000') =>
  new Scene().fault(vector, { cr2, rip: '0x2000', ...(error === undefined ? {} : { error }) }).chain[0]!;

test.each([
  [VECTOR_PF, 0x00, '0x0000: read of a page that is not present, by the supervisor'],
  [VECTOR_PF, 0x07, '0x0007: write to a page whose rights forbid it, by user code'],
  [VECTOR_PF, 0x11, '0x0011: instruction fetch from a page whose rights forbid it, by the supervisor'],
  [VECTOR_PF, 0x09, '0x0009: read of an address whose tables have a reserved bit set, by the supervisor'],
  [VECTOR_PF, 0x25, '0x0025: read of a page that its protection key forbids, by user code'],
  [VECTOR_GP, 0x00, '0x0000: no selector'],
  [VECTOR_GP, 0x10, '0x0010: GDT selector 0x0010'],
  [VECTOR_GP, 0x15, '0x0015: LDT selector 0x0010, while an exception or interrupt was delivered'],
  [VECTOR_GP, 0x72, '0x0072: IDT entry #PF (14)'],
  [VECTOR_DF, 0x00, '0x0000'],
])('vector %i with error code %i', (vector, error, text) => {
  expect(errorText(noted(vector, error))).toBe(text);
});

test('exceptions without an error code have no text', () => {
  expect(errorText(noted(VECTOR_UD))).toBeUndefined();
});

test('without NX a fetch is known by CR2 = RIP', () => {
  expect(accessOf(noted(VECTOR_PF, 0, '0x2000')).fetch).toBe(true);
  expect(accessOf(noted(VECTOR_PF, 2, '0x2000')).fetch).toBe(false);
});

test('titles, and what error codes name', () => {
  expect([14, 3, 9, 32].map(faultTitle)).toEqual([
    '#PF (14) page fault',
    '#BP (3) breakpoint',
    'vector 0x09',
    'vector 0x20',
  ]);
  expect([
    idtVectorOf(noted(VECTOR_GP, 0x43)),
    idtVectorOf(noted(VECTOR_GP, 0x10)),
    idtVectorOf(noted(VECTOR_PF, 2)),
  ]).toEqual([8, undefined, undefined]);
  expect([
    selectorOf(noted(VECTOR_GP, 0x10)),
    selectorOf(noted(VECTOR_GP, 1)),
    selectorOf(noted(VECTOR_GP, 0x43)),
  ]).toEqual([0x10, undefined, undefined]);
});
