import { isCanonical } from '../bits/words.ts';
import { VECTOR_AC } from '../isa/vectors.ts';
import {
  ENTRY_ADDEND,
  PAGE_MASK,
  TAG_ALIGN,
  TAG_CODE,
  TAG_COUNT,
  TAG_DEVICE,
  TAG_LOW_BITS,
  TAG_ROM,
  TAG_WATCH,
  TAG_WRITE,
} from './bank.ts';
import { ACCESS_READ, ACCESS_WRITE, CLASS_SUPERVISOR, CLASS_USER_ALIGNED } from './permissions.ts';
import { Translator } from './translator.ts';

export type { Walk, WalkStep } from './explain.ts';
export type { Mapping } from './mappings.ts';

type Width = 1 | 2 | 4 | 8;

/** What `#slow` is to do. */
type Operation = typeof READ | typeof WRITE | typeof MODIFY;
const READ = 0;
const WRITE = 1;
const MODIFY = 2;

/** What `direct` answers for an access that faults. */
export const DIRECT_FAULT = -2;

const PAGE_BYTES = 0x1000;
const OFFSET = 0xfff;

/** Where the bytes of one access within one page are. */
interface Place {
  /** Low bits of the tag: what is special about the page. */
  slow: number;
  /** Host byte offset; for a device or a hole the physical address. */
  at: number;
  bytes: number;
}

/**
 * Memory by linear address. A hit is one compare of the tag and one access to host memory; everything else (a miss,
 * a device, ROM, a code page, a page crosser, a misaligned access that must be checked) fails that compare.
 *
 * Faults are precise: nothing is written before all of an access is known to be permitted.
 */
export class Mmu extends Translator {
  /** High word of the last 64-bit read. */
  high = 0;

  readonly #view: DataView = this.space.view;
  readonly #u8: Uint8Array = this.space.u8;
  readonly #ramOffset = this.space.memory.ramOffset;

  /** Host offset, as an int32, that the last `modify` proved writable; 0 when it is one of `#first` and `#second`. */
  #modified = 0;
  readonly #first: Place = { slow: 0, at: 0, bytes: 0 };
  readonly #second: Place = { slow: 0, at: 0, bytes: 0 };
  /** Bytes of an access that crosses a page. */
  readonly #crossing = new DataView(new ArrayBuffer(8));

  read8(lo: number, hi: number): number {
    const { tlb } = this;
    const i = this.bank | ((lo >>> 9) & this.mask);
    if (tlb[i] === (lo & PAGE_MASK) && tlb[i | 1] === hi)
      return this.#u8[((lo + tlb[i | ENTRY_ADDEND]!) | 0) >>> 0]!;
    return this.#slow(lo, hi, 1, READ, 0, 0) | 0;
  }

  read16(lo: number, hi: number): number {
    const { tlb } = this;
    const i = this.bank | ((lo >>> 9) & this.mask);
    if (tlb[i] === ((lo + 1) & PAGE_MASK) && tlb[i | 1] === hi) {
      return this.#view.getUint16(((lo + tlb[i | ENTRY_ADDEND]!) | 0) >>> 0, true);
    }
    return this.#slow(lo, hi, 2, READ, 0, 0) | 0;
  }

  /** A signed word. */
  read32(lo: number, hi: number): number {
    const { tlb } = this;
    const i = this.bank | ((lo >>> 9) & this.mask);
    // The last byte's page is compared: an access that crosses into the next page misses by itself.
    if (tlb[i] === ((lo + 3) & PAGE_MASK) && tlb[i | 1] === hi) {
      return this.#view.getInt32(((lo + tlb[i | ENTRY_ADDEND]!) | 0) >>> 0, true);
    }
    return this.#slow(lo, hi, 4, READ, 0, 0) | 0;
  }

