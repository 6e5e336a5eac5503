import { ApicBus } from '../../src/devices/apic-bus.ts';
import { IoApic } from '../../src/devices/io-apic.ts';
import { LocalApic } from '../../src/devices/local-apic.ts';
import { TestClock, TestLine } from './test-clock.ts';

/** Two processors' local APICs and an I/O APIC on one bus; what reaches a processor is written down. */
export class ApicBench {
  readonly clock = new TestClock();
  readonly bus = new ApicBus();
  readonly io = new IoApic(this.bus);
  readonly intr = [new TestLine(), new TestLine()];
  readonly events: string[] = [];
  readonly apics: readonly LocalApic[];

  constructor() {
    const tsc = {
      tscPerNanosecond: 2,
      readTsc: (): [number, number] => {
        const ticks = this.clock.now() * 2;
        return [(ticks % 2 ** 32) | 0, Math.floor(ticks / 2 ** 32)];
      },
    };
    this.apics = [0, 1].map(
      (id) =>
        new LocalApic({
          id,
          bus: this.bus,
          clock: this.clock,
          tsc,
          intr: this.intr[id]!,
          isBootstrap: id === 0,
          hasX2apic: true,
          pic: { acknowledge: () => 0x20 },
          onNmi: () => this.events.push(`${id}: NMI`),
          onSmi: () => this.events.push(`${id}: SMI`),
          onInit: () => this.events.push(`${id}: INIT`),
          onStartup: (vector) => this.events.push(`${id}: start at ${vector.toString(16)}000`),
        }),
    );
  }

  /** Switches both on by software. */
  enable(): this {
    for (const apic of this.apics) apic.writeMmio(0xf0, 0x1ff, 4);
    return this;
  }

  read(offset: number, id = 0): number {
    return this.apics[id]!.readMmio(offset, 4);
  }

  write(offset: number, value: number, id = 0): void {
    this.apics[id]!.writeMmio(offset, value, 4);
  }

  ioRead(register: number): number {
    this.io.writeMmio(0, register, 4);
    return this.io.readMmio(0x10, 4);
  }

  ioWrite(register: number, value: number): void {
    this.io.writeMmio(0, register, 4);
    this.io.writeMmio(0x10, value, 4);
  }

  /** The vectors that processor `id` takes one after the other, without ending any. */
  take(id = 0): number[] {
    const vectors: number[] = [];
    while (this.intr[id]!.level && vectors.length < 20) vectors.push(this.apics[id]!.acknowledge());
    return vectors;
  }
}
