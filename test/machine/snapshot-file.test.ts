import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSnapshot, encodeSnapshot, SnapshotError, sum32 } from '../../src/machine/snapshot-file.ts';

function sparse(bytes: number, ...at: number[]): Uint8Array {
  const blob = new Uint8Array(bytes);
  for (const i of at) blob[i] = (i % 255) + 1;
  return blob;
}

/** `toEqual` takes half a minute for a mebibyte. */
function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

describe('sum32', () => {
  it('sums a part of a Buffer at any address, whose slices share its memory', () => {
    const bytes = sparse(103, 1, 2, 3, 50, 102);
    expect(sum32(Buffer.from([0, ...bytes]).subarray(1))).toBe(sum32(bytes));
  });
});

describe('snapshot file', () => {
  it('keeps header and blobs, and stores no page of zeros', () => {
    const blobs = [sparse(1 << 20, 5000, 9000, 900_000), sparse(0), sparse(4097, 4096), sparse(10)];
    const bytes = encodeSnapshot({ memory: 7 }, blobs);
    expect(bytes.length).toBeLessThan(4 * 4096 + 300);
    const decoded = decodeSnapshot(bytes);
    expect(decoded.header).toMatchObject({ memory: 7 });
    for (const [i, blob] of decoded.blobs.entries())
      expect(same(blob.toBytes(), blobs[i]!), `blob ${i}`).toBe(true);
  });

  it('overwrites all of a target', () => {
    const [blob] = decodeSnapshot(encodeSnapshot({}, [sparse(3 * 4096, 5000)])).blobs;
    const target = new Uint8Array(3 * 4096).fill(0xee);
    blob!.copyTo(target);
    expect(same(target, sparse(3 * 4096, 5000))).toBe(true);
  });

  it('refuses anything that was cut or changed', () => {
    const bytes = encodeSnapshot({ text: 'header' }, [sparse(8192, 1, 4097)]);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        expect(() => decodeSnapshot(bytes.slice(0, length))).toThrow(SnapshotError);
      }),
    );
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = bytes.slice();
        damaged[at]! ^= change;
        expect(() => decodeSnapshot(damaged)).toThrow(SnapshotError);
      }),
    );
  });

  it.each([
    ['magic', (b: DataView) => b.setUint8(0, 0x4d), 'a snapshot that longmode has saved'],
    ['format', (b: DataView) => b.setUint32(16, 99, true), 'another version'],
    ['size', (b: DataView) => b.setFloat64(20, 1e9, true), 'cut short'],
  ])('names what is wrong: %s', (field, damage, words) => {
    const bytes = encodeSnapshot({}, []);
    damage(new DataView(bytes.buffer));
    expect(() => decodeSnapshot(bytes)).toThrow(new RegExp(`^${field}.*${words}`));
  });
});
