import { ByteBuffer } from './byte-buffer.ts';
import {
  BLOCK,
  BR,
  BR_IF,
  BR_TABLE,
  BULK,
  CALL,
  CALL_INDIRECT,
  ELSE,
  END,
  F32_CONST,
  F64_CONST,
  I32_CONST,
  I64_CONST,
  IF,
  LOCAL_GET,
  LOCAL_SET,
  LOCAL_TEE,
  LOOP,
  MEMORY_COPY,
  MEMORY_FILL,
  SIMD,
  TYPE_VOID,
} from './opcodes.ts';

/** Instructions of one function body. Labels are counted, so that a branch names the block and not the distance to it. */
export class Code extends ByteBuffer {
  /** How many blocks, loops and ifs are open. */
  depth = 0;
  /** Offsets of the ifs whose condition hardly ever holds. */
  readonly unlikely: number[] = [];

  op(opcode: number): void {
    this.u8(opcode);
  }

  /** Opens a block; the answer is its label. */
  block(): number {
    return this.#open(BLOCK);
  }

  loop(): number {
    return this.#open(LOOP);
  }

  if(): number {
    return this.#open(IF);
  }

  /** An if whose condition hardly ever holds: the compiler keeps its body out of the way. */
  unlikelyIf(): number {
    this.unlikely.push(this.length);
    return this.#open(IF);
  }

  /** Appends bytes `from` to `to` of other code, with what is known of its branches. */
  appendCode(other: Code, from = 0, to = other.length): void {
    for (const at of other.unlikely) if (at >= from && at < to) this.unlikely.push(this.length + at - from);
    this.append(other, from, to);
  }

  else(): void {
    this.u8(ELSE);
  }

  end(): void {
    this.depth--;
    this.u8(END);
  }

  br(label: number): void {
    this.u8(BR);
    this.u32(this.depth - label);
  }

  brIf(label: number): void {
    this.u8(BR_IF);
    this.u32(this.depth - label);
  }

  /** Branches to the label that the number on the stack names, or to the last one. */
  brTable(labels: readonly number[], otherwise: number): void {
    this.u8(BR_TABLE);
    this.u32(labels.length);
    for (const label of labels) this.u32(this.depth - label);
    this.u32(this.depth - otherwise);
  }

  call(index: number): void {
    this.u8(CALL);
    this.u32(index);
  }

  callIndirect(type: number, table: number): void {
    this.u8(CALL_INDIRECT);
    this.u32(type);
    this.u32(table);
  }

  get(local: number): void {
    this.u8(LOCAL_GET);
    this.u32(local);
  }

  set(local: number): void {
    this.u8(LOCAL_SET);
    this.u32(local);
  }

  tee(local: number): void {
    this.u8(LOCAL_TEE);
    this.u32(local);
  }

  i32(value: number): void {
    this.u8(I32_CONST);
    this.s32(value);
  }

  i64(lo: number, hi: number = lo >> 31): void {
    this.u8(I64_CONST);
    this.s64(lo, hi);
  }

  /** A single by its bits. */
  f32(word: number): void {
    this.u8(F32_CONST);
    this.#word(word);
  }

  /** A double by its high word; the low one is 0. */
  f64(high: number): void {
    this.u8(F64_CONST);
    this.#word(0);
    this.#word(high);
  }

  #word(word: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.u8((word >>> shift) & 0xff);
  }

  /** A load or a store, at a fixed offset from the address on the stack. No alignment is promised. */
  memory(opcode: number, offset = 0): void {
    this.u8(opcode);
    this.u8(0);
    this.u32(offset);
  }

  /** Destination, source and length are on the stack. */
  memoryCopy(): void {
    this.u8(BULK);
    this.u8(MEMORY_COPY);
    this.u8(0);
    this.u8(0);
  }

  /** Destination, value and length are on the stack. */
  memoryFill(): void {
    this.u8(BULK);
    this.u8(MEMORY_FILL);
    this.u8(0);
  }

  /** A vector operation; `immediate` are its lanes, where it has any. */
  simd(operation: number, immediate: readonly number[] = []): void {
    this.u8(SIMD);
    this.u32(operation);
    for (const byte of immediate) this.u8(byte);
  }

  /** A load or store of a vector, or of a scalar in all its lanes; `lane` where it is one of them. */
  simdMemory(operation: number, offset = 0, lane?: number): void {
    this.u8(SIMD);
    this.u32(operation);
    this.u8(0);
    this.u32(offset);
    if (lane !== undefined) this.u8(lane);
  }

  #open(opcode: number): number {
    this.u8(opcode);
    this.u8(TYPE_VOID);
    return ++this.depth;
  }
}
