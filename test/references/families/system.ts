import type { Random } from '../../oracle/random.ts';
import { CODE_U, DATA, DATA2, IO_BITMAP, PD32, PDPT_PAE, PML4, PML5, TSS, TSS_LIMIT } from '../layout.ts';
import { CR0, CR4, FLAG, iopl, MODES, patch, word16, word32 } from '../modes.ts';
import type { Scenario } from '../scenario.ts';
import { atRbx, bitsOf, code, direct, EVERY, hex, pointRbx, registerValue, setCode, someData, start } from './pool.ts'; // biome-ignore format: one line.

const CR0_BITS = [0, 1, 2, 3, 4, 5, 16, 18, 29, 30, 31, 6, 17, 28];
const CR4_BITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16, 18, 20, 21, 22, 19, 26, 31];

/** MOV to and from control and debug registers, LMSW, CLTS, SMSW, with legal and illegal combinations. */
export function controlRegisters(random: Random): Scenario {
  const { s, mode } = start(
    random,
    random.chance(0.6) ? ['32-0', '64-0', 'compat32-0', '16-0', 'real'] : EVERY,
  );
  if (random.chance(0.2)) s.efer ^= 1 << random.pick(s.cr0 & CR0.PG ? [0, 11] : [0, 8, 11]);
  const register = random.pick([0, 0, 0, 3, 3, 4, 4, 4, 2, 8, 1, 5]);
  const rexR = register === 8 ? 4 : 0;
  if (rexR && bitsOf(mode) !== 64) return controlRegisters(random);
  const current = register === 0 ? s.cr0 : register === 4 ? s.cr4 : register === 3 ? s.cr3 : 0;
  let value = BigInt(current >>> 0);
  const flips = 1 + random.below(3);
  for (let n = 0; n < flips; n++) {
    // QEMU hangs without PE under paging and without PG in IA-32e mode; unit tests have both.
    if (register === 0)
      value ^=
        1n <<
        BigInt(random.pick(s.cr0 & CR0.PG ? CR0_BITS.filter((bit) => bit !== 0 && bit !== 31) : CR0_BITS));
    else if (register === 4) value ^= 1n << BigInt(random.pick(CR4_BITS));
    else if (register === 3)
      value =
        BigInt(random.pick([PML4, PD32, PDPT_PAE, PML5, current])) ^
        (random.chance(0.3) ? 1n << BigInt(random.below(64)) : 0n);
    else value = registerValue(random) & (random.chance(0.5) ? 15n : ~0n);
  }
  if (bitsOf(mode) === 64 && random.chance(0.1)) value |= 1n << BigInt(32 + random.below(32));
  s.gpr[0] = value;
  const way = random.below(10);
  const rex = rexR ? [0x40 | rexR] : [];
  if (way < 6) {
    // The probe shows what a changed mode makes of the same bytes.
    setCode(
      s,
      mode,
      code(
        `mov cr${register}, rax (${hex(value)}); probe`,
        rex,
        0x0f,
        0x22,
        direct(register & 7, 0),
        [0x48],
        [0x89, 0xc1],
      ),
    );
  } else if (way < 8)
    setCode(s, mode, code(`mov rax, cr${register}`, rex, 0x0f, 0x20, direct(register & 7, 0)));
  else if (way === 8) {
    s.gpr[0] = BigInt(random.below(0x10000) | (s.cr0 & 1));
    setCode(s, mode, code(`lmsw ax (${hex(s.gpr[0])})`, 0x0f, 0x01, direct(6, 0)));
  } else {
    s.cr0 |= CR0.TS;
    setCode(s, mode, code('clts; smsw eax', 0x0f, 0x06, 0x0f, 0x01, direct(4, 0)));
  }
  return s;
}

/** MOV to and from debug registers, with CR4.DE and DR7.GD. */
export function debugRegisters(random: Random): Scenario {
  const { s, mode } = start(random, random.chance(0.7) ? ['32-0', '64-0', 'compat32-0', 'real'] : EVERY);
  if (random.chance(0.4)) s.cr4 |= CR4.DE;
  const register = random.below(8);
  const isWrite = random.chance(0.6);
  s.gpr[0] =
    registerValue(random) & (bitsOf(mode) === 64 && random.chance(0.1) ? ~0n : 0xffffffffn) & ~0x20ffn;
  setCode(
    s,
    mode,
    code(
      isWrite
        ? `mov dr${register}, rax (${hex(s.gpr[0])}); mov rcx, dr${register}`
        : `mov rax, dr${register}`,
      isWrite ? [0x0f, 0x23, direct(register, 0)] : [],
      0x0f,
      0x21,
      direct(register, isWrite ? 1 : 0),
    ),
  );
  return s;
}

