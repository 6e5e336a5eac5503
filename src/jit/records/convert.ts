import { RAX, RDX } from '../../isa/registers.ts';
import { STATE_GPR } from '../../state/layout.ts';
import {
  I32_AND,
  I32_LOAD,
  I32_OR,
  I32_ROTL,
  I32_WRAP_I64,
  I64_AND,
  I64_EXTEND_I32_U,
  I64_OR,
  I64_ROTL,
  I64_SHL,
  I64_SHR_S,
  I64_SHR_U,
} from '../wasm/opcodes.ts';
import type { Bits } from './actions.ts';
import { E, R, type RecordEmitter } from './emitter.ts';
import { SHAPE_HIGH } from './shapes.ts';

/** MOV of an immediate of 64 bits. */
export function loadWide(e: RecordEmitter): void {
  const code = e.code;
  e.immediate();
  code.i64(-1, 0);
  code.op(I64_AND);
  e.ofShape(I32_LOAD, SHAPE_HIGH);
  code.op(I64_EXTEND_I32_U);
  code.i64(32);
  code.op(I64_SHL);
  code.op(I64_OR);
  code.set(R);
  e.storeE(64, false);
}

/** CBW, CWDE, CDQE: rAX of so many bits becomes its lower half, with the sign. */
export function widen(e: RecordEmitter, bits: Bits): void {
  const code = e.code;
  code.i32(STATE_GPR + RAX * 8);
  code.set(E);
  e.loadSignedE((bits >> 1) as Bits);
  code.set(R);
  e.storeE(bits, false);
}

/** CWD, CDQ, CQO: rDX becomes the sign of rAX. */
export function spreadSign(e: RecordEmitter, bits: Bits): void {
  const code = e.code;
  code.i32(STATE_GPR + RAX * 8);
  code.set(E);
  e.loadSignedE(bits);
  code.i64(63);
  code.op(I64_SHR_S);
  code.set(R);
  code.i32(STATE_GPR + RDX * 8);
  code.set(E);
  e.storeE(bits, false);
}

/** BSWAP. */
export function swapBytes(e: RecordEmitter, bits: 32 | 64): void {
  const code = e.code;
  e.loadE(bits);
  if (bits === 32) {
    code.set(R);
    for (const [by, mask] of [
      [8, 0x00ff00ff],
      [24, 0xff00ff00 | 0],
    ] as const) {
      code.get(R);
      code.op(I32_WRAP_I64);
      code.i32(by);
      code.op(I32_ROTL);
      code.i32(mask);
      code.op(I32_AND);
    }
    code.op(I32_OR);
    code.op(I64_EXTEND_I32_U);
  } else {
    for (const [by, mask] of [
      [8, 0x00ff00ff],
      [16, 0x0000ffff],
    ] as const) {
      code.set(R);
      code.get(R);
      code.i64(by);
      code.op(I64_SHR_U);
      code.i64(mask, mask);
      code.op(I64_AND);
      code.get(R);
      code.i64(mask, mask);
      code.op(I64_AND);
      code.i64(by);
      code.op(I64_SHL);
      code.op(I64_OR);
    }
    code.i64(32);
    code.op(I64_ROTL);
  }
  code.set(R);
  e.storeE(bits, false);
}
