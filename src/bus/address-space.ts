/**
 * The physical side: which addresses are RAM, ROM or a device. Physical addresses are plain numbers (at most 52 bits),
 * because only translation misses and devices come here; hits go straight to the bytes in `memory`.
 */

export const PAGE_BYTES = 4096;

/** A memory-mapped device. It knows offsets from its own base, never its address. Values are unsigned. */
export interface MmioDevice {
  readMmio(offset: number, bytes: 1 | 2 | 4): number;
  writeMmio(offset: number, value: number, bytes: 1 | 2 | 4): void;
}

/** How the bytes of one physical page are reached. */
export const PAGE_HOLE = 0;
export const PAGE_RAM = 1;
export const PAGE_ROM = 2;
export const PAGE_MMIO = 3;
/** RAM that cannot be written: shadow memory of a ROM, once it is filled. */
export const PAGE_SHADOW = 4;

interface MmioWindow {
  readonly base: number;
  readonly bytes: number;
  readonly device: MmioDevice;
}

interface RomWindow {
  readonly base: number;
  readonly bytes: number;
  readonly hostOffset: number;
}

/** Where guest RAM and ROM images lie inside the one `WebAssembly.Memory` of the machine. */
export interface PhysicalMemory {
  readonly buffer: ArrayBuffer;
  /** Byte offset of guest physical address 0. */
  readonly ramOffset: number;
  /** Bytes of RAM, a multiple of 4 KiB, at most 3.5 GiB. */
  readonly ramBytes: number;
  /** Byte offset and size of the area that holds ROM images. */
  readonly romOffset: number;
  readonly romBytes: number;
}

/** The map as a snapshot keeps it. */
export interface SavedSpace {
  /** Kind and number of pages, in turn, from physical address 0 on. */
  readonly kinds: readonly number[];
  /** Base and bytes of the devices' windows; of two that overlap the later one answers. */
  readonly windows: readonly (readonly [base: number, bytes: number])[];
  readonly unclaimed: readonly (readonly [page: number, count: number])[];
}

export class AddressSpace {
  readonly memory: PhysicalMemory;
  /** All of the machine's memory. Whoever writes RAM here tells `onExternalWrite`. */
  readonly u8: Uint8Array;
  readonly view: DataView;
  /** Accesses that nobody answers: page address -> count, in order of first touch. */
  readonly unclaimed = new Map<number, number>();
  /** Called with a host offset and a length after bytes of RAM changed behind the processor's back (DMA, loaders). */
  onExternalWrite: ((hostOffset: number, bytes: number) => void) | undefined;
  /** Called when the map itself changed, so that cached translations must go. */
  onMapChange: (() => void) | undefined;

  readonly #kind: Uint8Array;
  readonly #mmio: MmioWindow[] = [];
  readonly #roms: RomWindow[] = [];
  #romUsed = 0;
  /** The page that a device was last accessed in, if its window is the only one there. */
  #devicePage = -1;
  #deviceWindow: MmioWindow | undefined;
  #knownRuns: readonly number[] | undefined;

  constructor(memory: PhysicalMemory) {
    this.memory = memory;
    this.u8 = new Uint8Array(memory.buffer);
    this.view = new DataView(memory.buffer);
    this.#kind = new Uint8Array(0x100000);
    this.#kind.fill(PAGE_RAM, 0, memory.ramBytes / PAGE_BYTES);
  }

  /** The kind of page `frame` (physical address / 4096). */
  pageKind(frame: number): number {
    return frame < 0x100000 ? this.#kind[frame]! : PAGE_HOLE;
  }

  /** Host byte offset of a RAM or ROM page; -1 for anything else. */
  hostPage(frame: number): number {
    const kind = this.pageKind(frame);
    if (kind === PAGE_RAM || kind === PAGE_SHADOW) return this.memory.ramOffset + frame * PAGE_BYTES;
    if (kind !== PAGE_ROM) return -1;
    const address = frame * PAGE_BYTES;
    for (const rom of this.#roms) {
      if (address >= rom.base && address < rom.base + rom.bytes) return rom.hostOffset + (address - rom.base);
    }
    return -1;
  }

  /** Bytes that can be read and executed where they lie, and not written. */
  isReadOnly(frame: number): boolean {
    const kind = this.pageKind(frame);
    return kind === PAGE_ROM || kind === PAGE_SHADOW;
  }

