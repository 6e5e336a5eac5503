import type { Random } from '../../oracle/random.ts';
import {
  CODE_S, CODE_U, DATA, DATA2, LANDING, PD32, PDPT_PAE, PML4, WINDOW_LEGACY, WINDOW_LONG, WINDOW_PD, WINDOW_PD_PAE, WINDOW_PDPT, WINDOW_PT,WINDOW_PT_PAE,
  WINDOW_PT32, 
} from '../layout.ts'; // biome-ignore format: a list of nouns.
import {
  CR0,
  CR4,
  EFER,
  FLAG,
  inMode,
  MODES,
  type ModeName,
  type Paging,
  patch,
  setCode,
  word32,
  word64,
} from '../modes.ts';
import type { Scenario } from '../scenario.ts';
import { code, hex } from './pool.ts';

interface Entry {
  readonly name: string;
  readonly address: number;
  readonly bytes: 4 | 8;
  readonly level: number;
}

/** The entries that translate a page of the window, from the top. */
function entries(paging: Paging, page: number): Entry[] {
  if (paging === '32')
    return [
      { name: 'PDE', address: PD32 + 0x400, bytes: 4, level: 2 },
      { name: 'PTE', address: WINDOW_PT32 + page * 4, bytes: 4, level: 1 },
    ];
  if (paging === 'pae')
    return [
      { name: 'PDPTE', address: PDPT_PAE + 8, bytes: 8, level: 3 },
      { name: 'PDE', address: WINDOW_PD_PAE, bytes: 8, level: 2 },
      { name: 'PTE', address: WINDOW_PT_PAE + page * 8, bytes: 8, level: 1 },
    ];
  return [
    { name: 'PML4E', address: PML4 + 8, bytes: 8, level: 4 },
    { name: 'PDPTE', address: WINDOW_PDPT, bytes: 8, level: 3 },
    { name: 'PDE', address: WINDOW_PD, bytes: 8, level: 2 },
    { name: 'PTE', address: WINDOW_PT + page * 8, bytes: 8, level: 1 },
  ];
}

function next(paging: Paging, level: number, page: number): bigint {
  if (level === 1) return BigInt(page << 12);
  if (paging === '32') return BigInt(WINDOW_PT32);
  if (paging === 'pae') return BigInt(level === 3 ? WINDOW_PD_PAE : WINDOW_PT_PAE);
  return BigInt(level === 4 ? WINDOW_PDPT : level === 3 ? WINDOW_PD : WINDOW_PT);
}

/** One entry with flags near to what works; `bits` are its flags. */
function entry(random: Random, paging: Paging, e: Entry, page: number, keys: boolean): bigint {
  let value = next(paging, e.level, page) | 7n;
  if (paging === 'pae' && e.level === 3) {
    value = next(paging, 3, page) | 1n;
    if (random.chance(0.05)) value ^= 1n;
    return value;
  }
  const flip = (bit: number, probability: number) => {
    if (random.chance(probability)) value ^= 1n << BigInt(bit);
  };
  flip(0, 0.04);
  flip(1, 0.25);
  flip(2, 0.25);
  flip(3, 0.1);
  flip(4, 0.1);
  flip(5, 0.4);
  flip(6, 0.3);
  flip(8, 0.1);
  flip(9, 0.1);
  if (e.level > 1 && random.chance(e.level === 4 ? 0.03 : 0.15)) {
    value |= 0x80n;
    if (e.level < 4 && random.chance(0.9)) value &= 0xfffn;
    // Reserved bits, or memory that is there and holds nothing.
    if (random.chance(0.1)) value |= 1n << BigInt(random.pick([12, 13, 14, 16, 18, 20, 23, 24]));
  }
  if (e.level === 1) flip(7, 0.1);
  if (e.bytes === 8) {
    flip(63, 0.2);
    if (random.chance(0.04)) value ^= 1n << BigInt(40 + random.below(23));
    if (keys && random.chance(0.5)) value |= BigInt(random.below(16)) << 59n;
  }
  return value;
}

const WAYS = ['read', 'write', 'rmw', 'fetch', 'cross', 'far', 'probe'] as const;