  /** The low word; the high word is then in `this.high`. */
  read64(lo: number, hi: number): number {
    const { tlb } = this;
    const i = this.bank | ((lo >>> 9) & this.mask);
    if (tlb[i] === ((lo + 7) & PAGE_MASK) && tlb[i | 1] === hi) {
      const at = ((lo + tlb[i | ENTRY_ADDEND]!) | 0) >>> 0;
      this.high = this.#view.getInt32(at + 4, true);
      return this.#view.getInt32(at, true);
    }
    return this.#slow(lo, hi, 8, READ, 0, 0) | 0;
  }

  write8(lo: number, hi: number, value: number): void {
    const { tlb } = this;
    const i = this.bank | ((lo >>> 9) & this.mask);
    if (tlb[i | 2] === (lo & PAGE_MASK) && tlb[i | 3] === hi) {
      this.#u8[((lo + tlb[i | ENTRY_ADDEND]!) | 0) >>> 0] = value;
    } else this.#slow(lo, hi, 1, WRITE, value, 0);
  }

  write16(lo: number, hi: number, value: number): void {
    const { tlb } = this;
    const i = this.bank | ((lo >>> 9) & this.mask);
    if (tlb[i | 2] === ((lo + 1) & PAGE_MASK) && tlb[i | 3] === hi) {
      this.#view.setInt16(((lo + tlb[i | ENTRY_ADDEND]!) | 0) >>> 0, value, true);
    } else this.#slow(lo, hi, 2, WRITE, value, 0);
  }

  write32(lo: number, hi: number, value: number): void {
    const { tlb } = this;
    const i = this.bank | ((lo >>> 9) & this.mask);
    if (tlb[i | 2] === ((lo + 3) & PAGE_MASK) && tlb[i | 3] === hi) {
      this.#view.setInt32(((lo + tlb[i | ENTRY_ADDEND]!) | 0) >>> 0, value, true);
    } else this.#slow(lo, hi, 4, WRITE, value, 0);
  }

  write64(lo: number, hi: number, valueLo: number, valueHi: number): void {
    const { tlb } = this;
    const i = this.bank | ((lo >>> 9) & this.mask);
    if (tlb[i | 2] === ((lo + 7) & PAGE_MASK) && tlb[i | 3] === hi) {
      const at = ((lo + tlb[i | ENTRY_ADDEND]!) | 0) >>> 0;
      this.#view.setInt32(at, valueLo, true);
      this.#view.setInt32(at + 4, valueHi, true);
    } else this.#slow(lo, hi, 8, WRITE, valueLo, valueHi);
  }

