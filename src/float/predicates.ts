import { EQUAL, GREATER, LESS, UNORDERED } from './float80.ts';

/**
 * The comparison predicates of CMPPS and VCMPPS (SDM Vol. 2A, "CMPPD—Compare Packed Double Precision Floating-Point
 * Values", table of predicates), by imm8 bits 4:0.
 */

const EQ = 1;
const LT = 2;
const GT = 4;
const UN = 8;

// biome-ignore format: one predicate a row, as in the manual.
const TRUE_FOR = [
  EQ,                 // EQ
  LT,                 // LT
  LT | EQ,            // LE
  UN,                 // UNORD
  LT | GT | UN,       // NEQ
  GT | EQ | UN,       // NLT
  GT | UN,            // NLE
  LT | EQ | GT,       // ORD
  EQ | UN,            // EQ_U
  LT | UN,            // NGE
  LT | EQ | UN,       // NGT
  0,                  // FALSE
  LT | GT,            // NEQ_O
  GT | EQ,            // GE
  GT,                 // GT
  LT | EQ | GT | UN,  // TRUE
] as const;

/** Predicates 0 to 15 whose quiet NaNs raise IE; 16 to 31 are the same relations with the opposite behaviour. */
const SIGNALING = (1 << 1) | (1 << 2) | (1 << 5) | (1 << 6) | (1 << 9) | (1 << 10) | (1 << 13) | (1 << 14);

export function isSignaling(predicate: number): boolean {
  return (((SIGNALING >>> (predicate & 15)) ^ (predicate >>> 4)) & 1) !== 0;
}

/** Whether the predicate holds for the relation LESS, EQUAL, GREATER or UNORDERED. */
export function holds(predicate: number, relation: number): boolean {
  const bit = relation === LESS ? LT : relation === EQUAL ? EQ : relation === GREATER ? GT : UN;
  return (TRUE_FOR[predicate & 15]! & bit) !== 0;
}

/** COMISD and UCOMISD: ZF, PF and CF as they lie in RFLAGS. */
export function relationFlags(relation: number): number {
  return relation === UNORDERED ? 0x45 : relation === LESS ? 0x01 : relation === EQUAL ? 0x40 : 0;
}
