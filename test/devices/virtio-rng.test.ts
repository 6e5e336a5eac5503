import { expect, test } from 'vitest';
import { VirtioRng } from '../../src/devices/virtio-rng.ts';
import { VirtioBench } from '../support/virtio-bench.ts';

const bytesOf = (seed: number) => {
  const bench = new VirtioBench(new VirtioRng(seed)).start();
  const [buffer] = bench.request(256);
  expect(bench.usedBytes(0)).toBe(256);
  return bench.memory.load(buffer!, 256);
};

test('the same seed gives the same bytes, another seed others', () => {
  expect(bytesOf(5)).toEqual(bytesOf(5));
  expect(bytesOf(5)).not.toEqual(bytesOf(6));
  expect(new Set(bytesOf(5)).size).toBeGreaterThan(100);
});