const MSRS = [
  0x174, 0x175, 0x176, 0x277, 0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000100,
  0xc0000101, 0xc0000102, 0xc0000103,
];

/** WRMSR and RDMSR of architectural MSRs, with reserved bits and addresses that are not canonical. */
export function msrs(random: Random): Scenario {
  const { s, mode } = start(random, random.chance(0.8) ? ['32-0', '64-0', 'compat32-0'] : EVERY);
  const index = random.pick(MSRS);
  let value = random.chance(0.3)
    ? registerValue(random)
    : random.pick([
        0n,
        1n,
        0x7fffffffffffn,
        0x800000000000n,
        0xffff800000000000n,
        0xffff7fffffffffffn,
        0xffffffffn,
        0x100000000n,
        0x0007040600070406n,
        0x0606060606060606n,
        0x0600000000000000n,
        0x02n,
        0x0300n,
        0x501n,
        0xd01n,
        0xd00n,
        0x1d01n,
        0x801n,
        0x500n,
        0x101n,
        0x4000n,
        0xffffffffffffffn,
        0x00ffffffffffffffn,
        0xff00000000000000n,
      ]);
  if (index === 0xc0000080 && random.chance(0.7))
    value = BigInt(s.efer) ^ (1n << BigInt(random.pick([0, 8, 10, 11, 1, 9, 12, 13, 14, 15, 32])));
  s.gpr[1] = BigInt(index) | (random.chance(0.2) ? 0xffff000000000000n : 0n);
  s.gpr[0] = value & 0xffffffffn;
  s.gpr[2] = value >> 32n;
  if (random.chance(0.75))
    setCode(s, mode, code(`wrmsr ${hex(index)} = ${hex(value)}; rdmsr`, 0x0f, 0x30, 0x0f, 0x32));
  else setCode(s, mode, code(`rdmsr ${hex(index)}`, 0x0f, 0x32));
  return s;
}

/** IN and OUT against IOPL and the I/O permission bitmap at the edge of the TSS. Ports where nothing answers. */
export function inputOutput(random: Random): Scenario {
  const { s, mode } = start(random, ['v86', '32-3', '16-3', '64-3', 'compat32-3', '32-1', '32-0', 'real']);
  s.rflags |= iopl(random.below(4));
  const port = random.pick([0x500, 0x501, 0x3e0, 0x3e1, 0x2d7, 0x2d9, 0x2d4, 0x7fff, 0xfff0]);
  const bytes = random.pick([1, 2, 4]);
  const bitmap = random.pick([
    IO_BITMAP - TSS,
    IO_BITMAP - TSS,
    TSS_LIMIT,
    TSS_LIMIT - 1,
    TSS_LIMIT - 0x7c,
    TSS_LIMIT - 0x7d,
    TSS_LIMIT - 0xa0,
    0xffff,
    0xdfff,
    0x68,
    0,
  ]);
  patch(s, TSS + 0x66, word16(bitmap), `bitmap at ${hex(bitmap)}`);
  if (random.chance(0.5)) patch(s, IO_BITMAP + 0x5c, word32(random.word() >>> 0), 'bitmap');
  if (random.chance(0.3)) patch(s, IO_BITMAP + 0x7c, word32(random.word() >>> 0), 'bitmap');
  s.gpr[2] = BigInt(port);
  // What a read of ports that nobody answers gives is the board's business, and differs at odd addresses.
  const isOut = random.chance(0.5) || (port & 1) === 1;
  const size = (bytes === 2) !== (bitsOf(mode) === 16) && bytes !== 1 ? [0x66] : [];
  s.gpr[0] = 0n;
  setCode(
    s,
    mode,
    code(
      `${isOut ? 'out' : 'in'} ${hex(port)}, ${bytes} bytes`,
      size,
      (isOut ? 0xee : 0xec) | (bytes > 1 ? 1 : 0),
    ),
  );
  return s;
}

