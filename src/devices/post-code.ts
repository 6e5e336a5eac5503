import type { PortDevice } from '../bus/ports.ts';

/** Kernels write port 80h to pass time, millions of times; the list is a window on the last of them. */
const REMEMBERED_CODES = 256;

/** The manufacturing checkpoint port, as a POST card shows it. One port: 80h on a PC. Reads give the last code. */
export class PostCodePort implements PortDevice {
  private codes: number[] = [];
  private code = 0;

  reset(): void {
    this.codes = [];
    this.code = 0;
  }

  get lastCode(): number {
    return this.code;
  }

  /** The last codes written, oldest first; repetitions of one code in a row count once. */
  get history(): readonly number[] {
    return this.codes;
  }

  readPort(_offset: number): number {
    return this.code;
  }

  writePort(_offset: number, value: number): void {
    const repeated = this.codes.length > 0 && this.code === (value & 0xff);
    this.code = value & 0xff;
    if (repeated) return;
    this.codes.push(this.code);
    if (this.codes.length > REMEMBERED_CODES) this.codes.shift();
  }
}

/** A port that nothing decodes but that guests write to pass time (Linux, `io_delay=0xed`). One port: EDh. */
export class DelayPort implements PortDevice {
  readPort(_offset: number): number {
    return 0xff;
  }

  writePort(_offset: number, _value: number): void {}
}
