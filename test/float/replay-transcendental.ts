import { FloatEnv } from '../../src/float/env.ts';
import * as f80 from '../../src/float/float80-transcendental.ts';
import * as reference from './reference.ts';

/**
 * Replays one line of the oracle's transcendental set. Processors differ in the last digit of these, so the host decides
 * special results and exceptions alone; an ordinary result must lie within the rounding error of the independent
 * reference (half a unit of the last place to nearest, one otherwise), and at most two representable numbers from the host's.
 */

const words = new Int32Array(16);
const env = new FloatEnv();
const ST0 = 0;
const ST1 = 4;
const NEW = 8;
const C2 = 0x400;
const INDEFINITE = 'ffffc000000000000000';

const statistics = new Map<
  string,
  { cases: number; equal: number; worst: number; checked: number; hostWorst: number }
>();

/** Prints what was seen so far: for the fuzzer. */
export function transcendentalStatistics(): void {
  for (const [op, s] of statistics) {
    const host = `host agrees in ${((100 * s.equal) / s.cases).toFixed(1)} % and is off by at most ${s.hostWorst.toFixed(3)} ulp`;
    console.log(
      `${op}: ${s.cases} ordinary results, ${s.checked} against the reference, worst ${s.worst.toFixed(4)} ulp; ${host}`,
    );
  }
}

const digits = (value: number, count: number) => (value >>> 0).toString(16).padStart(count, '0');

function parse(text: string, at: number): void {
  words[at + 2] = Number.parseInt(text.slice(0, 4), 16);
  words[at + 1] = Number.parseInt(text.slice(4, 12), 16);
  words[at] = Number.parseInt(text.slice(12, 20), 16);
}

const print = (at: number) =>
  digits(words[at + 2]! & 0xffff, 4) + digits(words[at + 1]!, 8) + digits(words[at]!, 8);

type Parts = { negative: boolean; field: number; significand: bigint };

function partsOf(text: string): Parts {
  const top = Number.parseInt(text.slice(0, 4), 16);
  return { negative: top >= 0x8000, field: top & 0x7fff, significand: BigInt(`0x${text.slice(4)}`) };
}

const isOrdinary = (p: Parts) => p.field !== 0 && p.field !== 0x7fff && p.significand >> 63n === 1n;

/** The value in the reference's fixed point; exact for exponents above -500. */
function fixed(p: Parts): bigint {
  const shift = p.field - 16383 - 63 + reference.BITS;
  const value = shift >= 0 ? p.significand << BigInt(shift) : p.significand >> BigInt(-shift);
  return p.negative ? -value : value;
}

const PI_66 = 0xc90fdaa22168c234cn << BigInt(reference.BITS - 66);

function reduced(x: bigint): [sine: bigint, cosine: bigint] {
  const half = PI_66 / 2n;
  let turns = x / half;
  let rest = x - turns * half;
  if (rest > half / 2n) {
    rest -= half;
    turns++;
  } else if (rest < -half / 2n) {
    rest += half;
    turns--;
  }
  const [sine, cosine] = reference.sineCosine(rest);
  const quadrant = ((turns % 4n) + 4n) % 4n;
  if (quadrant === 0n) return [sine, cosine];
  if (quadrant === 1n) return [cosine, -sine];
  if (quadrant === 2n) return [-sine, -cosine];
  return [-cosine, sine];
}

/** The function's value, or undefined where the reference does not reach. */
function truth(op: string, x: Parts, y: Parts): bigint | undefined {
  const small = x.field - 16383 < -100;
  if (x.field - 16383 > 70 || small) return undefined;
  const value = fixed(x);
  if (op === 'fsin' || op === 'fsincos') return reduced(value)[0];
  if (op === 'fcos') return reduced(value)[1];
  if (op === 'fptan') {
    const [sine, cosine] = reduced(value);
    return (sine << BigInt(reference.BITS)) / cosine;
  }
  if (op === 'f2xm1') {
    if (x.field >= 0x3fff) return undefined;
    return value >= 0n
      ? reference.powerOfTwo(value) - reference.ONE
      : (reference.powerOfTwo(value + reference.ONE) >> 1n) - reference.ONE;
  }
  if (Math.abs(y.field - 16383) > 100) return undefined;
  if (op === 'fpatan') {
    const angle = reference.arctangent(
      (fixed({ ...y, negative: false }) << BigInt(reference.BITS)) / fixed({ ...x, negative: false }),
    );
    const turned = x.negative ? reference.PI - angle : angle;
    return y.negative ? -turned : turned;
  }
  let argument = op === 'fyl2x' ? value : value + reference.ONE;
  if (argument <= 0n) return undefined;
  let exponent = 0n;
  for (; argument >= 2n * reference.ONE; exponent++) argument >>= 1n;
  for (; argument < reference.ONE; exponent--) argument <<= 1n;
  const logarithm = reference.logarithm2(argument) + (exponent << BigInt(reference.BITS));
  return (fixed(y) * logarithm) >> BigInt(reference.BITS);
}

