/** An Intel-syntax formatter for traces: `mov eax, dword ptr [rbx+rcx*4+0x10]`. Jumps show where they go. */
import { hex64, hexNumber } from '../../bits/hex.ts';
import {
  ADDRESS_ABSOLUTE, ADDRESS_RIP, type Instruction, PREFIX_LOCK, PREFIX_REP, PREFIX_REPNE, PREFIX_SEGMENT,
} from '../../isa/instruction.ts'; // biome-ignore format: a list of nouns.
import { GPR64_NAMES, NO_REGISTER, SEGMENT_NAMES } from '../../isa/registers.ts';
import { opIsLockable, opMnemonic, opOperands } from './ops.ts';

const GPR8_LOW = ['al', 'cl', 'dl', 'bl', 'spl', 'bpl', 'sil', 'dil'] as const;
const GPR8_HIGH = ['ah', 'ch', 'dh', 'bh'] as const;

/** Bits of memory by the type letters of an operand code; those by VEX.L as of VEX.L = 0. */
const TYPE_BITS: Readonly<Record<string, number>> = {
  b: 8, w: 16, d: 32, q: 64, t: 80, dq: 128, qq: 256, ss: 32, sd: 64, x: 128, ps: 128, pd: 128, h: 64, f: 32, e: 16,
  vd: 32, vq: 64,
}; // biome-ignore format: type and bits.
const BY_LENGTH = new Set(['x', 'ps', 'pd', 'h', 'f', 'e']);
const POINTERS: Readonly<Record<number, string>> = {
  8: 'byte', 16: 'word', 32: 'dword', 64: 'qword', 80: 'tbyte', 128: 'xmmword', 256: 'ymmword',
}; // biome-ignore format: bits and word.

function gpr(number: number, bits: number): string {
  const name = GPR64_NAMES[number & 15]!;
  if (bits === 64) return name;
  if (number >= 8) return name + (bits === 32 ? 'd' : 'w');
  return bits === 32 ? `e${name.slice(1)}` : name.slice(1);
}

/** By the byte offset in `gpr8`. */
function gpr8(offset: number): string {
  if ((offset & 7) === 1) return GPR8_HIGH[offset >> 3]!;
  const number = offset >> 3;
  return number < 8 ? GPR8_LOW[number]! : `${GPR64_NAMES[number]!}b`;
}

function hexWords(lo: number, hi: number): string {
  return hex64(lo, hi).replace(/^0x0+(?=[0-9a-f])/, '0x');
}

function hexBits(lo: number, hi: number, bits: number): string {
  if (bits === 64) return hexWords(lo, hi);
  return hexNumber(bits === 32 ? lo >>> 0 : lo & (bits === 16 ? 0xffff : 0xff));
}

/** The address `displacement` bytes after this instruction, cut to `bits`. */
function relative(
  insn: Instruction,
  ripLo: number,
  ripHi: number,
  lo: number,
  hi: number,
  bits: number,
): string {
  const start = (ripLo >>> 0) + insn.length;
  const low = (start >>> 0) + (lo >>> 0);
  const carries = Math.floor(start / 2 ** 32) + Math.floor(low / 2 ** 32);
  return hexBits(low | 0, (ripHi + hi + carries) | 0, bits);
}

function vectorRegister(insn: Instruction, number: number, type: string): string {
  const isWide = type === 'qq' || (insn.vectorLength === 1 && ['x', 'ps', 'pd', ''].includes(type));
  return `${isWide ? 'ymm' : 'xmm'}${number}`;
}

function memory(insn: Instruction, code: string): string {
  const { addressSize, displacement, displacementHigh, index } = insn;
  const terms: string[] = [];
  if (insn.addressForm === ADDRESS_RIP) terms.push(addressSize === 64 ? 'rip' : 'eip');
  if (insn.base !== NO_REGISTER) terms.push(gpr(insn.base, addressSize));
  if (index !== NO_REGISTER) {
    const name = /^Mv/.test(code) ? vectorRegister(insn, index, '') : gpr(index, addressSize);
    terms.push(insn.scale === 0 ? name : `${name}*${1 << insn.scale}`);
  }
  let text = terms.join('+');
  if (insn.addressForm === ADDRESS_ABSOLUTE) text = hexBits(displacement, displacementHigh, addressSize);
  else if (displacement < 0) text += `-${hexNumber(-displacement)}`;
  else if (displacement > 0) text += `+${hexNumber(displacement)}`;
  const override = (insn.prefixes & PREFIX_SEGMENT) !== 0 ? `${SEGMENT_NAMES[insn.segment]!}:` : '';
  return `${pointer(insn, code)}${override}[${text}]`;
}

