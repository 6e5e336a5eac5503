import { FLOAT_ALL, FLOAT_DE, FloatEnv } from '../../src/float/env.ts';
import * as f80 from '../../src/float/float80.ts';
import * as convert from '../../src/float/float80-convert.ts';
import { REMAINDER_PARTIAL, remainder80 } from '../../src/float/float80-remainder.ts';
import { Unpacked, unpack32, unpack64, unpack80, unpackInteger } from '../../src/float/unpacked.ts';

/**
 * Replays one line of the oracle's x87 set: `op cw st0 st1 memory | st0 st1 memory fsw`. Condition codes, exceptions, both
 * registers and the memory operand are compared; the stack's behaviour, which is not this room's business, is played here.
 */

const C0 = 0x100;
const C1 = 0x200;
const C2 = 0x400;
const C3 = 0x4000;
const INDEFINITE = 'ffffc000000000000000';

const words = new Int32Array(16);
const memory = new Int32Array(4);
const stored = new Int32Array(4);
const source = new Unpacked();
const env = new FloatEnv();
env.denormalLoadCompletes = true; // The oracle's answers are an AMD processor's.
const ST0 = 0;
const ST1 = 4;
const NEW = 8;

function parse(text: string, into: Int32Array, at: number): void {
  into[at + 2] = Number.parseInt(text.slice(0, 4), 16);
  into[at + 1] = Number.parseInt(text.slice(4, 12), 16);
  into[at] = Number.parseInt(text.slice(12, 20), 16);
}

const digits = (value: number, count: number) => (value >>> 0).toString(16).padStart(count, '0');

function print(from: Int32Array, at: number): string {
  return digits(from[at + 2]! & 0xffff, 4) + digits(from[at + 1]!, 8) + digits(from[at]!, 8);
}

const CONSTANTS: Record<string, readonly [number, number, number, number]> = {
  fld1: f80.FLD1,
  fldpi: f80.FLDPI,
  fldl2e: f80.FLDL2E,
  fldl2t: f80.FLDL2T,
  fldlg2: f80.FLDLG2,
  fldln2: f80.FLDLN2,
};

type Outcome = { conditions: number; checked: number; registers: 'kept' | 'pushed' | 'popped' | 'replaced' };

function compared(order: number): Outcome {
  const conditions =
    order === f80.UNORDERED ? C0 | C2 | C3 : order === f80.LESS ? C0 : order === f80.EQUAL ? C3 : 0;
  return { conditions, checked: C0 | C1 | C2 | C3, registers: 'kept' };
}

function examined(): Outcome {
  const code = f80.examine80(words, ST0);
  const sign = words[ST0 + 2]! & 0x8000 ? C1 : 0;
  const conditions = (code & 4 ? C3 : 0) | (code & 2 ? C2 : 0) | (code & 1 ? C0 : 0) | sign;
  return { conditions, checked: C0 | C1 | C2 | C3, registers: 'kept' };
}

function store(op: string): boolean {
  const bits = Number(/\d+$/.exec(op)?.[0] ?? 80);
  stored.set(memory);
  let ok: boolean;
  if (op === 'fbstp') ok = convert.storeDecimal80(words, ST0, stored, env);
  else if (op === 'fst32') ok = convert.storeSingle80(words, ST0, stored, env);
  else if (op === 'fst64') ok = convert.storeDouble80(words, ST0, stored, env);
  else ok = convert.storeInteger80(words, ST0, bits, op.startsWith('fisttp'), stored, env);
  if (!ok) return false;
  if (bits === 16) memory[0] = (memory[0]! & ~0xffff) | (stored[0]! & 0xffff);
  else memory[0] = stored[0]!;
  if (bits >= 64) memory[1] = stored[1]!;
  if (bits === 80) memory[2] = stored[2]!;
  return true;
}

function load(op: string): void {
  const [lo, hi] = [memory[0]!, memory[1]!];
  if (op === 'fld32') convert.loadSingle80(lo, words, NEW, env);
  else if (op === 'fld64') convert.loadDouble80(lo, hi, words, NEW, env);
  else if (op === 'fild16') convert.loadInteger80((lo << 16) >> 16, (lo << 16) >> 31, words, NEW);
  else if (op === 'fild32') convert.loadInteger80(lo, lo >> 31, words, NEW);
  else if (op === 'fild64') convert.loadInteger80(lo, hi, words, NEW);
  else if (op === 'fbld') convert.loadDecimal80(lo, hi, memory[2]!, words, NEW);
  else f80.constant80(CONSTANTS[op]!, words, NEW, env);
}