/** |result - exact| in units of the result's last place. */
function errorOf(result: Parts, exact: bigint): number {
  const difference = fixed(result) - exact;
  const unit = 1n << BigInt(result.field - 16383 - 63 + reference.BITS);
  return Number(((difference < 0n ? -difference : difference) * 1000000n) / unit) / 1000000;
}

function run(op: string): 'kept' | 'pushed' | 'popped' {
  switch (op) {
    case 'fsin':
      if (!f80.sine80(words, ST0, ST0, env)) conditions = C2;
      return 'kept';
    case 'fcos':
      if (!f80.cosine80(words, ST0, ST0, env)) conditions = C2;
      return 'kept';
    case 'fsincos':
      if (!f80.sineCosine80(words, ST0, ST0, NEW, env)) conditions = C2;
      return conditions ? 'kept' : 'pushed';
    case 'fptan':
      if (!f80.tangent80(words, ST0, ST0, NEW, env)) conditions = C2;
      return conditions ? 'kept' : 'pushed';
    case 'f2xm1':
      f80.exponentialMinusOne80(words, ST0, ST0, env);
      return 'kept';
    case 'fpatan':
      f80.arctangent80(words, ST1, ST0, NEW, env);
      return 'popped';
    case 'fyl2x':
      f80.logarithm80(words, ST0, ST1, NEW, env);
      return 'popped';
  }
  f80.logarithmPlusOne80(words, ST0, ST1, NEW, env);
  return 'popped';
}

let conditions = 0;

/** Compares one result with the host's and with the truth; a complaint or undefined. */
function judge(
  op: string,
  got: string,
  want: string,
  exact: bigint | undefined,
  nearest: boolean,
): string | undefined {
  const mine = partsOf(got);
  const host = partsOf(want);
  if (!isOrdinary(mine) || !isOrdinary(host) || env.flags & 0x18) {
    if (got === want) return undefined;
    // Denormal and adjusted results, too, may differ in the last place.
    const distance = mine.significand - host.significand;
    if (got.slice(0, 4) === want.slice(0, 4) && distance >= -1n && distance <= 1n) return undefined;
    return 'special result';
  }
  const s = statistics.get(op) ?? { cases: 0, equal: 0, worst: 0, checked: 0, hostWorst: 0 };
  statistics.set(op, s);
  s.cases++;
  if (got === want) s.equal++;
  if (mine.negative !== host.negative) return 'sign';
  const order = (p: Parts) => (BigInt(p.field) << 63n) + (p.significand & ((1n << 63n) - 1n));
  const distance = order(mine) - order(host);
  if (exact !== undefined && exact !== 0n) {
    const error = errorOf(mine, exact);
    s.checked++;
    s.worst = Math.max(s.worst, error);
    s.hostWorst = Math.max(s.hostWorst, errorOf(host, exact));
    if (error > (nearest ? 0.5001 : 1)) return `error ${error}`;
  }
  return distance >= -2n && distance <= 2n ? undefined : `distance ${distance}`;
}

/** A mismatch in words, or undefined when all agrees. */
export function replayTranscendental(line: string): string | undefined {
  const [op, cw, a, b, , , wantA, wantB, , fsw] = line.split(' ') as string[];
  parse(a!, ST0);
  parse(b!, ST1);
  env.loadControlWord(Number.parseInt(cw!, 16));
  conditions = 0;
  const shape = run(op!);
  const status = Number.parseInt(fsw!, 16);
  const complain = (why: string) => {
    const got = `${print(ST0)} ${print(ST1)} ${print(NEW)} ${digits(env.flags | conditions, 4)}`;
    return `${line}\n   got ${got} (${why})`;
  };
  if (((env.flags | conditions) ^ status) & (0x3f | C2)) return complain('status');
  if (env.stopsBefore())
    return wantA === a && wantB === b && (shape === 'popped' || print(ST0) === a)
      ? undefined
      : complain('stopped');
  if (conditions) return wantA === a && print(ST0) === a ? undefined : complain('out of range');
  const [x, y] = [partsOf(a!), partsOf(b!)];
  const ordinary = isOrdinary(x) && (shape !== 'popped' || isOrdinary(y));
  const exact = ordinary ? truth(op!, x, y) : undefined;
  const nearest = env.rounding === 0;
  let why: string | undefined;
  if (shape === 'kept') why = judge(op!, print(ST0), wantA!, exact, nearest);
  else if (shape === 'popped')
    why = judge(op!, print(NEW), wantA!, exact, nearest) ?? (wantB === INDEFINITE ? undefined : 'stack');
  else {
    why = judge(op!, print(ST0), wantB!, exact, nearest);
    const cosine = op === 'fsincos' && ordinary ? truth('fcos', x, y) : undefined;
    why ??= judge(op!, print(NEW), wantA!, cosine, nearest);
  }
  return why && complain(why);
}
