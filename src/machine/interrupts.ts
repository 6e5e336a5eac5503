import type { InterruptLine } from '../bus/lines.ts';
import { ApicBus } from '../devices/apic-bus.ts';
import { IoApic } from '../devices/io-apic.ts';
import { LocalApic } from '../devices/local-apic.ts';
import { LocalApicPage } from '../devices/local-apic-page.ts';
import { Pic8259Pair } from '../devices/pic8259.ts';
import { IA32_APIC_BASE } from '../isa/msr.ts';
import { STATE_APIC_BASE } from '../state/layout.ts';
import type { LogicalProcessor } from './logical-processor.ts';
import type { Machine } from './machine.ts';
import { IO_APIC_BASE, IO_APIC_PIN_OF_TIMER, LOCAL_APIC_BYTES, PIT_IRQ } from './pc-map.ts';
import { TimeStampCounter } from './time-stamp-counter.ts';

/** How the board's interrupt requests reach the processor. */
export interface InterruptWiring {
  /** A new driver of an ISA interrupt request, 0 to 15 except 2. */
  line(irq: number): InterruptLine;
  /** The processor's NMI pin, or what stands in front of it. Its edge counts. */
  readonly nmi: InterruptLine;
  readonly pic: Pic8259Pair;
  /** By processor. */
  readonly apics?: readonly LocalApic[];
  readonly ioApic?: IoApic;
  /** Power-on. */
  reset(): void;
  /** After the controllers were replaced by those of a snapshot. */
  restored?(): void;
}

/** The pair of 8259As drives the processor. */
export function wirePic({ core, processors }: Machine): InterruptWiring {
  const { intr, nmi } = processors.current;
  const pic = new Pic8259Pair(intr);
  core.interruptController = pic;
  return { pic, nmi, line: (irq) => pic.line(irq), reset: () => pic.reset() };
}

/**
 * A local APIC for each processor, and an I/O APIC, with the 8259As on LINT0: every request goes to both
 * (MultiProcessor Specification, 3.6.2.2).
 */
export function wireApic(machine: Machine): InterruptWiring {
  const { core, space, clock, processors } = machine;
  const bus = new ApicBus();
  const pic = new Pic8259Pair(bus.lint0);
  const apics: LocalApic[] = [];
  const pages = new LocalApicPages(machine, () => apics[processors.current.id]!);
  for (const processor of processors.all) {
    const apic: LocalApic = new LocalApic({
      id: processor.id,
      bus,
      clock,
      tsc: new TimeStampCounter(clock, () => processor.words),
      intr: processor.intr,
      pic,
      isBootstrap: processor.isBootstrap,
      hasX2apic: core.model.has('x2apic'),
      onNmi: () => processor.nmi.raise(),
      onInit: () => processor.init(),
      onStartup: (vector) => processor.startUp(vector),
      onBase: () => pages.follow(processor, apic),
    });
    apics.push(apic);
    processor.apic = apic;
    pages.follow(processor, apic);
  }
  processors.current.connect();
  machine.timeStampCounter.onWrite = () => apics[processors.current.id]!.tscChanged();
  const ioApic = new IoApic(bus, 0);
  space.attachMmio(IO_APIC_BASE, 0x1000, ioApic);
  return {
    pic,
    nmi: bus.lint1,
    apics,
    ioApic,
    restored() {
      for (const processor of processors.all) pages.follow(processor, apics[processor.id]!);
    },
    reset() {
      pic.reset();
      ioApic.reset();
      for (const apic of apics) apic.reset();
    },
    line(irq) {
      const lines = [pic.line(irq), ioApic.line(irq === PIT_IRQ ? IO_APIC_PIN_OF_TIMER : irq)];
      return {
        raise: () => {
          for (const line of lines) line.raise();
        },
        lower: () => {
          for (const line of lines) line.lower();
        },
      };
    },
  };
}

/** Where the registers of the local APICs are in memory: each processor sees its own where its IA32_APIC_BASE says. */
class LocalApicPages {
  readonly #machine: Machine;
  readonly #current: () => LocalApic;
  /** By processor: the page that it wants. */
  readonly #wanted = new Map<number, number>();
  readonly #mapped = new Set<number>();

  constructor(machine: Machine, current: () => LocalApic) {
    this.#machine = machine;
    this.#current = current;
  }

  /** IA32_APIC_BASE of a processor was written. */
  follow(processor: LogicalProcessor, apic: LocalApic): void {
    const { space, memory } = this.#machine;
    const [lo, hi] = apic.readMsr(IA32_APIC_BASE) ?? [0, 0];
    processor.words[STATE_APIC_BASE >> 2] = lo;
    processor.words[(STATE_APIC_BASE >> 2) + 1] = hi;
    const { base } = apic;
    if (apic.isEnabled && !apic.isX2apic && base >= memory && base < 2 ** 32) {
      this.#wanted.set(processor.id, base);
    } else this.#wanted.delete(processor.id);
    const wanted = new Set(this.#wanted.values());
    for (const page of this.#mapped) {
      if (wanted.has(page)) continue;
      space.detachMmio(page, LOCAL_APIC_BYTES);
      this.#mapped.delete(page);
    }
    for (const page of wanted) {
      if (this.#mapped.has(page)) continue;
      space.attachMmio(page, LOCAL_APIC_BYTES, new LocalApicPage(page, this.#current));
      this.#mapped.add(page);
    }
  }
}
