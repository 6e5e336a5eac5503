import { FloatEnv } from '../../src/float/env.ts';
import * as f32 from '../../src/float/float32.ts';
import * as f64 from '../../src/float/float64.ts';
import { Lanes } from '../../src/float/lanes.ts';
import { holds, isSignaling, relationFlags } from '../../src/float/predicates.ts';
import * as convert from '../../src/float/sse-convert.ts';

/**
 * Replays one line of the oracle's SSE set: `op mxcsr a b c | result flags`. Results and exceptions are compared; "-" means
 * that the instruction trapped. A scalar operation's register is lane 0 of a, its sources those of b and c.
 */

const lanes = new Lanes(new ArrayBuffer(64));
const words = lanes.words;
const env = new FloatEnv();
const A = 0;
const B = 4;
const C = 8;
const OUT = 12;

function parse(text: string, at: number): void {
  for (let i = 0, end = text.length; end > 0; i++, end -= 8) {
    words[at + i] = Number.parseInt(text.slice(Math.max(0, end - 8), end), 16);
  }
}

const digits = (value: number) => (value >>> 0).toString(16).padStart(8, '0');

type Binary = (lanes: Lanes, a: number, b: number, out: number, env: FloatEnv) => void;

const BINARY: Record<string, Binary> = {
  addsd: f64.add64,
  addss: f32.add32,
  subsd: f64.subtract64,
  subss: f32.subtract32,
  mulsd: f64.multiply64,
  mulss: f32.multiply32,
  divsd: f64.divide64,
  divss: f32.divide32,
  minsd: (l, a, b, out, e) => f64.minimum64(l, a, b, 0, out, e),
  minss: (l, a, b, out, e) => f32.minimum32(l, a, b, 0, out, e),
  maxsd: (l, a, b, out, e) => f64.minimum64(l, a, b, 1, out, e),
  maxss: (l, a, b, out, e) => f32.minimum32(l, a, b, 1, out, e),
  sqrtsd: (l, _a, b, out, e) => f64.squareRoot64(l, b, out, e),
  sqrtss: (l, _a, b, out, e) => f32.squareRoot32(l, b, out, e),
  addpd: (l, a, b, out, e) => {
    f64.add64(l, a + 2, b + 2, C, e);
    f64.add64(l, a, b, out, e);
  },
  divpd: (l, a, b, out, e) => {
    f64.divide64(l, a + 2, b + 2, C, e);
    f64.divide64(l, a, b, out, e);
  },
  cvtsd2ss: (l, a, _b, out, e) => convert.doubleToSingle(l, a, out, e),
  cvtss2sd: (l, a, _b, out, e) => convert.singleToDouble(l, a, out, e),
  cvtsd2si32: (l, a, _b, out, e) => convert.doubleToInteger32(l, a, false, out, e),
  cvttsd2si32: (l, a, _b, out, e) => convert.doubleToInteger32(l, a, true, out, e),
  cvtsd2si64: (l, a, _b, out, e) => convert.doubleToInteger64(l, a, false, out, e),
  cvttsd2si64: (l, a, _b, out, e) => convert.doubleToInteger64(l, a, true, out, e),
  cvtss2si32: (l, a, _b, out, e) => convert.singleToInteger32(l, a, false, out, e),
  cvttss2si32: (l, a, _b, out, e) => convert.singleToInteger32(l, a, true, out, e),
  cvtss2si64: (l, a, _b, out, e) => convert.singleToInteger64(l, a, false, out, e),
  cvttss2si64: (l, a, _b, out, e) => convert.singleToInteger64(l, a, true, out, e),
  cvtsi2sd32: (l, a, _b, out) => convert.integer32ToDouble(words[a]!, l, out),
  cvtsi2sd64: (l, a, _b, out, e) => convert.integer64ToDouble(words[a]!, words[a + 1]!, l, out, e),
  cvtsi2ss32: (l, a, _b, out, e) => convert.integerToSingle(words[a]!, words[a]! >> 31, l, out, e),
  cvtsi2ss64: (l, a, _b, out, e) => convert.integerToSingle(words[a]!, words[a + 1]!, l, out, e),
  cvtph2ps: (l, a, _b, out, e) => convert.halfToSingle(words[a]! & 0xffff, l, out, e),
};

