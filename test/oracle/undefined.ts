import type { Instruction } from '../../src/isa/instruction.ts';
import { RFLAGS_AF, RFLAGS_CF, RFLAGS_OF, RFLAGS_PF, RFLAGS_SF, RFLAGS_ZF } from '../../src/isa/rflags.ts';

const AF = RFLAGS_AF;
const CF = RFLAGS_CF;
const OF = RFLAGS_OF;
const PF = RFLAGS_PF;
const SF = RFLAGS_SF;
const ZF = RFLAGS_ZF;
const ALL = AF | CF | OF | PF | SF | ZF;

/** Flags that an instruction leaves undefined, with the page of the manual (SDM Vol. 2) that says so under "Flags Affected". */
const ALWAYS: readonly (readonly [RegExp, number])[] = [
  [/^(?:AND|OR|XOR|TEST)_/, AF], // "AND", "OR", "XOR", "TEST": the state of the AF flag is undefined.
  [/^I?MUL_/, SF | ZF | AF | PF], // "IMUL", "MUL": SF, ZF, AF and PF are undefined.
  [/^I?DIV_/, ALL], // "DIV", "IDIV": CF, OF, SF, ZF, AF and PF are undefined.
  [/^BS[FR]_/, CF | OF | SF | AF | PF], // "BSF", "BSR": all but ZF.
  [/^BT[SRC]?_/, OF | SF | AF | PF], // "BT": OF, SF, AF and PF are undefined.
  [/^(?:LZCNT|TZCNT)_/, OF | SF | PF | AF], // "LZCNT", "TZCNT".
  [/^BEXTR_/, SF | AF | PF], // "BEXTR": AF, SF and PF are undefined.
  [/^(?:BLS|BZHI|ANDN)/, AF | PF], // "BLSI", "BLSMSK", "BLSR", "BZHI", "ANDN": AF and PF are undefined.
];

function operandBits(name: string): number {
  const size = /_E([bwdq])/.exec(name)?.[1];
  return { b: 8, w: 16, d: 32, q: 64 }[size ?? 'd'] ?? 32;
}

/** The count of a shift or rotation, masked as the processor does. */
function shiftCount(name: string, insn: Instruction, cl: number, bits: number): number {
  const count = name.endsWith('_CL') ? cl : insn.immediate;
  return count & (bits === 64 ? 63 : 31);
}

/** `cl`: the register's value before the instruction. */
export function undefinedFlags(name: string, insn: Instruction, cl: number): number {
  for (const [pattern, flags] of ALWAYS) if (pattern.test(name)) return flags;
  const bits = operandBits(name);
  if (/^SH[LR]D_/.test(name)) {
    // "SHLD": AF; OF for more than one bit; everything when the count is greater than the operand.
    const count = shiftCount(name, insn, cl, bits);
    return count === 0 ? 0 : count > bits ? ALL : count === 1 ? AF : AF | OF;
  }
  if (/^(?:SHL|SHR|SAR)_/.test(name)) {
    // "SAL/SAR/SHL/SHR": AF for a non-zero count; OF but for 1-bit shifts; CF where the count reaches the operand's size.
    const count = shiftCount(name, insn, cl, bits);
    if (count === 0) return 0;
    return AF | (count === 1 ? 0 : OF) | (count >= bits && !name.startsWith('SAR') ? CF : 0);
  }
  // "RCL/RCR/ROL/ROR": OF is undefined but for 1-bit rotates.
  if (/^(?:ROL|ROR|RCL|RCR)_/.test(name)) return shiftCount(name, insn, cl, bits) > 1 ? OF : 0;
  return 0;
}

/** True where the manual leaves the result itself undefined. */
export function isResultUndefined(name: string, insn: Instruction, cl: number): boolean {
  if (/^SH[LR]D_Ew/.test(name)) return shiftCount(name, insn, cl, 16) > 16; // "SHLD": the destination operand is undefined.
  return false;
}

/** What depends on status flags, so that nothing can be said once one of them is undefined. */
const READERS =
  /^(?:ADC|SBB|RCL|RCR|ADCX|ADOX|CMC|LAHF|PUSHF|SETN?[OBZSPL]|SETN?BE|SETN?LE|CMOV|J[A-Z]+_J|LOOP|FCMOV|SALC)/;

export function readsFlags(name: string): boolean {
  return READERS.test(name);
}
