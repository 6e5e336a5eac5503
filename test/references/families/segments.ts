import type { Random } from '../../oracle/random.ts';
import { DATA, DATA2, descriptor, GDT } from '../layout.ts';
import { MODES, patch, word16, word32, word64 } from '../modes.ts';
import type { Scenario } from '../scenario.ts';
import { atRbx, bitsOf, code, direct, EVERY, hex, placeDescriptor, pointRbx, randomSelector, registerValue, setCode, spiceControl, start } from './pool.ts'; // biome-ignore format: one line.

const NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'];
const PREFIX = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];

/** Loads a segment register in every way there is, then uses it. */
export function loadSegment(random: Random): Scenario {
  const { s, mode } = start(random, EVERY);
  spiceControl(s, random);
  const bits = bitsOf(mode);
  const isPlain = mode === 'real' || mode === 'v86';
  const selector = isPlain ? random.pick([0x1000, 0x1c00, 0xffff, 0, 0x1d00]) : randomSelector(s, random);
  const segment = random.pick([0, 2, 2, 3, 3, 4, 5, 1]);
  s.gpr[0] = (registerValue(random) & ~0xffffn) | BigInt(selector);
  const offset = random.pick([0, 1, 0xfff, 0x1000, 0xffff, 0x1c000, 0xfffffffc]);
  s.gpr[6] = BigInt(bits === 16 ? offset & 0xffff : offset);
  const probe = [PREFIX[segment]!, random.pick([0x8a, 0x88]), (1 << 3) | (bits === 16 ? 4 : 6)];
  const way = random.below(4);
  const name = NAMES[segment]!;
  if (way <= 1) {
    const rex = bits === 64 && random.chance(0.2) ? [0x48] : [];
    setCode(s, mode, code(`mov ${name}, ax (${hex(selector)}); probe`, rex, 0x8e, direct(segment, 0), probe));
  } else if (way === 2) {
    const pop = [[0x07], [0x0f], [0x17], [0x1f], [0x0f, 0xa1], [0x0f, 0xa9]][segment]!;
    setCode(s, mode, code(`push ax; pop ${name} (${hex(selector)}); probe`, 0x50, pop, probe));
  } else {
    const far = [[0xc4], [0xc5], [0x0f, 0xb2], [0xc5], [0x0f, 0xb4], [0x0f, 0xb5]][segment]!;
    pointRbx(s, mode, DATA + 0x20);
    const wide = bits === 64 && random.chance(0.4);
    const pointer = bits === 16 ? word16(0x1234) : wide ? word64(0x123456789abcdef0n) : word32(0x12345678);
    patch(s, DATA + 0x20, [...pointer, ...word16(selector)], `pointer to ${hex(selector)}`);
    setCode(
      s,
      mode,
      code(`l${name} rdx, [rbx] (${hex(selector)}); probe`, wide ? [0x48] : [], far, atRbx(mode, 2), probe),
    );
  }
  return s;
}

/** LAR, LSL, VERR, VERW and ARPL. */
export function verify(random: Random): Scenario {
  const { s, mode } = start(random, EVERY);
  const selector = randomSelector(s, random);
  s.gpr[0] = (registerValue(random) & ~0xffffn) | BigInt(selector);
  if (random.chance(0.5)) s.rflags ^= 0x40;
  const way = random.below(5);
  const size = random.chance(0.3) ? [0x66] : bitsOf(mode) === 64 && random.chance(0.3) ? [0x48] : [];
  if (way === 4 && bitsOf(mode) !== 64) {
    setCode(s, mode, code(`arpl ax, cx (${hex(selector)})`, 0x63, direct(1, 0)));
    return s;
  }
  const row = [
    ['lar ecx, eax', [0x0f, 0x02, direct(1, 0)]],
    ['lsl ecx, eax', [0x0f, 0x03, direct(1, 0)]],
    ['verr ax', [0x0f, 0x00, direct(4, 0)]],
    ['verw ax', [0x0f, 0x00, direct(5, 0)]],
  ] as const;
  const [text, bytes] = row[way & 3]!;
  setCode(s, mode, code(`${text} (${hex(selector)})`, size, bytes));
  return s;
}

