import {ADDRESS_ABSOLUTE, ADDRESS_BASE, ADDRESS_BASE_INDEX, ADDRESS_INDEX, ADDRESS_RIP, type Instruction,
} from '../../src/isa/instruction.ts'; // biome-ignore format: a list of nouns.
import { RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP } from '../../src/isa/registers.ts';
import { RFLAGS_AC, RFLAGS_DF, RFLAGS_STATUS } from '../../src/isa/rflags.ts';
import { encode } from './encode.ts';
import type { Form } from './forms.ts';
import {
  type Case,
  CODE,
  CODE_BYTES,
  DATA,
  DATA_BYTES,
  FLAG_STEP,
  type PlacedInstruction,
} from './protocol.ts';
import type { Random } from './random.ts';

/** Words at which something happens. */
const EDGES = [
  0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 33, 63, 64, 0x7f, 0x80, 0x81, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff,
  0x80000000, 0x80000001, 0xffffffff, 0xfffffffe, 0xffff8000, 0xffffff80, 0x55555555, 0xaaaaaaaa, 0x01010101, 0x80808080, 0x7f7f7f7f,
]; // biome-ignore format: numbers.

const SINGLES = [
  0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0x7fbfffff, 0x00000001,
  0x807fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x3f7fffff, 0x3f800001, 0x4b000000, 0x4f000000, 0xcf000000, 0x4effffff, 0x5f000000,
]; // biome-ignore format: numbers.

/** High words of doubles; the low word is 0, all ones or random. */
const DOUBLES = [
  0x00000000, 0x80000000, 0x3ff00000, 0xbff00000, 0x7ff00000, 0xfff00000, 0x7ff80000, 0x7ff00000, 0x00100000, 0x000fffff, 0x7fefffff,
  0x40e00000, 0x41e00000, 0xc1e00000, 0x43e00000, 0xc3e00000, 0x36a00000, 0x38100000, 0x47efffff, 0x37f00000,
]; // biome-ignore format: numbers.

function word(random: Random): number {
  const kind = random.below(4);
  if (kind === 0) return random.pick(EDGES) | 0;
  if (kind === 1) return random.word() >> random.below(32);
  return random.word();
}

/** Two words of a general register. */
function fillRegister(random: Random, gpr: Int32Array, register: number): void {
  const kind = random.below(6);
  let lo = word(random);
  let hi = word(random);
  if (kind === 0) hi = 0;
  else if (kind === 1) hi = lo >> 31;
  else if (kind === 2) {
    lo = random.below(256);
    hi = 0;
  }
  gpr[register * 2] = lo;
  gpr[register * 2 + 1] = hi;
}

/** Exponent fields around which something happens, and how far from them the lanes of one vector lie. */
const EXPONENTS32 = [1, 2, 24, 127, 127, 127, 150, 230, 253];
const EXPONENTS64 = [1, 2, 53, 1023, 1023, 1023, 1076, 2000, 2045, 897, 1150];
const SPREADS = [1, 3, 10, 30];

/** Four singles or two doubles whose exponents are near each other, so that sums and products of them say something. */
function fillFloats(random: Random, words: Int32Array, at: number, isDouble: boolean): void {
  const spread = random.pick(SPREADS);
  const middle = random.pick(isDouble ? EXPONENTS64 : EXPONENTS32);
  const bits = isDouble ? 20 : 23;
  for (let n = 0; n < 4; n++) {
    // Fractions that end early make exact results and ties.
    const fraction = random.chance(0.4) ? random.word() & (-1 << random.below(bits + 1)) : random.word();
    if (isDouble && (n & 1) === 0) {
      words[at + n] = random.chance(0.4) ? -1 << random.below(32) : fraction;
      if (random.chance(0.3)) words[at + n] = 0;
      continue;
    }
    const exponent = Math.max(0, Math.min(isDouble ? 2046 : 254, middle + random.below(spread * 2) - spread));
    words[at + n] = (random.below(2) << 31) | (exponent << bits) | (fraction & ((1 << bits) - 1));
  }
}