  attachMmio(base: number, bytes: number, device: MmioDevice): void {
    this.#setKind(base, bytes, PAGE_MMIO);
    this.#mmio.push({ base, bytes, device });
    this.onMapChange?.();
  }

  /** Takes a window away; its pages become what `under` says (PAGE_HOLE, or PAGE_RAM where RAM lies below). */
  detachMmio(base: number, bytes: number, under: number = PAGE_HOLE): void {
    const at = this.#mmio.findIndex((w) => w.base === base && w.bytes === bytes);
    if (at >= 0) this.#mmio.splice(at, 1);
    this.#setKind(base, bytes, under);
    this.onMapChange?.();
  }

  /** Maps `image` read-only at `base`. Both must be page-aligned. */
  attachRom(base: number, image: Uint8Array): void {
    const hostOffset = this.memory.romOffset + this.#romUsed;
    if (this.#romUsed + image.length > this.memory.romBytes)
      throw new RangeError('no room left for ROM images');
    this.u8.set(image, hostOffset);
    this.#romUsed += Math.ceil(image.length / PAGE_BYTES) * PAGE_BYTES;
    this.#setKind(base, image.length, PAGE_ROM);
    this.#roms.push({ base, bytes: image.length, hostOffset });
    this.onMapChange?.();
  }

  /** Makes pages RAM, ROM, holes again (PAM shadowing, an expansion ROM that is switched off). */
  setPageKind(base: number, bytes: number, kind: number): void {
    this.#setKind(base, bytes, kind);
    this.onMapChange?.();
  }

  save(): SavedSpace {
    return {
      kinds: this.#runs(),
      windows: this.#mmio.map(({ base, bytes }) => [base, bytes]),
      unclaimed: [...this.unclaimed],
    };
  }

  /**
   * The devices are those of the snapshot already and have attached their windows. Answers a window that is in one of the
   * two alone; undefined when all are there.
   */
  restore(saved: SavedSpace): string | undefined {
    const present = [...this.#mmio];
    const windows: MmioWindow[] = [];
    for (const [base, bytes] of saved.windows) {
      const at = present.findIndex((w) => w.base === base && w.bytes === bytes);
      if (at < 0) return `0x${base.toString(16)}+${bytes}`;
      windows.push(...present.splice(at, 1));
    }
    const left = present[0];
    if (left) return `0x${left.base.toString(16)}+${left.bytes}`;
    this.#mmio.splice(0, this.#mmio.length, ...windows);
    this.unclaimed.clear();
    for (const [page, count] of saved.unclaimed) this.unclaimed.set(page, count);
    const kinds = this.#runs();
    this.#devicePage = -1;
    if (kinds.length === saved.kinds.length && kinds.every((value, i) => value === saved.kinds[i]))
      return undefined;
    for (let i = 0, frame = 0; i < saved.kinds.length; frame += saved.kinds[i + 1]!, i += 2) {
      this.#kind.fill(saved.kinds[i]!, frame, frame + saved.kinds[i + 1]!);
    }
    this.#knownRuns = undefined;
    this.onMapChange?.();
    return undefined;
  }

  /** Kind and number of pages, in turn. The map hardly ever changes. */
  #runs(): readonly number[] {
    if (this.#knownRuns) return this.#knownRuns;
    const kinds: number[] = [];
    for (let frame = 0; frame < this.#kind.length; ) {
      const kind = this.#kind[frame]!;
      let end = frame;
      while (this.#kind[end] === kind) end++;
      kinds.push(kind, end - frame);
      frame = end;
    }
    this.#knownRuns = kinds;
    return kinds;
  }

  read8(physical: number): number {
    const host = this.#host(physical);
    return host >= 0 ? this.u8[host]! : this.#readDevice(physical, 1);
  }

  read16(physical: number): number {
    if ((physical & 0xfff) > 0xffe) return this.read8(physical) | (this.read8(physical + 1) << 8);
    const host = this.#host(physical);
    return host >= 0 ? this.view.getUint16(host, true) : this.#readDevice(physical, 2);
  }

  /** An unsigned 32-bit value. */
  read32(physical: number): number {
    if ((physical & 0xfff) > 0xffc) return (this.read16(physical) | (this.read16(physical + 2) << 16)) >>> 0;
    const host = this.#host(physical);
    return host >= 0 ? this.view.getUint32(host, true) : this.#readDevice(physical, 4) >>> 0;
  }

  write8(physical: number, value: number): void {
    const host = this.#writableHost(physical);
    if (host < 0) {
      this.#writeDevice(physical, value & 0xff, 1);
      return;
    }
    this.u8[host] = value;
    this.onExternalWrite?.(host, 1);
  }

  write16(physical: number, value: number): void {
    if ((physical & 0xfff) > 0xffe) {
      this.write8(physical, value);
      this.write8(physical + 1, value >>> 8);
      return;
    }
    const host = this.#writableHost(physical);
    if (host < 0) {
      this.#writeDevice(physical, value & 0xffff, 2);
      return;
    }
    this.view.setUint16(host, value, true);
    this.onExternalWrite?.(host, 2);
  }

  write32(physical: number, value: number): void {
    if ((physical & 0xfff) > 0xffc) {
      this.write16(physical, value);
      this.write16(physical + 2, value >>> 16);
      return;
    }
    const host = this.#writableHost(physical);
    if (host < 0) {
      this.#writeDevice(physical, value >>> 0, 4);
      return;
    }
    this.view.setUint32(host, value, true);
    this.onExternalWrite?.(host, 4);
  }

  /** Copies bytes into RAM (a boot loader, DMA). Throws when the range is not all RAM. */
  load(physical: number, bytes: Uint8Array): void {
    if (physical < 0 || physical + bytes.length > this.memory.ramBytes) {
      throw new RangeError(`0x${physical.toString(16)}+${bytes.length} is outside RAM`);
    }
    const host = this.memory.ramOffset + physical;
    this.u8.set(bytes, host);
    this.onExternalWrite?.(host, bytes.length);
  }

  #setKind(base: number, bytes: number, kind: number): void {
    const first = Math.floor(base / PAGE_BYTES);
    const last = Math.ceil((base + bytes) / PAGE_BYTES);
    this.#knownRuns = undefined;
    this.#devicePage = -1;
    if (last <= 0x100000) this.#kind.fill(kind, first, last);
    else throw new RangeError(`0x${base.toString(16)} lies above 4 GiB`);
  }

  #host(physical: number): number {
    const page = this.hostPage(Math.floor(physical / PAGE_BYTES));
    return page < 0 ? -1 : page + (physical % PAGE_BYTES);
  }

  #writableHost(physical: number): number {
    const frame = Math.floor(physical / PAGE_BYTES);
    return this.pageKind(frame) === PAGE_RAM ? this.#host(physical) : -1;
  }

