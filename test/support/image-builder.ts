/** Builds small boot images in memory: ELF files of both classes and the headers of multiboot 1 and 2. */

export interface SegmentSpec {
  readonly type?: number;
  readonly flags?: number;
  readonly virtual: bigint;
  readonly physical?: bigint;
  readonly data: Uint8Array;
  readonly memoryBytes?: number;
}

export interface SectionSpec {
  readonly name: string;
  readonly type: number;
  readonly flags?: number;
  readonly address?: bigint;
  readonly data: Uint8Array;
  readonly link?: number;
  readonly entryBytes?: number;
  readonly alignment?: number;
}

export interface ElfSpec {
  readonly class?: 32 | 64;
  readonly type?: number;
  readonly machine?: number;
  readonly entry?: bigint;
  readonly segments?: readonly SegmentSpec[];
  readonly sections?: readonly SectionSpec[];
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function words(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values.map((v) => v >>> 0)).buffer);
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** The bytes 1, 2, 3 ... 255, 1, 2 ...: none is zero, so that cleared memory shows. */
export function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i % 255) + 1);
}

class Fields {
  readonly #bytes: number[] = [];
  readonly #wide: boolean;

  constructor(wide: boolean) {
    this.#wide = wide;
  }

  int(bytes: number, value: number | bigint): this {
    for (let i = 0n; i < BigInt(bytes); i++) this.#bytes.push(Number((BigInt(value) >> (8n * i)) & 0xffn));
    return this;
  }

