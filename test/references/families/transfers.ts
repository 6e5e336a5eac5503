import type { Random } from '../../oracle/random.ts';
import { CODE_S, CODE_U, DATA, descriptor, gate, IDT, LANDING, SEL, STACK_S, STACK_U, TSS, TSS_OTHER, TSS16 } from '../layout.ts'; // biome-ignore format: one line.
import { CR4, FLAG, iopl, MODES, type ModeName, patch, word16, word32, word64 } from '../modes.ts';
import type { Scenario } from '../scenario.ts';
import { atRbx, bitsOf, CODES, code, EVERY, hex, landing, PROTECTED, placeDescriptor, pointRbx, randomSelector, setCode, spiceControl, start } from './pool.ts'; // biome-ignore format: one line.

const CODE_SELECTORS = CODES.filter((selector) => selector !== 0);

/** Where a code segment of the harness must be entered to meet UD2 in a page that its level may use. */
function target(selector: number, random: Random): number {
  const user = selector === SEL.code32u || selector === SEL.code64u || selector === SEL.code16u;
  const linear = (user ? CODE_U : CODE_S) + LANDING + random.below(8) * 0x20;
  return selector === SEL.code16k || selector === SEL.code16u ? linear - 0x10000 : linear;
}

const STACKS = [SEL.data32k, SEL.data32r1, SEL.data32r2, SEL.data32u, SEL.data16k, SEL.data16u];

/** Spoils, now and then, the stacks of inner levels that the TSS names. */
function spiceTaskStacks(s: Scenario, random: Random): void {
  if (random.chance(0.7)) return;
  const level = random.below(3);
  if (s.world === 'long') {
    const value = random.pick([
      0n,
      0x800000000000n,
      0xffff7fffffffffffn,
      0x1e008n,
      0x1e3f9n,
      0x8000000000n,
      0x7fffffffffffn,
    ]);
    patch(
      s,
      random.chance(0.5) ? TSS + 4 + level * 8 : TSS + 0x24 + random.below(7) * 8,
      word64(value),
      `TSS stack ${hex(value)}`,
    );
    return;
  }
  if (random.chance(0.6)) {
    const selector = random.chance(0.3)
      ? randomSelector(s, random)
      : random.pick([...STACKS, 0, 0x3f8]) | random.below(4);
    patch(s, TSS + 8 + level * 8, word16(selector), `SS${level} = ${hex(selector)}`);
  } else {
    const esp = random.pick([0, 4, 8, 0x1e004, 0x1e008, 0x1f000, 0x1f002, 0xffffffff, 0x40000]);
    patch(s, TSS + 4 + level * 8, word32(esp), `ESP${level} = ${hex(esp)}`);
  }
}

/** A TSS descriptor too short for the stacks it should have. */
function spiceTaskLimit(s: Scenario, random: Random): void {
  if (random.chance(0.95) || MODES['32-0'].long) return;
  const limit = random.pick([0x67, 0x68, 0x80, 0x1000]);
  s.tr = placeDescriptor(s, random, descriptor(TSS, limit, 0x89, 0)) & ~4;
  if (s.patches.at(-1)!.what.startsWith('LDT')) {
    s.patches.pop();
    s.tr = SEL.tss;
  }
}

/** The code segment of a gate; one below 64 KiB for 16-bit gates, so that they lead somewhere. */
function gateTarget(s: Scenario, random: Random, type: number): number {
  if (s.world === 'legacy' && [4, 6, 7].includes(type & 15))
    return random.pick([SEL.code16k, SEL.code16k, SEL.code16u]);
  return random.chance(0.85) ? random.pick(CODE_SELECTORS) : randomSelector(s, random);
}

function callGate(s: Scenario, random: Random): number {
  const type =
    s.world === 'long' ? random.pick([0x8c, 0x8c, 0x8c, 0x84]) : random.pick([0x8c, 0x8c, 0x84, 0x85]);
  const selector = gateTarget(s, random, type);
  const offset = target(selector & ~3, random);
  const dpl = random.pick([3, 3, 3, 1, 0]) << 5;
  const present = random.chance(0.95) ? 0 : 0x80;
  const count = random.chance(0.3) ? random.below(40) : 0;
  const value = gate(
    type === 0x85 ? random.pick([SEL.tssOther, SEL.tss16, SEL.tss]) : selector | random.below(4),
    offset,
    (type | dpl) ^ present,
    count,
  );
  return placeDescriptor(
    s,
    random,
    value,
    random.chance(0.9) ? 0n : random.pick([0xffff8000n, 1n, 0x1f0000000000n, 0x8000n]),
  );
}

