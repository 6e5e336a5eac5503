import type { InterruptLine } from '../bus/lines.ts';
import { PCI_COMMAND, PCI_STATUS, PciFunction } from './pci-device.ts';

/** Registers of the 82371SB's function 0 (82371FB/82371SB data sheet, "PCI to ISA/EIO Bridge Registers"). */
const IORT = 0x4c;
const XBCS = 0x4e;
const PIRQRCA = 0x60;
const PIRQRCD = 0x63;
const TOM = 0x69;
const MSTAT = 0x6a;
const MBIRQ0 = 0x70;
const MBDMA = 0x76;
const PCSC = 0x78;
const APICBASE = 0x80;
const DLC = 0x82;
const SMICNTL = 0xa0;
const SMIEN = 0xa2;
const SEE = 0xa4;
const FTMR = 0xa8;
const SMIREQ = 0xaa;
const CTLTMR = 0xac;
const CTHTMR = 0xae;

const PIRQ_DISABLED = 0x80;
/** IRQ0, IRQ1, IRQ2, IRQ8 and IRQ13 are reserved in PIRQRC. */
const ROUTABLE_IRQS = 0xdef8;
const IRQS = 16;

export interface Piix3Options {
  /** A driver of an ISA interrupt request for a routed PIRQ. */
  readonly line: (irq: number) => InterruptLine;
  readonly subsystemVendor?: number;
  readonly subsystem?: number;
}

/**
 * Intel 82371SB (PIIX3) PCI-to-ISA bridge: function 0 of slot 1. Its own work is to route PIRQA# to PIRQD# to ISA
 * interrupt requests; the ISA devices inside it are devices of their own on the board.
 */
export class Piix3IsaBridge extends PciFunction {
  private readonly lines: (InterruptLine | undefined)[];
  private readonly driven: boolean[] = new Array(IRQS).fill(false);
  private pirqs = 0;

  constructor(options: Piix3Options) {
    super({
      vendor: 0x8086,
      device: 0x7000,
      classCode: 0x060100,
      subsystemVendor: options.subsystemVendor ?? 0x1af4,
      subsystem: options.subsystem ?? 0x1100,
      multiFunction: true,
      commandMask: 0x0008,
    });
    this.lines = Array.from({ length: IRQS }, (_, irq) =>
      ROUTABLE_IRQS & (1 << irq) ? options.line(irq) : undefined,
    );
    this.setConfig(PCI_COMMAND, 0x0007, 2);
    this.setConfig(PCI_STATUS, 0x0200, 2);
    for (const [at, value, mask, bytes] of [
      [IORT, 0x4d, 0xff, 1],
      [XBCS, 0x0003, 0x0fff, 2],
      [PIRQRCA, 0x80808080, 0x8f8f8f8f, 4],
      [TOM, 0x02, 0xfe, 1],
      [MSTAT, 0x0000, 0x0001, 2],
      [MBIRQ0, 0x8080, 0xefef, 2],
      [MBDMA, 0x0404, 0x8787, 2],
      [PCSC, 0x0002, 0xfffd, 2],
      [APICBASE, 0x00, 0x7f, 1],
      [DLC, 0x00, 0x0f, 1],
      [SMICNTL, 0x08, 0x1f, 1],
      [SMIEN, 0x0000, 0x01ff, 2],
      [SEE, 0x00000000, 0xe000ffff, 4],
      [FTMR, 0x0f, 0xff, 1],
      [SMIREQ, 0x0000, 0x01ff, 2],
      [CTLTMR, 0x00, 0xff, 1],
      [CTHTMR, 0x00, 0xff, 1],
    ] as const) {
      this.setConfig(at, value, bytes);
      this.allowWrites(at, mask, bytes);
    }
  }

  /** The bus's side: PIRQ 0 to 3. */
  setPirq(pirq: number, level: boolean): void {
    if (level) this.pirqs |= 1 << pirq;
    else this.pirqs &= ~(1 << pirq);
    this.updateLines();
  }

  /** The IRQ that a PIRQ is routed to, or -1. */
  route(pirq: number): number {
    const control = this.config[PIRQRCA + pirq]!;
    const irq = control & 0x0f;
    return control & PIRQ_DISABLED || !(ROUTABLE_IRQS & (1 << irq)) ? -1 : irq;
  }

  protected override configWritten(offset: number, bytes: number): void {
    if (offset <= PIRQRCD && offset + bytes > PIRQRCA) this.updateLines();
  }

  private updateLines(): void {
    let levels = 0;
    for (let pirq = 0; pirq < 4; pirq++) {
      const irq = this.route(pirq);
      if (irq >= 0 && this.pirqs & (1 << pirq)) levels |= 1 << irq;
    }
    for (let irq = 0; irq < IRQS; irq++) {
      const level = (levels & (1 << irq)) !== 0;
      if (level === this.driven[irq]) continue;
      this.driven[irq] = level;
      if (level) this.lines[irq]?.raise();
      else this.lines[irq]?.lower();
    }
  }
}