  address(value: number | bigint): this {
    return this.int(this.#wide ? 8 : 4, value);
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** Header, program headers, segment data, section data, section headers; sections get a null one and .shstrtab. */
export function buildElf(spec: ElfSpec): Uint8Array {
  const wide = spec.class === 64;
  const segments = spec.segments ?? [];
  const sections = spec.sections ?? [];
  const headerBytes = wide ? 64 : 52;
  const segmentBytes = wide ? 56 : 32;
  const sectionBytes = wide ? 64 : 40;
  const allSections: SectionSpec[] = [];
  let names = '\0';
  const nameOffsets: number[] = [];
  if (sections.length > 0) {
    const withNames = [...sections, { name: '.shstrtab', type: 3, data: new Uint8Array(0) }];
    for (const section of withNames) {
      nameOffsets.push(names.length);
      names += `${section.name}\0`;
    }
    allSections.push(...sections, { name: '.shstrtab', type: 3, data: text(names) });
  }
  let offset = headerBytes + segments.length * segmentBytes;
  const place = (data: Uint8Array): number => {
    const at = offset;
    offset += data.length;
    return at;
  };
  const segmentOffsets = segments.map((s) => place(s.data));
  const sectionOffsets = allSections.map((s) => place(s.type === 8 ? new Uint8Array(0) : s.data));
  const header = new Fields(wide)
    .int(4, 0x464c457f)
    .int(1, wide ? 2 : 1)
    .int(1, 1)
    .int(10, 1)
    .int(2, spec.type ?? 2)
    .int(2, spec.machine ?? (wide ? 62 : 3))
    .int(4, 1)
    .address(spec.entry ?? segments[0]?.virtual ?? 0)
    .address(segments.length > 0 ? headerBytes : 0)
    .address(allSections.length > 0 ? offset : 0)
    .int(4, 0)
    .int(2, headerBytes)
    .int(2, segmentBytes)
    .int(2, segments.length)
    .int(2, sectionBytes)
    .int(2, allSections.length > 0 ? allSections.length + 1 : 0)
    .int(2, allSections.length);
  const programHeaders = segments.map((s, i) => {
    const row = new Fields(wide).int(4, s.type ?? 1);
    if (wide) row.int(4, s.flags ?? 7);
    row
      .address(segmentOffsets[i]!)
      .address(s.virtual)
      .address(s.physical ?? s.virtual);
    row.address(s.data.length).address(s.memoryBytes ?? s.data.length);
    if (!wide) row.int(4, s.flags ?? 7);
    return row.address(0x1000).finish();
  });
  const sectionHeaders = allSections.map((s, i) =>
    new Fields(wide)
      .int(4, nameOffsets[i]!)
      .int(4, s.type)
      .address(s.flags ?? 0)
      .address(s.address ?? 0)
      .address(sectionOffsets[i]!)
      .address(s.data.length)
      .int(4, s.link ?? 0)
      .int(4, 0)
      .address(s.alignment ?? 1)
      .address(s.entryBytes ?? 0)
      .finish(),
  );
  return concat(
    header.finish(),
    ...programHeaders,
    ...segments.map((s) => s.data),
    ...allSections.map((s) => (s.type === 8 ? new Uint8Array(0) : s.data)),
    ...(allSections.length > 0 ? [new Uint8Array(sectionBytes), ...sectionHeaders] : []),
  );
}

/** A symbol table and its strings, to be the sections at `index` and `index + 1`. */
export function symbolSections(
  wide: boolean,
  index: number,
  symbols: readonly { name: string; address: bigint; size?: number; type?: number; section?: number }[],
): SectionSpec[] {
  let names = '\0';
  const rows: Uint8Array[] = [new Uint8Array(wide ? 24 : 16)];
  for (const s of symbols) {
    const row = new Fields(wide).int(4, names.length);
    const kind = s.type ?? 2;
    if (wide)
      row
        .int(1, kind)
        .int(1, 0)
        .int(2, s.section ?? 1)
        .int(8, s.address)
        .int(8, s.size ?? 0);
    else
      row
        .int(4, s.address)
        .int(4, s.size ?? 0)
        .int(1, kind)
        .int(1, 0)
        .int(2, s.section ?? 1);
    rows.push(row.finish());
    names += `${s.name}\0`;
  }
  return [
    {
      name: '.symtab',
      type: 2,
      data: concat(...rows),
      link: index + 1,
      entryBytes: wide ? 24 : 16,
      alignment: 4,
    },
    { name: '.strtab', type: 3, data: text(names) },
  ];
}

export function multiboot1Header(flags = 0, fields: readonly number[] = [], checksum?: number): Uint8Array {
  return words(0x1badb002, flags, checksum ?? -(0x1badb002 + flags), ...fields);
}

/** One header tag: its fields behind type, flags and size; padded to 8 bytes. */
export function headerTag(type: number, fields: readonly number[], optional = false): Uint8Array {
  const size = 8 + fields.length * 4;
  const tag = words(type | (optional ? 0x10000 : 0), size, ...fields);
  return concat(tag, new Uint8Array((8 - (size % 8)) % 8));
}

export function multiboot2Header(
  tags: readonly Uint8Array[] = [],
  architecture = 0,
  checksum?: number,
): Uint8Array {
  const body = concat(...tags, words(0, 8));
  const length = 16 + body.length;
  return concat(
    words(0xe85250d6, architecture, length, checksum ?? -(0xe85250d6 + architecture + length)),
    body,
  );
}

/** A kernel of one segment at `physical`, whose data starts with `header`; its code follows. */
export function kernelWith(
  header: Uint8Array,
  spec: Partial<SegmentSpec> & Omit<ElfSpec, 'segments'> = {},
): Uint8Array {
  const { virtual = 0x100000n, physical, memoryBytes, data = counting(64), ...elf } = spec;
  const whole = concat(header, data);
  // 8-byte alignment of the header in the file, which the ELF32 headers (52 + 32 bytes) do not give.
  const lead = new Uint8Array(elf.class === 64 ? 0 : 4);
  return buildElf({
    ...elf,
    entry: elf.entry ?? virtual + BigInt(lead.length + header.length),
    segments: [
      {
        virtual,
        data: concat(lead, whole),
        ...(physical === undefined ? {} : { physical }),
        ...(memoryBytes === undefined ? {} : { memoryBytes }),
      },
    ],
  });
}

export interface BzImageSpec {
  readonly version?: number;
  readonly setupSectors?: number;
  readonly loadFlags?: number;
  readonly kernel?: Uint8Array;
  /** In 16-byte paragraphs; default: as long as the kernel is. */
  readonly systemParagraphs?: number;
  readonly initrdMax?: number;
  readonly alignment?: number;
  readonly relocatable?: number;
  readonly xloadFlags?: number;
  readonly commandLineMax?: number;
  readonly preferred?: bigint;
  readonly initBytes?: number;
}

/** A Linux bzImage: setup sectors with a header of protocol 2.15 (or as `version` says), then the kernel. */
export function buildBzImage(spec: BzImageSpec = {}): Uint8Array {
  const kernel = spec.kernel ?? counting(0x1000);
  const sectors = spec.setupSectors ?? 4;
  const file = new Uint8Array(((sectors || 4) + 1) * 512 + kernel.length);
  const view = new DataView(file.buffer);
  file.set(kernel, file.length - kernel.length);
  file[0x1f1] = sectors;
  view.setUint32(0x1f4, spec.systemParagraphs ?? Math.ceil(kernel.length / 16), true);
  view.setUint16(0x1fe, 0xaa55, true);
  file.set([0xeb, 0x6a], 0x200);
  file.set(text('HdrS'), 0x202);
  view.setUint16(0x206, spec.version ?? 0x20f, true);
  file[0x211] = spec.loadFlags ?? 0x81;
  view.setUint32(0x214, 0x100000, true);
  view.setUint16(0x224, 0x5555, true);
  view.setUint32(0x22c, spec.initrdMax ?? 0x7fffffff, true);
  view.setUint32(0x230, spec.alignment ?? 0x200000, true);
  file[0x234] = spec.relocatable ?? 1;
  view.setUint16(0x236, spec.xloadFlags ?? 0x7f, true);
  view.setUint32(0x238, spec.commandLineMax ?? 2047, true);
  view.setBigUint64(0x258, spec.preferred ?? 0x1000000n, true);
  view.setUint32(0x260, spec.initBytes ?? 0x400000, true);
  return file;
}

/** One ELF note: owner, type, description. */
export function elfNote(owner: string, type: number, description: Uint8Array): Uint8Array {
  const padded = (bytes: Uint8Array): Uint8Array =>
    concat(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));
  const name = text(`${owner}\0`);
  return concat(words(name.length, description.length, type), padded(name), padded(description));
}
