import { describe, expect, test } from 'vitest';
import { CR0_WP, CR4_PKE, CR4_SMAP, CR4_SMEP, EFER_NXE } from '../../src/isa/control.ts';
import { RFLAGS_AC } from '../../src/isa/rflags.ts';
import { A, D, Fixture, P, RW, US, XD } from './paging-fixture.ts';

/**
 * Every combination of page, access, privilege and control bit, against an oracle that follows the text of SDM Vol.
 * 3A, "Determination of Access Rights", "Protection Keys" and "Page-Fault Exceptions" sentence by sentence.
 */
interface Case {
  access: 'read' | 'write' | 'fetch';
  userMode: boolean;
  userPage: boolean;
  writable: boolean;
  xd: boolean;
  wp: boolean;
  smep: boolean;
  smap: boolean;
  ac: boolean;
  nxe: boolean;
  /** PKRU bits of the page's key: AD = 1, WD = 2; undefined while CR4.PKE is 0. */
  key: number | undefined;
}

function oracle(c: Case): string {
  const data = c.access !== 'fetch';
  const keyDenies =
    c.key !== undefined &&
    c.userPage &&
    data &&
    ((c.key & 1) !== 0 || ((c.key & 2) !== 0 && c.access === 'write' && (c.wp || c.userMode)));
  let allowed: boolean;
  if (!c.userMode) {
    if (!c.userPage) {
      // Supervisor-mode access to a supervisor-mode address.
      if (c.access === 'read') allowed = true;
      else if (c.access === 'write') allowed = !c.wp || c.writable;
      else allowed = !c.xd;
    } else if (c.access === 'read') {
      allowed = (!c.smap || c.ac) && !keyDenies;
    } else if (c.access === 'write') {
      allowed = (!c.smap || c.ac) && (!c.wp || c.writable) && !keyDenies;
    } else {
      allowed = !c.smep && !c.xd;
    }
  } else if (!c.userPage) {
    allowed = false;
  } else if (c.access === 'read') {
    allowed = !keyDenies;
  } else if (c.access === 'write') {
    allowed = c.writable && !keyDenies;
  } else {
    allowed = !c.xd;
  }
  if (allowed) return 'ok';
  let code = 1;
  if (c.access === 'write') code |= 2;
  if (c.userMode) code |= 4;
  if (c.access === 'fetch' && (c.smep || c.nxe)) code |= 16;
  if (keyDenies) code |= 32;
  return `#PF(0x${code.toString(16)})`;
}

const BOOLEANS = [false, true];

function cases(): Case[] {
  const all: Case[] = [];
  for (const access of ['read', 'write', 'fetch'] as const)
    for (const userMode of BOOLEANS)
      for (const userPage of BOOLEANS)
        for (const writable of BOOLEANS)
          for (const xd of BOOLEANS)
            for (const wp of BOOLEANS)
              for (const smep of BOOLEANS)
                for (const smap of BOOLEANS)
                  for (const ac of BOOLEANS)
                    for (const nxe of BOOLEANS)
                      for (const key of [undefined, 0, 1, 2, 3])
                        if (nxe || !xd)
                          all.push({
                            access,
                            userMode,
                            userPage,
                            writable,
                            xd,
                            wp,
                            smep,
                            smap,
                            ac,
                            nxe,
                            key,
                          });
  return all;
}

const KEY = 5n;
const LINEAR = 0x7000_0040_0000n;

describe('access rights', () => {
  const f = new Fixture('4-level');
  const entry = f.map(LINEAR, 0x300000);
  const [cr0, cr4, efer] = [f.word('cr0'), f.word('cr4'), f.word('efer')];

  const setUp = (c: Case) => {
    const bits =
      P | A | D | (c.writable ? RW : 0n) | (c.userPage ? US : 0n) | (c.xd ? XD : 0n) | (KEY << 59n);
    f.setEntry(entry, 0x300000n | bits);
    f.control({
      cr0: c.wp ? cr0 | CR0_WP : cr0 & ~CR0_WP,
      cr4: cr4 | (c.smep ? CR4_SMEP : 0) | (c.smap ? CR4_SMAP : 0) | (c.key === undefined ? 0 : CR4_PKE),
      efer: c.nxe ? efer | EFER_NXE : efer & ~EFER_NXE,
      pkru: (c.key ?? 3) << (Number(KEY) * 2),
      cpl: c.userMode ? 3 : 0,
      rflags: c.ac ? RFLAGS_AC : 0,
    });
  };

  test.each(['cold', 'after a read by the supervisor'])(
    'all 5,760 combinations follow the manual, %s',
    (when) => {
      expect(cases()).toHaveLength(5760);
      const wrong: unknown[] = [];
      for (const c of cases()) {
        setUp(c);
        f.mmu.flushAll('reset');
        if (when !== 'cold') {
          f.control({ cpl: 0 });
          f.access('read', LINEAR);
          f.control({ cpl: c.userMode ? 3 : 0 });
        }
        const found = f.access(c.access, LINEAR);
        if (found !== oracle(c)) wrong.push({ ...c, found, expected: oracle(c) });
      }
      expect(wrong).toEqual([]);
    },
  );

  test('rights are combined over all levels: one restrictive level suffices', () => {
    for (const level of [1, 2, 3, 4]) {
      const g = new Fixture('4-level');
      g.map(LINEAR, 0x300000);
      const at = g.entryAt(LINEAR, level);
      const restrict = (clear: bigint, set: bigint) => {
        const before = g.entry(at);
        g.setEntry(at, (before & ~clear) | set);
        g.mmu.flushAll('reset');
        return () => g.setEntry(at, before);
      };
      const undoRw = restrict(RW, 0n);
      expect([level, g.access('write', LINEAR), g.access('read', LINEAR)]).toEqual([level, '#PF(0x3)', 'ok']);
      undoRw();
      const undoXd = restrict(0n, XD);
      expect([level, g.access('fetch', LINEAR)]).toEqual([level, '#PF(0x11)']);
      undoXd();
      restrict(US, 0n);
      g.control({ cpl: 3 });
      expect([level, g.access('read', LINEAR)]).toEqual([level, '#PF(0x5)']);
    }
  });

  test('32-bit paging has no execute-disable and tells no fetches apart without SMEP', () => {
    const g = new Fixture('32-bit');
    g.map(0x40_0000n, 0x300000, P | RW);
    expect(g.access('fetch', 0x40_0000n)).toBe('ok');
    g.control({ cpl: 3 });
    expect(g.access('fetch', 0x40_0000n)).toBe('#PF(0x5)');
    g.control({ cr4: g.word('cr4') | CR4_SMEP });
    expect(g.access('fetch', 0x40_0000n)).toBe('#PF(0x15)');
  });

  test('a change of PKRU takes effect at once, for key 0 too', () => {
    for (const key of [0n, 3n]) {
      const g = new Fixture('4-level');
      g.map(LINEAR, 0x300000, P | RW | US | (key << 59n));
      g.control({ cr4: g.word('cr4') | CR4_PKE, cpl: 3 });
      expect(g.access('write', LINEAR)).toBe('ok');
      g.control({ pkru: 2 << (Number(key) * 2) });
      expect([g.access('read', LINEAR), g.access('write', LINEAR)]).toEqual(['ok', '#PF(0x27)']);
      g.control({ pkru: 1 << (Number(key) * 2) });
      expect(g.access('read', LINEAR)).toBe('#PF(0x25)');
      g.control({ pkru: 0 });
      expect(g.access('write', LINEAR)).toBe('ok');
    }
  });
});
