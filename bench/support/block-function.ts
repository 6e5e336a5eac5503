import { OP_NAMES, opMnemonic, opOperands } from '../../src/cpu/decode/ops.ts';
import type { Core, Handler } from '../../src/cpu/execute/core.ts';
import { Instruction } from '../../src/isa/instruction.ts';
import { RIP_LO } from '../../src/state/cpu-state.ts';

/** An instruction that knows where it ends, as an offset from the start of its block. */
export class PlacedInstruction extends Instruction {
  next = 0;
}

/** A block as lists. */
export interface Listed {
  readonly instructions: readonly PlacedInstruction[];
  readonly handlers: readonly Handler[];
  readonly count: number;
}

/** Runs a block from its first instruction; answers how many instructions it has retired. */
type BlockFunction = (core: Core, words: Int32Array, ripLo: number) => number;

/**
 * A block as one function that calls the handlers of its instructions in a row. It does what the loop of
 * `Processor` does, with a call site for each instruction: V8 then knows the target of every call, inlines the small
 * handlers, and the processor predicts the rest, where one shared call site misses nearly every time.
 *
 * RIP and `core.at` are written in front of instructions that may look at them or fault; `core.end` is read behind
 * those that may have ended the block.
 */
export function compileBlock(block: Listed): BlockFunction | undefined {
  const lines: string[] = [];
  for (const [i, insn] of block.instructions.entries()) {
    const call = `h${i}(core, i${i});`;
    if (isPlain(insn) && i + 1 < block.count) {
      lines.push(call);
    } else {
      lines.push(`words[${RIP_LO}] = ripLo + ${insn.next}; core.at = ${i}; ${call}`);
      if (i + 1 < block.count) lines.push(`if (core.end === 0) return ${i + 1};`);
    }
  }
  lines.push(`return ${block.count};`);
  const names = block.handlers.map((_, i) => `h${i}, i${i}`).join(', ');
  const values: (Handler | Instruction)[] = block.handlers.flatMap((handler, i) => [
    handler,
    block.instructions[i]!,
  ]);
  try {
    // The text is made of numbers and fixed names alone.
    const factory = new Function(names, `return (core, words, ripLo) => {\n${lines.join('\n')}\n};`);
    return factory(...values) as BlockFunction;
  } catch {
    // A host that forbids code from strings (a content security policy) keeps the loop.
    return undefined;
  }
}

/** Between registers these neither fault nor branch: SDM Vol. 2 lists no exception for them but #UD for LOCK. */
const PLAIN_MNEMONICS = new Set(
  `ADD ADC SUB SBB AND OR XOR CMP TEST INC DEC NEG NOT MOV MOVZX MOVSX MOVSXD XCHG XADD BSWAP SHL SHR SAR ROL ROR RCL
  RCR SHLD SHRD IMUL MUL BT BTS BTR BTC BSF BSR TZCNT LZCNT POPCNT CBW CWDE CDQE CWD CDQ CQO LAHF SAHF CLC STC CMC CLD
  STD NOP SETO SETNO SETB SETNB SETZ SETNZ SETBE SETNBE SETS SETNS SETP SETNP SETL SETNL SETLE SETNLE CMOVO CMOVNO
  CMOVB CMOVNB CMOVZ CMOVNZ CMOVBE CMOVNBE CMOVS CMOVNS CMOVP CMOVNP CMOVL CMOVNL CMOVLE CMOVNLE`.split(
    /\s+/,
  ),
);
/** Segment, control, debug and test registers are another matter. */
const SYSTEM_OPERAND = /^[SCD][wdq]?$/;
const PLAIN = Uint8Array.from(OP_NAMES, (_, op) =>
  PLAIN_MNEMONICS.has(opMnemonic(op)) && !opOperands(op).some((code) => SYSTEM_OPERAND.test(code)) ? 1 : 0,
);

/** True when the instruction can neither fault, nor look at RIP or at the time, nor end the block. */
function isPlain(insn: Instruction): boolean {
  return !insn.isMemory && PLAIN[insn.op] === 1;
}