  /** Sixteen bytes into `out[at]` to `out[at + 3]`, all of them or none. */
  read128(lo: number, hi: number, out: Int32Array, at: number): void {
    const { tlb } = this;
    const i = this.bank | ((lo >>> 9) & this.mask);
    if (tlb[i] === ((lo + 15) & PAGE_MASK) && tlb[i | 1] === hi) {
      const host = ((lo + tlb[i | ENTRY_ADDEND]!) | 0) >>> 0;
      const view = this.#view;
      out[at] = view.getInt32(host, true);
      out[at + 1] = view.getInt32(host + 4, true);
      out[at + 2] = view.getInt32(host + 8, true);
      out[at + 3] = view.getInt32(host + 12, true);
      return;
    }
    this.checkAligned(lo, hi, 16);
    const first = this.read64(lo, hi);
    const second = this.high;
    const next = (lo + 8) | 0;
    out[at + 2] = this.read64(next, next >>> 0 < 8 ? this.#highOfNext(0, hi) : hi);
    out[at + 3] = this.high;
    out[at] = first;
    out[at + 1] = second;
  }

  /** Sixteen bytes from `from[at]` to `from[at + 3]`, all of them or none. */
  write128(lo: number, hi: number, from: Int32Array, at: number): void {
    const { tlb } = this;
    const i = this.bank | ((lo >>> 9) & this.mask);
    if (tlb[i | 2] === ((lo + 15) & PAGE_MASK) && tlb[i | 3] === hi) {
      const host = ((lo + tlb[i | ENTRY_ADDEND]!) | 0) >>> 0;
      const view = this.#view;
      view.setInt32(host, from[at]!, true);
      view.setInt32(host + 4, from[at + 1]!, true);
      view.setInt32(host + 8, from[at + 2]!, true);
      view.setInt32(host + 12, from[at + 3]!, true);
      return;
    }
    this.checkAligned(lo, hi, 16);
    if ((lo & OFFSET) > PAGE_BYTES - 16) this.probeWrite(lo, hi, 16);
    this.write64(lo, hi, from[at]!, from[at + 1]!);
    const next = (lo + 8) | 0;
    this.write64(next, next >>> 0 < 8 ? this.#highOfNext(0, hi) : hi, from[at + 2]!, from[at + 3]!);
  }

  // Read for update. Whatever may be written may be read (a protection key that denies reads denies writes too).

  modify8(lo: number, hi: number): number {
    const { tlb } = this;
    const i = this.bank | ((lo >>> 9) & this.mask);
    if (tlb[i | 2] === (lo & PAGE_MASK) && tlb[i | 3] === hi) {
      const at = (lo + tlb[i | ENTRY_ADDEND]!) | 0;
      this.#modified = at;
      return this.#u8[at >>> 0]!;
    }
    return this.#slow(lo, hi, 1, MODIFY, 0, 0) | 0;
  }

  modify16(lo: number, hi: number): number {
    const { tlb } = this;
    const i = this.bank | ((lo >>> 9) & this.mask);
    if (tlb[i | 2] === ((lo + 1) & PAGE_MASK) && tlb[i | 3] === hi) {
      const at = (lo + tlb[i | ENTRY_ADDEND]!) | 0;
      this.#modified = at;
      return this.#view.getUint16(at >>> 0, true);
    }
    return this.#slow(lo, hi, 2, MODIFY, 0, 0) | 0;
  }

  modify32(lo: number, hi: number): number {
    const { tlb } = this;
    const i = this.bank | ((lo >>> 9) & this.mask);
    if (tlb[i | 2] === ((lo + 3) & PAGE_MASK) && tlb[i | 3] === hi) {
      const at = (lo + tlb[i | ENTRY_ADDEND]!) | 0;
      this.#modified = at;
      return this.#view.getInt32(at >>> 0, true);
    }
    return this.#slow(lo, hi, 4, MODIFY, 0, 0) | 0;
  }

  /** The low word; the high word is then in `this.high`. */
  modify64(lo: number, hi: number): number {
    const { tlb } = this;
    const i = this.bank | ((lo >>> 9) & this.mask);
    if (tlb[i | 2] === ((lo + 7) & PAGE_MASK) && tlb[i | 3] === hi) {
      const at = (lo + tlb[i | ENTRY_ADDEND]!) | 0;
      this.#modified = at;
      this.high = this.#view.getInt32((at >>> 0) + 4, true);
      return this.#view.getInt32(at >>> 0, true);
    }
    return this.#slow(lo, hi, 8, MODIFY, 0, 0) | 0;
  }

  commit8(value: number): void {
    const at = this.#modified;
    if (at !== 0) this.#u8[at >>> 0] = value;
    else this.#commitPlaces(1, value, 0);
  }

  commit16(value: number): void {
    const at = this.#modified;
    if (at !== 0) this.#view.setInt16(at >>> 0, value, true);
    else this.#commitPlaces(2, value, 0);
  }

  commit32(value: number): void {
    const at = this.#modified;
    if (at !== 0) this.#view.setInt32(at >>> 0, value, true);
    else this.#commitPlaces(4, value, 0);
  }

  commit64(lo: number, hi: number): void {
    const at = this.#modified;
    if (at !== 0) {
      this.#view.setInt32(at >>> 0, lo, true);
      this.#view.setInt32((at >>> 0) + 4, hi, true);
    } else this.#commitPlaces(8, lo, hi);
  }

  // Instruction fetch.

  /** Host byte offset of an instruction byte; -1 where it must be fetched from a device. */
  fetchHost(lo: number, hi: number): number {
    const page = this.fetchPage(lo, hi);
    return page < 0 ? -1 : page * PAGE_BYTES + (lo & OFFSET);
  }

  fetchByte(lo: number, hi: number): number {
    const host = this.fetchHost(lo, hi);
    if (host >= 0) return this.#u8[host]!;
    return this.space.read8(this.fetchFrame * PAGE_BYTES + (lo & OFFSET));
  }

  // Implicit supervisor accesses, whatever the CPL: descriptor tables, the IDT and the TSS.

  readSystem8(lo: number, hi: number): number {
    return this.accessClass === CLASS_SUPERVISOR ? this.read8(lo, hi) : this.#readAsSupervisor(lo, hi, 1);
  }

  readSystem16(lo: number, hi: number): number {
    return this.accessClass === CLASS_SUPERVISOR ? this.read16(lo, hi) : this.#readAsSupervisor(lo, hi, 2);
  }

  readSystem32(lo: number, hi: number): number {
    const { tlb } = this;
    const i = this.systemBank | ((lo >>> 9) & this.systemMask);
    if (tlb[i] === ((lo + 3) & PAGE_MASK) && tlb[i | 1] === hi) {
      return this.#view.getInt32(((lo + tlb[i | ENTRY_ADDEND]!) | 0) >>> 0, true);
    }
    return this.#readAsSupervisor(lo, hi, 4);
  }

  readSystem64(lo: number, hi: number): number {
    const { tlb } = this;
    const i = this.systemBank | ((lo >>> 9) & this.systemMask);
    if (tlb[i] === ((lo + 7) & PAGE_MASK) && tlb[i | 1] === hi) {
      const at = ((lo + tlb[i | ENTRY_ADDEND]!) | 0) >>> 0;
      this.high = this.#view.getInt32(at + 4, true);
      return this.#view.getInt32(at, true);
    }
    return this.#readAsSupervisor(lo, hi, 8);
  }

  writeSystem8(lo: number, hi: number, value: number): void {
    this.#writeAsSupervisor(lo, hi, 1, value, 0);
  }

  writeSystem16(lo: number, hi: number, value: number): void {
    this.#writeAsSupervisor(lo, hi, 2, value, 0);
  }

  writeSystem32(lo: number, hi: number, value: number): void {
    this.#writeAsSupervisor(lo, hi, 4, value, 0);
  }

  writeSystem64(lo: number, hi: number, valueLo: number, valueHi: number): void {
    const { tlb } = this;
    const i = this.systemBank | ((lo >>> 9) & this.systemMask);
    if (tlb[i | 2] === ((lo + 7) & PAGE_MASK) && tlb[i | 3] === hi) {
      const at = ((lo + tlb[i | ENTRY_ADDEND]!) | 0) >>> 0;
      this.#view.setInt32(at, valueLo, true);
      this.#view.setInt32(at + 4, valueHi, true);
    } else this.#writeAsSupervisor(lo, hi, 8, valueLo, valueHi);
  }

  #readAsSupervisor(lo: number, hi: number, bytes: Width): number {
    const before = this.accessClass;
    this.selectClass(CLASS_SUPERVISOR);
    try {
      return this.#slow(lo, hi, bytes, READ, 0, 0);
    } finally {
      this.selectClass(before);
    }
  }

  #writeAsSupervisor(lo: number, hi: number, bytes: Width, valueLo: number, valueHi: number): void {
    const before = this.accessClass;
    this.selectClass(CLASS_SUPERVISOR);
    try {
      this.#slow(lo, hi, bytes, WRITE, valueLo, valueHi);
    } finally {
      this.selectClass(before);
    }
  }

