import { describe, expect, test } from 'vitest';
import { addressFromText } from '../../src/debug/address.ts';
import { deniedBy, reservedBits, walkLines, walkSummary } from '../../src/debug/walk-text.ts';
import { CR0_PE, CR0_PG, CR4_PAE, CR4_PSE, EFER_LMA, EFER_LME } from '../../src/isa/control.ts';
import { STATE_CR0, STATE_CR3, STATE_CR4, STATE_EFER, STATE_PDPTE } from '../../src/state/layout.ts';
import { PD, PDPT, PML4, PT, Scene } from './scene.ts';

const K = addressFromText('0xffffffff80001234');
const read = { write: false, user: false, fetch: false };

test('a mapped address: every step, then the sentence', () => {
  const scene = new Scene().mapKernel(4, 0x8000000000000163n);
  expect(walkLines(scene.walk(K))).toEqual([
    'PML4E  511 at 0x00001ff8: 0x0000000000002003  P RW  -> table 0x00002000',
    'PDPTE  510 at 0x00002ff0: 0x0000000000003003  P RW  -> table 0x00003000',
    'PDE      0 at 0x00003000: 0x0000000000004003  P RW  -> table 0x00004000',
    'PTE      1 at 0x00004008: 0x8000000000001163  P RW A D G XD  -> 4 KiB page 0x00001000',
    '0xffffffff80001234 is mapped to physical 0x00001234 (4 KiB page, writable, supervisor, not executable)',
  ]);
});

describe('what stopped a walk', () => {
  test.each([
    // address                entry of the PD         text
    ['0xffffffff80200000', 0n, 'not present (the entry is zero)'],
    ['0xffffffff80200000', 0x400000n, 'not present (P = 0)'],
    [
      '0xffffffff80200000',
      0x2183n,
      'reserved: bit 13 is set: the base of a 2 MiB page must be a multiple of 2 MiB',
    ],
    [
      '0xffffffff80200000',
      0x0010000000000003n | (1n << 45n),
      'reserved: bit 45 is set, beyond the physical addresses of the processor',
    ],
    [
      '0xffffffff80200000',
      0x0007ff0000000003n,
      'reserved: bits 40 to 50 (11 of them) are set, beyond the physical addresses of the processor',
    ],
  ])('%s with %x', (address, entry, text) => {
    const scene = new Scene().mapKernel(1).write(PD + 8, entry);
    const walk = scene.walk(addressFromText(address));
    expect(walkSummary(walk)).toBe(
      `${address} is not mapped: stopped at the PDE (level 2), entry 1 of the table at 0x00003000: ${text}`,
    );
  });

  test('XD while EFER.NXE is 0', () => {
    const scene = new Scene().mapKernel(4, 0x8000000000000003n).set(STATE_EFER, EFER_LME | EFER_LMA);
    expect(walkSummary(scene.walk(K))).toContain('bit 63 (XD) is set while EFER.NXE is 0');
  });

  test('PS in a PML4 entry, and a 1 GiB page that the processor does not have', () => {
    const scene = new Scene().mapKernel(1).write(PML4, BigInt(PDPT) | 0x83n);
    const walk = scene.walk([0, 0]);
    expect(reservedBits(walk.steps[0]!, walk.paging)).toEqual([
      { kind: 'page-size', text: 'bit 7 (PS) is set in a PML4E, which cannot map a page' },
    ]);
    const small = new Scene({ pages1g: false }).write(PML4, BigInt(PDPT) | 3n).write(PDPT, 0x83n);
    expect(walkSummary(small.walk([0, 0]))).toContain('the processor has no 1 GiB pages');
  });

  test('an address that is not canonical', () => {
    expect(walkSummary(new Scene().walk(addressFromText('0x0000800000000000')))).toBe(
      '0x0000800000000000 is not canonical: no page table can map it',
    );
  });
});

describe('who denies', () => {
  test('the first level that does', () => {
    const scene = new Scene().mapKernel(4, 7n);
    const walk = scene.walk(K);
    expect(deniedBy(walk.steps, walk.paging, read)).toBeUndefined();
    expect(deniedBy(walk.steps, walk.paging, { ...read, user: true })?.step.level).toBe(4);
    expect(walkSummary(walk, { ...read, user: true })).toBe(
      '0xffffffff80001234 is mapped to physical 0x00001234 (4 KiB page, writable, supervisor, executable), but the PML4E (level 4), entry 511 of the table at 0x00001000, denies it: U/S = 0: user code may not touch it',
    );
    scene.write(PT + 8, 0x8000000000001005n);
    const other = scene.walk(K);
    expect(deniedBy(other.steps, other.paging, { ...read, write: true })?.reason).toContain('R/W = 0');
    expect(deniedBy(other.steps, other.paging, { ...read, fetch: true })?.reason).toContain('XD = 1');
  });
});

describe('other ways of paging', () => {
  test('none', () => {
    const walk = new Scene().set(STATE_CR0, CR0_PE).set(STATE_EFER, 0).walk(addressFromText('0x1234'));
    expect(walkSummary(walk)).toBe('paging is off: 0x0000000000001234 is physical 0x00001234');
  });

  test('32-bit: entries of 4 bytes, pages of 4 MiB', () => {
    const scene = new Scene()
      .set(STATE_CR0, CR0_PE | CR0_PG)
      .set(STATE_CR4, CR4_PSE)
      .set(STATE_EFER, 0);
    scene.write(PML4, 0x0040008300000000n);
    expect(walkLines(scene.walk(addressFromText('0x400010')))).toEqual([
      'PDE      1 at 0x00001004: 0x00400083  P RW PS  -> 4 MiB page 0x00400000',
      '0x0000000000400010 is mapped to physical 0x00400010 (4 MiB page, writable, user, executable)'.replace(
        'user',
        'supervisor',
      ),
    ]);
  });

  test('PAE: the PDPTE grants everything', () => {
    const scene = new Scene()
      .set(STATE_CR0, CR0_PE | CR0_PG)
      .set(STATE_CR4, CR4_PAE)
      .set(STATE_EFER, 0)
      .set(STATE_CR3, PDPT);
    scene.set(STATE_PDPTE, PD | 1).write(PD, 0x87n);
    const walk = scene.walk(addressFromText('0x1000'));
    expect(deniedBy(walk.steps, walk.paging, { write: true, user: true, fetch: false })).toBeUndefined();
    expect(walkLines(walk)[0]).toBe('PDPTE    0 at 0x00002000: 0x0000000000003001  P  -> table 0x00003000');
  });
});
