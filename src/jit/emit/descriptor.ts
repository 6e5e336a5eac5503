import {
  DESC_ACCESSED,
  DESC_ATTRIBUTES,
  DESC_CODE,
  DESC_CONFORMING,
  DESC_DB,
  DESC_DPL_SHIFT,
  DESC_G,
  DESC_L,
  DESC_P,
  DESC_S,
  DESC_USABLE,
  DESC_WRITABLE,
} from '../../isa/descriptors.ts';
import { STATE_GDTR } from '../../state/layout.ts';
import {
  I32_AND,
  I32_EQZ,
  I32_GT_U,
  I32_LOAD,
  I32_NE,
  I32_OR,
  I32_SHL,
  I32_SHR_U,
  I64_ADD,
  I64_EXTEND_I32_U,
  I64_OR,
  I64_SHL,
  SELECT,
} from '../wasm/opcodes.ts';
import type { Push, Routine, TlbClass } from './routine.ts';

/** Locals of the two words of a descriptor of the GDT. */
export interface DescriptorWords {
  readonly lo: number;
  readonly hi: number;
}

/** Reads the descriptor that the selector in a local names, of the GDT alone. */
export function readDescriptor(r: Routine, selector: number, tlb: TlbClass): DescriptorWords {
  const { code } = r;
  const address = r.wide();
  const lo = r.narrow();
  const hi = r.narrow();
  code.get(selector);
  code.i32(0xfffc);
  code.op(I32_AND);
  r.failUnless();
  code.get(selector);
  r.failIfAny(4);
  code.get(selector);
  code.i32(7);
  code.op(I32_OR);
  r.load32(STATE_GDTR + 8);
  code.i32(0xffff);
  code.op(I32_AND);
  code.op(I32_GT_U);
  r.failIf();
  r.load64(STATE_GDTR);
  code.get(selector);
  code.i32(0xfff8);
  code.op(I32_AND);
  code.op(I64_EXTEND_I32_U);
  code.op(I64_ADD);
  code.set(address);
  const host = r.probeRead(address, 8, tlb);
  code.get(host);
  code.memory(I32_LOAD, 0);
  code.set(lo);
  code.get(host);
  code.memory(I32_LOAD, 4);
  code.set(hi);
  return { lo, hi };
}

const CODE_MASK = DESC_S | DESC_CODE | DESC_CONFORMING | DESC_ACCESSED | DESC_P | DESC_L | DESC_DB;
const CODE_BITS = DESC_S | DESC_CODE | DESC_ACCESSED | DESC_P | DESC_L;
const STACK_MASK = DESC_S | DESC_CODE | DESC_WRITABLE | DESC_ACCESSED | DESC_P;
const STACK_BITS = DESC_S | DESC_WRITABLE | DESC_ACCESSED | DESC_P;

/** Fails unless it is 64-bit code, present, accessed, not conforming. */
export function requireLongCode(r: Routine, { hi }: DescriptorWords): void {
  r.code.get(hi);
  r.failUnlessBits(CODE_MASK, CODE_BITS);
}

/** Fails unless it is a data segment for a stack, present and accessed. */
export function requireStack(r: Routine, { hi }: DescriptorWords): void {
  r.code.get(hi);
  r.failUnlessBits(STACK_MASK, STACK_BITS);
}

/** Fails unless the DPL is what a local says. */
export function requireLevel(r: Routine, { hi }: DescriptorWords, level: number): void {
  pushLevel(r, hi);
  r.code.get(level);
  r.code.op(I32_NE);
  r.failIf();
}

/** Pushes the DPL of a descriptor or a gate. */
export function pushLevel(r: Routine, hi: number): void {
  r.code.get(hi);
  r.code.i32(DESC_DPL_SHIFT);
  r.code.op(I32_SHR_U);
  r.code.i32(3);
  r.code.op(I32_AND);
}

/** Loads a segment register with its hidden part: see `execute/descriptor.ts`. */
export function cacheSegment(r: Routine, segment: number, selector: Push, words: DescriptorWords): void {
  r.loadSegment(
    segment,
    selector,
    () => pushBase(r, words),
    () => pushLimitAndAttributes(r, words),
  );
}

/** Pushes the base as a quadword. */
export function pushBase(r: Routine, { lo, hi }: DescriptorWords): void {
  const { code } = r;
  code.get(lo);
  code.i32(16);
  code.op(I32_SHR_U);
  code.get(hi);
  code.i32(0xff);
  code.op(I32_AND);
  code.i32(16);
  code.op(I32_SHL);
  code.op(I32_OR);
  code.get(hi);
  code.i32(0xff000000 | 0);
  code.op(I32_AND);
  code.op(I32_OR);
  code.op(I64_EXTEND_I32_U);
}

/** Pushes the limit in bytes below the attributes as a quadword. */
export function pushLimitAndAttributes(r: Routine, { lo, hi }: DescriptorWords): void {
  const { code } = r;
  const raw = () => {
    code.get(lo);
    code.i32(0xffff);
    code.op(I32_AND);
    code.get(hi);
    code.i32(0xf0000);
    code.op(I32_AND);
    code.op(I32_OR);
  };
  raw();
  raw();
  code.i32(12);
  code.op(I32_SHL);
  code.i32(0xfff);
  code.op(I32_OR);
  code.get(hi);
  code.i32(DESC_G);
  code.op(I32_AND);
  code.op(I32_EQZ);
  code.op(SELECT);
  code.op(I64_EXTEND_I32_U);
  code.get(hi);
  code.i32(DESC_ATTRIBUTES);
  code.op(I32_AND);
  code.i32(DESC_ACCESSED | DESC_USABLE);
  code.op(I32_OR);
  code.op(I64_EXTEND_I32_U);
  code.i64(32);
  code.op(I64_SHL);
  code.op(I64_OR);
}
