import { describe, expect, test } from 'vitest';
import { BufferBackend, ReadOnlyBackend } from '../../src/devices/block.ts';
import { VirtioBlk } from '../../src/devices/virtio-blk.ts';
import { VirtioBench } from '../support/virtio-bench.ts';

const image = () => Uint8Array.from({ length: 512 * 10 }, (_, i) => (i >>> 9) + i);
const header = (type: number, sector: number) => [type, 0, 0, 0, 0, 0, 0, 0, sector, 0, 0, 0, 0, 0, 0, 0];

function board(isReadOnly = false) {
  const backend = new BufferBackend(image());
  const bench = new VirtioBench(
    new VirtioBlk(isReadOnly ? new ReadOnlyBackend(backend) : backend, 'disk0'),
  ).start();
  return { backend, bench };
}

describe('the virtio block device', () => {
  test('capacity and block size', () => {
    const { bench } = board();
    expect(bench.pci.readConfig(0, 4)).toBe(0x10421af4);
    expect([
      bench.pci.readMmio(0x2000, 4),
      bench.pci.readMmio(0x2004, 4),
      bench.pci.readMmio(0x2014, 4),
    ]).toEqual([10, 0, 512]);
  });

  test('read', () => {
    const { bench } = board();
    const [data, status] = bench.request(header(0, 3), 1024, 1);
    expect(bench.memory.load(data!, 1024)).toEqual([...image().subarray(1536, 2560)]);
    expect([bench.memory.read8(status!), bench.usedBytes(0)]).toEqual([0, 1025]);
  });

  test('write', () => {
    const { backend, bench } = board();
    const [status] = bench.request(header(1, 9), new Array(512).fill(0x5a), 1);
    expect([bench.memory.read8(status!), bench.usedBytes(0)]).toEqual([0, 1]);
    expect([...backend.bytes.subarray(9 * 512)]).toEqual(new Array(512).fill(0x5a));
  });

  test('flush and ID', () => {
    const { bench } = board();
    const [flushed] = bench.request(header(4, 0), 1);
    const [id, status] = bench.request(header(8, 0), 20, 1);
    expect([bench.memory.read8(flushed!), bench.memory.read8(status!)]).toEqual([0, 0]);
    expect(String.fromCharCode(...bench.memory.load(id!, 6))).toBe('disk0\0');
  });

  test.each([
    ['past the end', header(0, 9), 1024, false, 1],
    ['half a sector', header(0, 0), 100, false, 1],
    ['an unknown type', header(99, 0), 512, false, 2],
    ['a short header', [0, 0, 0], 512, false, 1],
  ])('%s: status %i', (_name, head, bytes, isReadOnly, expected) => {
    const { bench } = board(isReadOnly);
    const [, status] = bench.request(head, bytes, 1);
    expect(bench.memory.read8(status!)).toBe(expected);
  });

  test('a read-only disk says so', () => {
    const { bench } = board(true);
    bench.pci.writeMmio(0, 0, 4);
    expect(bench.pci.readMmio(4, 4) & 0x20).toBe(0x20);
    const [status] = bench.request(header(1, 0), new Array(512).fill(1), 1);
    expect(bench.memory.read8(status!)).toBe(1);
  });
});
