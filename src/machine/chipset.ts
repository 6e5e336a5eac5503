import { ResetControl } from '../devices/acpi-pm.ts';
import { Piix3Ide } from '../devices/bus-master-ide.ts';
import { Hpet } from '../devices/hpet.ts';
import { I440fx } from '../devices/i440fx.ts';
import type { IdeChannel } from '../devices/ide.ts';
import { PciBus, PciConfigPorts } from '../devices/pci-host.ts';
import { Piix3IsaBridge } from '../devices/piix3.ts';
import { Piix4Pm } from '../devices/piix4-pm.ts';
import type { Vga } from '../devices/vga.ts';
import { PciVga } from '../devices/vga-pci.ts';
import type { DetachableLine } from './detachable-line.ts';
import type { InterruptWiring } from './interrupts.ts';
import { LegacyMemory } from './legacy-memory.ts';
import type { Machine } from './machine.ts';
import {
  APM_PORT,
  HPET_BASE,
  HPET_BYTES,
  PCI_CONFIG_PORT,
  PCI_IO_BASE,
  PCI_MEMORY_BASE,
  PIRQ_IRQS,
  PIT_IRQ,
  PM_BASE,
  RTC_IRQ,
  SCI_IRQ,
} from './pc-map.ts';

/** PIRQRCA, the first of four routing registers (82371SB, "PIRQRC[A:D]"). */
const PIRQRC = 0x60;

export interface Chipset {
  readonly pci: PciBus;
  readonly bridge: Piix3IsaBridge;
  readonly power: Piix4Pm;
  readonly hpet: Hpet;
  /** Puts the end of a firmware image below 1 MiB, where the host bridge lets it be seen. */
  attachBios(image: Uint8Array): void;
  /** Does what firmware does to the chipset, for guests that are started without it. */
  initialise(): void;
  /** Power-on. */
  reset(): void;
}

/** The i440FX and PIIX: host bridge, ISA bridge, IDE bus masters, power management, HPET. */
export function attachChipset(
  machine: Machine,
  wiring: InterruptWiring,
  parts: {
    readonly ide: readonly [IdeChannel, IdeChannel];
    readonly vga: Vga;
    readonly vgaRom?: Uint8Array | undefined;
    /** Of the 8254 and the RTC: off while the HPET stands in for them. */
    readonly timerLines: readonly DetachableLine[];
    readonly onReset: () => void;
    readonly onPowerOff: () => void;
  },
): Chipset {
  const { ports, space, clock } = machine;
  const pci = new PciBus(ports, space);
  const resetControl = new ResetControl(parts.onReset);
  const configPorts = new PciConfigPorts(pci, resetControl);
  ports.attach(PCI_CONFIG_PORT, 8, configPorts);
  const host: I440fx = new I440fx({
    memoryBytes: machine.memory,
    onPam: (segment) => memory.setSegment(segment),
    onSmram: (control) => memory.setSmram(control),
  });
  const memory = new LegacyMemory(space, host.pamSegments);
  machine.core.onSmm = (isInside) => {
    memory.setSmm(isInside);
    if (!isInside) machine.processors.current.leftSmm();
  };
  machine.processors.onSwitch = () => memory.setSmm(machine.processors.current.isInSmm);
  pci.attach(0, 0, host);
  const bridge = new Piix3IsaBridge({ line: (irq) => wiring.line(irq) });
  pci.onPirq = (pirq, level) => bridge.setPirq(pirq, level);
  pci.attach(1, 0, bridge);
  const ide = new Piix3Ide({ primary: parts.ide[0], secondary: parts.ide[1], memory: space });
  pci.attach(1, 1, ide);
  const power = new Piix4Pm({
    clock,
    sci: wiring.line(SCI_IRQ),
    onPowerOff: parts.onPowerOff,
    onSmi: () => machine.processors.all[0]!.smi.raise(),
  });
  pci.attach(1, 3, power);
  ports.attach(APM_PORT, 2, power.apm);
  pci.attach(2, 0, new PciVga(parts.vga, parts.vgaRom));
  const hpet = new Hpet({
    clock,
    line: (pin) => wiring.ioApic!.line(pin),
    legacyLines: [wiring.line(PIT_IRQ), wiring.line(RTC_IRQ)],
    onLegacy: (isReplaced) => {
      for (const line of parts.timerLines) line.isAttached = !isReplaced;
    },
  });
  space.attachMmio(HPET_BASE, HPET_BYTES, hpet);
  return {
    pci,
    bridge,
    power,
    hpet,
    attachBios: (image) => memory.attachBios(image, host.pamSegments),
    reset() {
      for (const part of [configPorts, resetControl, pci, hpet]) part.reset();
    },
    initialise() {
      host.openMemory();
      power.place(PM_BASE);
      power.pm.setAcpiMode(true);
      ide.enableDecoding();
      for (const [pirq, irq] of PIRQ_IRQS.entries()) bridge.writeConfig(PIRQRC + pirq, irq, 1);
      pci.assignResources({ ioBase: PCI_IO_BASE, memoryBase: PCI_MEMORY_BASE, irqs: [...PIRQ_IRQS] });
      wiring.apics?.[0]?.enableVirtualWire();
    },
  };
}
