import { expect, test } from 'vitest';
import { VirtioConsole } from '../../src/devices/virtio-console.ts';
import { VirtioBench } from '../support/virtio-bench.ts';

test('what the driver sends comes out', () => {
  let text = '';
  const bench = new VirtioBench(
    new VirtioConsole((bytes) => (text += String.fromCharCode(...bytes))),
    1,
  ).start();
  bench.request([72, 105]);
  bench.request([33]);
  expect([text, bench.usedIndex]).toEqual(['Hi!', 2]);
});

test('what the terminal sends waits for a buffer', () => {
  const device = new VirtioConsole(() => {});
  const bench = new VirtioBench(device, 0).start();
  const [first] = bench.request(4);
  expect(bench.usedIndex).toBe(0);
  device.receive([1, 2, 3, 4, 5]);
  bench.clock.advance(10_000);
  expect([bench.usedIndex, bench.usedBytes(0), bench.memory.load(first!, 4)]).toEqual([1, 4, [1, 2, 3, 4]]);
  const [second] = bench.request(4);
  expect([bench.usedIndex, bench.usedBytes(1), bench.memory.read8(second!)]).toEqual([2, 1, 5]);
});
