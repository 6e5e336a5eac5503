import { CR4_OSFXSR, CR4_OSXSAVE } from '../../src/isa/control.ts';
import { STATE_CR4, STATE_XCR0 } from '../../src/state/layout.ts';
import { CoreHarness } from './core-harness.ts';

/** A core in 64-bit mode whose operating system keeps XMM and YMM registers; registers as hexadecimal text, highest byte first. */
export class VectorHarness extends CoreHarness {
  constructor(...handlers: readonly object[]) {
    super('64-bit', ...handlers);
    this.core.words[STATE_CR4 >> 2]! |= CR4_OSFXSR | CR4_OSXSAVE;
    this.core.words[STATE_XCR0 >> 2] = 7;
    this.core.controlChanged();
  }

  /** Sets the low bytes of a register; the rest is cleared. */
  setVector(register: number, text: string): void {
    const { u8 } = this.core.vectors;
    u8.fill(0, register * 32, register * 32 + 32);
    const bytes = text.replace(/[ _]/g, '').match(/../g) ?? [];
    bytes.reverse().forEach((byte, n) => {
      u8[register * 32 + n] = Number.parseInt(byte, 16);
    });
  }

  vector(register: number, bytes = 16): string {
    const { u8 } = this.core.vectors;
    return Buffer.from(u8.subarray(register * 32, register * 32 + bytes))
      .reverse()
      .toString('hex');
  }
}
