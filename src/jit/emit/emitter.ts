import type { Instruction } from '../../isa/instruction.ts';
import {
  ADDRESS_ABSOLUTE,
  ADDRESS_BASE,
  ADDRESS_BASE_INDEX,
  ADDRESS_INDEX,
  ADDRESS_RIP,
} from '../../isa/instruction.ts';
import { FS } from '../../isa/registers.ts';
import {
  JIT_SLOT_BYTES,
  JIT_SLOT_OFFSET,
  SEGMENT_BASE,
  SEGMENT_BYTES,
  STATE_SEGMENTS,
  STATE_TLB_BANK,
  STATE_TLB_MASK,
} from '../../state/layout.ts';
import { Code } from '../wasm/code.ts';
import {
  I32_ADD,
  I32_AND,
  I32_EQZ,
  I32_LOAD,
  I32_LOAD8_U,
  I32_LOAD16_U,
  I32_SHL,
  I32_SHR_U,
  I32_STORE,
  I32_STORE8,
  I32_STORE16,
  I32_SUB,
  I32_WRAP_I64,
  I64_ADD,
  I64_AND,
  I64_EXTEND_I32_U,
  I64_LOAD,
  I64_NE,
  I64_OR,
  I64_SHL,
  I64_SHR_U,
  I64_STORE,
  WIDE_ALU,
  WIDE_COMPARE,
} from '../wasm/opcodes.ts';
import { FlagEmitter } from './flags.ts';
import { ADDRESS, BUDGET, FUNCTION_FILL, firstTemp, GPR, HOST, POINTER, RIP } from './locals.ts';
import { PAGE_SLOTS, siteOf } from './sites.ts';
import type { Size, Value } from './value.ts';

export const ACCESS_READ = 0;
export const ACCESS_WRITE = 1;

/** Of the argument of `fill`: more of the page than the bytes that it names may be accessed. */
export const FILL_RUN = 1 << 10;

/** A slot that remembers nothing: no page begins there, and none of the masks of `probe` keeps the bit. */
const EMPTY_SLOT = 0x800;

/**
 * Places in the code where something is put in that is known at the end only. Registers are stored before a handler is
 * called and loaded after; page slots are emptied.
 */
export interface Splice {
  readonly at: number;
  readonly kind: 'store' | 'load' | 'empty';
}

/** What the segments must be for the code to be right, outside 64-bit mode. */
export interface FlatSegments {
  readonly read: number;
  readonly write: number;
  readonly stack32: boolean;
}

/** Writes the WebAssembly of instructions one after the other: registers, memory, side exits. */
export class Emitter {
  readonly code = new Code(4096);
  readonly flags = new FlagEmitter(this);
  /** Bit sets of the registers that the region touches, and of those it changes. */
  used = 0;
  written = 0;
  /** The same of the vector registers, and whether there are vector instructions at all. */
  usedVectors = 0;
  writtenVectors = 0;
  hasVectors = false;
  /** What has been found out since the block began or a handler was called: see `vector-operand.ts`. */
  checked = 0;
  readonly splices: Splice[] = [];
  readonly codeSize: number;
  readonly flat: FlatSegments;
  /** High word of every RIP of the region. */
  readonly ripHi: number;
  /** Label of the exit that leaves the rest to the interpreter. */
  side = 0;
  /** Label of the exit to whatever is at the new RIP. */
  leave = 0;
  /** RIP of the present instruction and its number in the basic block. */
  ripLo = 0;
  index = 0;
  insn!: Instruction;
  /** Sites that have a slot for the page they accessed last, by kind of access once there is one. */
  sites: ReadonlySet<string> = new Set();
  readonly #slots = new Map<string, number>();
  /** Site of the address on the stack, for the probe that follows. */
  #site: string | undefined;
  /** What to do in place of a side exit: for an instruction that keeps leaving. */
  rescue: (() => void) | undefined;
  /** Calls the interpreter's handler of the present instruction, with all state in memory. */
  callHandler!: () => void;

  constructor(codeSize: number, ripHi: number, flat: FlatSegments) {
    this.codeSize = codeSize;
    this.ripHi = ripHi;
    this.flat = flat;
  }

  // Small helps: an operation in the width of the operand.

  alu(op: number, size: Size): void {
    this.code.op(size === 64 ? op + WIDE_ALU : op);
  }

  compare(op: number, size: Size): void {
    this.code.op(size === 64 ? op + WIDE_COMPARE : op);
  }

