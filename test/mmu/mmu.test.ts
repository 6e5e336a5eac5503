import { describe, expect, test } from 'vitest';
import { ALL, at, Fixture } from './paging-fixture.ts';

describe('quick', () => {
  test('reads', () => {
    const f = new Fixture('4-level');
    f.map(0xffff_8000_0000_1000n, 0x300000);
    f.map(0xffff_8000_0000_2000n, 0x302000);
    f.space.write32(0x300004, 0x12345678);
    const [lo, hi] = at(0xffff_8000_0000_1004n);
    expect(f.mmu.read32(lo, hi)).toBe(0x12345678);
    expect(f.mmu.read32(lo, hi)).toBe(0x12345678);
    f.mmu.write64(lo + 0xffa, hi, 0x11223344, 0x55667788);
    expect(f.mmu.read64(lo + 0xffa, hi)).toBe(0x11223344);
    expect(f.mmu.high).toBe(0x55667788);
    expect(f.access('read', 0xffff_8000_0000_3000n)).toBe('#PF(0x0)');
    expect(f.access('read', 0x8000_0000_3000n)).toBe('#GP(0x0)');
    expect([...f.mmu.mappings()].length).toBe(2);
    expect(f.mmu.explain(lo, hi).physical).toBe(0x300004);
    void ALL;
  });
});
