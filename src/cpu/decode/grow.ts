/**
 * Grows the tables of `tables.ts` out of the opcode maps. That takes longer than everything else that happens before a
 * guest's first instruction, so the bundle holds what comes out of it in place of this module: see
 * `scripts/precompute.mjs`.
 */
import { MAP_0F } from './map-0f.ts';
import { MAP_0F3A } from './map-0f3a.ts';
import { MAP_0F38 } from './map-0f38.ts';
import { MAP_ONE_BYTE } from './map-one-byte.ts';
import { MAP_VEX_0F, MAP_VEX_0F3A, MAP_VEX_0F38 } from './map-vex.ts';
import { MAP_X87 } from './map-x87.ts';
import {
  ESCAPE_0F,
  ESCAPE_0F3A,
  ESCAPE_0F38,
  MAPS,
  ONE_BYTE,
  OP_TOO_LONG,
  OP_UD,
  type OpEntry,
  rootOf,
  VEX_0F,
  VEX_0F3A,
  VEX_0F38,
} from './numbers.ts';
import { PLAN_MODRM } from './operands.ts';
import { type Row, readRows } from './row.ts';
import { SELECTOR_VALUES } from './selectors.ts';

function fixedOp(name: string): OpEntry {
  return {
    name,
    mnemonic: name,
    operands: [],
    feature: undefined,
    feature256: undefined,
    fallback: undefined,
    endsBlock: true,
    lockable: false,
  };
}

export const OPS: OpEntry[] = [fixedOp('UD'), fixedOp('TOO_LONG')];
const opByName = new Map<string, number>([['UD', OP_UD], ['TOO_LONG', OP_TOO_LONG]]); // biome-ignore format: pairs.

/** Leaf 0 is UD. */
const leafOp: number[] = [OP_UD];
const leafPlan: number[] = [0];
const leafReg: number[] = [-1];
const leafOfRow = new Map<Row, number>();
const leafByKey = new Map<number, number>();

/** Operand codes of a folded op are those of its name (`PUSH_Sw`, `JO_J`), or else those of its row. */
function operandsOf(row: Row): readonly string[] {
  const codes = row.opName.split('_').slice(1);
  const areCodes = codes.length > 0 && codes.every((code) => /^(?:[A-Z][a-z]?|CL|DX|AL|AX|EAX)$/.test(code));
  return !row.isOwnName && areCodes ? codes : row.operands;
}

function enterOp(row: Row): number {
  const known = opByName.get(row.opName);
  if (known === undefined) {
    opByName.set(row.opName, OPS.length);
    const { opName: name, mnemonic, feature, feature256, fallback, endsBlock, lockable } = row;
    const operands = operandsOf(row);
    return OPS.push({ name, mnemonic, operands, feature, feature256, fallback, endsBlock, lockable }) - 1;
  }
  const op = OPS[known]!;
  if (op.feature !== row.feature || op.endsBlock !== row.endsBlock) {
    throw new Error(`opcode map: rows of ${row.opName} disagree`);
  }
  op.lockable ||= row.lockable;
  return known;
}

function enterLeaf(row: Row): number {
  let leaf = leafOfRow.get(row);
  if (leaf !== undefined) return leaf;
  const op = enterOp(row);
  const key = (op * 8 + row.fixedReg + 1) * 2 ** 24 + row.plan; // A plan has 24 bits.
  leaf = leafByKey.get(key);
  if (leaf === undefined) {
    leaf = leafOp.push(op) - 1;
    leafPlan.push(row.plan);
    leafReg.push(row.fixedReg);
    leafByKey.set(key, leaf);
  }
  leafOfRow.set(row, leaf);
  return leaf;
}

const tree: number[] = [];

/**
 * The node for `rows`, which agree on every selector that is not in `open`; the first of them wins when nothing is left
 * to ask.
 */
function growNode(rows: readonly Row[], open: number): number {
  if (rows.length === 0) return 0;
  let asks = 0;
  for (const row of rows) asks |= row.asks;
  asks &= open;
  if (asks === 0) return enterLeaf(rows[0]!);
  const selector = 31 - Math.clz32(asks & -asks);
  const values = SELECTOR_VALUES[selector]!;
  const children: number[] = [];
  let isOne = true;
  for (let value = 0; value < values; value++) {
    const matching = rows.filter((row) => ((row.masks[selector]! >> value) & 1) !== 0);
    const child = growNode(matching, open & ~(1 << selector));
    if (value > 0 && child !== children[0]) isOne = false;
    children.push(child);
  }
  if (isOne) return children[0]!;
  const place = tree.length;
  tree.push(selector, ...children);
  return ~place;
}

/** Node of each opcode: `ROOTS[rootOf(map, in64, opcode)]`; and whether a ModRM byte follows it. */
export const ROOTS = new Int16Array(2 * MAPS * 256);
export const ROOT_HAS_MODRM = new Uint8Array(2 * MAPS * 256);

function growMap(map: number, text: string): void {
  const byOpcode: Row[][] = Array.from({ length: 256 }, () => []);
  for (const row of readRows(text)) {
    byOpcode[row.opcode]!.push(row);
    enterOp(row); // So that the order of the ops is the order of the maps.
  }
  for (const [opcode, rows] of byOpcode.entries()) {
    if (rows.length === 0) continue;
    const node = plantRoot(
      rootOf(map, false, opcode),
      rows.filter((row) => row.outside64),
      undefined,
    );
    const isSame = rows.every((row) => row.in64 === row.outside64);
    plantRoot(
      rootOf(map, true, opcode),
      rows.filter((row) => row.in64),
      isSame ? node : undefined,
    );
  }
}

function plantRoot(root: number, rows: readonly Row[], known: number | undefined): number {
  ROOTS[root] = known ?? growNode(rows, -1);
  ROOT_HAS_MODRM[root] = rows.some((row) => (row.plan & PLAN_MODRM) !== 0) ? 1 : 0;
  return ROOTS[root]!;
}

growMap(ONE_BYTE, MAP_ONE_BYTE + MAP_X87);
growMap(ESCAPE_0F, MAP_0F);
growMap(ESCAPE_0F38, MAP_0F38);
growMap(ESCAPE_0F3A, MAP_0F3A);
growMap(VEX_0F, MAP_VEX_0F);
growMap(VEX_0F38, MAP_VEX_0F38);
growMap(VEX_0F3A, MAP_VEX_0F3A);

export const TREE = Int16Array.from(tree);
export const LEAF_OP = Uint16Array.from(leafOp);
export const LEAF_PLAN = Int32Array.from(leafPlan);
export const LEAF_REG = Int8Array.from(leafReg);
