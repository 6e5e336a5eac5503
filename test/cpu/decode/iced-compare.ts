/** Ours against iced-x86: one decoded instruction of each, told apart by anything but spelling. */
import { type Instruction as IcedInstruction, Mnemonic, OpKind, Register } from 'iced-x86';
import { formatInstruction } from '../../../src/cpu/decode/format.ts';
import { OP_NAMES, OP_TOO_LONG, OP_UD, opMnemonic } from '../../../src/cpu/decode/ops.ts';
import { ADDRESS_RIP, type Instruction } from '../../../src/isa/instruction.ts';
import { NO_REGISTER } from '../../../src/isa/registers.ts';

/** One instruction, two spellings: iced's -> ours. Ops that differ by operand or address size alone share ours. */
const SPELLINGS: Readonly<Record<string, string>> = {
  sal: 'shl', jecxz: 'jcxz', jrcxz: 'jcxz', pushad: 'pusha', popad: 'popa', sysretq: 'sysret', sysexitq: 'sysexit',
  getsecq: 'getsec', incsspd: 'incssp', incsspq: 'incssp', wrssd: 'wrss', wrssq: 'wrss', wrussd: 'wruss',
  wrussq: 'wruss', fstpnce: 'fstp', reservednop: 'nop',
  // Hints: without the feature they are NOPs, and no model has it.
  rdsspd: 'nop', rdsspq: 'nop', endbr32: 'nop', endbr64: 'nop', cldemote: 'nop', prefetchit0: 'nop', prefetchit1: 'nop',
  prefetchw: 'prefetch', prefetchwt1: 'prefetch', prefetchnta: 'prefetch', prefetcht0: 'prefetch',
  prefetcht1: 'prefetch', prefetcht2: 'prefetch',
}; // biome-ignore format: pairs.
const WIDE_64 = /^(v?pcmpestr[im]|fxsave|fxrstor|xsave|xrstor|xsaveopt|xsavec|xsaves|xrstors)64$/;

/** Operands that the two spell so differently that only length and mnemonic are compared. */
const OPERANDS_NOT_COMPARED =
  /^(?:INS|OUTS|MOVS|CMPS|STOS|LODS|SCAS)[BWDQ]$|^(?:XLAT|NOP_E|PREFETCH|XBEGIN_J)$/;
/** iced leaves the implied XMM0 out, and names the implied ST(0) of FXCH. */
const IMPLIED = /_XMM0$|^FXCH_STi$/;

const GPR16 = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];
const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'];

function icedName(register: number): string {
  return Register[register]!.toLowerCase();
}

/** Names of one register number get one spelling, whatever their width: LAR EAX, AX reads the same as LAR EAX, EAX. */
function canonical(name: string): string {
  if (name === 'st') return 'st0';
  const st = /^st\((\d)\)$/.exec(name);
  if (st) return `st${st[1]}`;
  const numbered = /^r(\d+)([bl])?[wd]?$/.exec(name);
  if (numbered) return `gpr${numbered[1]}${numbered[2] ? 'low' : ''}`;
  const at = GPR16.indexOf(name.replace(/^[er]/, ''));
  return at >= 0 ? `gpr${at}` : name;
}

function memoryDifference(ours: Instruction, theirs: IcedInstruction): string {
  if (!ours.isMemory) return 'memory operand';
  const bits = ours.addressSize;
  const gpr = (n: number) => (n === NO_REGISTER ? 'none' : `gpr${n}`);
  const isRip = ours.addressForm === ADDRESS_RIP;
  if (canonical(icedName(theirs.memoryBase)) !== (isRip ? (bits === 64 ? 'rip' : 'eip') : gpr(ours.base)))
    return 'base';
  const index = icedName(theirs.memoryIndex);
  const isVector = /^[xy]mm/.test(index);
  if ((isVector ? `gpr${index.slice(3)}` : canonical(index)) !== gpr(ours.index)) return 'index';
  // Without an index the scale bits mean nothing; iced shows them.
  if (ours.index !== NO_REGISTER && theirs.memoryIndexScale !== 1 << ours.scale) return 'scale';
  let displacement = (BigInt(ours.displacementHigh) << 32n) | BigInt(ours.displacement >>> 0);
  if (isRip) displacement += theirs.nextIP;
  if (BigInt.asUintN(bits, displacement) !== BigInt.asUintN(bits, theirs.memoryDisplacement))
    return 'displacement';
  // ES CS SS DS have base 0 in 64-bit mode. iced still tells the prefix; we say what the access uses.
  const segment = icedName(theirs.memorySegment);
  const isFlat = ours.codeSize === 64 && SEGMENTS.indexOf(segment) < 4 && ours.segment < 4;
  return isFlat || segment === SEGMENTS[ours.segment] ? '' : 'segment';
}