/** CLI, STI, PUSHF, POPF, HLT and friends with IOPL, VME, PVI. */
export function flags(random: Random): Scenario {
  const { s, mode } = start(random, EVERY);
  s.rflags |= iopl(random.below(4));
  if (random.chance(0.4)) s.rflags |= FLAG.IF;
  if (random.chance(0.4) && mode !== 'real') s.rflags |= FLAG.VIF;
  if (random.chance(0.2) && mode !== 'real') s.rflags |= FLAG.VIP;
  if (random.chance(0.4)) s.cr4 |= CR4.VME;
  if (random.chance(0.4)) s.cr4 |= CR4.PVI;
  const size = random.chance(0.3) ? [0x66] : [];
  const image = random.word() & 0x3f7fd5 & ~FLAG.TF;
  s.gpr[0] = BigInt(image >>> 0);
  const row = random.pick([
    ['cli', [0xfa]], ['sti', [0xfb]], [`push eax; popf (${hex(image >>> 0)})`, [...size, 0x50, ...size, 0x9d]], ['pushf; pop rcx', [...size, 0x9c, ...size, 0x59]],
    [`push eax; popf (${hex(image >>> 0)})`, [...size, 0x50, ...size, 0x9d]], ['sahf', [0x9e]], ['lahf', [0x9f]], ['clac', [0x0f, 0x01, 0xca]], ['stac', [0x0f, 0x01, 0xcb]],
    ['cmc; std', [0xf5, 0xfd]], ['invd', [0x0f, 0x08]], ['wbinvd', [0x0f, 0x09]], ['swapgs', [0x0f, 0x01, 0xf8]], ['invlpg [rbx]', [0x0f, 0x01, atRbx(mode, 7)]],
    ['rdpmc', [0x0f, 0x33]], ['xgetbv', [0x0f, 0x01, 0xd0]], ['xsetbv', [0x0f, 0x01, 0xd1]], ['rdpkru', [0x0f, 0x01, 0xee]], ['wrpkru', [0x0f, 0x01, 0xef]],
    ['monitor', [0x0f, 0x01, 0xc8]], ['vmcall', [0x0f, 0x01, 0xc1]], ['ud1', [0x0f, 0xb9, 0xc0]], ['lock nop', [0xf0, 0x90]], ['lock add al', [0xf0, 0x00, 0xc0]],
  ] as const); // biome-ignore format: a table.
  const [text, bytes] = row;
  s.msrs.push([0xc0000102, 0x1234567890abn]);
  if (random.chance(0.7) && /xgetbv|xsetbv|pkru/.test(text)) s.gpr[1] = BigInt(random.pick([0, 0, 0, 1, 2]));
  if (text === 'xsetbv') {
    s.gpr[0] = BigInt(random.below(8));
    s.gpr[2] = random.chance(0.9) ? 0n : 1n;
  }
  if (/pkru/.test(text)) {
    s.gpr[2] = random.chance(0.9) ? 0n : 1n;
    if (random.chance(0.8)) s.cr4 |= CR4.PKE;
  }
  if (text === 'monitor' || text === 'rdpmc') return flags(random);
  if (random.chance(0.1)) s.cr4 &= ~CR4.OSXSAVE;
  setCode(s, mode, code(text, bytes));
  return s;
}

/** RDFSBASE and kin, with CR4.FSGSBASE. */
export function bases(random: Random): Scenario {
  const { s, mode } = start(random, ['64-0', '64-3', 'compat32-0', '32-0']);
  if (random.chance(0.8)) s.cr4 |= CR4.FSGSBASE;
  s.gpr[0] = random.pick([
    0n,
    0x7fffffffffffn,
    0x800000000000n,
    0xffff800000000000n,
    0x12345678n,
    registerValue(random),
  ]);
  s.msrs.push([0xc0000100, 0x7ffff000n], [0xc0000101, 0xffff800000001000n]);
  const which = random.below(4);
  const rex = bitsOf(mode) === 64 && random.chance(0.6) ? [0x48] : [];
  setCode(
    s,
    mode,
    code(
      `${['rdfsbase', 'rdgsbase', 'wrfsbase', 'wrgsbase'][which]} rax (${hex(s.gpr[0])})`,
      0xf3,
      rex,
      0x0f,
      0xae,
      direct(which, 0),
    ),
  );
  return s;
}