  #window(physical: number): MmioWindow | undefined {
    const page = Math.floor(physical / PAGE_BYTES);
    if (page === this.#devicePage) return this.#deviceWindow;
    let isAlone = true;
    for (let i = this.#mmio.length - 1; i >= 0; i--) {
      const w = this.#mmio[i]!;
      if (physical >= w.base && physical < w.base + w.bytes) {
        if (isAlone && page * PAGE_BYTES >= w.base && (page + 1) * PAGE_BYTES <= w.base + w.bytes) {
          this.#devicePage = page;
          this.#deviceWindow = w;
        }
        return w;
      }
      if ((page + 1) * PAGE_BYTES > w.base && page * PAGE_BYTES < w.base + w.bytes) isAlone = false;
    }
    return undefined;
  }

  #readDevice(physical: number, bytes: 1 | 2 | 4): number {
    const w = this.#window(physical);
    if (w) return w.device.readMmio(physical - w.base, bytes);
    this.#countHole(physical);
    return bytes === 1 ? 0xff : bytes === 2 ? 0xffff : 0xffffffff;
  }

  #writeDevice(physical: number, value: number, bytes: 1 | 2 | 4): void {
    const w = this.#window(physical);
    if (w) w.device.writeMmio(physical - w.base, value, bytes);
    else if (!this.isReadOnly(Math.floor(physical / PAGE_BYTES))) this.#countHole(physical);
  }

  #countHole(physical: number): void {
    const page = physical - (physical % PAGE_BYTES);
    this.unclaimed.set(page, (this.unclaimed.get(page) ?? 0) + 1);
  }
}