  push(value: Value, size: Size): void {
    if (value.local >= 0) this.code.get(value.local);
    else if (size === 64) this.code.i64(value.lo, value.hi);
    else this.code.i32(value.lo);
  }

  /** A temporary of this instruction: 0 to 2 outlive it as the operands of its flags, 3 and 4 do not. */
  temp(number: number, size: Size): number {
    return firstTemp(size === 64, this.flags.parity) + number;
  }

  /** Stores what is on the stack into a temporary. */
  keep(number: number, size: Size): Value {
    const local = this.temp(number, size);
    this.code.set(local);
    return { local, lo: 0, hi: 0 };
  }

  // Registers. Bytes and words are pushed zero-extended.

  gpr(register: number): number {
    this.used |= 1 << register;
    return GPR + register;
  }

  /** `register`: a number, for bytes the offset in the register file. */
  getRegister(register: number, size: Size): void {
    const { code } = this;
    if (size === 8) {
      code.get(this.gpr(register >> 3));
      code.op(I32_WRAP_I64);
      if (register & 1) {
        code.i32(8);
        code.op(I32_SHR_U);
      }
      code.i32(0xff);
      code.op(I32_AND);
      return;
    }
    code.get(this.gpr(register));
    if (size === 64) return;
    code.op(I32_WRAP_I64);
    if (size === 16) {
      code.i32(0xffff);
      code.op(I32_AND);
    }
  }

  /** Takes the value from the stack. A 32-bit write clears the upper half. */
  setRegister(register: number, size: Size): void {
    const { code } = this;
    const number = size === 8 ? register >> 3 : register;
    const local = this.gpr(number);
    this.written |= 1 << number;
    if (size === 64) {
      code.set(local);
      return;
    }
    code.op(I64_EXTEND_I32_U);
    if (size !== 32) {
      const high = size === 8 && register & 1;
      code.i64(size === 8 ? 0xff : 0xffff);
      code.op(I64_AND);
      if (high) {
        code.i64(8);
        code.op(I64_SHL);
      }
      code.get(local);
      code.i64(size === 16 ? ~0xffff : high ? ~0xff00 : ~0xff);
      code.op(I64_AND);
      code.op(I64_OR);
    }
    code.set(local);
  }

  // Memory.

  /** Pushes the linear address of the memory operand, as an i64. */
  address(insn: Instruction): void {
    this.offset(insn);
    this.addBase(insn.segment);
    this.atSite(siteOf(insn));
  }

  /** Tells the next probe what site its address belongs to. */
  atSite(site: string): void {
    this.#site = site;
  }

  addBase(segment: number): void {
    if (this.codeSize !== 64 || segment < FS) return;
    this.code.i32(0);
    this.code.memory(I64_LOAD, STATE_SEGMENTS + segment * SEGMENT_BYTES + SEGMENT_BASE);
    this.code.op(I64_ADD);
  }

  /** Pushes the effective address, cut to the address size, as an i64. */
  offset(insn: Instruction): void {
    const { code } = this;
    if (insn.addressSize === 64) this.#offset64(insn);
    else {
      this.#offset32(insn);
      code.op(I64_EXTEND_I32_U);
    }
  }

