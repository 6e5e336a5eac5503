/**
 * The SMBIOS tables of a board (DMTF DSP0134, "System Management BIOS Reference Specification", 2.8): who made the machine,
 * its processors and its memory, for operating systems that choose by that. A pure function of the description.
 */
import { ascii, ByteWriter, balance, cString } from './byte-writer.ts';

/** A package, as CPUID describes it. */
export interface SmbiosProcessor {
  readonly cores: number;
  /** The twelve characters of leaf 0. */
  readonly vendor: string;
  /** Leaf 1, EAX and EDX. */
  readonly signature: number;
  readonly features: number;
  readonly megahertz: number;
}

export interface SmbiosBoard {
  /** Bytes of RAM, from address 0 without a hole. */
  readonly memory: number;
  readonly processor: SmbiosProcessor;
  /** Firmware that tells of itself brings a structure of type 0 of its own. */
  readonly hasFirmware: boolean;
}

export interface SmbiosTables {
  /** The entry point structure, whose table address is `address`. */
  readonly anchor: Uint8Array;
  readonly tables: Uint8Array;
}

const SMBIOS_MAJOR = 2;
const SMBIOS_MINOR = 8;
const ANCHOR_BYTES = 0x1f;
/** "Entry Point Structure Checksum" is of the whole, the intermediate one of what begins with `_DMI_`. */
const ANCHOR_CHECKSUM = 0x04;
const ANCHOR_INTERMEDIATE = 0x10;
const ANCHOR_INTERMEDIATE_CHECKSUM = 0x15;

const MANUFACTURER = 'longmode';
const PRODUCT = 'PC (i440FX + PIIX)';
const VERSION = '1';
/** Tables depend on nothing but the board. */
const RELEASE_DATE = '01/01/2026';
/** Where the BIOS lies, and how many units of 64 KiB it has beyond the first. */
const BIOS_SEGMENT = 0xf000;
const BIOS_SIZE = 0;

const HANDLE_BIOS = 0x0000;
const HANDLE_SYSTEM = 0x0100;
const HANDLE_CHASSIS = 0x0300;
const HANDLE_PROCESSOR = 0x0400;
const HANDLE_ARRAY = 0x1000;
const HANDLE_DEVICE = 0x1100;
const HANDLE_ARRAY_ADDRESS = 0x1300;
const HANDLE_BOOT = 0x2000;
const HANDLE_END = 0x7f00;
const NO_HANDLE = 0xffff;
const NO_ERROR_INFORMATION = 0xfffe;

/** Values of enumerations. */
const OTHER = 1;
const UNKNOWN = 2;
const BIOS_PCI = 1 << 7;
const BIOS_SHADOWED = 1 << 12;
const BIOS_ACPI = 1 << 0;
const BIOS_VIRTUAL_MACHINE = 1 << 4;
const NO_RELEASE = 0xff;
const WAKE_POWER_SWITCH = 6;
const STATE_SAFE = 3;
const SECURITY_NONE = 3;
const CENTRAL_PROCESSOR = 3;
const SOCKET_POPULATED_ENABLED = 0x41;
const PROCESSOR_64_BIT = 1 << 2;
const USE_SYSTEM_MEMORY = 3;
const ECC_NONE = 3;
const FORM_DIMM = 9;
const MEMORY_RAM = 7;
const WIDTH_UNKNOWN = 0xffff;

const KIB = 1024;
const MIB = 1024 * KIB;
/** "Size" of a memory device counts KiB when its highest bit is set, and MiB otherwise. */
const SIZE_IN_KIB = 0x8000;

/** Structures one after the other, and the longest of them. */
class Structures {
  readonly #writer = new ByteWriter();
  count = 0;
  longest = 0;

