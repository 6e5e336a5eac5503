/** A small assembler of the ACPI machine language (ACPI 6.5, "AML Grammar Definition"): what our DSDT is made of. */

const ZERO_OP = 0x00;
const ONE_OP = 0x01;
const NAME_OP = 0x08;
const BYTE_PREFIX = 0x0a;
const WORD_PREFIX = 0x0b;
const DWORD_PREFIX = 0x0c;
const STRING_PREFIX = 0x0d;
const SCOPE_OP = 0x10;
const BUFFER_OP = 0x11;
const PACKAGE_OP = 0x12;
const ROOT_CHAR = 0x5c;
const EXT_OP_PREFIX = 0x5b;
const DEVICE_OP = 0x82;

/** Encoded AML. */
export type Aml = readonly number[];

/** A name of up to four characters, padded with underscores; a leading backslash means from the root. */
function nameString(name: string): Aml {
  const root = name.startsWith('\\') ? [ROOT_CHAR] : [];
  const segment = name.slice(root.length).padEnd(4, '_');
  if (!/^[A-Z_][A-Z0-9_]{3}$/.test(segment)) throw new TypeError(`${name} is not a name of AML`);
  return [...root, ...[...segment].map((c) => c.charCodeAt(0))];
}

/** PkgLength counts itself: one byte up to 63, otherwise a nibble and one to three bytes. */
function packageLength(contentBytes: number): Aml {
  if (contentBytes + 1 < 0x40) return [contentBytes + 1];
  for (let more = 1; more <= 3; more++) {
    const total = contentBytes + 1 + more;
    if (total >= 2 ** (4 + 8 * more)) continue;
    const rest = Array.from({ length: more }, (_, i) => (total >>> (4 + 8 * i)) & 0xff);
    return [(more << 6) | (total & 15), ...rest];
  }
  throw new RangeError(`${contentBytes} bytes are too many for one AML package`);
}

function counted(content: Aml): Aml {
  return [...packageLength(content.length), ...content];
}

const littleEndian = (value: number, bytes: number): Aml =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);

/** The shortest encoding of an unsigned integer of up to 32 bits. */
export function integer(value: number): Aml {
  if (value === 0) return [ZERO_OP];
  if (value === 1) return [ONE_OP];
  if (value <= 0xff) return [BYTE_PREFIX, value];
  if (value <= 0xffff) return [WORD_PREFIX, ...littleEndian(value, 2)];
  return [DWORD_PREFIX, ...littleEndian(value, 4)];
}

/** A string of ASCII characters. */
export function text(value: string): Aml {
  return [STRING_PREFIX, ...[...value].map((c) => c.charCodeAt(0)), 0];
}

/** A plug and play identifier such as PNP0A03 (ACPI 6.5, "EISAID"). */
export function eisaId(id: string): Aml {
  const letter = (i: number): number => id.charCodeAt(i) - 0x40;
  const vendor = (letter(0) << 10) | (letter(1) << 5) | letter(2);
  const product = Number.parseInt(id.slice(3), 16);
  return [DWORD_PREFIX, vendor >>> 8, vendor & 0xff, product >>> 8, product & 0xff];
}

export function name(object: string, value: Aml): Aml {
  return [NAME_OP, ...nameString(object), ...value];
}

export function packageOf(...elements: readonly Aml[]): Aml {
  return [PACKAGE_OP, ...counted([elements.length, ...elements.flat()])];
}

export function buffer(bytes: Aml): Aml {
  return [BUFFER_OP, ...counted([...integer(bytes.length), ...bytes])];
}

export function scope(path: string, ...objects: readonly Aml[]): Aml {
  return [SCOPE_OP, ...counted([...nameString(path), ...objects.flat()])];
}

export function device(object: string, ...objects: readonly Aml[]): Aml {
  return [EXT_OP_PREFIX, DEVICE_OP, ...counted([...nameString(object), ...objects.flat()])];
}

/** Resource descriptors (ACPI 6.5, "Resource Data Types for ACPI") and their end tag, whose checksum 0 is not looked at. */
export function resources(...descriptors: readonly Aml[]): Aml {
  return buffer([...descriptors.flat(), 0x79, 0]);
}

/** `bytes` ports at `base`, all 16 address lines decoded. */
export function ioPorts(base: number, bytes: number): Aml {
  return [0x47, 1, ...littleEndian(base, 2), ...littleEndian(base, 2), 1, bytes];
}

/** An edge-triggered, exclusive ISA interrupt. */
export function irq(line: number): Aml {
  return [0x22, ...littleEndian(1 << line, 2)];
}

/** An 8-bit channel of the 8237A, in compatibility mode. */
export function dma(channel: number): Aml {
  return [0x2a, 1 << channel, 0];
}

/** 32-bit fixed memory, writable. */
export function fixedMemory(base: number, bytes: number): Aml {
  return [0x86, 9, 0, 1, ...littleEndian(base, 4), ...littleEndian(bytes, 4)];
}

export const SPACE_MEMORY = 0;
export const SPACE_IO = 1;
export const SPACE_BUS = 2;
/** Resource producer, positive decode, both ends fixed. */
const SPACE_FLAGS = 0x0c;
/** Memory: read and write, cacheable for the VGA window; I/O: the entire range; buses have none. */
const TYPE_FLAGS = [1, 3, 0] as const;

/** A range that a bridge passes on: first and last address. */
export function addressSpace(kind: 0 | 1 | 2, first: number, last: number): Aml {
  const width = kind === SPACE_MEMORY ? 4 : 2;
  const fields = [0, first, last, 0, last - first + 1].flatMap((value) => littleEndian(value, width));
  return [
    width === 4 ? 0x87 : 0x88,
    ...littleEndian(3 + fields.length, 2),
    kind,
    SPACE_FLAGS,
    TYPE_FLAGS[kind],
    ...fields,
  ];
}
