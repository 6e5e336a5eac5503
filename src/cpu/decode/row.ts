/**
 * How a row of an opcode map is read. A row has three columns:
 *
 *     encoding      | MNEMONIC operands =>OP_NAME | attributes
 *     80 /0         | ADD Eb,Ib                   | lock
 *
 * Encoding: the opcode byte (`40+` stands for the eight opcodes with a register in the low three bits), then what else
 * selects the row: `01:C1` the whole ModRM byte with mod = 3 (`D8:C0+` for eight of them), `/0` to `/7` ModRM.reg, `mem`
 * or `reg` by mod, `NP 66 F3 F2` the mandatory prefix (several mean any of them; none means no matter which),
 * `W0 W1` REX.W or VEX.W, `B1` REX.B, `L0 L1` VEX.L, `o16 o32 o64` the effective operand size. As the manual does, rows
 * of one opcode are listed from the particular to the general: the first that fits is it.
 *
 * Operands are in the notation of the opcode maps (SDM Vol. 2D, "Key to Abbreviations"); `operands.ts` lists them. The
 * name of the op is mnemonic and operand codes; `=>` gives another one where forms share a handler. Operand codes of
 * size v and z (by operand size) and y (d, or q with REX.W) make one op for each size.
 *
 * Attributes: `lock` may carry LOCK with a memory destination; `end` ends a block; `i64` invalid in 64-bit mode, `o64`
 * only there; `d64` the operand size defaults to 64 bits in 64-bit mode, `f64` it is forced to, `n64` the same for near branches (of
 * which some processors make 16 bits with 66), `m64` it is 32 outside and
 * 64 in 64-bit mode whatever the prefixes; `distinct` destination, index and mask of a gather must differ;
 * `else=NAME` what the encoding means to a processor without the feature (UD when not given). Any other word is the
 * feature that the processor must have, two with a colon for 128- and 256-bit operands. `#` starts a comment.
 */
import { type OperandPlan, operandPlan } from './operands.ts';
import {
  BY_L, BY_MOD, BY_PREFIX, BY_REG, BY_REX_B, BY_RM, BY_SIZE, BY_SIZE_D64, BY_SIZE_F64, BY_SIZE_M64, BY_SIZE_N64, BY_W, BY_WIDE,
  SELECTOR_VALUES,
} from './selectors.ts'; // biome-ignore format: a list of nouns.

/** One op that one row gives rise to. */
export interface Row {
  readonly opcode: number;
  /** For each selector, the set of its values for which the row stands, as a bit mask. */
  readonly masks: Uint16Array;
  /** The selectors that the row asks about, as a bit mask. */
  readonly asks: number;
  readonly in64: boolean;
  readonly outside64: boolean;
  readonly opName: string;
  readonly mnemonic: string;
  readonly operands: readonly string[];
  /** The op has the name that its operand codes give it, not one it folds into. */
  readonly isOwnName: boolean;
  readonly feature: string | undefined;
  readonly feature256: string | undefined;
  readonly fallback: string | undefined;
  readonly lockable: boolean;
  readonly endsBlock: boolean;
  readonly plan: number;
  readonly fixedReg: number;
}

const PREFIX_TOKENS: Readonly<Record<string, number>> = { NP: 0, '66': 1, F3: 2, F2: 3 };
const SIZE_TOKENS: Readonly<Record<string, number>> = { o16: 0, o32: 1, o64: 2 };
const SIZE_RULES: Readonly<Record<string, number>> = {
  d64: BY_SIZE_D64,
  f64: BY_SIZE_F64,
  m64: BY_SIZE_M64,
  n64: BY_SIZE_N64,
};
const SIZE_LETTERS = ['w', 'd', 'q'] as const;

/** A code such as `Ev`, or the bare `v` of names like PUSHA_v, at one operand size. */
function sized(code: string, size: number): string {
  if (!/^[A-Z]?[vzy]$/.test(code)) return code;
  const letter = code.at(-1);
  const at = letter === 'z' ? Math.min(size, 1) : letter === 'y' ? Math.max(size, 1) : size;
  return code.slice(0, -1) + SIZE_LETTERS[at]!;
}

/** The masks of a row that asks for nothing. */
const ANY_VALUE = Uint16Array.from(SELECTOR_VALUES, (n) => (1 << n) - 1);

class RowText {
  readonly opcode: number;
  readonly count: number;
  readonly mnemonic: string;
  readonly operands: readonly string[];
  readonly given: string | undefined;
  readonly masks = ANY_VALUE.slice();
  sizeRule = BY_SIZE;
  lockable = false;
  endsBlock = false;
  in64 = true;
  outside64 = true;
  distinct = false;
  feature: string | undefined;
  fallback: string | undefined;

  constructor(text: string) {
    const [encoding = '', instruction = '', attributes = ''] = text.split('|');
    for (const word of attributes.trim().split(/\s+/)) if (word !== '') this.readAttribute(word);
    const words = encoding.trim().split(/\s+/);
    const [first = '', modrm] = words.shift()!.split(':');
    this.opcode = Number.parseInt(first, 16);
    this.count = first.endsWith('+') ? 8 : 1;
    if (modrm !== undefined) this.readModrm(modrm);
    let prefixes = 0;
    for (const word of words) {
      if (word in PREFIX_TOKENS) prefixes |= 1 << PREFIX_TOKENS[word]!;
      else this.readSelector(word, text);
    }
    if (prefixes !== 0) this.masks[BY_PREFIX] = prefixes;
    const [mnemonic = '', ...rest] = instruction.trim().split(/\s+/);
    this.mnemonic = mnemonic;
    this.given = rest.find((word) => word.startsWith('=>'))?.slice(2);
    this.operands = rest.find((word) => !word.startsWith('=>'))?.split(',') ?? [];
  }