  // Probes: the fault that the access would raise, without the access. Alignment is not looked at.

  probeRead(lo: number, hi: number, bytes: number): void {
    this.#probe(lo, hi, bytes, ACCESS_READ);
  }

  probeWrite(lo: number, hi: number, bytes: number): void {
    this.#probe(lo, hi, bytes, ACCESS_WRITE);
  }

  #probe(lo: number, hi: number, bytes: number, access: number): void {
    let page = lo;
    let pageHi = hi;
    const lastHi = (lo >>> 0) + bytes > 0x100000000 ? this.#highOfNext(0, hi) : hi;
    if (!isCanonical(lastHi, this.linearBits)) throw this.fault.setNonCanonical();
    for (let left = bytes; left > 0; ) {
      this.entry(page, pageHi, access);
      left -= PAGE_BYTES - (page & OFFSET);
      const next = (page & PAGE_MASK) + PAGE_BYTES;
      pageHi = this.#highOfNext(next | 0, pageHi);
      page = next | 0;
    }
  }

  /**
   * Host byte offset where `lo:hi` may be read (written) without more ado, up to the end of its page; -1 when the
   * access needs `readN` (`writeN`). Raises the fault that the access to this byte would raise.
   */
  hostForRead(lo: number, hi: number): number {
    const i = this.entry(lo, hi, ACCESS_READ);
    return this.tlb[i]! & TAG_LOW_BITS ? -1 : ((lo + this.tlb[i | ENTRY_ADDEND]!) | 0) >>> 0;
  }

  hostForWrite(lo: number, hi: number): number {
    const i = this.entry(lo, hi, ACCESS_WRITE);
    return this.tlb[i | TAG_WRITE]! & TAG_LOW_BITS ? -1 : ((lo + this.tlb[i | ENTRY_ADDEND]!) | 0) >>> 0;
  }

  /**
   * After a miss of compiled code: index of the entry through which the access may go straight to memory, -1 when it
   * needs `readN` or `writeN`, DIRECT_FAULT with the fault described, but not thrown. What is answered for a page with code
   * holds for this one write; `isRun`: more than these bytes of the page may be written.
   */
  direct(lo: number, hi: number, bytes: number, access: number, isRun = false): number {
    if ((lo & OFFSET) + bytes > PAGE_BYTES || !isCanonical(hi, this.linearBits)) return -1;
    // #AC would come before the walk and its #PF.
    if (this.accessClass === CLASS_USER_ALIGNED && lo & (bytes - 1)) return -1;
    const i = this.tryEntry(lo, hi, access);
    if (i < 0) return DIRECT_FAULT;
    const slow = this.tlb[i + (access << 1)]! & TAG_LOW_BITS;
    if (slow === 0) return i;
    if (slow !== TAG_CODE || isRun) return -1;
    const host = ((lo + this.tlb[i | ENTRY_ADDEND]!) | 0) >>> 0;
    const isFast = (this.codeTag(i, host) & TAG_CODE) === 0;
    return isFast || this.ramPages.mayWrite(host - this.#ramOffset, bytes) ? i : -1;
  }

  // Slow paths.

  /**
   * Every access that is not a hit. It is one method on purpose: too big for V8 to inline, so that the hits stay small
   * where they are inlined (measured: 15 % on a loop of hits).
   */
  #slow(
    lo: number,
    hi: number,
    bytes: Width,
    operation: Operation,
    valueLo: number,
    valueHi: number,
  ): number {
    const access = operation === READ ? ACCESS_READ : ACCESS_WRITE;
    this.checkAligned(lo, hi, bytes);
    if (operation === MODIFY) this.#modified = 0;
    if ((lo & OFFSET) + bytes > PAGE_BYTES) {
      this.#locateCrossing(lo, hi, bytes, access);
      if (operation !== WRITE) return this.#gather(bytes);
      this.#scatter(bytes, valueLo, valueHi);
      return 0;
    }
    const i = this.entry(lo, hi, access);
    const slow = this.tlb[i | (access << 1)]! & TAG_LOW_BITS;
    const at = ((lo + this.tlb[i | ENTRY_ADDEND]!) | 0) >>> 0;
    if (slow & TAG_ALIGN) this.#checkAlignment(lo, bytes);
    if (slow & TAG_WATCH) this.onWatched?.(lo, hi, bytes, operation !== READ);
    if ((slow & ~(TAG_ALIGN | TAG_COUNT | TAG_WATCH)) !== 0) {
      if (operation === READ) return this.#readDevice(this.#devicePhysical(i, lo), bytes);
      const first = this.#first;
      this.#place(first, lo, i, bytes, access);
      this.#second.bytes = 0;
      if (operation === WRITE) {
        this.#writePlace(first, bytes, valueLo, valueHi);
        return 0;
      }
      return first.slow & TAG_DEVICE ? this.#readDevice(first.at, bytes) : this.#readHost(first.at, bytes);
    }
    if (operation === WRITE) {
      if (bytes === 1) this.#u8[at] = valueLo;
      else if (bytes === 2) this.#view.setInt16(at, valueLo, true);
      else this.#view.setInt32(at, valueLo, true);
      if (bytes === 8) this.#view.setInt32(at + 4, valueHi, true);
      return 0;
    }
    if (operation === MODIFY) this.#modified = at | 0;
    if (bytes === 1) return this.#u8[at]!;
    if (bytes === 2) return this.#view.getUint16(at, true);
    if (bytes === 8) this.high = this.#view.getInt32(at + 4, true);
    return this.#view.getInt32(at, true);
  }

  #commitPlaces(bytes: Width, valueLo: number, valueHi: number): void {
    if (this.#second.bytes > 0) this.#scatter(bytes, valueLo, valueHi);
    else this.#writePlace(this.#first, bytes, valueLo, valueHi);
  }

  /** Both pages are translated before any byte moves; a fault names the first byte that cannot be reached. */
  #locateCrossing(lo: number, hi: number, bytes: Width, access: number): void {
    const second = ((lo & PAGE_MASK) + PAGE_BYTES) | 0;
    const secondHi = this.#highOfNext(second, hi);
    const inFirst = PAGE_BYTES - (lo & OFFSET);
    if (!isCanonical(secondHi, this.linearBits)) throw this.fault.setNonCanonical();
    this.#place(this.#first, lo, this.entry(lo, hi, access), inFirst, access);
    this.#place(this.#second, second, this.entry(second, secondHi, access), bytes - inFirst, access);
    // An access that crosses a page is not aligned.
    const slow = this.#first.slow | this.#second.slow;
    if (slow & TAG_ALIGN) this.#checkAlignment(1, bytes);
    if ((slow & TAG_WATCH) === 0) return;
    this.onWatched?.(lo, hi, inFirst, access === ACCESS_WRITE);
    this.onWatched?.(second, secondHi, bytes - inFirst, access === ACCESS_WRITE);
  }

  /** High word of the address of the page after one at `hi`. Outside of 64-bit mode addresses wrap at 4 GiB. */
  #highOfNext(nextLo: number, hi: number): number {
    if (nextLo !== 0) return hi;
    return this.state.is64Bit() ? (hi + 1) | 0 : 0;
  }

  #place(place: Place, lo: number, i: number, bytes: number, access: number): void {
    const tag = i | (access << 1);
    let slow = this.tlb[tag]! & TAG_LOW_BITS;
    if (slow & TAG_DEVICE) place.at = this.#devicePhysical(i, lo);
    else {
      place.at = ((lo + this.tlb[i | ENTRY_ADDEND]!) | 0) >>> 0;
      if (slow & TAG_CODE && access === ACCESS_WRITE) slow = this.codeTag(i, place.at) & TAG_LOW_BITS;
    }
    place.slow = slow;
    place.bytes = bytes;
  }

  #devicePhysical(i: number, lo: number): number {
    return (this.tlb[i | ENTRY_ADDEND]! >>> 0) * PAGE_BYTES + (lo & OFFSET);
  }

  /** #AC(0), where alignment is checked at all. It comes before a page fault: so does AMD's Zen 3, and no manual says otherwise. */
  checkAligned(lo: number, hi: number, bytes: number): void {
    if (this.accessClass !== CLASS_USER_ALIGNED || (lo & (bytes - 1)) === 0) return;
    if (isCanonical(hi, this.linearBits)) this.#checkAlignment(lo, bytes);
  }

  #checkAlignment(lo: number, bytes: number): void {
    if (lo & (bytes - 1)) throw this.fault.setWithCode(VECTOR_AC, 0);
  }

  #readHost(at: number, bytes: Width): number {
    switch (bytes) {
      case 1:
        return this.#u8[at]!;
      case 2:
        return this.#view.getUint16(at, true);
      case 4:
        return this.#view.getInt32(at, true);
      case 8:
        this.high = this.#view.getInt32(at + 4, true);
        return this.#view.getInt32(at, true);
    }
  }

  #writeHost(at: number, bytes: Width, valueLo: number, valueHi: number): void {
    switch (bytes) {
      case 1:
        this.#u8[at] = valueLo;
        return;
      case 2:
        this.#view.setInt16(at, valueLo, true);
        return;
      case 4:
        this.#view.setInt32(at, valueLo, true);
        return;
      case 8:
        this.#view.setInt32(at, valueLo, true);
        this.#view.setInt32(at + 4, valueHi, true);
    }
  }

  /** A device or a hole. Eight bytes are two accesses of four, as on a 32-bit bus. */
  #readDevice(physical: number, bytes: Width): number {
    switch (bytes) {
      case 1:
        return this.space.read8(physical);
      case 2:
        return this.space.read16(physical);
      case 4:
        return this.space.read32(physical) | 0;
      case 8: {
        const low = this.space.read32(physical) | 0;
        this.high = this.space.read32(physical + 4) | 0;
        return low;
      }
    }
  }

  #writePlace(place: Place, bytes: Width, valueLo: number, valueHi: number): void {
    const { slow, at } = place;
    if (slow & TAG_ROM) return;
    if (slow & TAG_DEVICE) {
      if (bytes === 1) this.space.write8(at, valueLo);
      else if (bytes === 2) this.space.write16(at, valueLo);
      else this.space.write32(at, valueLo);
      if (bytes === 8) this.space.write32(at + 4, valueHi);
      return;
    }
    this.#writeHost(at, bytes, valueLo, valueHi);
    if (slow & TAG_CODE) this.ramPages.written(at - this.#ramOffset, bytes);
  }

  /** The bytes of the two places of a crossing, as one value. */
  #gather(bytes: Width): number {
    const inFirst = this.#first.bytes;
    for (let n = 0; n < bytes; n++) {
      const { slow, at } = n < inFirst ? this.#first : this.#second;
      const offset = n < inFirst ? n : n - inFirst;
      this.#crossing.setUint8(n, slow & TAG_DEVICE ? this.space.read8(at + offset) : this.#u8[at + offset]!);
    }
    if (bytes === 2) return this.#crossing.getUint16(0, true);
    if (bytes === 8) this.high = this.#crossing.getInt32(4, true);
    return this.#crossing.getInt32(0, true);
  }

  #scatter(bytes: Width, valueLo: number, valueHi: number): void {
    this.#crossing.setInt32(0, valueLo, true);
    this.#crossing.setInt32(4, valueHi, true);
    const inFirst = this.#first.bytes;
    this.#writeBytes(this.#first, 0, inFirst);
    this.#writeBytes(this.#second, inFirst, bytes);
    for (const { slow, at, bytes: count } of [this.#first, this.#second]) {
      if (slow & TAG_CODE) this.ramPages.written(at - this.#ramOffset, count);
    }
  }

  #writeBytes(place: Place, from: number, to: number): void {
    const { slow, at } = place;
    if (slow & TAG_ROM) return;
    for (let n = from; n < to; n++) {
      const byte = this.#crossing.getUint8(n);
      if (slow & TAG_DEVICE) this.space.write8(at + n - from, byte);
      else this.#u8[at + n - from] = byte;
    }
  }
}