function farTarget(s: Scenario, random: Random): { selector: number; offset: number } {
  const kind = random.below(10);
  if (kind < 4) return { selector: callGate(s, random) | random.below(4), offset: 0x1234 };
  if (kind < 7) {
    const selector = random.pick(CODE_SELECTORS);
    return { selector: selector | random.below(4), offset: target(selector, random) };
  }
  if (kind < 8)
    return {
      selector: random.pick([SEL.tssOther, SEL.tss16, SEL.tss, SEL.ldt]) | random.below(4),
      offset: 0,
    };
  return { selector: randomSelector(s, random), offset: landing(random) };
}

/** Far CALL and JMP, direct and through memory. */
export function farTransfer(random: Random): Scenario {
  const { s, mode } = start(random, PROTECTED);
  spiceControl(s, random);
  spiceTaskStacks(s, random);
  spiceTaskLimit(s, random);
  const bits = bitsOf(mode);
  const { selector, offset } = farTarget(s, random);
  const isCall = random.chance(0.6);
  const size = random.chance(0.2);
  const wide = (bits === 16) === size;
  if (bits !== 64 && random.chance(0.5)) {
    const bytes = [...(wide ? word32(offset) : word16(offset)), ...word16(selector)];
    setCode(
      s,
      mode,
      code(
        `${isCall ? 'call' : 'jmp'} ${hex(selector)}:${hex(offset)}`,
        size ? [0x66] : [],
        isCall ? 0x9a : 0xea,
        bytes,
      ),
    );
    return s;
  }
  const rex = bits === 64 && random.chance(0.3);
  const pointer = rex ? word64(BigInt(offset)) : wide ? word32(offset) : word16(offset);
  pointRbx(s, mode, DATA + 0x20);
  patch(s, DATA + 0x20, [...pointer, ...word16(selector)], `pointer ${hex(selector)}:${hex(offset)}`);
  setCode(
    s,
    mode,
    code(
      `${isCall ? 'call' : 'jmp'} far [rbx]`,
      size && !rex ? [0x66] : [],
      rex ? [0x48] : [],
      0xff,
      atRbx(mode, isCall ? 3 : 5),
    ),
  );
  return s;
}

