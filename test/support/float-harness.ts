import { CR4_OSFXSR, CR4_OSXMMEXCPT, CR4_OSXSAVE } from '../../src/isa/control.ts';
import { STATE_CR4, STATE_MXCSR, STATE_XCR0 } from '../../src/state/layout.ts';
import { CoreHarness } from './core-harness.ts';

export const MXCSR_DEFAULT = 0x1f80;

/** A core in 64-bit mode whose operating system has switched SSE and AVX on; registers by lanes. */
export class FloatHarness extends CoreHarness {
  constructor(...handlers: readonly object[]) {
    super('64-bit', ...handlers);
    this.cr4(CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE);
    this.core.words[STATE_XCR0 >> 2] = 7;
    this.core.controlChanged();
    this.mxcsr = MXCSR_DEFAULT;
  }

  cr4(bits: number): void {
    const { words } = this.core;
    words[STATE_CR4 >> 2] = (words[STATE_CR4 >> 2]! & 0xff) | bits;
    this.core.controlChanged();
  }

  get mxcsr(): number {
    return this.core.words[STATE_MXCSR >> 2]!;
  }

  set mxcsr(value: number) {
    this.core.words[STATE_MXCSR >> 2] = value;
  }

  setWords(register: number, ...values: readonly number[]): void {
    this.core.lanes.words.set(values, register * 8);
  }

  setSingles(register: number, ...values: readonly number[]): void {
    this.core.lanes.floats.set(values, register * 8);
  }

  setDoubles(register: number, ...values: readonly number[]): void {
    this.core.lanes.doubles.set(values, register * 4);
  }

  words(register: number, count = 8): number[] {
    return Array.from(this.core.lanes.words.subarray(register * 8, register * 8 + count), (w) => w >>> 0);
  }

  singles(register: number, count = 8): number[] {
    return [...this.core.lanes.floats.subarray(register * 8, register * 8 + count)];
  }

  doubles(register: number, count = 4): number[] {
    return [...this.core.lanes.doubles.subarray(register * 4, register * 4 + count)];
  }
}
