import { describe, expect, test } from 'vitest';
import { ApicBench } from '../support/apic-bench.ts';

describe('message signalled interrupts', () => {
  test.each([
    ['to processor 1', 0xfee01000, 0x4041, [[], [0x41]]],
    ['to everybody', 0xfeeff000, 0x4041, [[0x41], [0x41]]],
    ['logical', 0xfee02004, 0x4041, [[], [0x41]]],
    ['logical with the redirection hint', 0xfee0300c, 0x4041, [[0x41], []]],
    ['to nobody', 0xfee09000, 0x4041, [[], []]],
  ])('%s', (_name, address, data, expected) => {
    const bench = new ApicBench().enable();
    for (const id of [0, 1]) bench.write(0xd0, 0x01000000 << id, id);
    bench.bus.writeMessage(address, data);
    expect([bench.take(0), bench.take(1)]).toEqual(expected);
  });

  test('NMI', () => {
    const bench = new ApicBench();
    bench.bus.writeMessage(0xfee00000, 0x0400);
    expect(bench.events).toEqual(['0: NMI']);
  });
});