  /** A formatted area behind the header, and the strings that it numbers from 1. */
  add(type: number, handle: number, fill: (body: ByteWriter) => void, texts: readonly string[] = []): void {
    const body = new ByteWriter();
    fill(body);
    const before = this.#writer.length;
    this.#writer
      .u8(type)
      .u8(4 + body.length)
      .u16(handle)
      .bytes(body.finish());
    for (const text of texts) this.#writer.bytes(cString(text));
    this.#writer.bytes(new Uint8Array(texts.length === 0 ? 2 : 1));
    this.count++;
    this.longest = Math.max(this.longest, this.#writer.length - before);
  }

  finish(): Uint8Array {
    return this.#writer.finish();
  }
}

/** The tables as they shall lie at `address`; firmware that moves them corrects the anchor. */
export function smbiosTables(board: SmbiosBoard, address: number): SmbiosTables {
  const structures = new Structures();
  if (!board.hasFirmware) addBios(structures);
  addSystem(structures);
  addProcessor(structures, board.processor);
  addMemory(structures, board.memory);
  structures.add(32, HANDLE_BOOT, (body) => body.bytes(new Uint8Array(7))); // "No errors detected".
  structures.add(127, HANDLE_END, () => {});
  const tables = structures.finish();
  return { anchor: entryPoint(structures, tables.length, address), tables };
}

function addBios(structures: Structures): void {
  structures.add(
    0,
    HANDLE_BIOS,
    (body) => {
      body.u8(1).u8(2).u16(BIOS_SEGMENT).u8(3).u8(BIOS_SIZE);
      body.u64(BIOS_PCI | BIOS_SHADOWED);
      body.u8(BIOS_ACPI).u8(BIOS_VIRTUAL_MACHINE);
      body.u8(0).u8(0).u8(NO_RELEASE).u8(NO_RELEASE);
    },
    [MANUFACTURER, VERSION, RELEASE_DATE],
  );
}

/** Without serial numbers; a UUID of zeros says that there is none. */
function addSystem(structures: Structures): void {
  structures.add(
    1,
    HANDLE_SYSTEM,
    (body) => body.u8(1).u8(2).u8(3).u8(0).bytes(new Uint8Array(16)).u8(WAKE_POWER_SWITCH).u8(0).u8(0),
    [MANUFACTURER, PRODUCT, VERSION],
  );
  structures.add(
    3,
    HANDLE_CHASSIS,
    (body) => {
      body.u8(1).u8(OTHER).u8(2).u8(0).u8(0);
      body.u8(STATE_SAFE).u8(STATE_SAFE).u8(STATE_SAFE).u8(SECURITY_NONE);
      body.u32(0).u8(0).u8(0).u8(0).u8(0).u8(0);
    },
    [MANUFACTURER, VERSION],
  );
}

function addProcessor(structures: Structures, processor: SmbiosProcessor): void {
  const { cores, megahertz } = processor;
  structures.add(
    4,
    HANDLE_PROCESSOR,
    (body) => {
      body.u8(1).u8(CENTRAL_PROCESSOR).u8(OTHER).u8(2);
      body.u32(processor.signature).u32(processor.features);
      body.u8(3).u8(0).u16(0).u16(megahertz).u16(megahertz); // Voltage and external clock are unknown.
      body.u8(SOCKET_POPULATED_ENABLED).u8(OTHER);
      body.u16(NO_HANDLE).u16(NO_HANDLE).u16(NO_HANDLE);
      body.u8(0).u8(0).u8(0);
      body.u8(cores).u8(cores).u8(cores).u16(PROCESSOR_64_BIT).u16(OTHER);
    },
    ['CPU 0', processor.vendor, VERSION],
  );
}

function addMemory(structures: Structures, memory: number): void {
  structures.add(16, HANDLE_ARRAY, (body) => {
    body.u8(OTHER).u8(USE_SYSTEM_MEMORY).u8(ECC_NONE);
    body
      .u32(Math.floor(memory / KIB))
      .u16(NO_ERROR_INFORMATION)
      .u16(1)
      .u64(0);
  });
  const size =
    memory % MIB === 0 || memory >= SIZE_IN_KIB * KIB
      ? Math.floor(memory / MIB)
      : SIZE_IN_KIB | Math.floor(memory / KIB);
  structures.add(
    17,
    HANDLE_DEVICE,
    (body) => {
      body.u16(HANDLE_ARRAY).u16(NO_ERROR_INFORMATION).u16(WIDTH_UNKNOWN).u16(WIDTH_UNKNOWN);
      body.u16(size).u8(FORM_DIMM).u8(0).u8(1).u8(0).u8(MEMORY_RAM).u16(UNKNOWN);
      body.u16(0).u8(2).u8(0).u8(0).u8(0).u8(0);
      body.u32(0).u16(0).u16(0).u16(0).u16(0);
    },
    ['DIMM 0', MANUFACTURER],
  );
  structures.add(19, HANDLE_ARRAY_ADDRESS, (body) => {
    body
      .u32(0)
      .u32(Math.floor(memory / KIB) - 1)
      .u16(HANDLE_ARRAY)
      .u8(1)
      .u64(0)
      .u64(0);
  });
}

function entryPoint(structures: Structures, bytes: number, address: number): Uint8Array {
  const anchor = new ByteWriter()
    .bytes(ascii('_SM_'))
    .u8(0)
    .u8(ANCHOR_BYTES)
    .u8(SMBIOS_MAJOR)
    .u8(SMBIOS_MINOR)
    .u16(structures.longest)
    .bytes(new Uint8Array(6))
    .bytes(ascii('_DMI_'))
    .u8(0)
    .u16(bytes)
    .u32(address)
    .u16(structures.count)
    .u8(SMBIOS_MAJOR * 16 + SMBIOS_MINOR)
    .finish();
  balance(anchor.subarray(ANCHOR_INTERMEDIATE), ANCHOR_INTERMEDIATE_CHECKSUM - ANCHOR_INTERMEDIATE);
  balance(anchor, ANCHOR_CHECKSUM);
  return anchor;
}