/** An access to the window with entries, CR0, CR4, EFER, privilege and RFLAGS.AC of every kind. */
export function walks(random: Random): Scenario {
  const mode = random.pick([
    '32-0',
    '32-3',
    '32-0',
    '32-3',
    '32-1',
    '64-0',
    '64-3',
    '64-0',
    '64-3',
    'compat32-3',
    'v86',
  ] as readonly ModeName[]);
  if (mode === 'v86') return walks(random);
  const { long, cpl } = MODES[mode];
  const paging: Paging = long ? (random.chance(0.15) ? '5' : '4') : random.pick(['32', 'pae'] as const);
  const s = inMode(mode, paging);
  if (random.chance(0.4)) s.cr0 = (s.cr0 ^ CR0.WP) >>> 0;
  if (random.chance(0.3)) s.cr4 |= CR4.SMEP;
  if (random.chance(0.3)) s.cr4 |= CR4.SMAP;
  if (random.chance(0.7) && paging === '32') s.cr4 |= CR4.PSE;
  if (random.chance(0.3)) s.cr4 |= CR4.PGE;
  if (random.chance(0.3)) s.rflags |= FLAG.AC;
  if (random.chance(0.3)) s.efer &= ~EFER.NXE;
  const keys = long && random.chance(0.4);
  if (keys) {
    s.cr4 |= CR4.PKE;
    // Key 0 is that of all pages outside the window; Bochs applies keys to supervisor pages too.
    s.pkru = (random.word() & ~3) >>> 0;
  }
  const way = random.pick(WAYS);
  const page =
    way === 'fetch'
      ? (random.chance(0.5) ? CODE_U : CODE_S) >> 12
      : (random.chance(0.5) ? DATA : DATA2) >> 12;
  const texts: string[] = [];
  const spoil = (at: number) => {
    for (const e of entries(paging, at)) {
      if (random.chance(0.35)) continue;
      const value = entry(random, paging, e, at, keys);
      patch(
        s,
        e.address,
        e.bytes === 4 ? word32(Number(value & 0xffffffffn)) : word64(value),
        `${e.name} = ${hex(value)}`,
      );
      texts.push(`${e.name} ${hex(value)}`);
    }
  };
  spoil(page);
  const window = long ? WINDOW_LONG : WINDOW_LEGACY;
  let address =
    window + (BigInt(page) << 12n) + BigInt(way === 'fetch' ? LANDING : random.pick([0, 8, 0x123, 0xffc]));
  if (way === 'cross') {
    if (page === DATA >> 12 && random.chance(0.7)) {
      for (const e of entries(paging, page + 1).slice(-1)) {
        const value = entry(random, paging, e, page + 1, keys);
        patch(
          s,
          e.address,
          e.bytes === 4 ? word32(Number(value & 0xffffffffn)) : word64(value),
          `second ${e.name} = ${hex(value)}`,
        );
      }
    }
    address = window + (BigInt(page) << 12n) + BigInt(random.pick([0xffd, 0xffe, 0xfff]));
  }
  s.gpr[3] = address;
  s.gpr[0] = 0x1122334455667788n;
  s.gpr[7] = address;
  s.gpr[6] = BigInt(DATA);
  const rows: Record<(typeof WAYS)[number], readonly (readonly [string, readonly number[]])[]> = {
    read: [['mov eax, [rbx]', [0x8b, 0x03]], ['cmp [rbx], eax', [0x39, 0x03]], ['fld dword [rbx]', [0xd9, 0x03]], ['verr [rbx]', [0x0f, 0x00, 0x23]]],
    write: [['mov [rbx], eax', [0x89, 0x03]], ['movsd', [0xa5]], ['sgdt [rbx]', [0x0f, 0x01, 0x03]], ['setc [rbx]', [0x0f, 0x92, 0x03]]],
    rmw: [['add [rbx], eax', [0x01, 0x03]], ['xchg [rbx], eax', [0x87, 0x03]], ['cmpxchg [rbx], ecx', [0x0f, 0xb1, 0x0b]], ['cmpxchg8b [rbx]', [0x0f, 0xc7, 0x0b]], ['bts [rbx], ecx', [0x0f, 0xab, 0x0b]]],
    fetch: [['jmp rbx', [0xff, 0xe3]]],
    cross: [['mov eax, [rbx]', [0x8b, 0x03]], ['mov [rbx], eax', [0x89, 0x03]], ['add [rbx], eax', [0x01, 0x03]], ['cmpxchg8b [rbx]', [0x0f, 0xc7, 0x0b]]],
    far: [['push [rbx]', [0xff, 0x33]], ['pop [rbx]', [0x8f, 0x03]], ['jmp far [rbx]', [0xff, 0x2b]]],
    probe: [['read, then write', [0x8b, 0x03, 0x89, 0x03]], ['write, then read', [0x89, 0x03, 0x8b, 0x0b]], ['fetch of data', [0xff, 0xe3]], ['invlpg; read', [0x0f, 0x01, 0x3b, 0x8b, 0x03]]],
  }; // biome-ignore format: a table.
  const [text, bytes] = random.pick(rows[way]);
  // Data is no code: what it would do, nobody has planned.
  if (text === 'fetch of data')
    patch(s, (page << 12) + Number(address & 0xfffn), [0x0f, 0x0b, 0x0f, 0x0b, 0x0f, 0x0b], 'UD2');
  setCode(
    s,
    mode,
    code(`${text} at ${hex(address)} with ${paging} paging, CPL ${cpl}: ${texts.join(', ')}`, bytes),
  );
  return s;
}