/** #NM, #MF's conditions, #UD of SSE: CR0.EM, MP, TS and CR4.OSFXSR; alignment of FXSAVE, MOVAPS, CMPXCHG16B. */
export function coprocessor(random: Random): Scenario {
  const { s, mode } = start(random, EVERY);
  for (const bit of [1, 2, 3, 5]) if (random.chance(0.35)) s.cr0 ^= 1 << bit;
  if (random.chance(0.7)) s.cr4 |= CR4.OSFXSR;
  if (random.chance(0.3)) s.cr4 &= ~CR4.OSXSAVE;
  if (random.chance(0.4)) s.xcr0 = random.pick([3, 7]);
  pointRbx(s, mode, DATA + random.pick([0, 0, 0, 0x40, 0x10, 8, 1, 0xe00, 0xfc0, 0xe10]));
  s.gpr[0] = BigInt(random.pick([0, 1, 2, 3, 7]));
  s.gpr[2] = 0n;
  const row = random.pick([
    ['fnop', [0xd9, 0xd0]], ['fwait', [0x9b]], ['fninit', [0xdb, 0xe3]], ['emms', [0x0f, 0x77]], ['movq mm0, [rbx]', [0x0f, 0x6f, atRbx(mode, 0)]],
    ['movaps xmm0, [rbx]', [0x0f, 0x28, atRbx(mode, 0)]], ['movups xmm0, [rbx]', [0x0f, 0x10, atRbx(mode, 0)]], ['movaps [rbx], xmm0', [0x0f, 0x29, atRbx(mode, 0)]],
    ['fxsave [rbx]', [0x0f, 0xae, atRbx(mode, 0)]], ['ldmxcsr [rbx]', [0x0f, 0xae, atRbx(mode, 2)]], ['stmxcsr [rbx]', [0x0f, 0xae, atRbx(mode, 3)]],
    ['xsave [rbx]', [0x0f, 0xae, atRbx(mode, 4)]], ['fnstcw [rbx]', [0xd9, atRbx(mode, 7)]], ['fnstsw ax', [0xdf, 0xe0]], ['fld dword [rbx]', [0xd9, atRbx(mode, 0)]],
    ['sfence', [0x0f, 0xae, 0xf8]], ['prefetch', [0x0f, 0x18, atRbx(mode, 1)]], ['cmpxchg8b [rbx]', [0x0f, 0xc7, atRbx(mode, 1)]],
    ['cmpxchg16b [rbx]', [bitsOf(mode) === 64 ? 0x48 : 0x3e, 0x0f, 0xc7, atRbx(mode, 1)]], ['lock cmpxchg8b', [0xf0, 0x0f, 0xc7, atRbx(mode, 1)]], ['cmpxchg8b reg', [0x0f, 0xc7, direct(1, 3)]],
    ['vmovaps xmm0, [rbx]', [0xc5, 0xf8, 0x28, atRbx(mode, 0)]], ['pause', [0xf3, 0x90]], ['fxrstor of zeros', [0x0f, 0xae, atRbx(mode, 1)]],
  ] as const); // biome-ignore format: a table.
  if (row[0].startsWith('ldmxcsr'))
    patch(s, DATA, word32(random.pick([0x1f80, 0, 0xffff, 0x10000, 0x1f80 | 0x40])), 'MXCSR');
  if (row[0].startsWith('fxrstor'))
    for (const at of [DATA, DATA + 0x40, DATA2]) patch(s, at, new Array<number>(512).fill(0), 'FXSAVE area');
  setCode(s, mode, code(`${row[0]} at ${hex(s.gpr[3]!)}`, row[1]));
  return s;
}

