import { I32_LOAD16_U, I32_STORE8, I64_AND, I64_STORE, I64_XOR, SELECT } from '../wasm/opcodes.ts';
import type { Action, Bits, Operands } from './actions.ts';
import { arithmetic, combine, setFlags, step } from './arithmetic.ts';
import { count, scan, testBit } from './bits.ts';
import { loadWide, spreadSign, swapBytes, widen } from './convert.ts';
import { A, ADDRESS, B, E, R, type RecordEmitter } from './emitter.ts';
import { compareAndExchange, exchange, exchangeAndAdd } from './exchange.ts';
import { disableInterrupts, flagsImage } from './flags.ts';
import { divide, multiply, multiplyWide } from './multiply.ts';
import { SHAPE_E } from './shapes.ts';
import { doubleShift, rotate, shift } from './shift.ts';
import { leave, push, release, top } from './stack.ts';
import {
  andNotLanes,
  combineLanes,
  maskOfBytes,
  moveFromVector,
  moveIntoVector,
  moveVector,
  shiftLanes,
  shuffleDoublewords,
} from './vector.ts';

type Branch = Extract<Action, { do: 'return' | 'jump' | 'call' | 'branch' }>;

/** What instructions do that the next one in memory follows. */
export function perform(e: RecordEmitter, action: Exclude<Action, Branch>): void {
  const code = e.code;
  switch (action.do) {
    case 'nothing':
      break;
    case 'move':
      move(e, action.bits, action.operands, action.isMemory);
      break;
    case 'extend':
      extend(e, action.from, action.to, action.signed);
      break;
    case 'address':
      e.g();
      code.get(ADDRESS);
      if (action.bits === 32) {
        code.i64(-1, 0);
        code.op(I64_AND);
      }
      code.memory(I64_STORE);
      break;
    case 'arithmetic':
      arithmetic(e, action.what, action.bits, action.operands, action.isMemory);
      break;
    case 'step':
      step(e, action.down, action.bits, action.isMemory);
      break;
    case 'negate':
      code.i64(0);
      code.set(A);
      e.loadE(action.bits);
      code.set(B);
      combine(e, 'SUB');
      e.storeE(action.bits, action.isMemory);
      setFlags(e, 'SUB', action.bits);
      break;
    case 'complement':
      e.loadE(action.bits);
      code.i64(-1);
      code.op(I64_XOR);
      code.set(R);
      e.storeE(action.bits, action.isMemory);
      break;
    case 'shift':
      shift(e, action.what, action.bits, action.isMemory);
      break;
    case 'rotate':
      rotate(e, action.left, action.bits, action.isMemory);
      break;
    case 'double shift':
      doubleShift(e, action.left, action.bits, action.isMemory);
      break;
    case 'multiply':
      multiply(e, action.bits, action.by);
      break;
    case 'multiply wide':
      multiplyWide(e, action.signed, action.bits);
      break;
    case 'divide':
      divide(e, action.signed, action.bits);
      break;
    case 'test bit':
      testBit(e, action.what, action.bits, action.isString, action.isMemory);
      break;
    case 'scan':
      scan(e, action.reverse, action.bits);
      break;
    case 'count':
      count(e, action.what, action.bits);
      break;
    case 'exchange':
      exchange(e, action.bits, action.isMemory);
      break;
    case 'exchange and add':
      exchangeAndAdd(e, action.bits, action.isMemory);
      break;
    case 'compare and exchange':
      compareAndExchange(e, action.bits, action.isMemory);
      break;
    case 'disable interrupts':
      disableInterrupts(e);
      break;
    case 'lanes':
      combineLanes(e, action.name);
      break;
    case 'lanes and not':
      andNotLanes(e);
      break;
    case 'shift lanes':
      shiftLanes(e, action.name);
      break;
    case 'shuffle':
      shuffleDoublewords(e);
      break;
    case 'mask':
      maskOfBytes(e);
      break;
    case 'move vector':
      moveVector(e, action.to, action.isAligned);
      break;
    case 'into vector':
      moveIntoVector(e, action.bits);
      break;
    case 'from vector':
      moveFromVector(e, action.bits, action.isMemory);
      break;
    case 'load wide':
      loadWide(e);
      break;
    case 'widen':
      widen(e, action.bits);
      break;
    case 'spread sign':
      spreadSign(e, action.bits);
      break;
    case 'swap bytes':
      swapBytes(e, action.bits);
      break;
    case 'push':
      if (action.operand === 'E') e.loadE(action.bits);
      else if (action.operand === 'I') e.immediate();
      else flagsImage(e);
      code.set(B);
      push(e, action.bits);
      break;
    case 'pop':
      top(e, action.bits);
      e.loadE(action.bits);
      code.set(B);
      release(e, action.bits);
      e.ofShape(I32_LOAD16_U, SHAPE_E);
      code.get(B);
      code.memory(I64_STORE);
      break;
    case 'leave':
      leave(e, action.bits);
      break;
    case 'set':
      code.get(E);
      e.condition(action.condition);
      code.memory(I32_STORE8);
      break;
    case 'choose':
      choose(e, action.condition, action.bits);
      break;
  }
}

function move(e: RecordEmitter, bits: Bits, operands: Operands, isMemory: boolean): void {
  if (operands === 'G,E') e.loadE(bits);
  else if (operands === 'E,G') e.loadG(bits);
  else e.immediate();
  e.code.set(R);
  if (operands === 'G,E') e.storeG(bits);
  else e.storeE(bits, isMemory);
}

function extend(e: RecordEmitter, from: Bits, to: Bits, signed: boolean): void {
  if (signed) e.loadSignedE(from);
  else e.loadE(from);
  e.code.set(R);
  e.storeG(to);
}

function choose(e: RecordEmitter, condition: number, bits: Bits): void {
  e.loadE(bits);
  e.loadG(bits);
  e.condition(condition);
  e.code.op(SELECT);
  e.code.set(R);
  e.storeG(bits);
}