function run(op: string): Outcome {
  const kept: Outcome = { conditions: 0, checked: C1, registers: 'kept' };
  unpack80(words, ST1, source);
  const [lo, hi] = [memory[0]!, memory[1]!];
  switch (op) {
    case 'fadd32':
      unpack32(lo, source);
      f80.add80(words, ST0, source, ST0, env);
      return kept;
    case 'fmul64':
      unpack64(lo, hi, source);
      f80.multiply80(words, ST0, source, ST0, env);
      return kept;
    case 'fiadd16':
      unpackInteger((lo << 16) >> 16, (lo << 16) >> 31, source);
      f80.add80(words, ST0, source, ST0, env);
      return kept;
    case 'fidiv32':
      unpackInteger(lo, lo >> 31, source);
      f80.divide80(words, ST0, source, ST0, env);
      return kept;
    case 'fcom64':
      unpack64(lo, hi, source);
      return compared(f80.compare80(words, ST0, source, true, env));
    case 'fadd':
      f80.add80(words, ST0, source, ST0, env);
      return kept;
    case 'fsub':
      f80.subtract80(words, ST0, source, ST0, env);
      return kept;
    case 'fsubr':
      f80.subtractReversed80(words, ST0, source, ST0, env);
      return kept;
    case 'fmul':
      f80.multiply80(words, ST0, source, ST0, env);
      return kept;
    case 'fdiv':
      f80.divide80(words, ST0, source, ST0, env);
      return kept;
    case 'fdivr':
      f80.divideReversed80(words, ST0, source, ST0, env);
      return kept;
    case 'fsqrt':
      f80.squareRoot80(words, ST0, ST0, env);
      return kept;
    case 'frndint':
      f80.round80(words, ST0, ST0, env);
      return kept;
    case 'fscale':
      f80.scale80(words, ST0, source, ST0, env);
      return kept;
    case 'fcom':
      return compared(f80.compare80(words, ST0, source, true, env));
    case 'fucom':
      return compared(f80.compare80(words, ST0, source, false, env));
    case 'ftst':
      source.setZero(0);
      return compared(f80.compare80(words, ST0, source, true, env));
    case 'fxtract':
      f80.extract80(words, ST0, ST0, NEW, env);
      return { ...kept, registers: 'pushed' };
    case 'fprem':
    case 'fprem1': {
      const answer = remainder80(words, ST0, source, op === 'fprem1', ST0, env);
      if (answer < 0) return kept;
      const conditions =
        (answer & REMAINDER_PARTIAL ? C2 : 0) |
        (answer & 4 ? C0 : 0) |
        (answer & 2 ? C3 : 0) |
        (answer & 1 ? C1 : 0);
      return { conditions, checked: C0 | C1 | C2 | C3, registers: 'kept' };
    }
    case 'fxam':
      return examined();
  }
  if (op.startsWith('fst') || op.startsWith('fist') || op === 'fbstp') {
    return { ...kept, registers: store(op) ? 'popped' : 'kept' };
  }
  load(op);
  return { ...kept, registers: op in CONSTANTS ? 'replaced' : 'pushed' };
}

/** A mismatch in words, or undefined when all agrees. */
export function replayX87(line: string): string | undefined {
  const [op, cw, a, b, m, , wantA, wantB, wantM, fsw] = line.split(' ') as string[];
  parse(a!, words, ST0);
  parse(b!, words, ST1);
  parse(m!, memory, 0);
  env.loadControlWord(Number.parseInt(cw!, 16));
  const outcome = run(op!);
  const stopped = env.stopsBefore();
  const pushesDenormal = op!.startsWith('fld') && env.flags === FLOAT_DE;
  let [gotA, gotB] = [print(words, ST0), print(words, ST1)];
  if (outcome.registers === 'popped') [gotA, gotB] = [b!, INDEFINITE];
  else if (outcome.registers === 'replaced') gotA = print(words, NEW);
  else if (outcome.registers === 'pushed' && (!stopped || pushesDenormal))
    [gotA, gotB] = [print(words, NEW), print(words, ST0)];
  const status = Number.parseInt(fsw!, 16);
  const conditions =
    outcome.checked & C1 && !(outcome.conditions & C1) && outcome.checked === C1
      ? env.roundedUp * C1
      : outcome.conditions;
  const mask = FLOAT_ALL | outcome.checked;
  const got = `${gotA} ${gotB} ${print(memory, 0)} ${digits((env.flags | conditions) & mask, 4)}`;
  const want = `${wantA} ${wantB} ${wantM} ${digits(status & mask, 4)}`;
  return got === want ? undefined : `${line}\n   got ${got}\n  want ${want}`;
}