  #offset64(insn: Instruction): void {
    const { code } = this;
    const { displacement } = insn;
    if (insn.addressForm === ADDRESS_ABSOLUTE) {
      code.i64(displacement, insn.displacementHigh);
      return;
    }
    if (insn.addressForm === ADDRESS_RIP) {
      const next = (this.ripLo + insn.length) | 0;
      const lo = (next + displacement) | 0;
      const carry = lo >>> 0 < next >>> 0 ? 1 : 0;
      code.i64(lo, (this.ripHi + (displacement >> 31) + carry) | 0);
      return;
    }
    if (insn.addressForm !== ADDRESS_INDEX) code.get(this.gpr(insn.base));
    if (insn.addressForm !== ADDRESS_BASE) {
      code.get(this.gpr(insn.index));
      if (insn.scale) {
        code.i64(insn.scale);
        code.op(I64_SHL);
      }
      if (insn.addressForm === ADDRESS_BASE_INDEX) code.op(I64_ADD);
    }
    if (displacement !== 0) {
      code.i64(displacement);
      code.op(I64_ADD);
    }
  }

  #offset32(insn: Instruction): void {
    const { code } = this;
    const { displacement } = insn;
    if (insn.addressForm === ADDRESS_ABSOLUTE || insn.addressForm === ADDRESS_RIP) {
      const base = insn.addressForm === ADDRESS_RIP ? this.ripLo + insn.length : 0;
      code.i32((displacement + base) | 0);
      return;
    }
    if (insn.addressForm !== ADDRESS_INDEX) this.getRegister(insn.base, 32);
    if (insn.addressForm !== ADDRESS_BASE) {
      this.getRegister(insn.index, 32);
      if (insn.scale) {
        code.i32(insn.scale);
        code.op(I32_SHL);
      }
      if (insn.addressForm === ADDRESS_BASE_INDEX) code.op(I32_ADD);
    }
    if (displacement !== 0) {
      code.i32(displacement);
      code.op(I32_ADD);
    }
  }

  /** Whether an access through the segment needs neither its base nor its limit. */
  isFlat(segment: number, access: number): boolean {
    if (this.codeSize === 64) return true;
    return (((access === ACCESS_WRITE ? this.flat.write : this.flat.read) >> segment) & 1) === 1;
  }

  /**
   * Takes a linear address (i64) from the stack and leaves the host address in HOST. The page of the slot is compared
   * first, where the site has one, then the tag of the TLB entry; a miss asks for the entry to be filled, and what still
   * may not go straight to memory is left to the interpreter, as is an address that is not aligned where it must be. A
   * page with code never gets into a slot: the low bits of its tag match no address.
   */
  probe(access: number, bytes: number, isAligned = false, fill = access | (bytes << 1)): void {
    const { code } = this;
    const slot = this.#slotFor(access);
    code.set(ADDRESS);
    if (slot === undefined) this.#probeTlb(access, bytes, isAligned, fill);
    else {
      // A misaligned address does not match, so that no access runs over the end of the page.
      code.get(ADDRESS);
      code.i64(-0x1000 | (bytes - 1));
      code.op(I64_AND);
      code.i32(0);
      code.memory(I64_LOAD, slot);
      code.op(I64_NE);
      code.unlikelyIf();
      this.#probeTlb(access, bytes, isAligned, fill);
      code.i32(0);
      code.get(POINTER);
      code.memory(I64_LOAD, access * 8);
      code.memory(I64_STORE, slot);
      code.i32(0);
      code.get(POINTER);
      code.memory(I32_LOAD, 24);
      code.memory(I32_STORE, slot + 8);
      code.end();
    }
    code.get(ADDRESS);
    code.op(I32_WRAP_I64);
    if (slot === undefined) {
      code.get(POINTER);
      code.memory(I32_LOAD, 24);
    } else {
      code.i32(0);
      code.memory(I32_LOAD, slot + 8);
    }
    code.op(I32_ADD);
    code.set(HOST);
  }

  /** Offset of the slot for the address on the stack, if it is to have one. */
  #slotFor(access: number): number | undefined {
    const site = this.#site;
    this.#site = undefined;
    if (site === undefined || !this.sites.has(site)) return undefined;
    const key = `${site} ${access}`;
    const known = this.#slots.get(key);
    if (known !== undefined || this.#slots.size === PAGE_SLOTS) return known;
    const slot = JIT_SLOT_OFFSET + this.#slots.size * JIT_SLOT_BYTES;
    this.#slots.set(key, slot);
    return slot;
  }

  /** Takes an address (i64) from the stack and pushes how far into the bank of the TLB its entry lies, in bytes. */
  tlbOffset(): void {
    const { code } = this;
    code.op(I32_WRAP_I64);
    code.i32(7);
    code.op(I32_SHR_U);
    code.i32(0);
    code.memory(I32_LOAD, STATE_TLB_MASK);
    code.op(I32_AND);
  }

  /** Leaves the TLB entry of ADDRESS in POINTER. */
  #probeTlb(access: number, bytes: number, isAligned: boolean, fill: number): void {
    const { code } = this;
    code.get(ADDRESS);
    this.tlbOffset();
    code.i32(0);
    code.memory(I32_LOAD, STATE_TLB_BANK);
    code.op(I32_ADD);
    code.tee(POINTER);
    code.memory(I64_LOAD, access * 8);
    code.get(ADDRESS);
    if (bytes > 1 && !isAligned) {
      code.i64(bytes - 1);
      code.op(I64_ADD);
    }
    // The low bits of a misaligned address make it differ from every tag.
    code.i64(isAligned ? -0x1000 | (bytes - 1) : -0x1000);
    code.op(I64_AND);
    code.op(I64_NE);
    code.unlikelyIf();
    if (this.rescue) {
      // Most often this is where it leaves, and the handler fills the entry as well.
      this.sideExit();
      code.end();
      return;
    }
    if (isAligned) {
      code.get(ADDRESS);
      code.op(I32_WRAP_I64);
      code.i32(bytes - 1);
      code.op(I32_AND);
      code.unlikelyIf();
      this.sideExit();
      code.end();
    }
    code.get(ADDRESS);
    code.op(I32_WRAP_I64);
    code.get(ADDRESS);
    code.i64(32);
    code.op(I64_SHR_U);
    code.op(I32_WRAP_I64);
    code.i32(fill);
    code.call(FUNCTION_FILL);
    code.tee(POINTER);
    code.op(I32_EQZ);
    code.unlikelyIf();
    this.sideExit();
    code.end();
    // Entries that slots were made of may have had to go.
    this.splices.push({ at: code.length, kind: 'empty' });
    code.end();
  }

  /** Makes all slots forget their pages. */
  emptySlots(code: Code): void {
    for (const slot of this.#slots.values()) {
      code.i32(0);
      code.i64(EMPTY_SLOT);
      code.memory(I64_STORE, slot);
    }
  }

  /** Pushes the memory at HOST. */
  loadHost(size: Size): void {
    this.loadAt(HOST, size);
  }

  /** Pushes the memory at the host address in a local, or so many bytes behind it. */
  loadAt(local: number, size: Size, offset = 0): void {
    this.code.get(local);
    const op = size === 64 ? I64_LOAD : size === 32 ? I32_LOAD : size === 16 ? I32_LOAD16_U : I32_LOAD8_U;
    this.code.memory(op, offset);
  }

  /** Stores a value at HOST. */
  storeHost(value: Value, size: Size): void {
    this.code.get(HOST);
    this.push(value, size);
    this.storeOp(size);
  }

  /** Takes host address and value from the stack. */
  storeOp(size: Size): void {
    this.code.memory(
      size === 64 ? I64_STORE : size === 32 ? I32_STORE : size === 16 ? I32_STORE16 : I32_STORE8,
    );
  }

  // Operands.

  /** Pushes the operand E. */
  loadE(insn: Instruction, size: Size): void {
    if (!insn.isMemory) {
      this.getRegister(size === 8 ? insn.rm8 : insn.rm, size);
      return;
    }
    this.address(insn);
    this.probe(ACCESS_READ, size >> 3);
    this.loadHost(size);
  }

  /** Pushes the operand E, whose write is then proved. */
  openE(insn: Instruction, size: Size): void {
    if (!insn.isMemory) {
      this.getRegister(size === 8 ? insn.rm8 : insn.rm, size);
      return;
    }
    this.address(insn);
    this.probe(ACCESS_WRITE, size >> 3);
    this.loadHost(size);
  }

  /** Writes the operand that `openE` has read. */
  closeE(insn: Instruction, size: Size, value: Value): void {
    if (insn.isMemory) this.storeHost(value, size);
    else {
      this.push(value, size);
      this.setRegister(size === 8 ? insn.rm8 : insn.rm, size);
    }
  }

  getG(insn: Instruction, size: Size): void {
    this.getRegister(size === 8 ? insn.reg8 : insn.reg, size);
  }

  setG(insn: Instruction, size: Size): void {
    this.setRegister(size === 8 ? insn.reg8 : insn.reg, size);
  }

  // Exits.

  /** Leaves the region in front of the present instruction, for the interpreter to execute it. */
  sideExit(): void {
    const { code } = this;
    if (this.rescue) {
      this.rescue();
      return;
    }
    this.spend(this.index);
    code.i32(this.ripLo);
    code.set(RIP);
    this.flags.aside(() => this.flags.settle());
    code.br(this.side);
  }

  /**
   * Calls the handler on a way beside the main path. It must be one that changes no flags: what is known of them still
   * counts afterwards, and may be carried out once more.
   */
  callHandlerAside(): void {
    this.flags.aside(this.callHandler);
  }

  /** A `probe` for a write of so many bytes and of others in the page. */
  probeRun(bytes: number): void {
    this.probe(ACCESS_WRITE, bytes, false, ACCESS_WRITE | (bytes << 1) | FILL_RUN);
  }

  /** Takes so many instructions off the budget. */
  spend(count: number): void {
    if (count === 0) return;
    this.code.get(BUDGET);
    this.code.i32(count);
    this.code.op(I32_SUB);
    this.code.set(BUDGET);
  }
}