/** RETF and IRET with a frame of our making. */
export function farReturn(random: Random): Scenario {
  const { s, mode } = start(random, random.chance(0.8) ? PROTECTED : EVERY);
  spiceControl(s, random);
  const bits = bitsOf(mode);
  const isIret = random.chance(0.55);
  const rex = bits === 64 && random.chance(0.7);
  const size = !rex && random.chance(0.2);
  const width = rex ? 8 : (bits === 16) === size ? 4 : 2;
  const isPlain = mode === 'real' || mode === 'v86';
  const cs = isPlain
    ? 0x1000
    : random.chance(0.85)
      ? random.pick(CODE_SELECTORS) | random.pick([3, 3, 0, 1, 2])
      : randomSelector(s, random);
  let ip = BigInt(isPlain ? CODE_U + LANDING - 0x10000 : target(cs & ~3, random));
  if (random.chance(0.05)) ip |= random.pick([0x800000000000n, 0x100000000n, 0xffff800000000000n]);
  const ss = isPlain
    ? 0x1000
    : random.chance(0.8)
      ? random.pick(STACKS) | (cs & 3)
      : random.chance(0.3)
        ? random.below(4)
        : randomSelector(s, random);
  const sp = BigInt(random.pick([STACK_U + 0xa00, STACK_U + 0xa00, STACK_S + 0xa00, 0xfa00]));
  let flags = 2 | (random.word() & (0x244cd5 | (random.chance(0.3) ? FLAG.RF | iopl(3) | FLAG.IF : 0)));
  flags &= ~FLAG.TF;
  if (random.chance(0.1)) flags |= FLAG.VM;
  if (random.chance(0.1)) flags |= FLAG.VIF | FLAG.VIP;
  if (random.chance(0.1)) flags |= FLAG.NT;
  const vmTail = flags & FLAG.VM ? [0x1000, 0x1c00, 0x1d00, 0x1000] : [];
  if (flags & FLAG.VM) ip = BigInt(CODE_U + LANDING - 0x10000);
  const values = isIret
    ? [ip, BigInt(cs), BigInt(flags), sp, BigInt(flags & FLAG.VM ? 0x1000 : ss), ...vmTail.map(BigInt)]
    : [ip, BigInt(cs), sp, BigInt(ss)];
  const extra = !isIret && random.chance(0.3) ? random.pick([4, 8, 2]) : 0;
  if (extra) values.splice(2, 0, ...new Array<bigint>(extra / Math.min(extra, width)).fill(0n));
  s.rsp -= 96n;
  const at = Number(s.rsp) + MODES[mode].base;
  const write = (value: bigint) =>
    width === 8
      ? word64(value)
      : width === 4
        ? word32(Number(value & 0xffffffffn))
        : word16(Number(value & 0xffffn));
  patch(s, at, values.flatMap(write), `frame ${values.map(hex).join(' ')}`);
  if (isIret && random.chance(0.05)) s.rflags |= FLAG.NT;
  if (mode === 'v86' && random.chance(0.5)) s.rflags |= iopl(3);
  const prefix = rex ? [0x48] : size ? [0x66] : [];
  setCode(
    s,
    mode,
    code(
      isIret ? 'iret' : extra ? `retf ${extra}` : 'retf',
      prefix,
      isIret ? [0xcf] : extra ? [0xca, extra, 0] : [0xcb],
    ),
  );
  return s;
}

/** Puts a gate of any kind at a vector. */
function placeGate(s: Scenario, random: Random, vector: number, mode: ModeName): void {
  const long = s.world === 'long';
  const type = long
    ? random.pick([0xe, 0xf, 0xe, 0xf, 6, 7, 0xc, 5])
    : random.pick([0xe, 0xf, 0xe, 0xf, 6, 7, 5, 5, 0xc]);
  const dpl = random.chance(0.8) ? 3 : random.below(4);
  const present = random.chance(0.95) ? 0x80 : 0;
  const isTask = type === 5;
  const selector = gateTarget(s, random, type);
  const offset = target(selector & ~3, random);
  const value = gate(
    isTask ? random.pick([SEL.tssOther, SEL.tss16, SEL.tss]) : selector | random.below(4),
    offset,
    type | (dpl << 5) | present,
    random.chance(0.3) ? random.below(8) : 0,
  );
  const at = s.idtBase + vector * (long ? 16 : 8);
  if (mode === 'real') return;
  patch(s, at, word64(value), `IDT[${hex(vector)}] = ${hex(value)}`);
  if (long && random.chance(0.1))
    patch(s, at + 8, word32(random.pick([0x8000, 1, 0xffff8000])), 'upper half of the offset');
}

