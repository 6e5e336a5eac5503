import type { PortDevice } from '../bus/ports.ts';

/** What a read answers, so that a guest can tell the port is there (Bochs, "port E9 hack"). */
const PRESENT = 0xe9;

/** The debug console of Bochs and QEMU: every byte written is output. One port: E9h. */
export class DebugConsole implements PortDevice {
  onByte: ((byte: number) => void) | undefined;

  constructor(onByte?: (byte: number) => void) {
    this.onByte = onByte;
  }

  readPort(_offset: number): number {
    return PRESENT;
  }

  writePort(_offset: number, value: number): void {
    this.onByte?.(value & 0xff);
  }
}
