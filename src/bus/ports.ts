/** What the processor sees of the I/O port space; devices and the processor meet only here. */

/** A device on the port bus. It knows offsets from its own base, never its address. Values are unsigned. */
export interface PortDevice {
  readPort(offset: number): number;
  writePort(offset: number, value: number): void;
  /** Wide accesses are split into bytes, low first, unless the device takes them whole. */
  readPort16?(offset: number): number;
  readPort32?(offset: number): number;
  writePort16?(offset: number, value: number): void;
  writePort32?(offset: number, value: number): void;
}

interface Claim {
  readonly device: PortDevice;
  readonly offset: number;
}

/** The 64 Ki I/O ports. Holes read as ones and are counted by port for the report. */
export class PortSpace {
  readonly #claims: (Claim | undefined)[] = new Array(0x10000).fill(undefined);
  /** Accesses to ports nobody claims: port -> count, in order of first touch. */
  readonly unclaimed = new Map<number, number>();

  /** Throws when a port of the range is taken: two devices on one port is a mistake of the board. */
  attach(base: number, count: number, device: PortDevice, firstOffset = 0): void {
    for (let i = 0; i < count; i++) {
      if (this.#claims[base + i]) throw new RangeError(`port 0x${(base + i).toString(16)} is claimed twice`);
      this.#claims[base + i] = { device, offset: firstOffset + i };
    }
  }

  /** Releases a range (a PCI I/O BAR that moves). */
  detach(base: number, count: number): void {
    for (let i = 0; i < count; i++) this.#claims[base + i] = undefined;
  }

  /** Every device that is attached, by its first port. */
  devices(): Map<number, PortDevice> {
    const devices = new Map<number, PortDevice>();
    const seen = new Set<PortDevice>();
    for (const [port, claim] of this.#claims.entries()) {
      if (!claim || seen.has(claim.device)) continue;
      seen.add(claim.device);
      devices.set(port, claim.device);
    }
    return devices;
  }

  read8(port: number): number {
    const claim = this.#claims[port & 0xffff];
    if (!claim) return this.#hole(port, 0xff);
    return claim.device.readPort(claim.offset) & 0xff;
  }

  read16(port: number): number {
    const claim = this.#claims[port & 0xffff];
    if (claim?.device.readPort16) return claim.device.readPort16(claim.offset) & 0xffff;
    return this.read8(port) | (this.read8(port + 1) << 8);
  }

  read32(port: number): number {
    const claim = this.#claims[port & 0xffff];
    if (claim?.device.readPort32) return claim.device.readPort32(claim.offset) >>> 0;
    return (this.read16(port) | (this.read16(port + 2) << 16)) >>> 0;
  }

  write8(port: number, value: number): void {
    const claim = this.#claims[port & 0xffff];
    if (claim) claim.device.writePort(claim.offset, value & 0xff);
    else this.#hole(port, 0);
  }

  write16(port: number, value: number): void {
    const claim = this.#claims[port & 0xffff];
    if (claim?.device.writePort16) {
      claim.device.writePort16(claim.offset, value & 0xffff);
      return;
    }
    this.write8(port, value);
    this.write8(port + 1, value >>> 8);
  }

  write32(port: number, value: number): void {
    const claim = this.#claims[port & 0xffff];
    if (claim?.device.writePort32) {
      claim.device.writePort32(claim.offset, value >>> 0);
      return;
    }
    this.write16(port, value);
    this.write16(port + 2, value >>> 16);
  }

  #hole(port: number, value: number): number {
    port &= 0xffff;
    this.unclaimed.set(port, (this.unclaimed.get(port) ?? 0) + 1);
    return value;
  }
}