/** Alignment checking (SDM Vol. 3A, "Alignment Check Exception (#AC)"). */
export function alignment(random: Random): Scenario {
  const { s, mode } = start(random, ['32-3', '64-3', 'compat32-3', '16-3', 'v86', '32-1', '32-0', '64-0']);
  s.cr0 = (s.cr0 | CR0.AM) >>> 0;
  if (random.chance(0.85)) s.rflags |= FLAG.AC;
  s.cr4 |= CR4.OSFXSR;
  pointRbx(s, mode, DATA + random.below(17));
  s.gpr[6] = s.gpr[3]!;
  s.gpr[0] = BigInt(random.below(128));
  s.gpr[7] = BigInt(DATA2 - MODES[mode].base + random.below(9));
  if (random.chance(0.2)) s.rsp -= BigInt(random.below(4));
  const row = random.pick([
    ['mov ax, [rbx]', [0x66, 0x8b, atRbx(mode, 0)]], ['mov eax, [rbx]', [0x8b, atRbx(mode, 0)]], ['mov [rbx], eax', [0x89, atRbx(mode, 0)]],
    ['fld dword', [0xd9, atRbx(mode, 0)]], ['fld qword', [0xdd, atRbx(mode, 0)]], ['fld tword', [0xdb, atRbx(mode, 5)]], ['movups', [0x0f, 0x10, atRbx(mode, 0)]],
    ['movsd', [0xa5]], ['push', [0x50]], ['pop', [0x58]], ['lock add', [0xf0, 0x01, atRbx(mode, 0)]], ['les-like lfs', [0x0f, 0xb4, atRbx(mode, 1)]], ['sgdt', [0x0f, 0x01, atRbx(mode, 0)]],
    ['cmpxchg8b', [0x0f, 0xc7, atRbx(mode, 1)]], ['enter', [0xc8, 4, 0, 1]], ['fnstenv', [0xd9, atRbx(mode, 6)]], ['bt [rbx], eax', [0x0f, 0xa3, atRbx(mode, 0)]],
    ['movq', [0x0f, 0x6f, atRbx(mode, 0)]], ['int 0x21', [0xcd, 0x21]],
  ] as const); // biome-ignore format: a table.
  setCode(s, mode, code(`${row[0]} at ${hex(s.gpr[3]!)}`, row[1]));
  return s;
}

/** Repeated string instructions that fault on the way, at pages and at limits, forward and backward. */
export function strings(random: Random): Scenario {
  const { s, mode } = start(random, EVERY);
  const base = MODES[mode].base;
  const near = (linear: number) => BigInt.asUintN(32, BigInt(linear - base + random.below(9) - 4));
  s.gpr[6] = near(random.pick([DATA, DATA + 0xff0, DATA2 + 0xff0, CODE_U + 0xff8]));
  s.gpr[7] = near(random.pick([DATA2, DATA2 + 0xff0, DATA + 0x800, 0x1eff0, 0x1fff0]));
  s.gpr[1] = BigInt(random.pick([0, 1, 2, 3, 5, 17, 40]));
  if (random.chance(0.3)) s.rflags |= FLAG.DF;
  const hole = random.pick([0x14000 + 0x1e * 4, 0]);
  if (hole && s.cr3 === PD32) patch(s, hole, word32(0), 'stack page not present');
  const size = random.chance(0.3) ? [0x66] : [];
  const op = random.pick([0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf, 0x6c, 0x6e]);
  const rep = random.pick([[0xf3], [0xf3], [0xf2], []]);
  if (op === 0x6c || op === 0x6e) s.gpr[2] = 0x500n;
  s.gpr[0] = registerValue(random);
  setCode(s, mode, code(`rep ${hex(op)}`, rep, size, op));
  return s;
}

/** TF over instructions that treat it in their own way. */
export function singleStep(random: Random): Scenario {
  const { s, mode } = start(random, EVERY);
  s.rflags |= FLAG.TF;
  if (random.chance(0.2)) s.rflags |= FLAG.RF;
  pointRbx(s, mode, someData(random));
  s.gpr[0] = BigInt(s.ss);
  s.gpr[1] = 3n;
  s.gpr[6] = BigInt(DATA - MODES[mode].base);
  s.gpr[7] = BigInt(DATA2 - MODES[mode].base);
  const row = random.pick([
    ['nop', [0x90]], ['mov ss, ax; nop', [0x8e, 0xd0, 0x90]], ['int 0x20', [0xcd, 0x20]], ['rep movsb', [0xf3, 0xa4]], ['pushf', [0x9c]], ['ud2', [0x0f, 0x0b]],
    ['int3', [0xcc]], ['syscall', [0x0f, 0x05]], ['mov eax, [rbx]', [0x8b, atRbx(mode, 0)]], ['popf', [0x9d]], ['mov ss, ax; int3', [0x8e, 0xd0, 0xcc]], ['sti; nop', [0xfb, 0x90]],
  ] as const); // biome-ignore format: a table.
  if (row[0] === 'popf') s.rsp -= 16n;
  setCode(s, mode, code(row[0], row[1]));
  return s;
}
