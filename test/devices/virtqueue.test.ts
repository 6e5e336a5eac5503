import { describe, expect, test } from 'vitest';
import { Virtqueue } from '../../src/devices/virtqueue.ts';
import { TestMemory } from '../support/test-memory.ts';

const WRITE = 2;

/** A queue of four with descriptors `[address, bytes, flags, next]`, and descriptor 0 made available. */
function queueOf(...descriptors: readonly (readonly [number, number, number, number])[]) {
  const memory = new TestMemory();
  const put = (table: number, list: readonly (readonly [number, number, number, number])[]) => {
    for (const [i, [address, bytes, flags, next]] of list.entries()) {
      memory.write32(table + 16 * i, address);
      memory.write32(table + 16 * i + 8, bytes);
      memory.write16(table + 16 * i + 12, flags);
      memory.write16(table + 16 * i + 14, next);
    }
  };
  put(0x1000, descriptors);
  memory.write16(0x2002, 1);
  const queue = new Virtqueue();
  Object.assign(queue, { size: 4, enabled: true, descriptors: 0x1000, available: 0x2000, used: 0x3000 });
  return { memory, queue, put };
}

describe('a split virtqueue', () => {
  test('pieces of a chain read and write as one', () => {
    const { memory, queue } = queueOf(
      [0x100, 3, 1, 1],
      [0x200, 2, 1, 2],
      [0x300, 2, 1 | WRITE, 3],
      [0x400, 2, WRITE, 0],
    );
    memory.store(0x100, [1, 2, 3]);
    memory.store(0x200, [4, 5]);
    const request = queue.take(memory)!;
    expect([request.readableBytes, request.writableBytes]).toEqual([5, 4]);
    expect([...request.read(1, 10)]).toEqual([2, 3, 4, 5]);
    request.write(1, Uint8Array.of(7, 8, 9, 10));
    expect([memory.load(0x300, 2), memory.load(0x400, 3)]).toEqual([
      [0, 7],
      [8, 9, 0],
    ]);
    queue.finish(memory, request, 4);
    expect([memory.read16(0x3002), memory.read32(0x3004), memory.read32(0x3008)]).toEqual([1, 0, 4]);
    expect(queue.take(memory)).toBeUndefined();
  });

  test('an indirect table', () => {
    const { memory, queue, put } = queueOf([0x5000, 32, 4, 0]);
    put(0x5000, [
      [0x100, 2, 1, 1],
      [0x200, 6, WRITE, 0],
    ]);
    const request = queue.take(memory)!;
    expect([request.readableBytes, request.writableBytes]).toEqual([2, 6]);
  });

  test.each([
    ['a chain that loops', [[0x100, 1, 1, 0]], 4],
    ['a next that is out of the table', [[0x100, 1, 1, 9]], 1],
    ['an indirect table within an indirect table', [[0x1000, 16, 4, 0]], 0],
  ] as const)('%s ends', (_name, descriptors, bytes) => {
    const { memory, queue } = queueOf(...(descriptors as unknown as [number, number, number, number][]));
    expect(queue.take(memory)!.readableBytes).toBe(bytes);
  });
});
