/**
 * The opcode maps made ready for the decoder: a list of ops, a list of leaves (op and decoding plan), and for each mode
 * and opcode a tree that leads to a leaf. `grow.ts` makes them.
 *
 * A node is a number: a leaf index when positive, else the complement of a place in `TREE` that holds a selector and
 * then one node for each of its values.
 */
import { LEAF_OP, LEAF_PLAN, LEAF_REG, OPS, ROOT_HAS_MODRM, ROOTS, TREE } from './grow.ts';

export {
  ESCAPE_0F,
  ESCAPE_0F3A,
  ESCAPE_0F38,
  ONE_BYTE,
  OP_TOO_LONG,
  OP_UD,
  rootOf,
  VEX_MAPS,
} from './numbers.ts';
export { LEAF_OP, LEAF_PLAN, LEAF_REG, OPS, ROOT_HAS_MODRM, ROOTS, TREE };

/** Ops by name. */
export const OP_INDEX: ReadonlyMap<string, number> = new Map(OPS.map(({ name }, op) => [name, op]));