/** INT n, INT3, INTO, INT1 and faults, through gates of every kind. */
export function interrupts(random: Random): Scenario {
  const { s, mode } = start(random, random.chance(0.7) ? PROTECTED : EVERY);
  spiceControl(s, random);
  spiceTaskStacks(s, random);
  spiceTaskLimit(s, random);
  if (mode === 'v86') {
    s.rflags |= iopl(random.below(4));
    if (random.chance(0.6)) s.cr4 |= CR4.VME;
    if (random.chance(0.5)) patch(s, TSS + 0x68 + 4, word32(random.word() >>> 0), 'redirection bitmap');
    if (random.chance(0.3)) s.rflags |= FLAG.VIF;
    if (random.chance(0.3)) s.rflags |= FLAG.IF;
  }
  const bits = bitsOf(mode);
  const kind = random.below(8);
  const vector =
    kind < 4
      ? 0x20 + random.below(16)
      : kind === 4
        ? 3
        : kind === 5
          ? 4
          : kind === 6
            ? random.pick([0, 5, 13, 14, 11, 12, 1])
            : random.pick([13, 0x30, 0xff, 14, 8, 2]);
  placeGate(s, random, vector, mode);
  if (random.chance(0.1))
    s.idtLimit = random.pick([vector * (s.world === 'long' ? 16 : 8) + 6, vector * 8 + 7, 0xff]) | 0x7f;
  if (kind === 4) setCode(s, mode, code('int3', 0xcc));
  else if (kind === 5 && bits !== 64) {
    s.rflags |= 0x800;
    setCode(s, mode, code('into', 0xce));
  } else if (kind === 6 && vector === 0) {
    s.gpr[1] = 0n;
    setCode(s, mode, code('div cl', 0xf6, 0xf1));
  } else if (kind === 6 && vector === 5 && bits !== 64) {
    pointRbx(s, mode, DATA + 0x20);
    patch(s, DATA + 0x20, [1, 0, 0, 0, 1, 0, 0, 0], 'bounds');
    setCode(s, mode, code('bound eax, [rbx]', 0x62, atRbx(mode, 0)));
  } else if (kind === 6 && vector === 1) setCode(s, mode, code('int1', 0xf1));
  else if (kind === 6 && vector === 13) {
    s.gpr[0] = 0x3f8n;
    setCode(s, mode, code('mov ds, ax beyond the limit', 0x8e, 0xd8));
  } else setCode(s, mode, code(`int ${hex(vector)}`, 0xcd, vector));
  return s;
}

/** Task switches by CALL, JMP, INT and IRET, with broken state in the new task. */
export function tasks(random: Random): Scenario {
  const { s, mode } = start(random, ['32-0', '32-0', '32-3', '16-0', '16-3', 'v86', '32-1']);
  const is16 = random.chance(0.3);
  const selector = is16 ? SEL.tss16 : SEL.tssOther;
  const base = is16 ? TSS16 : TSS_OTHER;
  const access = random.pick([0x89, 0x89, 0xe9, 0xe9, 0x8b, 0x09, 0xeb]) & (is16 ? ~8 : ~0);
  patch(
    s,
    0x10000 + selector,
    word64(descriptor(base, random.pick([0x67, 0x67, 0x67, 0x2b, 0x2a, 0x66, 0x40]), access, 0)),
    'TSS descriptor',
  );
  if (random.chance(0.6)) {
    const field = random.below(8);
    if (is16) {
      const at = base + 34 + (field % 4) * 2;
      patch(
        s,
        at,
        word16(
          random.chance(0.5)
            ? randomSelector(s, random)
            : random.pick([...STACKS, ...CODE_SELECTORS]) | random.below(4),
        ),
        'segment of the task',
      );
    } else if (field < 6) {
      patch(
        s,
        base + 0x48 + field * 4,
        word16(
          random.chance(0.5)
            ? randomSelector(s, random)
            : random.pick([...STACKS, ...CODE_SELECTORS]) | random.below(4),
        ),
        'segment of the task',
      );
    } else if (field === 6)
      patch(
        s,
        base + 0x60,
        word16(random.pick([0, SEL.ldt, SEL.tss, SEL.ldt | 4, 0x3f8])),
        'LDT of the task',
      );
    else
      patch(s, base + 0x20, word32(random.pick([CODE_U + LANDING, 0xe000, 0xffff0000])), 'EIP of the task');
  }
  if (random.chance(0.3)) {
    const flags = 2 | random.pick([FLAG.NT, FLAG.VM, FLAG.TF, FLAG.RF, FLAG.IF, FLAG.AC, iopl(3), FLAG.DF]);
    patch(
      s,
      is16 ? base + 16 : base + 0x24,
      is16 ? word16(flags & 0xffff) : word32(flags),
      `flags of the task ${hex(flags)}`,
    );
    if (flags & FLAG.VM && !is16)
      for (let n = 0; n < 6; n++) patch(s, base + 0x48 + n * 4, word16(0x1000), 'v86 segment');
    if (flags & FLAG.VM && !is16) patch(s, base + 0x20, word32(CODE_U + LANDING - 0x10000), 'v86 IP');
  }
  if (!is16 && random.chance(0.1)) patch(s, base + 0x64, word16(1), 'T bit');
  const bits = bitsOf(mode);
  const size = random.chance(0.2) ? [0x66] : [];
  const wide = (bits === 16) === size.length > 0;
  const way = mode === 'v86' ? 2 : random.below(4);
  if (way < 2)
    setCode(
      s,
      mode,
      code(
        `${way ? 'jmp' : 'call'} tss`,
        size,
        way ? 0xea : 0x9a,
        wide ? word32(0) : word16(0),
        word16(selector | random.pick([0, 0, 0, 3])),
      ),
    );
  else if (way === 2) {
    patch(s, IDT + 0x20 * 8, word64(gate(selector, 0, 0xe5)), 'task gate');
    s.rflags |= iopl(3);
    setCode(s, mode, code('int 0x20', 0xcd, 0x20));
  } else {
    s.rflags |= FLAG.NT;
    patch(s, TSS, word16(selector | random.pick([0, 0, 0, 4, 3])), 'link');
    if (random.chance(0.8)) patch(s, 0x10000 + selector + 5, [access | 2], 'busy');
    setCode(s, mode, code('iret with NT', 0xcf));
  }
  return s;
}