/** Flips of the four FMA families. */
const FLIPS: Record<string, number> = { vfmadd: 0, vfnmadd: 1, vfmsub: 2, vfnmsub: 3 };

function run(op: string): void {
  const double = op.endsWith('sd') || op.includes('sd_');
  const binary = BINARY[op];
  if (binary) {
    binary(lanes, A, B, OUT, env);
    return;
  }
  const fma = /^(vfn?m(?:add|sub))(132|213|231)s[ds]$/.exec(op);
  if (fma) {
    // The oracle's instruction is `op xmm0, xmm1, xmm2` with a, b, c: the digits name factor, factor and addend.
    const order = { '132': [A, C, B], '213': [B, A, C], '231': [B, C, A] }[fma[2] as '132'] as [
      number,
      number,
      number,
    ];
    const fused = double ? f64.fused64 : f32.fused32;
    fused(lanes, ...order, FLIPS[fma[1]!]!, OUT, env);
    return;
  }
  const [name, immediateText] = op.split('_') as [string, string | undefined];
  const immediate = Number(immediateText);
  if (name === 'roundsd') f64.round64(lanes, A, immediate, OUT, env);
  else if (name === 'roundss') f32.round32(lanes, A, immediate, OUT, env);
  else if (name === 'cvtps2ph') words[OUT] = convert.singleToHalf(lanes, A, immediate, env);
  else if (name.startsWith('cmp')) {
    const compare = double ? f64.compare64 : f32.compare32;
    const truth = holds(immediate, compare(lanes, A, B, isSignaling(immediate), env)) ? -1 : 0;
    words[OUT] = words[OUT + 1] = truth;
  } else if (name.includes('comis')) {
    const compare = double ? f64.compare64 : f32.compare32;
    words[OUT] = relationFlags(compare(lanes, A, B, name.startsWith('comis'), env));
  } else throw new Error(`the replay knows no ${op}`);
}

function word(text: string, at = 0): number {
  return Number.parseInt(text.slice(at, at + 8), 16);
}

/** RCPSS and RSQRTSS: both answers lie within the manual's bound of the truth, so within twice of each other. */
function replayApproximation(line: string, op: string, a: string, want: string): string | undefined {
  const check = new Float32Array(2);
  const bits = new Uint32Array(check.buffer);
  if (op === 'rcpss') f32.reciprocal32(lanes, A, OUT);
  else f32.reciprocalRoot32(lanes, A, OUT);
  bits[0] = words[OUT]!;
  bits[1] = word(want);
  const got = `${a} -> ${digits(words[OUT]!)}`;
  if (bits[0] === bits[1]) return undefined;
  if (Math.abs(check[0]! / check[1]! - 1) <= 3 * 2 ** -12) return undefined;
  return `${line}\n   got ${got}`;
}

/** A mismatch in words, or undefined when all agrees. */
export function replaySse(line: string): string | undefined {
  const [op, mxcsr, a, b, c, , want, flags] = line.split(' ') as string[];
  words.fill(0);
  parse(a!, A);
  parse(b!, B);
  parse(c!, C);
  env.loadMxcsr(Number.parseInt(mxcsr!, 16));
  if (op!.startsWith('rcp') || op!.startsWith('rsqrt')) return replayApproximation(line, op!, a!, want!);
  run(op!);
  const raised = env.simdFlags();
  const trapped = (raised & ~env.masks) !== 0;
  const width = want === '-' ? 0 : want!.length;
  const full = digits(words[OUT + 1]!) + digits(words[OUT]!);
  const got = `${trapped ? '-' : full.slice(16 - width)} ${raised.toString(16).padStart(2, '0')}`;
  return got === `${want} ${flags}` ? undefined : `${line}\n   got ${got}`;
}
