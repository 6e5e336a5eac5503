import type { Instruction } from '../../src/isa/instruction.ts';
import { RFLAGS_AF, RFLAGS_CF, RFLAGS_OF, RFLAGS_PF, RFLAGS_SF, RFLAGS_ZF } from '../../src/isa/rflags.ts';

const AF = RFLAGS_AF;
const CF = RFLAGS_CF;
const OF = RFLAGS_OF;
const PF = RFLAGS_PF;
const SF = RFLAGS_SF;
const ZF = RFLAGS_ZF;
const ALL = AF | CF | OF | PF | SF | ZF;

/** Ops, the flags that they leave undefined, and where SDM Vol. 2 says so: in each page under "Flags Affected". */
export const UNDEFINED_FLAGS: readonly (readonly [ops: RegExp, flags: number, citation: string])[] = [
  [/^(?:AND|OR|XOR|TEST)_/, AF,                     'Vol. 2A, "AND", Vol. 2B, "OR", "TEST", Vol. 2D, "XOR": the state of the AF flag is undefined'],
  [/^I?MUL_/,               SF | ZF | AF | PF,      'Vol. 2A, "IMUL", Vol. 2B, "MUL": the SF, ZF, AF, and PF flags are undefined'],
  [/^I?DIV_/,               ALL,                    'Vol. 2A, "DIV", "IDIV": the CF, OF, SF, ZF, AF, and PF flags are undefined'],
  [/^BS[FR]_/,              CF | OF | SF | AF | PF, 'Vol. 2A, "BSF", "BSR": the CF, OF, SF, AF, and PF flags are undefined'],
  [/^BT[SRC]?_/,            OF | SF | AF | PF,      'Vol. 2A, "BT", "BTC", "BTR", "BTS": the OF, SF, AF, and PF flags are undefined'],
  [/^(?:LZCNT|TZCNT)_/,     OF | SF | PF | AF,      'Vol. 2A, "LZCNT", Vol. 2B, "TZCNT": OF, SF, PF, and AF flags are undefined'],
  [/^BEXTR_/,               SF | AF | PF,           'Vol. 2A, "BEXTR": AF, SF, and PF are undefined'],
  [/^(?:BLS|BZHI|ANDN)/,    AF | PF,                'Vol. 2A, "ANDN", "BLSI", "BLSMSK", "BLSR", "BZHI": AF and PF flags are undefined'],
]; // biome-ignore format: a table.

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
  for (const [pattern, flags] of UNDEFINED_FLAGS) if (pattern.test(name)) return flags;
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