/** SYSCALL, SYSRET, SYSENTER, SYSEXIT with usual and odd MSRs. */
export function systemCalls(random: Random): Scenario {
  const { s, mode } = start(
    random,
    random.chance(0.8) ? ['64-0', '64-3', 'compat32-3', 'compat32-0', '32-0', '32-3'] : EVERY,
  );
  spiceControl(s, random);
  const kernel = random.chance(0.7) ? SEL.star : random.below(0x10000);
  const user = random.chance(0.7) ? SEL.star + 16 : random.below(0x10000);
  const place = () =>
    random.chance(0.9)
      ? BigInt(CODE_S + LANDING)
      : random.pick([0x80000001b400n, 0xffff7fffffffffffn, 0x7fffffffffffn, 0xffff80000001b400n]);
  const lstar = place();
  // A value that is not canonical cannot get into LSTAR: only what WRMSR takes. Lower halves lead to code in 32-bit mode.
  const canonical = (v: bigint) => (BigInt.asUintN(64, BigInt.asIntN(48, v)) === v ? v : 0x1b400n);
  const legal = s.cr4 & CR4.LA57 ? canonical : canonical;
  s.msrs.push([0xc0000081, (BigInt(user) << 48n) | (BigInt(kernel) << 32n) | BigInt(CODE_S + LANDING)]);
  s.msrs.push(
    [0xc0000082, legal(lstar)],
    [0xc0000083, legal(place())],
    [0xc0000084, BigInt(random.word() >>> 0) & (random.chance(0.5) ? 0x47fd5n : 0xffffffffn)],
  );
  const sysenter = random.chance(0.8) ? SEL.star : random.pick([0, 1, 2, 3, 0xffff, 0x1234]);
  s.msrs.push(
    [0x174, BigInt(sysenter)],
    [0x175, legal(random.chance(0.8) ? BigInt(STACK_S + 0x900) : place())],
    [0x176, legal(place())],
  );
  if (random.chance(0.1)) s.efer &= ~1;
  s.gpr[1] = random.chance(0.8)
    ? BigInt(CODE_U + LANDING)
    : random.pick([0x80000001b400n, 0xffff80000001b400n, 0x123456789n, 0x7fffffffffffn]);
  s.gpr[2] = random.chance(0.8)
    ? BigInt(CODE_U + LANDING)
    : random.pick([0x80000001b400n, 0xffff80000001b400n, 0x1234n]);
  if (random.chance(0.2)) s.gpr[1] = BigInt(STACK_U + 0x880);
  s.gpr[11] =
    BigInt(2 | (random.word() & (0x3c4fd5 | (random.chance(0.2) ? 0x33000 : 0)) & ~FLAG.TF)) & 0xffffffffn;
  if (random.chance(0.3)) s.rflags |= random.word() & 0x240ed5 & ~FLAG.TF;
  const rex = bitsOf(mode) === 64 && random.chance(0.4) ? [0x48] : [];
  const row = random.pick([
    ['syscall', 0x05],
    ['sysret', 0x07],
    ['sysenter', 0x34],
    ['sysexit', 0x35],
  ] as const);
  setCode(s, mode, code(row[0], rex, 0x0f, row[1]));
  return s;
}
