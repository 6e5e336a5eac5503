/**
 * The ACPI tables of a board that is started without firmware (ACPI 6.5, "ACPI Software Programming Model"): root
 * pointer, RSDT and XSDT, FADT, FACS, MADT, HPET and a DSDT. A pure function of the board's description: every address
 * in the tables is the description's, none is known here.
 */

import {
  type Aml,
  addressSpace,
  device,
  dma,
  eisaId,
  fixedMemory,
  integer,
  ioPorts,
  irq,
  name,
  packageOf,
  resources,
  SPACE_BUS,
  SPACE_IO,
  SPACE_MEMORY,
  scope,
  text,
} from './aml.ts';
import { ascii, ByteWriter, balance } from './byte-writer.ts';

export interface AcpiBoard {
  /** One each, with the local APIC IDs 0, 1, 2 ... */
  readonly processors: number;
  readonly localApic: number;
  readonly ioApic: { readonly id: number; readonly address: number };
  /** Base address and the low word of the capabilities register. */
  readonly hpet: { readonly address: number; readonly id: number } | undefined;
  readonly pm: {
    /** First port of the PM block: events at 0, control at 4, timer at 8, GPE0 at 12. */
    readonly port: number;
    readonly timerBits: 24 | 32;
    /** The system control interrupt. */
    readonly sci: number;
    /** Where, and by which values, ACPI is switched on and off; undefined where it is always on. */
    readonly smiCommand:
      | { readonly port: number; readonly enable: number; readonly disable: number }
      | undefined;
    /** SLP_TYP of S5. */
    readonly softOff: number;
  };
  readonly reset: { readonly port: number; readonly value: number } | undefined;
  /** A host bridge, the memory below 4 GiB that it passes on, and the IRQs of PIRQA# to PIRQD#. */
  readonly pci:
    | {
        readonly memory: { readonly first: number; readonly last: number };
        readonly irqs: readonly [number, number, number, number];
      }
    | undefined;
  readonly serialPorts: readonly { readonly port: number; readonly irq: number }[];
  /** First port of the diskette controller: six ports there, and the one that follows the next. */
  readonly floppy?: { readonly port: number; readonly irq: number; readonly dma: number } | undefined;
}

export interface AcpiTables {
  readonly bytes: Uint8Array;
  /** Physical address of the root system description pointer. */
  readonly rsdp: number;
  /** Copies of it, as of ACPI 1.0 and as of 2.0, for boot protocols that pass it on. */
  readonly old: Uint8Array;
  readonly new: Uint8Array;
}

const OEM_ID = 'LONGMD';
const OEM_TABLE_ID = 'LONGMODE';
const RSDP_BYTES = 36;
const RSDP_OLD_BYTES = 20;
const FACS_BYTES = 64;
const PM_PROFILE_DESKTOP = 1;

/** FADT, "Fixed ACPI Description Table Fixed Feature Flags". */
const FADT_WBINVD = 1 << 0;
const FADT_PROC_C1 = 1 << 2;
const FADT_SLP_BUTTON = 1 << 5;
const FADT_TMR_VAL_EXT = 1 << 8;
const FADT_RESET_REG_SUP = 1 << 10;
/** FADT, "IA-PC Boot Architecture Flags". */
const BOOT_LEGACY_DEVICES = 1 << 0;
const BOOT_8042 = 1 << 1;

/** MADT, "Interrupt Controller Structure Types" and "MPS INTI Flags". */
const MADT_PCAT_COMPAT = 1;
const MADT_LOCAL_APIC = 0;
const MADT_IO_APIC = 1;
const MADT_OVERRIDE = 2;
const MADT_LOCAL_APIC_NMI = 4;
const ALL_PROCESSORS = 0xff;
const INTI_HIGH_LEVEL = 0x000d;
/** On a PC the timer's interrupt is the I/O APIC's pin 2. */
const TIMER_PIN = 2;

const SYSTEM_MEMORY = 0;
const SYSTEM_IO = 1;
const PCI_SLOTS = 32;

/** The tables as they shall lie at `base`, a multiple of 64. The root pointer comes first. */
export function acpiTables(board: AcpiBoard, base: number): AcpiTables {
  const area = new ByteWriter().bytes(new Uint8Array(RSDP_BYTES));
  const put = (bytes: Uint8Array, alignment = 16): number => {
    const at = base + area.align(alignment).length;
    area.bytes(bytes);
    return at;
  };
  const facs = put(facsTable(), FACS_BYTES);
  const dsdt = put(table('DSDT', 2, (body) => body.bytes(Uint8Array.from(dsdtAml(board)))));
  const listed = [
    put(fadtTable(board, facs, dsdt)),
    put(madtTable(board)),
    ...(board.hpet ? [put(hpetTable(board.hpet))] : []),
  ];
  const rsdt = put(
    table('RSDT', 1, (body) => {
      for (const at of listed) body.u32(at);
    }),
  );
  const xsdt = put(
    table('XSDT', 1, (body) => {
      for (const at of listed) body.u64(at);
    }),
  );
  const bytes = area.finish();
  bytes.set(rootPointer(rsdt, xsdt));
  return {
    bytes,
    rsdp: base,
    old: bytes.slice(0, RSDP_OLD_BYTES),
    new: bytes.slice(0, RSDP_BYTES),
  };
}