/** Four words of a vector in one of several tempers. */
function fillVector(random: Random, words: Int32Array, at: number): void {
  const kind = random.below(12);
  if (kind >= 8) {
    fillFloats(random, words, at, kind >= 10);
    return;
  }
  for (let n = 0; n < 4; n++) {
    if (kind === 0) words[at + n] = 0;
    else if (kind === 1) words[at + n] = -1;
    else if (kind === 2) words[at + n] = random.pick(SINGLES) | 0;
    else if (kind === 3) {
      const low = random.below(3);
      if (n & 1) words[at + n] = random.pick(DOUBLES) | 0;
      else words[at + n] = low === 0 ? 0 : low === 1 ? -1 : random.word();
    } else if (kind === 4) words[at + n] = random.pick(EDGES) | 0;
    else if (kind === 5) {
      // Text: few letters, an end somewhere.
      let value = 0;
      for (let k = 0; k < 4; k++) value |= (random.chance(0.1) ? 0 : 97 + random.below(4)) << (8 * k);
      words[at + n] = value;
    } else words[at + n] = random.word();
  }
}

/** The contents of the data pages: values of all kinds side by side. */
export function makePattern(random: Random): Uint8Array {
  const words = new Int32Array(DATA_BYTES / 4);
  for (let at = 0; at < words.length; at += 4) fillVector(random, words, at);
  for (let image = 0; image < IMAGES; image++)
    makeImage(random, words, (IMAGE_AT + image * IMAGE_BYTES) >> 2, image);
  return new Uint8Array(words.buffer);
}

/** Areas that FXRSTOR and XRSTOR accept (SDM Vol. 1, "XSAVE Area"): two standard, one compacted, one with a fault in it. */
const IMAGES = 4;
const IMAGE_AT = 0x1000;
const IMAGE_BYTES = 0x400;
const STATE_COMPONENTS = 7;

function makeImage(random: Random, words: Int32Array, at: number, image: number): void {
  const isCompacted = image === 2;
  words[at + 6] = random.word() & 0xffbf;
  words.fill(0, at + 128, at + 144);
  words[at + 128] = random.below(8);
  if (isCompacted) {
    words[at + 130] = words[at + 128]! | random.below(8);
    words[at + 131] = 0x80000000 | 0;
  }
  // A reserved bit of MXCSR, or one of the header.
  if (image === 3)
    words[at + (random.chance(0.5) ? 6 : 128 + random.below(16))]! |= 1 << (18 + random.below(12));
}

function fillSt(random: Random, st: Int32Array, at: number): void {
  st[at] = random.chance(0.3) ? 0 : random.word();
  st[at + 1] = random.chance(0.3) ? 0x80000000 | 0 : random.word();
  const exponents = [0, 1, 0x7fff, 0x3fff, 0x4000, 0x403e, 0x7ffe, 0x3fbe];
  const exponent = random.chance(0.5) ? random.pick(exponents) : 0x3fff - 70 + random.below(140);
  st[at + 2] = exponent | (random.below(2) << 15);
  st[at + 3] = 0;
}

/** An address in or at the edge of the data pages. */
function chooseTarget(random: Random, name: string): number {
  if (IMAGE_OPS.test(name) && random.chance(0.8)) {
    if (name.includes('RSTOR')) return DATA + IMAGE_AT + random.below(IMAGES) * IMAGE_BYTES;
    return DATA + 512 + random.below(90) * 64;
  }
  const kind = random.below(20);
  if (kind < 11) return DATA + 512 + random.below(220) * 32;
  if (kind < 14) return DATA + 512 + random.below(900) * 8;
  if (kind < 18) return DATA + 512 + random.below(7000);
  if (kind === 18) return DATA + 0x1000 - random.below(40);
  return random.chance(0.7) ? DATA + DATA_BYTES - random.below(40) : DATA - random.below(20);
}

function setAddress(gpr: Int32Array, register: number, value: number): void {
  gpr[register * 2] = value | 0;
  gpr[register * 2 + 1] = Math.floor(value / 4294967296);
}