  private readModrm(word: string): void {
    const modrm = Number.parseInt(word, 16);
    this.masks[BY_MOD] = 2;
    this.masks[BY_REG] = 1 << ((modrm >> 3) & 7);
    if (!word.endsWith('+')) this.masks[BY_RM] = 1 << (modrm & 7);
  }

  private readSelector(word: string, text: string): void {
    if (/^\/[0-7]$/.test(word)) this.masks[BY_REG] = 1 << Number(word[1]);
    else if (word === 'mem') this.masks[BY_MOD] = 1;
    else if (word === 'reg') this.masks[BY_MOD] = 2;
    else if (/^W[01]$/.test(word)) this.masks[BY_W] = 1 << Number(word[1]);
    else if (word === 'B1') this.masks[BY_REX_B] = 2;
    else if (/^L[01]$/.test(word)) this.masks[BY_L] = 1 << Number(word[1]);
    else if (word in SIZE_TOKENS) this.masks[this.sizeRule] = 1 << SIZE_TOKENS[word]!;
    else throw new Error(`opcode map: what is "${word}" in "${text}"?`);
  }

  private readAttribute(word: string): void {
    if (word === 'lock') this.lockable = true;
    else if (word === 'end') this.endsBlock = true;
    else if (word === 'i64') this.in64 = false;
    else if (word === 'o64') this.outside64 = false;
    else if (word === 'distinct') this.distinct = true;
    else if (word in SIZE_RULES) this.sizeRule = SIZE_RULES[word]!;
    else if (word.startsWith('else=')) this.fallback = word.slice(5);
    else this.feature = word;
  }
}

/** The rows of one map: one for each opcode and size that a line of it stands for, in the order of the map. */
export function readRows(map: string): Row[] {
  const rows: Row[] = [];
  for (const line of map.split('\n')) {
    const text = line.replace(/#.*$/, '').trim();
    if (text !== '') expand(new RowText(text), rows);
  }
  return rows;
}

function expand(text: RowText, rows: Row[]): void {
  const own = [text.mnemonic, ...text.operands].join('_');
  const codes = (text.given ?? own).split('_').slice(1);
  const plan = operandPlan(text.operands, text.masks, text.sizeRule, text.lockable, text.distinct);
  const byOperandSize = codes.some((code) => /^[A-Z]?[vz]$/.test(code));
  const byWidth = !byOperandSize && codes.some((code) => /^[A-Z]y$/.test(code));
  if (!byOperandSize && !byWidth) {
    push(text, plan, text.masks, undefined, rows);
    return;
  }
  // A row of widths d and q is told apart by REX.W in 64-bit mode, or by the mode alone when it is m64.
  const selector = byOperandSize || text.sizeRule !== BY_SIZE ? text.sizeRule : BY_WIDE;
  for (let size = byOperandSize ? 0 : 1; size < 3; size++) {
    const bit = 1 << (selector === BY_WIDE ? size - 1 : size);
    if ((text.masks[selector]! & bit) === 0 || (size === 2 && !text.in64)) continue;
    const masks = text.masks.slice();
    masks[selector] = bit;
    push(text, plan, masks, size, rows);
  }
}

function push(
  text: RowText,
  plan: OperandPlan,
  masks: Uint16Array,
  size: number | undefined,
  rows: Row[],
): void {
  const operands = size === undefined ? text.operands : text.operands.map((code) => sized(code, size));
  const own = [text.mnemonic, ...operands].join('_');
  const given = text.given
    ?.split('_')
    .map((code, at) => (at > 0 && size !== undefined ? sized(code, size) : code));
  const opName = given?.join('_') ?? own;
  const fallback = text.fallback
    ?.split('_')
    .map((code, at) => (at > 0 && size !== undefined ? sized(code, size) : code));
  const { flags, fixedReg, mod } = plan;
  if (mod !== 3) masks[BY_MOD] = masks[BY_MOD]! & mod;
  let asks = 0;
  for (let at = 0; at < masks.length; at++) if (masks[at] !== ANY_VALUE[at]) asks |= 1 << at;
  // Only 64-bit mode has 64-bit operands: keep the tables of the other modes free of ops they cannot reach.
  const only64 = size === 2;
  for (let at = 0; at < text.count; at++) {
    rows.push({
      opcode: text.opcode + at,
      masks,
      asks,
      in64: text.in64,
      outside64: text.outside64 && !only64,
      opName,
      mnemonic: text.mnemonic,
      operands,
      isOwnName: opName === own,
      feature: text.feature?.split(':')[0],
      feature256: text.feature?.split(':').at(-1),
      fallback: fallback?.join('_'),
      lockable: text.lockable,
      endsBlock: text.endsBlock,
      plan: flags,
      fixedReg,
    });
  }
}
