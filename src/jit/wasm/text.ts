import { BULK, MEMORY_COPY, SIMD } from './opcodes.ts';
import * as simd from './simd.ts';

/**
 * A text form of function bodies for people and golden files: one instruction a line, blocks indented, branches with
 * the distance that is encoded.
 */
const NAMES: Readonly<Record<number, string>> = {
  0: 'unreachable', 2: 'block', 3: 'loop', 4: 'if', 5: 'else', 11: 'end', 12: 'br L',
  13: 'br_if L', 15: 'return', 16: 'call L', 17: 'call_indirect L L', 26: 'drop', 27: 'select',
  32: 'local.get V', 33: 'local.set V', 34: 'local.tee V',
  40: 'i32.load M', 41: 'i64.load M', 44: 'i32.load8_s M', 45: 'i32.load8_u M', 46: 'i32.load16_s M',
  47: 'i32.load16_u M', 54: 'i32.store M', 55: 'i64.store M', 58: 'i32.store8 M', 59: 'i32.store16 M',
  65: 'i32.const S', 66: 'i64.const X', 67: 'f32.const F', 68: 'f64.const FF',
  91: 'f32.eq', 92: 'f32.ne', 93: 'f32.lt', 97: 'f64.eq', 98: 'f64.ne', 99: 'f64.lt', 139: 'f32.abs', 144: 'f32.nearest',
  153: 'f64.abs', 158: 'f64.nearest', 168: 'i32.trunc_f32_s', 170: 'i32.trunc_f64_s', 174: 'i64.trunc_f32_s',
  176: 'i64.trunc_f64_s', 178: 'f32.convert_i32_s', 180: 'f32.convert_i64_s', 183: 'f64.convert_i32_s', 185: 'f64.convert_i64_s',
  167: 'i32.wrap_i64', 172: 'i64.extend_i32_s', 173: 'i64.extend_i32_u', 192: 'i32.extend8_s', 193: 'i32.extend16_s',
}; // biome-ignore format: code and name.
/** Of the vector instructions: `I8X16_ADD` is `i8x16.add`, and what has no name of its own is the sibling for doubles. */
const VECTOR_NAMES = new Map(
  Object.entries(simd)
    .filter(([name]) => !name.startsWith('DOUBLE_'))
    .map(([name, number]) => [number, name.toLowerCase().replace('_', '.')]),
);

function vectorName(number: number): string {
  const known = VECTOR_NAMES.get(number);
  if (known) return known;
  const single =
    VECTOR_NAMES.get(number - (number < simd.V128_NOT ? simd.DOUBLE_COMPARE : simd.DOUBLE_ALU)) ?? '?';
  return single.replace('f32x4', 'f64x2');
}

const COMPARISONS = 'eqz eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u'.split(' ');
const ARITHMETIC =
  'clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr'.split(' ');

function nameOf(opcode: number): string | undefined {
  if (opcode >= 0x45 && opcode < 0x50) return `i32.${COMPARISONS[opcode - 0x45]}`;
  if (opcode >= 0x50 && opcode < 0x5b) return `i64.${COMPARISONS[opcode - 0x50]}`;
  if (opcode >= 0x67 && opcode < 0x79) return `i32.${ARITHMETIC[opcode - 0x67]}`;
  if (opcode >= 0x79 && opcode < 0x8b) return `i64.${ARITHMETIC[opcode - 0x79]}`;
  return NAMES[opcode];
}

/** The lines of a body; `local` names its locals. */
export function bodyText(bytes: Uint8Array, local: (index: number) => string): string {
  const lines: string[] = [];
  let at = 0;
  let depth = 0;
  const unsigned = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  };
  /** Signed, as low and high word. */
  const signed = (): [lo: number, hi: number] => {
    let lo = 0;
    let hi = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      const bits = byte & 0x7f;
      if (shift < 32) lo |= bits << shift;
      if (shift > 25) hi |= shift < 32 ? bits >> (32 - shift) : bits << (shift - 32);
      if (byte >= 0x80) continue;
      const end = shift + 7;
      if (byte & 0x40 && end < 64) {
        if (end < 32) {
          lo |= -1 << end;
          hi = -1;
        } else hi |= -1 << (end - 32);
      }
      return [lo, hi];
    }
  };
  const operand = (kind: string): string => {
    if (kind === 'L') return String(unsigned());
    if (kind === 'V') return local(unsigned());
    if (kind === 'S') return String(signed()[0]);
    if (kind[0] === 'F') {
      const words = [...kind].map(() => {
        at += 4;
        return bytes
          .subarray(at - 4, at)
          .reduceRight((hex, byte) => hex + byte.toString(16).padStart(2, '0'), '');
      });
      return `0x${words.reverse().join('')}`;
    }
    if (kind === 'X') {
      const [lo, hi] = signed();
      if (hi === lo >> 31) return String(lo);
      return `0x${(hi >>> 0).toString(16)}${(lo >>> 0).toString(16).padStart(8, '0')}`;
    }
    unsigned();
    return `+0x${unsigned().toString(16)}`;
  };
  const vector = (): string => {
    const number = unsigned();
    const name = vectorName(number);
    const isLoad =
      number <= simd.V128_STORE || number === simd.V128_LOAD32_ZERO || number === simd.V128_LOAD64_ZERO;
    const isLane = number >= simd.V128_LOAD32_LANE && number <= simd.V128_STORE64_LANE;
    if (isLoad || isLane) return `${name} ${operand('M')}${isLane ? ` ${bytes[at++]}` : ''}`;
    const lanes =
      number === simd.V128_CONST || number === simd.I8X16_SHUFFLE
        ? 16
        : number >= simd.I8X16_EXTRACT_LANE_U && number <= simd.F32X4_REPLACE_LANE + 2
          ? 1
          : 0;
    at += lanes;
    return [name, ...bytes.subarray(at - lanes, at)].join(' ');
  };
  const indent = () => '  '.repeat(Math.max(depth, 0));
  while (at < bytes.length) {
    const opcode = bytes[at++]!;
    if (opcode === SIMD) {
      lines.push(indent() + vector());
      continue;
    }
    if (opcode === BULK) {
      const isCopy = bytes[at] === MEMORY_COPY;
      at += isCopy ? 3 : 2;
      lines.push(indent() + (isCopy ? 'memory.copy' : 'memory.fill'));
      continue;
    }
    const name = nameOf(opcode) ?? `0x${opcode.toString(16)}`;
    if (opcode === 0x0b || opcode === 0x05) depth--;
    const opens = opcode >= 0x02 && opcode <= 0x04;
    if (opens) at++;
    const [word, ...kinds] = name.split(' ');
    lines.push(indent() + [word, ...kinds.map(operand)].join(' '));
    if (opens || opcode === 0x05) depth++;
  }
  return lines.join('\n');
}