/** Gives base and index registers values that lead to `target`, as far as the form allows. */
function aim(
  random: Random,
  c: Case,
  name: string,
  insn: Instruction,
  target: number,
  isVector: boolean,
): void {
  const { gpr } = c;
  const { base, index, displacement, scale } = insn;
  if (isVector) {
    for (let n = 0; n < 8; n++) {
      const at = (n < 4 ? 0 : 64) + index * 4 + (n & 3);
      const wide = /Q[QD]|QP/.test(name);
      c.vectors[at] = wide && n & 1 ? 0 : random.below(32) << random.below(3);
    }
    if (base >= 0) setAddress(gpr, base, target - displacement);
    return;
  }
  switch (insn.addressForm) {
    case ADDRESS_BASE:
      setAddress(gpr, base, target - displacement);
      break;
    case ADDRESS_INDEX:
      setAddress(gpr, index, Math.floor((target - displacement) / (1 << scale)));
      break;
    case ADDRESS_BASE_INDEX: {
      if (base === index) {
        setAddress(gpr, base, Math.floor((target - displacement) / ((1 << scale) + 1)));
        break;
      }
      const step = random.below(2000) - 1000;
      setAddress(gpr, index, step);
      setAddress(gpr, base, target - displacement - step * (1 << scale));
      break;
    }
    default:
  }
  // With 32-bit addresses the upper halves do not count.
  if (insn.addressSize === 32 && random.chance(0.5)) {
    if (base >= 0) gpr[base * 2 + 1] = random.word();
  }
}

/** Unmasks exceptions of the x87, and gives FSW condition codes and flags: seldom one that is pending. */
function unmask(random: Random, c: Case): void {
  c.fcw = (c.fcw & ~0x3f) | random.below(64);
  c.fsw |= random.word() & 0x4700;
  const flags = random.chance(0.3) ? random.below(128) : 0;
  c.fsw |= random.chance(0.1) ? flags : flags & (c.fcw | 0x40);
  if (c.fsw & ~c.fcw & 0x3f) c.fsw |= 0x8080;
}

const IMAGE_OPS = /^(?:FX|X)(?:SAVE|RSTOR)/;
const STRINGS = /^(?:MOVS|CMPS|STOS|LODS|SCAS)[BWDQ]$/;
const BRANCHES = /_J$|^(?:JMP|CALL)_E$|^RET_near|^POPF/;

/** Registers that an operand of the instruction is addressed with, as a bit mask. */
function addressing(insn: Instruction): number {
  return (insn.base >= 0 ? 1 << insn.base : 0) | (insn.index >= 0 ? 1 << insn.index : 0);
}

/** The code of a case, and what it needs to be filled with registers as often as one likes. */
export interface Snippet {
  readonly forms: readonly Form[];
  readonly insns: readonly PlacedInstruction[];
  readonly bytes: Uint8Array;
  readonly targets: readonly number[];
}

/** Longest instruction, and room for the breakpoint behind the last. */
const ROOM = 16;

/** Bytes for one instruction of each form, in a row; undefined when none were found for the first. */
export function assemble(forms: readonly Form[], random: Random): Snippet | undefined {
  const bytes = new Uint8Array(CODE_BYTES);
  const insns: PlacedInstruction[] = [];
  const found: Form[] = [];
  const targets: number[] = [];
  let at = 0;
  let reserved = 0;
  for (const form of forms) {
    if (at + ROOM > CODE_BYTES || (at > 0 && BRANCHES.test(form.name))) break;
    const target = chooseTarget(random, form.name);
    let insn: PlacedInstruction | undefined;
    for (let tries = 0; tries < 40 && !insn; tries++) {
      const one = encode(form, random, bytes, at, CODE, target);
      // Operands in memory of the instructions before keep their addresses.
      if (one && (at === 0 || (addressing(one) & reserved) === 0)) insn = one;
    }
    if (!insn) {
      if (at === 0) return undefined;
      bytes.fill(0, at);
      continue;
    }
    insn.start = at;
    at += insn.length;
    bytes.fill(0, at);
    reserved |= addressing(insn);
    insns.push(insn);
    found.push(form);
    targets.push(target);
    if (BRANCHES.test(form.name)) break;
  }
  return { forms: found, insns, bytes, targets };
}