function rootPointer(rsdt: number, xsdt: number): Uint8Array {
  const bytes = new ByteWriter()
    .bytes(ascii('RSD PTR '))
    .u8(0)
    .bytes(ascii(OEM_ID))
    .u8(2) // ACPI 2.0 and later: there is an XSDT.
    .u32(rsdt)
    .u32(RSDP_BYTES)
    .u64(xsdt)
    .u32(0)
    .finish();
  balance(bytes.subarray(0, RSDP_OLD_BYTES), 8);
  balance(bytes, 32);
  return bytes;
}

/** The header that all tables but the root pointer and the FACS have, and the body behind it. */
function table(signature: string, revision: number, fill: (body: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter().bytes(ascii(signature)).u32(0).u8(revision).u8(0);
  writer.bytes(ascii(OEM_ID)).bytes(ascii(OEM_TABLE_ID)).u32(1).bytes(ascii('LMOD')).u32(1);
  fill(writer);
  const bytes = writer.patch32(4, writer.length).finish();
  balance(bytes, 9);
  return bytes;
}

function facsTable(): Uint8Array {
  const facs = new ByteWriter().bytes(ascii('FACS')).u32(FACS_BYTES).bytes(new Uint8Array(24));
  return facs.u8(2).bytes(new Uint8Array(31)).finish();
}

/** A generic address structure. */
function register(body: ByteWriter, space: number, bits: number, accessBytes: number, address: number): void {
  const accessSize = accessBytes === 0 ? 0 : Math.log2(accessBytes) + 1;
  body.u8(space).u8(bits).u8(0).u8(accessSize).u64(address);
}

function fadtTable(board: AcpiBoard, facs: number, dsdt: number): Uint8Array {
  const { pm, reset } = board;
  const { smiCommand: smi, port } = pm;
  const flags =
    FADT_WBINVD |
    FADT_PROC_C1 |
    FADT_SLP_BUTTON |
    (pm.timerBits === 32 ? FADT_TMR_VAL_EXT : 0) |
    (reset ? FADT_RESET_REG_SUP : 0);
  const none = (body: ByteWriter): void => register(body, SYSTEM_IO, 0, 0, 0);
  return table('FACP', 4, (body) => {
    body.u32(facs).u32(dsdt).u8(0).u8(PM_PROFILE_DESKTOP).u16(pm.sci);
    body
      .u32(smi?.port ?? 0)
      .u8(smi?.enable ?? 0)
      .u8(smi?.disable ?? 0)
      .u8(0)
      .u8(0);
    body
      .u32(port)
      .u32(0)
      .u32(port + 4)
      .u32(0); // PM1a and PM1b events, PM1a and PM1b control
    body
      .u32(0)
      .u32(port + 8)
      .u32(port + 12)
      .u32(0); // PM2 control, timer, GPE0, GPE1
    body.u8(4).u8(2).u8(0).u8(4).u8(4).u8(0).u8(0).u8(0); // Lengths, GPE1 base, C-state control
    body.u16(0xfff).u16(0xfff); // C2 and C3 are not there: their latencies say so.
    body.u16(0).u16(0).u8(0).u8(0); // Flush size and stride, duty offset and width
    body.u8(0).u8(0).u8(0x32); // Day alarm, month alarm; the century lies in CMOS byte 32h.
    body
      .u16(BOOT_LEGACY_DEVICES | BOOT_8042)
      .u8(0)
      .u32(flags);
    register(body, SYSTEM_IO, reset ? 8 : 0, reset ? 1 : 0, reset?.port ?? 0);
    body
      .u8(reset?.value ?? 0)
      .u16(0)
      .u8(0);
    body.u64(0).u64(dsdt); // X_FIRMWARE_CTRL is for a FACS above 4 GiB: only one of the two may be set.
    register(body, SYSTEM_IO, 32, 2, port);
    none(body);
    register(body, SYSTEM_IO, 16, 2, port + 4);
    none(body);
    none(body);
    register(body, SYSTEM_IO, 32, 4, port + 8);
    register(body, SYSTEM_IO, 32, 1, port + 12);
    none(body);
  });
}

function madtTable(board: AcpiBoard): Uint8Array {
  const { processors, localApic, ioApic, pm, pci } = board;
  return table('APIC', 3, (body) => {
    body.u32(localApic).u32(MADT_PCAT_COMPAT);
    for (let id = 0; id < processors; id++) body.u8(MADT_LOCAL_APIC).u8(8).u8(id).u8(id).u32(1);
    body.u8(MADT_IO_APIC).u8(12).u8(ioApic.id).u8(0).u32(ioApic.address).u32(0);
    const override = (source: number, pin: number, flags: number): void => {
      body.u8(MADT_OVERRIDE).u8(10).u8(0).u8(source).u32(pin).u16(flags);
    };
    override(0, TIMER_PIN, 0);
    const levels = new Set([pm.sci, ...(pci?.irqs ?? [])]);
    for (const line of [...levels].sort((a, b) => a - b)) override(line, line, INTI_HIGH_LEVEL);
    body.u8(MADT_LOCAL_APIC_NMI).u8(6).u8(ALL_PROCESSORS).u16(0).u8(1); // NMI is LINT1.
  });
}

function hpetTable(hpet: { readonly address: number; readonly id: number }): Uint8Array {
  return table('HPET', 1, (body) => {
    body.u32(hpet.id);
    register(body, SYSTEM_MEMORY, 64, 0, hpet.address);
    body.u8(0).u16(0).u8(0);
  });
}

/** \_S5, and under \_SB what cannot be found by looking: the host bridge's ranges and interrupts, and ISA devices. */
function dsdtAml(board: AcpiBoard): Aml {
  const { pm, hpet, pci } = board;
  const type = integer(pm.softOff);
  const isa = isaDevices(board);
  return [
    ...name('\\_S5', packageOf(type, type, integer(0), integer(0))),
    ...scope(
      '\\_SB',
      ...processorDevices(board.processors),
      ...(pci ? [hostBridge(pci, isa)] : isa),
      ...(hpet
        ? [
            device(
              'HPET',
              name('_HID', eisaId('PNP0103')),
              name('_CRS', resources(fixedMemory(hpet.address, 0x400))),
            ),
          ]
        : []),
    ),
  ];
}

/** The MADT's processors by their unique numbers (ACPI 6.5, "Declaring Processors"). */
function processorDevices(count: number): Aml[] {
  return Array.from({ length: count }, (_, id) =>
    device(
      `CP${id.toString(16).toUpperCase().padStart(2, '0')}`,
      name('_HID', text('ACPI0007')),
      name('_UID', integer(id)),
    ),
  );
}

function hostBridge(pci: NonNullable<AcpiBoard['pci']>, isa: readonly Aml[]): Aml {
  return device(
    'PCI0',
    name('_HID', eisaId('PNP0A03')),
    name('_ADR', integer(0)),
    name('_UID', integer(0)),
    name(
      '_CRS',
      resources(
        addressSpace(SPACE_BUS, 0, 0xff),
        ioPorts(0xcf8, 8),
        addressSpace(SPACE_IO, 0, 0xcf7),
        addressSpace(SPACE_IO, 0xd00, 0xffff),
        addressSpace(SPACE_MEMORY, 0xa0000, 0xbffff),
        addressSpace(SPACE_MEMORY, pci.memory.first, pci.memory.last),
      ),
    ),
    name('_PRT', packageOf(...routes(pci.irqs))),
    device('ISA', name('_ADR', integer(0x10000)), ...isa),
  );
}

/** INTA# of slot 1 is PIRQA#, and so round. The interrupt is wired to the I/O APIC's pin of the same number. */
function routes(irqs: readonly number[]): Aml[] {
  const rows: Aml[] = [];
  for (let slot = 0; slot < PCI_SLOTS; slot++) {
    for (let pin = 0; pin < 4; pin++) {
      const line = irqs[(slot + pin + 3) & 3]!;
      rows.push(packageOf(integer(slot * 0x10000 + 0xffff), integer(pin), integer(0), integer(line)));
    }
  }
  return rows;
}

function isaDevices({ serialPorts, floppy }: AcpiBoard): Aml[] {
  return [
    device('RTC', name('_HID', eisaId('PNP0B00')), name('_CRS', resources(ioPorts(0x70, 8), irq(8)))),
    device(
      'KBD',
      name('_HID', eisaId('PNP0303')),
      name('_CRS', resources(ioPorts(0x60, 1), ioPorts(0x64, 1), irq(1))),
    ),
    device('MOU', name('_HID', eisaId('PNP0F13')), name('_CRS', resources(irq(12)))),
    ...serialPorts.map(({ port, irq: line }, i) =>
      device(
        `COM${i + 1}`,
        name('_HID', eisaId('PNP0501')),
        name('_UID', integer(i + 1)),
        name('_CRS', resources(ioPorts(port, 8), irq(line))),
      ),
    ),
    ...(floppy
      ? [
          device(
            'FDC',
            name('_HID', eisaId('PNP0700')),
            name(
              '_CRS',
              resources(
                ioPorts(floppy.port, 6),
                ioPorts(floppy.port + 7, 1),
                irq(floppy.irq),
                dma(floppy.dma),
              ),
            ),
          ),
        ]
      : []),
  ];
}
