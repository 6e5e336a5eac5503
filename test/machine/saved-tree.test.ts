import { describe, expect, it } from 'vitest';
import { packTree, unpackTree } from '../../src/machine/saved-tree.ts';

function through(value: unknown): unknown {
  const blobs: Uint8Array[] = [];
  const text = JSON.stringify(packTree(value, blobs));
  return unpackTree(
    JSON.parse(text),
    blobs.map((bytes) => bytes.slice()),
  );
}

describe('saved trees', () => {
  it.each([
    ['plain values', { a: 1, b: 'text', c: [true, null, [0.5, -3]], d: {} }],
    [
      'what JSON lacks',
      [undefined, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1n << 70n],
    ],
    [
      'arrays of numbers',
      { bytes: Uint8Array.of(1, 255), words: Int32Array.of(-1, 2), far: [Float64Array.of(0.1)] },
    ],
  ])('%s come back', (_, value) => {
    expect(through(value)).toEqual(value);
  });

  it('keep the bytes of views alone, and take a Buffer for what it is', () => {
    const whole = Int32Array.of(1, 2, 3, 4);
    expect(through({ part: whole.subarray(1, 3) })).toEqual({ part: Int32Array.of(2, 3) });
    expect(through(Buffer.from('ab'))).toEqual(Uint8Array.of(97, 98));
  });

  it.each([[new Map()], [() => 1], [new (class Line {})()]])('refuse what they would lose: %s', (value) => {
    expect(() => packTree({ value }, [])).toThrow(/^a (Map|function|Line) cannot be saved$/);
  });

  it('refuse a reference to bytes that are not there', () => {
    expect(() => unpackTree({ $: 'Uint8Array', blob: 3 }, [])).toThrow(RangeError);
  });
});