/** Accesses around the limits of segments: expand-up, expand-down, byte and page granular, wrapping offsets. */
export function limits(random: Random): Scenario {
  const { s, mode } = start(random, [
    '16-0',
    '16-3',
    '32-0',
    '32-1',
    '32-3',
    'compat32-3',
    'compat16-3',
    '64-0',
    '64-3',
    'real',
    'v86',
  ]);
  const bits = bitsOf(mode);
  const limit = random.pick([0, 1, 3, 0xf, 0xff, 0xfff, 0x7fff, 0xfffe, 0xffff, 0x10, 0x1f]);
  const isDown = random.chance(0.4);
  const flags = random.pick([0, 4, 8, 12]);
  if (mode !== 'real' && mode !== 'v86') {
    const access = 0x90 | (MODES[mode].cpl << 5) | (isDown ? 6 : 2) | random.below(2);
    const value = descriptor(random.pick([0, 0x10000, DATA, DATA2 - 0x100]), limit, access, flags);
    const selector = placeDescriptor(s, random, value) | MODES[mode].cpl;
    s.ds = selector;
    if (random.chance(0.2)) s.fs = selector;
  }
  const top = flags & 8 ? limit * 0x1000 + 0xfff : limit;
  const offset =
    random.pick([
      top,
      top - 1,
      top - 3,
      top - 7,
      top - 15,
      top + 1,
      0xffff,
      0xfffe,
      0xfffd,
      0xfff8,
      0,
      0xffffffff,
      0xfffffffd,
      0xfffffff8,
      0x10000,
    ]) >>> 0;
  s.gpr[3] =
    bits === 64 && random.chance(0.3)
      ? random.pick([
          0x7fffffffffffn,
          0x7ffffffffffdn,
          0x800000000000n,
          0xffff800000000000n,
          0xffff7fffffffffffn,
          0xffffffffffffffffn,
          0xfffffffffffffffdn,
        ])
      : BigInt(offset);
  const segment = random.pick([[], [], [0x64], [0x36]]);
  const size = random.chance(0.3) ? [0x66] : [];
  const address = bits !== 64 && random.chance(0.2) ? [0x67] : [];
  const modrm = (reg: number) => (reg << 3) | ((bits === 16) !== address.length > 0 ? 7 : 3);
  const row = random.pick([
    ['mov al, [rbx]', [0x8a, modrm(0)]],
    ['mov eax, [rbx]', [0x8b, modrm(0)]],
    ['mov [rbx], eax', [0x89, modrm(0)]],
    ['mov [rbx], al', [0x88, modrm(0)]],
    ['xchg [rbx], eax', [0x87, modrm(0)]],
    ['add [rbx], ecx', [0x01, modrm(1)]],
    ['fld qword [rbx]', [0xdd, modrm(0)]],
    ['fld tword [rbx]', [0xdb, modrm(5)]],
    ['cmpxchg8b [rbx]', [0x0f, 0xc7, modrm(1)]],
    ['push dword [rbx]', [0xff, modrm(6)]],
    ['pop dword [rbx]', [0x8f, modrm(0)]],
    ['les/bound', [0x62, modrm(0)]],
  ] as const);
  if (row[0] === 'les/bound' && bits === 64) return limits(random);
  setCode(s, mode, code(`${row[0]} at ${hex(s.gpr[3])}`, segment, size, address, row[1]));
  return s;
}

/** A CALL to an even address, where UD2 begins; a 66 in front of it has its place in the count. */
function relativeCall(bits: 16 | 32 | 64, isSized: boolean): number[] {
  const isShort = bits !== 64 && (bits === 16) !== isSized;
  const length = (isSized ? 1 : 0) + (isShort ? 3 : 5);
  return [0xe8, 0x10 + (length & 1), ...new Array<number>(isShort ? 1 : 3).fill(0)];
}

/** Pushes and pops where the stack ends. */
export function stackEdges(random: Random): Scenario {
  const { s, mode } = start(random, ['16-3', '32-3', '32-1', 'v86', 'compat32-3', 'compat16-3', '64-3']);
  const bits = bitsOf(mode);
  if (mode !== 'v86' && bits !== 64) {
    const isDown = random.chance(0.5);
    const limit = random.pick([0xfff, 0x1fff, 0xfbff, 0xfc01, 0xffff]);
    const flags = random.pick([0, 4]);
    const value = descriptor(0x10000, limit, 0x90 | (MODES[mode].cpl << 5) | (isDown ? 6 : 2) | 1, flags);
    s.ss = placeDescriptor(s, random, value) | MODES[mode].cpl;
    s.rsp = BigInt(
      random.pick([
        limit,
        limit + 1,
        limit + 2,
        limit + 4,
        limit - 1,
        limit - 2,
        0,
        1,
        2,
        3,
        4,
        0xffff,
        0x1fffe,
        0x10000,
      ]),
    );
  } else if (bits === 64)
    s.rsp = random.pick([
      0x800000000000n,
      0x800000000008n,
      0x7ffffffffff9n,
      0xffff800000000000n,
      0xffff800000000004n,
      0n,
      4n,
      0x1f000n,
      0x1f001n,
      0x1f004n,
    ]);
  else s.rsp = BigInt(random.pick([0, 1, 2, 3, 4, 5, 6, 0xffff, 0xfffe, 0xfffd, 0x10002]));
  const size = random.chance(0.4) ? [0x66] : [];
  pointRbx(s, mode, DATA);
  const row = random.pick([
    ['push ax', [0x50]], ['pop cx', [0x59]], ['pushf', [0x9c]], ['popf', [0x9d]], ['push imm8', [0x6a, 0x85]], ['pusha', [0x60]], ['popa', [0x61]],
    ['call rel', relativeCall(bits, size.length > 0)], ['ret', [0xc3]], ['ret 8', [0xc2, 8, 0]], ['leave', [0xc9]],
    ['enter 8,0', [0xc8, 8, 0, 0]], ['enter 8,2', [0xc8, 8, 0, 2]], ['push sp', [0x54]], ['pop sp', [0x5c]], ['push fs', [0x0f, 0xa0]], ['pop fs', [0x0f, 0xa1]],
    ['push [rbx]', [0xff, atRbx(mode, 6)]], ['pop [rbx]', [0x8f, atRbx(mode, 0)]], ['iret', [0xcf]], ['retf', [0xcb]],
  ] as const); // biome-ignore format: a table.
  if (random.chance(0.3)) s.gpr[5] = random.pick([0n, 4n, 0xffffn, 0xfc00n, 0x1fc00n, 0x800000000000n]);
  setCode(s, mode, code(`${row[0]} at rsp ${hex(s.rsp)}`, size, row[1]));
  return s;
}