/** Fills `c` with the snippet's code and random registers, flags, FPU and vector state. */
export function fill(snippet: Snippet, random: Random, c: Case): void {
  const { forms, insns, targets } = snippet;
  c.names = forms.map((form) => form.name);
  c.insns = insns;
  c.bytes.set(snippet.bytes);
  c.length = insns.at(-1)!.next;
  c.flags = BRANCHES.test(c.names[0]!) ? FLAG_STEP : 0;
  for (let register = 0; register < 16; register++) fillRegister(random, c.gpr, register);
  c.rflags = random.word() & RFLAGS_STATUS;
  if (random.chance(0.2)) c.rflags |= RFLAGS_DF;
  // SDM Vol. 2A, "Exceptions Type 4": #AC for vectors is the implementation's choice. ENTER orders it among page faults as it likes;
  // "FXSAVE": signaling of #AC is not guaranteed.
  const mayAlign = forms.every(
    ({ vexMap, name }) => vexMap === 0 && !/^ENTER|^MASKMOV/.test(name) && !IMAGE_OPS.test(name),
  );
  if (random.chance(0.03) && mayAlign) c.rflags |= RFLAGS_AC;
  for (let at = 0; at < 128; at += 4) fillVector(random, c.vectors, at);
  for (let at = 0; at < 32; at += 4) fillSt(random, c.st, at);
  c.fcw = random.chance(0.5) ? 0x37f : 0x7f | (random.below(16) << 8);
  c.fsw = random.below(8) << 11;
  if (forms.some((form) => form.map === 'x87') && random.chance(0.4)) unmask(random, c);
  c.ftw = random.chance(0.7) ? 0xff : random.below(256);
  c.mxcsr = random.chance(0.5)
    ? 0x1f80
    : 0x1f80 | (random.below(4) << 13) | (random.below(2) << 15) | (random.below(2) << 6);
  // Unmasked exceptions, one or any of them; flags that are there already, but none that is unmasked.
  if (random.chance(0.25))
    c.mxcsr &= random.chance(0.5) ? ~(1 << (7 + random.below(6))) : ~0x1f80 | random.word();
  if (random.chance(0.2)) c.mxcsr |= random.word() & 0x3f & (c.mxcsr >> 7);
  setAddress(c.gpr, RSP, DATA + 0x800 + random.below(0x200) * 8 + (random.chance(0.1) ? random.below(8) : 0));
  for (const [n, insn] of insns.entries()) {
    const { name } = forms[n]!;
    const isFixed = insn.addressForm === ADDRESS_RIP || insn.addressForm === ADDRESS_ABSOLUTE;
    fillOperands(name, insn, isFixed ? targets[n]! : chooseTarget(random, name), random, c);
  }
}

/** Registers that an instruction uses without naming them, and those that its operand in memory is addressed with. */
function fillOperands(name: string, insn: Instruction, target: number, random: Random, c: Case): void {
  if (name.startsWith('ENTER') || name.startsWith('LEAVE'))
    setAddress(c.gpr, RBP, DATA + 0x800 + random.below(0x200) * 8);
  if (STRINGS.test(name)) {
    setAddress(c.gpr, RSI, chooseTarget(random, name));
    setAddress(
      c.gpr,
      RDI,
      random.chance(0.2) ? c.gpr[RSI * 2]! + random.below(64) : chooseTarget(random, name),
    );
    setAddress(c.gpr, RCX, random.below(30));
  } else if (name.startsWith('XLAT')) setAddress(c.gpr, RBX, target - 128);
  else if (name.includes('MASKMOVQ') || name.includes('MASKMOVDQU')) setAddress(c.gpr, RDI, target);
  else if (/^PCMPESTR|^VPCMPESTR/.test(name)) {
    for (const register of [RAX, RDX])
      if (random.chance(0.8)) setAddress(c.gpr, register, random.below(40) - 20);
  } else if (/^I?DIV_/.test(name) && random.chance(0.7)) {
    // Most random quotients are too large.
    const small = random.chance(0.5) ? 0 : random.word() >> 24;
    c.gpr[RDX * 2] = small;
    c.gpr[RDX * 2 + 1] = small >> 31;
    if (name.endsWith('b')) c.gpr[RAX * 2]! &= 0xffff07ff;
  }
  if (IMAGE_OPS.test(name)) {
    setAddress(c.gpr, RAX, random.word() & STATE_COMPONENTS);
    setAddress(c.gpr, RDX, 0);
  }
  if (/^BT[SRC]?_E[wdq]_G/.test(name) && insn.isMemory) {
    const offset = random.below(16000) - 8000;
    c.gpr[insn.reg * 2] = offset;
    c.gpr[insn.reg * 2 + 1] = offset >> 31;
  }
  if (insn.isMemory && insn.addressForm !== 0) aim(random, c, name, insn, target, name.includes('GATHER'));
  if (/^(?:JMP|CALL)_E$/.test(name) && !insn.isMemory && random.chance(0.9))
    setAddress(c.gpr, insn.rm, DATA + random.below(0x2000));
}
