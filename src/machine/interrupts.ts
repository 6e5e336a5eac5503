import type { InterruptLine } from '../bus/lines.ts';
import { type Core, PENDING_INTR, PENDING_NMI } from '../cpu/execute/core.ts';
import { ApicBus } from '../devices/apic-bus.ts';
import { IoApic } from '../devices/io-apic.ts';
import { LocalApic } from '../devices/local-apic.ts';
import { Pic8259Pair } from '../devices/pic8259.ts';
import { IA32_APIC_BASE } from '../isa/msr.ts';
import { STATE_APIC_BASE } from '../state/layout.ts';
import type { Machine } from './machine.ts';
import { IO_APIC_BASE, IO_APIC_PIN_OF_TIMER, LOCAL_APIC_BASE, LOCAL_APIC_BYTES, PIT_IRQ } from './pc-map.ts';

/** How the board's interrupt requests reach the processor. */
export interface InterruptWiring {
  /** A new driver of an ISA interrupt request, 0 to 15 except 2. */
  line(irq: number): InterruptLine;
  /** The processor's NMI pin, or what stands in front of it. Its edge counts. */
  readonly nmi: InterruptLine;
  readonly pic: Pic8259Pair;
  readonly apic?: LocalApic;
  readonly ioApic?: IoApic;
  /** Power-on. */
  reset(): void;
}

/** The processor's INTR pin. */
function intrPin(core: Core): InterruptLine {
  return {
    raise() {
      core.pending |= PENDING_INTR;
      core.endBlock();
    },
    lower() {
      core.pending &= ~PENDING_INTR;
    },
  };
}

/** The processor's NMI pin. */
function nmiPin(core: Core): InterruptLine {
  return {
    raise() {
      core.pending |= PENDING_NMI;
      core.endBlock();
    },
    lower() {},
  };
}

/** The pair of 8259As drives the processor. */
export function wirePic({ core }: Machine): InterruptWiring {
  const pic = new Pic8259Pair(intrPin(core));
  core.interruptController = pic;
  return { pic, nmi: nmiPin(core), line: (irq) => pic.line(irq), reset: () => pic.reset() };
}

/** Local and I/O APIC, with the 8259As on LINT0: every request goes to both (MultiProcessor Specification, 3.6.2.2). */
export function wireApic(machine: Machine): InterruptWiring {
  const { core, space, clock, state } = machine;
  const bus = new ApicBus();
  const pic = new Pic8259Pair(bus.lint0);
  let mapped: number | undefined;
  const apic: LocalApic = new LocalApic({
    id: 0,
    bus,
    clock,
    tsc: clock,
    intr: intrPin(core),
    pic,
    isBootstrap: true,
    hasX2apic: core.model.has('x2apic'),
    onNmi: () => nmiPin(core).raise(),
    onBase: (base, isEnabled, isX2apic) => place(base, isEnabled, isX2apic),
  });
  const place = (base: number, isEnabled: boolean, isX2apic: boolean) => {
    const [lo, hi] = apic.readMsr(IA32_APIC_BASE) ?? [0, 0];
    state.words[STATE_APIC_BASE >> 2] = lo;
    state.words[(STATE_APIC_BASE >> 2) + 1] = hi;
    const wanted = isEnabled && !isX2apic && base >= machine.memory && base < 2 ** 32 ? base : undefined;
    if (wanted === mapped) return;
    if (mapped !== undefined) space.detachMmio(mapped, LOCAL_APIC_BYTES);
    if (wanted !== undefined) space.attachMmio(wanted, LOCAL_APIC_BYTES, apic);
    mapped = wanted;
  };
  place(LOCAL_APIC_BASE, true, false);
  core.interruptController = apic;
  core.msrDevice = apic;
  core.taskPriority = apic;
  const ioApic = new IoApic(bus, 0);
  space.attachMmio(IO_APIC_BASE, 0x1000, ioApic);
  return {
    pic,
    nmi: bus.lint1,
    apic,
    ioApic,
    reset() {
      pic.reset();
      ioApic.reset();
      apic.reset();
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