/** SGDT and its kin, into memory and registers, with UMIP; LLDT and LTR. */
export function tables(random: Random): Scenario {
  const { s, mode } = start(random, EVERY);
  spiceControl(s, random);
  const size = random.chance(0.3) ? [0x66] : [];
  pointRbx(s, mode, random.chance(0.8) ? DATA + 0x40 : 0xffe);
  const wantsLoad = random.chance(0.4);
  if (wantsLoad) {
    const selector = randomSelector(s, random);
    s.gpr[0] = (registerValue(random) & ~0xffffn) | BigInt(selector);
    const task = random.chance(0.5);
    if (random.chance(0.4)) {
      const type = random.pick([0x82, 0x89, 0x8b, 0x81, 0x83, 0x02, 0x09, 0xe9, 0xe2]);
      const value = descriptor(
        random.pick([0x12400, 0xff012400]),
        random.pick([0x67, 0x2b, 0xffff]),
        type,
        0,
      );
      s.gpr[0] = BigInt(
        placeDescriptor(
          s,
          random,
          value,
          random.chance(0.3) ? random.pick([0xffff8000n, 0x00010000n, 0x1f0000000000n]) : 0n,
        ) | random.below(4),
      );
    }
    setCode(
      s,
      mode,
      code(
        `${task ? 'ltr' : 'lldt'} ax (${hex(s.gpr[0]! & 0xffffn)})`,
        size,
        0x0f,
        0x00,
        direct(task ? 3 : 2, 0),
      ),
    );
    return s;
  }
  const row = random.pick([
    ['sgdt [rbx]', [0x0f, 0x01, atRbx(mode, 0)]],
    ['sidt [rbx]', [0x0f, 0x01, atRbx(mode, 1)]],
    ['lgdt [rbx]', [0x0f, 0x01, atRbx(mode, 2)]],
    ['lidt [rbx]', [0x0f, 0x01, atRbx(mode, 3)]],
    ['smsw [rbx]', [0x0f, 0x01, atRbx(mode, 4)]],
    ['smsw ecx', [0x0f, 0x01, direct(4, 1)]],
    ['lmsw [rbx]', [0x0f, 0x01, atRbx(mode, 6)]],
    ['sldt ecx', [0x0f, 0x00, direct(0, 1)]],
    ['str ecx', [0x0f, 0x00, direct(1, 1)]],
    ['sldt [rbx]', [0x0f, 0x00, atRbx(mode, 0)]],
    ['str [rbx]', [0x0f, 0x00, atRbx(mode, 1)]],
    ['sgdt ecx', [0x0f, 0x01, direct(0, 1)]],
    ['lgdt ecx', [0x0f, 0x01, direct(2, 1)]],
  ] as const);
  if (row[0].startsWith('lgdt') || row[0].startsWith('lidt')) {
    const base = random.chance(0.8)
      ? BigInt(row[0].startsWith('lgdt') ? GDT : s.idtBase)
      : registerValue(random);
    patch(
      s,
      DATA + 0x40,
      [...word16(random.pick([0x3ff, 0x7ff, 0xfff, 0x13f])), ...word64(base)],
      `operand ${hex(base)}`,
    );
  } else if (row[0].startsWith('lmsw')) patch(s, DATA + 0x40, word16(random.below(16)), 'operand');
  setCode(s, mode, code(row[0], size, row[1]));
  return s;
}
