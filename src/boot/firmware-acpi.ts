/**
 * ACPI tables for firmware, which finds memory for them and links them there (QEMU, "QEMU<->ACPI BIOS interface"): two
 * files and a script of commands in fw_cfg. Pointers in the files are offsets until the firmware adds where it has put the
 * file they point into.
 */
import type { Chipset } from '../machine/chipset.ts';
import type { Pc } from '../machine/pc.ts';
import { PIRQ_IRQS, PM_BASE } from '../machine/pc-map.ts';
import { ByteWriter } from './byte-writer.ts';
import { pcAcpiTables } from './pc-acpi.ts';

const TABLES_FILE = 'etc/acpi/tables';
const RSDP_FILE = 'etc/acpi/rsdp';
const SCRIPT_FILE = 'etc/table-loader';
const FILES: readonly string[] = [TABLES_FILE, RSDP_FILE, SCRIPT_FILE];

const COMMAND_ALLOCATE = 1;
const COMMAND_ADD_POINTER = 2;
const COMMAND_ADD_CHECKSUM = 3;
const COMMAND_BYTES = 128;
const FILE_NAME_BYTES = 56;
const ZONE_HIGH = 1;
/** F0000h to FFFFFh, where operating systems look for the root pointer. */
const ZONE_FSEG = 2;

/** ACPI 6.5, "Root System Description Pointer (RSDP) Structure". */
const RSDP_BYTES = 36;
const RSDP_OLD_BYTES = 20;
const RSDP_CHECKSUM = 8;
const RSDP_RSDT = 16;
const RSDP_XSDT = 24;
const RSDP_EXTENDED_CHECKSUM = 32;
/** "System Description Table Header", and the FADT's pointers. */
const TABLE_LENGTH = 4;
const TABLE_CHECKSUM = 9;
const TABLE_HEADER_BYTES = 36;
const FADT_FACS = 36;
const FADT_DSDT = 40;
const FADT_X_DSDT = 140;
/** The FACS wants 64, and nothing in the file wants more. */
const TABLES_ALIGNMENT = 64;
const RSDP_ALIGNMENT = 16;

const name = (text: string) => new TextEncoder().encode(text.padEnd(FILE_NAME_BYTES, '\0'));

class LoaderScript {
  readonly #writer = new ByteWriter();

  allocate(file: string, alignment: number, zone: number): void {
    this.#command(COMMAND_ALLOCATE, (body) => body.bytes(name(file)).u32(alignment).u8(zone));
  }

  /** Adds where `target` lies to the pointer of `bytes` bytes in `file`. */
  addPointer(file: string, at: number, bytes: 4 | 8, target = TABLES_FILE): void {
    this.#command(COMMAND_ADD_POINTER, (body) =>
      body.bytes(name(file)).bytes(name(target)).u32(at).u8(bytes),
    );
  }

  addChecksum(file: string, at: number, start: number, bytes: number): void {
    this.#command(COMMAND_ADD_CHECKSUM, (body) => body.bytes(name(file)).u32(at).u32(start).u32(bytes));
  }

  finish(): Uint8Array {
    return this.#writer.finish();
  }

  #command(command: number, fill: (body: ByteWriter) => void): void {
    const body = new ByteWriter().u32(command);
    fill(body);
    this.#writer.bytes(body.bytes(new Uint8Array(COMMAND_BYTES - body.length)).finish());
  }
}

/** The three files, of tables made for the base 0. */
function linkedFiles(area: Uint8Array): Uint8Array[] {
  const rsdp = area.slice(0, RSDP_BYTES);
  area.fill(0, 0, RSDP_BYTES);
  const word = (at: number) => new DataView(area.buffer, area.byteOffset).getUint32(at, true);
  const root = new DataView(rsdp.buffer);
  const [rsdt, xsdt] = [root.getUint32(RSDP_RSDT, true), root.getUint32(RSDP_XSDT, true)];
  const script = new LoaderScript();
  script.allocate(TABLES_FILE, TABLES_ALIGNMENT, ZONE_HIGH);
  script.allocate(RSDP_FILE, RSDP_ALIGNMENT, ZONE_FSEG);
  /** Firmware makes a sum zero by the byte at `at`; some counts what is there already, some does not. */
  const checksum = (at: number, bytes: number): void => {
    area[at + TABLE_CHECKSUM] = 0;
    script.addChecksum(TABLES_FILE, at + TABLE_CHECKSUM, at, bytes);
  };
  const listed: number[] = [];
  for (let at = rsdt + TABLE_HEADER_BYTES; at < rsdt + word(rsdt + TABLE_LENGTH); at += 4) {
    listed.push(word(at));
    script.addPointer(TABLES_FILE, at, 4);
  }
  for (const i of listed.keys()) script.addPointer(TABLES_FILE, xsdt + TABLE_HEADER_BYTES + 8 * i, 8);
  // The FADT is the first; of the tables only this one has pointers.
  const fadt = listed[0]!;
  for (const at of [FADT_FACS, FADT_DSDT]) script.addPointer(TABLES_FILE, fadt + at, 4);
  script.addPointer(TABLES_FILE, fadt + FADT_X_DSDT, 8);
  for (const table of [fadt, rsdt, xsdt]) checksum(table, word(table + TABLE_LENGTH));
  script.addPointer(RSDP_FILE, RSDP_RSDT, 4);
  script.addPointer(RSDP_FILE, RSDP_XSDT, 8);
  rsdp[RSDP_CHECKSUM] = 0;
  rsdp[RSDP_EXTENDED_CHECKSUM] = 0;
  script.addChecksum(RSDP_FILE, RSDP_CHECKSUM, 0, RSDP_OLD_BYTES);
  script.addChecksum(RSDP_FILE, RSDP_EXTENDED_CHECKSUM, 0, RSDP_BYTES);
  return [area, rsdp, script.finish()];
}

/**
 * Puts the tables of the board `pc` into `fwCfg`. They say where firmware has placed the PM block and to what it has
 * routed PCI's interrupts, so they are made anew whenever the guest selects one of the files.
 */
export function offerAcpiTables(
  fwCfg: Pc['devices']['fwCfg'],
  chipset: Chipset,
  board: { readonly processors: number; readonly hasFloppy: boolean; readonly memory: number },
): void {
  const route = (pirq: number): number => {
    const irq = chipset.bridge.route(pirq);
    return irq < 0 ? PIRQ_IRQS[pirq]! : irq;
  };
  const make = () =>
    linkedFiles(
      pcAcpiTables({
        processors: board.processors,
        hasFloppy: board.hasFloppy,
        base: 0,
        pmBase: chipset.power.pmBase || PM_BASE,
        irqs: [route(0), route(1), route(2), route(3)],
        pciMemory: board.memory,
      }).bytes,
    );
  const made = make();
  for (const [i, file] of FILES.entries()) fwCfg.addFile(file, made[i]!);
  fwCfg.onSelectFile = (selected) => {
    if (!FILES.includes(selected)) return;
    for (const [i, bytes] of make().entries()) fwCfg.addFile(FILES[i]!, bytes);
  };
}