function immediateDifference(ours: Instruction, theirs: IcedInstruction, kind: number, at: number): string {
  const full = (BigInt(ours.immediateHigh >>> 0) << 32n) | BigInt(ours.immediate >>> 0);
  const bits =
    kind === OpKind.Immediate8to16
      ? 16
      : kind === OpKind.Immediate32 || kind === OpKind.Immediate8to32
        ? 32
        : 64;
  const value = kind === OpKind.Immediate8_2nd ? BigInt(ours.immediate2) : full;
  return BigInt.asUintN(bits, value) === BigInt.asUintN(bits, theirs.immediate(at)) ? '' : 'immediate';
}

function branchDifference(ours: Instruction, theirs: IcedInstruction, kind: number): string {
  if (kind === OpKind.FarBranch16 || kind === OpKind.FarBranch32) {
    const offset = kind === OpKind.FarBranch16 ? theirs.farBranch16 : theirs.farBranch32;
    return ours.immediate2 === theirs.farBranchSelector && ours.immediate >>> 0 === offset
      ? ''
      : 'far pointer';
  }
  const bits = kind === OpKind.NearBranch16 ? 16 : kind === OpKind.NearBranch32 ? 32 : 64;
  if (bits !== ours.operandSize) return 'branch size';
  const target = BigInt.asUintN(bits, theirs.nextIP + BigInt(ours.immediate));
  return target === BigInt.asUintN(64, theirs.nearBranchTarget) ? '' : 'branch target';
}

function operandDifference(ours: Instruction, theirs: IcedInstruction): string {
  const name = OP_NAMES[ours.op]!;
  if (OPERANDS_NOT_COMPARED.test(name)) return '';
  const registers: string[] = [];
  let hasMemory = false;
  for (let at = 0; at < theirs.opCount; at++) {
    const kind = theirs.opKind(at);
    let difference = '';
    if (kind === OpKind.Register) registers.push(canonical(icedName(theirs.opRegister(at))));
    else if (kind === OpKind.Memory) {
      hasMemory = true;
      difference = memoryDifference(ours, theirs);
    } else if (kind >= OpKind.Immediate8 && kind <= OpKind.Immediate32to64) {
      difference = immediateDifference(ours, theirs, kind, at);
    } else if (kind <= OpKind.FarBranch32) difference = branchDifference(ours, theirs, kind);
    if (difference !== '') return difference;
  }
  if (hasMemory !== ours.isMemory) return 'memory operand';
  if (IMPLIED.test(name)) return '';
  const text = formatInstruction(ours, 0, 0)
    .replace(/ ; .*/, '')
    .replace(/^(?:lock )?\S+ ?/, '');
  const shown = text.split(', ').filter((word) => /^[a-z][a-z0-9()]*$/.test(word));
  const expected = registers.join();
  const actual = shown.map(canonical).join();
  return actual === expected ? '' : `registers ${actual} for ${expected}`;
}

/** '' when both decode the same, else what differs. */
export function difference(ours: Instruction, theirs: IcedInstruction): string {
  const name = OP_NAMES[ours.op]!;
  // Too long is #GP and not #UD, but no instruction either.
  if (theirs.isInvalid !== (ours.op === OP_UD || ours.op === OP_TOO_LONG)) {
    return theirs.isInvalid ? `only ours: ${name}` : `only iced: ${Mnemonic[theirs.mnemonic]}`;
  }
  if (theirs.isInvalid) return '';
  const mnemonic = Mnemonic[theirs.mnemonic]!.toLowerCase().replace(WIDE_64, '$1');
  const expected = SPELLINGS[mnemonic] ?? mnemonic;
  const actual = opMnemonic(ours.op).toLowerCase();
  if (actual !== expected) return `mnemonic: ${actual} for ${mnemonic}`;
  if (ours.length !== theirs.length) return `length of ${name}`;
  const operands = operandDifference(ours, theirs);
  return operands === '' ? '' : `${operands} of ${name}`;
}
