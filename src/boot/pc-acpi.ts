import * as map from '../machine/pc-map.ts';
import { type AcpiTables, acpiTables } from './acpi-tables.ts';

/** Where the tables of a board that starts without firmware lie: in the BIOS area, where kernels look for the RSDP. */
export const ACPI_TABLES = 0xe0000;

const HPET_CAPABILITIES = 0x8086a201;
const APM_ENABLE = 0xf1;
const APM_DISABLE = 0xf0;
const RESET_PORT = 0xcf9;
const RESET_HARD = 6;
const PCI_MEMORY_LAST = 0xfebfffff;

/** What the map of the board does not say. */
export interface PcAcpiOptions {
  readonly processors: number;
  readonly hasFloppy: boolean;
  /** Where the tables shall lie. Default: where the board without firmware has them. */
  readonly base?: number;
  /** As firmware placed and routed them. Default: as on the board without firmware. */
  readonly pmBase?: number;
  readonly irqs?: readonly [number, number, number, number];
  readonly pciMemory?: number;
}

/** The tables of the `pc` board, from the map of the board itself. */
export function pcAcpiTables(options: PcAcpiOptions): AcpiTables {
  const { processors, hasFloppy, base = ACPI_TABLES, pmBase = map.PM_BASE } = options;
  const { irqs = map.PIRQ_IRQS, pciMemory = map.PCI_MEMORY_BASE } = options;
  return acpiTables(
    {
      processors,
      localApic: map.LOCAL_APIC_BASE,
      ioApic: { id: 0, address: map.IO_APIC_BASE },
      hpet: { address: map.HPET_BASE, id: HPET_CAPABILITIES },
      pm: {
        port: pmBase,
        timerBits: 24,
        sci: map.SCI_IRQ,
        smiCommand: { port: map.APM_PORT, enable: APM_ENABLE, disable: APM_DISABLE },
        softOff: 0,
      },
      reset: { port: RESET_PORT, value: RESET_HARD },
      pci: { memory: { first: pciMemory, last: PCI_MEMORY_LAST }, irqs },
      serialPorts: map.COM_BASES.map((port, i) => ({ port, irq: map.COM_IRQS[i]! })),
      floppy: hasFloppy
        ? { port: map.FLOPPY_PORT, irq: map.FLOPPY_IRQ, dma: map.FLOPPY_DMA_CHANNEL }
        : undefined,
    },
    base,
  );
}
