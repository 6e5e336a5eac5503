/**
 * Reads boot information back out of memory as a kernel would, written from the specifications (Multiboot 0.6.96,
 * "Boot information format"; Multiboot2 2.0, "Boot information format") and not from the code under test.
 */

export interface ReadModule {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface ReadInformation {
  readonly flags: number;
  readonly lowerKib: number | undefined;
  readonly upperKib: number | undefined;
  readonly commandLine: string | undefined;
  readonly loaderName: string | undefined;
  readonly modules: readonly ReadModule[];
  readonly memoryMap: readonly { start: number; bytes: number; type: number }[];
  readonly sections: { count: number; entryBytes: number; names: number; table: Uint8Array } | undefined;
  readonly framebuffer:
    | { address: number; pitch: number; width: number; height: number; bpp: number; type: number }
    | undefined;
}

export class MemoryReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8 = (at: number): number => this.#view.getUint8(at);
  u16 = (at: number): number => this.#view.getUint16(at, true);
  u32 = (at: number): number => this.#view.getUint32(at, true);
  u64 = (at: number): number => Number(this.#view.getBigUint64(at, true));

  string(at: number): string {
    return new TextDecoder().decode(this.bytes.subarray(at, this.bytes.indexOf(0, at)));
  }
}

export function readMultiboot1(memory: MemoryReader, at: number): ReadInformation {
  const { u8, u32, u64 } = memory;
  const flags = u32(at);
  const has = (bit: number): boolean => (flags & (1 << bit)) !== 0;
  const modules: ReadModule[] = [];
  if (has(3)) {
    for (let i = 0, m = u32(at + 24); i < u32(at + 20); i++, m += 16) {
      modules.push({ start: u32(m), end: u32(m + 4), text: memory.string(u32(m + 8)) });
    }
  }
  const memoryMap: { start: number; bytes: number; type: number }[] = [];
  if (has(6)) {
    const end = u32(at + 48) + u32(at + 44);
    for (let e = u32(at + 48); e < end; e += u32(e) + 4) {
      memoryMap.push({ start: u64(e + 4), bytes: u64(e + 12), type: u32(e + 20) });
    }
  }
  const table = u32(at + 36);
  return {
    flags,
    lowerKib: has(0) ? u32(at + 4) : undefined,
    upperKib: has(0) ? u32(at + 8) : undefined,
    commandLine: has(2) ? memory.string(u32(at + 16)) : undefined,
    loaderName: has(9) ? memory.string(u32(at + 64)) : undefined,
    modules,
    memoryMap,
    sections: has(5)
      ? {
          count: u32(at + 28),
          entryBytes: u32(at + 32),
          names: u32(at + 40),
          table: memory.bytes.subarray(table, table + u32(at + 28) * u32(at + 32)),
        }
      : undefined,
    framebuffer: has(12)
      ? {
          address: u64(at + 88),
          pitch: u32(at + 96),
          width: u32(at + 100),
          height: u32(at + 104),
          bpp: u8(at + 108),
          type: u8(at + 109),
        }
      : undefined,
  };
}

export interface ReadTag {
  readonly type: number;
  readonly at: number;
  readonly bytes: number;
}

export function readTags(memory: MemoryReader, base: number): ReadTag[] {
  const tags: ReadTag[] = [];
  if (base % 8 !== 0) throw new Error('boot information is not aligned');
  const total = memory.u32(base);
  for (let at = base + 8; ; ) {
    if (at + 8 > base + total) throw new Error('no end tag inside total_size');
    const tag = { type: memory.u32(at), at, bytes: memory.u32(at + 4) };
    tags.push(tag);
    if (tag.type === 0) {
      if (tag.bytes !== 8 || at + 8 !== base + total) throw new Error('the end tag is not the end');
      return tags;
    }
    at += tag.bytes + ((8 - (tag.bytes % 8)) % 8);
  }
}

export function readMultiboot2(
  memory: MemoryReader,
  base: number,
): ReadInformation & { loadBase: number | undefined } {
  const { u8, u32, u64 } = memory;
  const tags = readTags(memory, base);
  const tag = (type: number): ReadTag | undefined => tags.find((t) => t.type === type);
  const map = tag(6);
  const memoryMap: { start: number; bytes: number; type: number }[] = [];
  if (map) {
    for (let e = map.at + 16; e < map.at + map.bytes; e += u32(map.at + 8)) {
      memoryMap.push({ start: u64(e), bytes: u64(e + 8), type: u32(e + 16) });
    }
  }
  const [sizes, command, name, elf, screen, load] = [tag(4), tag(1), tag(2), tag(9), tag(8), tag(21)];
  return {
    flags: 0,
    lowerKib: sizes && u32(sizes.at + 8),
    upperKib: sizes && u32(sizes.at + 12),
    commandLine: command && memory.string(command.at + 8),
    loaderName: name && memory.string(name.at + 8),
    modules: tags
      .filter((t) => t.type === 3)
      .map((t) => ({ start: u32(t.at + 8), end: u32(t.at + 12), text: memory.string(t.at + 16) })),
    memoryMap,
    sections: elf && {
      count: u32(elf.at + 8),
      entryBytes: u32(elf.at + 12),
      names: u32(elf.at + 16),
      table: memory.bytes.subarray(elf.at + 20, elf.at + elf.bytes),
    },
    framebuffer: screen && {
      address: u64(screen.at + 8),
      pitch: u32(screen.at + 16),
      width: u32(screen.at + 20),
      height: u32(screen.at + 24),
      bpp: u8(screen.at + 28),
      type: u8(screen.at + 29),
    },
    loadBase: load && u32(load.at + 8),
  };
}