function pointer(insn: Instruction, code: string): string {
  const type = code.slice(1);
  if (type === 'p') return 'far ptr ';
  if (type === '' && code !== 'E') return '';
  let bits = type === '' ? insn.operandSize : TYPE_BITS[type];
  if (bits !== undefined && insn.vectorLength === 1 && BY_LENGTH.has(type)) bits *= 2;
  const word = bits === undefined ? undefined : POINTERS[bits];
  return word === undefined ? '' : `${word} ptr `;
}

function general(insn: Instruction, number: number, offset8: number, type: string): string {
  if (type === 'b') return gpr8(offset8);
  return gpr(number, type === '' ? insn.operandSize : (TYPE_BITS[type] ?? insn.operandSize));
}

function immediate(insn: Instruction, type: string): string {
  if (type === 'b') return hexBits(insn.immediate, 0, 8);
  if (type === 'w') return hexBits(insn.immediate, 0, 16);
  return hexBits(insn.immediate, insn.immediateHigh, type === 'q' ? 64 : insn.operandSize);
}

function operand(insn: Instruction, code: string, at: number, ripLo: number, ripHi: number): string {
  if (code === 'ST') return 'st';
  if (code === 'STi') return `st(${insn.modrm & 7})`;
  if (/^(?:[A-Z]{2,}\d?|rAX|1)$/.test(code)) return code.toLowerCase();
  const type = code.slice(1);
  switch (code[0]) {
    case 'E':
      return insn.isMemory ? memory(insn, code) : general(insn, insn.rm, insn.rm8, type);
    case 'M':
      return memory(insn, code);
    case 'R':
    case 'Z':
      return general(insn, insn.rm, insn.rm8, type);
    case 'G':
      return general(insn, insn.reg, insn.reg8, type);
    case 'B':
      return gpr(insn.vvvv, TYPE_BITS[type] ?? 32);
    case 'V':
      return vectorRegister(insn, insn.reg, type);
    case 'H':
      return vectorRegister(insn, insn.vvvv, type);
    case 'L':
      return vectorRegister(insn, insn.immediate, type);
    case 'W':
    case 'U':
      return insn.isMemory ? memory(insn, code) : vectorRegister(insn, insn.rm, type);
    case 'P':
      return `mm${insn.reg}`;
    case 'Q':
    case 'N':
      return insn.isMemory ? memory(insn, code) : `mm${insn.rm}`;
    case 'S':
      return SEGMENT_NAMES[insn.reg]!;
    case 'C':
      return `cr${insn.reg}`;
    case 'D':
      return `dr${insn.reg}`;
    case 'A':
      return `${hexNumber(insn.immediate2)}:${hexBits(insn.immediate, 0, insn.operandSize)}`;
    case 'J':
      return relative(insn, ripLo, ripHi, insn.immediate, insn.immediateHigh, insn.operandSize);
    default: // I; the second of ENTER is the nesting level.
      return /^I[bw]$/.test(opOperands(insn.op)[at - 1] ?? '')
        ? hexNumber(insn.immediate2)
        : immediate(insn, type);
  }
}

function repeatPrefix(insn: Instruction, mnemonic: string): string {
  if ((insn.prefixes & PREFIX_REPNE) !== 0) return 'repne ';
  if ((insn.prefixes & PREFIX_REP) === 0) return '';
  return /^(?:cmps|scas)/.test(mnemonic) ? 'repe ' : 'rep ';
}

/** The instruction at `ripHi:ripLo` as text. */
export function formatInstruction(insn: Instruction, ripLo: number, ripHi: number): string {
  const mnemonic = opMnemonic(insn.op).toLowerCase();
  const codes = opOperands(insn.op);
  const lock = (insn.prefixes & PREFIX_LOCK) !== 0 && opIsLockable(insn.op) ? 'lock ' : '';
  if (codes.some((code) => /^[XY][bwdq]$/.test(code))) {
    const override = (insn.prefixes & PREFIX_SEGMENT) !== 0 ? `${SEGMENT_NAMES[insn.segment]!} ` : '';
    return `${override}${repeatPrefix(insn, mnemonic)}${mnemonic}`;
  }
  // A store of a segment register to memory is a word whatever the operand size.
  const shown = codes[1] === 'Sw' && insn.isMemory ? ['Ew', 'Sw'] : codes;
  const operands = shown.map((code, at) => operand(insn, code, at, ripLo, ripHi)).join(', ');
  const target =
    insn.addressForm === ADDRESS_RIP
      ? ` ; ${relative(insn, ripLo, ripHi, insn.displacement, insn.displacementHigh, insn.addressSize)}`
      : '';
  return `${lock}${mnemonic}${operands === '' ? '' : ` ${operands}`}${target}`;
}
