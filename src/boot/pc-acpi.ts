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

/** The tables of the `pc` board, from the map of the board itself. */
export function pcAcpiTables(processors = 1): AcpiTables {
  return acpiTables(
    {
      processors,
      localApic: map.LOCAL_APIC_BASE,
      ioApic: { id: 0, address: map.IO_APIC_BASE },
      hpet: { address: map.HPET_BASE, id: HPET_CAPABILITIES },
      pm: {
        port: map.PM_BASE,
        timerBits: 24,
        sci: map.SCI_IRQ,
        smiCommand: { port: map.APM_PORT, enable: APM_ENABLE, disable: APM_DISABLE },
        softOff: 0,
      },
      reset: { port: RESET_PORT, value: RESET_HARD },
      pci: { memory: { first: map.PCI_MEMORY_BASE, last: PCI_MEMORY_LAST }, irqs: [...map.PIRQ_IRQS] },
      serialPorts: map.COM_BASES.map((port, i) => ({ port, irq: map.COM_IRQS[i]! })),
    },
    ACPI_TABLES,
  );
}
