import type { PortDevice } from '../bus/ports.ts';

/** QEMU's isa-debug-exit: a write of V, of any width, ends the run at once with (V << 1) | 1. Four ports: F4h. */
export class DebugExit implements PortDevice {
  private readonly onExit: (status: number) => void;

  constructor(onExit: (status: number) => void) {
    this.onExit = onExit;
  }

  readPort(_offset: number): number {
    return 0;
  }

  readPort16(_offset: number): number {
    return 0;
  }

  readPort32(_offset: number): number {
    return 0;
  }

  writePort(_offset: number, value: number): void {
    this.onExit(((value << 1) | 1) >>> 0);
  }

  writePort16(offset: number, value: number): void {
    this.writePort(offset, value);
  }

  writePort32(offset: number, value: number): void {
    this.writePort(offset, value);
  }
}
