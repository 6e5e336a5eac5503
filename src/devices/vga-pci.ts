import type { MmioDevice } from '../bus/address-space.ts';
import { type PciBar, PciFunction, PciRom, ROM_BAR } from './pci-device.ts';
import { VGA_PORT_BASE, type Vga } from './vga.ts';
import { LinearFrameBuffer } from './vga-vbe.ts';

const REGISTER_BYTES = 4096;
/** In the register range: ports 3C0h to 3DFh, then the VBE registers as words. */
const VGA_PORTS = 0x400;
const VGA_PORT_COUNT = 0x20;
const VBE_REGISTERS = 0x500;
const VBE_REGISTER_COUNT = 11;

/** The VGA as QEMU's standard PCI display: frame buffer in BAR 0, registers in BAR 2, the video BIOS as its ROM. */
export class PciVga extends PciFunction {
  constructor(vga: Vga, rom?: Uint8Array) {
    const bars: PciBar[] = [
      {
        index: 0,
        kind: 'memory',
        bytes: vga.memory.length,
        device: new LinearFrameBuffer(vga.memory),
        prefetchable: true,
      },
      { index: 2, kind: 'memory', bytes: REGISTER_BYTES, device: new VgaRegisterWindow(vga) },
    ];
    if (rom) {
      const image = new PciRom(rom);
      bars.push({ index: ROM_BAR, kind: 'memory', bytes: image.bytes.length, device: image });
    }
    super({
      vendor: 0x1234,
      device: 0x1111,
      classCode: 0x030000,
      revision: 2,
      subsystemVendor: 0x1af4,
      subsystem: 0x1100,
      bars,
    });
  }
}

class VgaRegisterWindow implements MmioDevice {
  private readonly vga: Vga;

  constructor(vga: Vga) {
    this.vga = vga;
  }

  readMmio(offset: number, bytes: 1 | 2 | 4): number {
    if (offset >= VBE_REGISTERS && offset < VBE_REGISTERS + 2 * VBE_REGISTER_COUNT) {
      const value = this.vga.vbe.readRegister((offset - VBE_REGISTERS) >>> 1);
      return bytes === 1 ? (value >>> (8 * (offset & 1))) & 0xff : value;
    }
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + this.readPort(offset + i);
    return value;
  }

  writeMmio(offset: number, value: number, bytes: 1 | 2 | 4): void {
    if (offset >= VBE_REGISTERS && offset < VBE_REGISTERS + 2 * VBE_REGISTER_COUNT) {
      if (bytes !== 1) this.vga.vbe.writeRegister((offset - VBE_REGISTERS) >>> 1, value & 0xffff);
      return;
    }
    for (let i = 0; i < bytes; i++) {
      const port = offset + i - VGA_PORTS;
      if (port >= 0 && port < VGA_PORT_COUNT)
        this.vga.writePort(0x3c0 + port - VGA_PORT_BASE, value >>> (8 * i));
    }
  }

  private readPort(offset: number): number {
    const port = offset - VGA_PORTS;
    return port >= 0 && port < VGA_PORT_COUNT ? this.vga.readPort(0x3c0 + port - VGA_PORT_BASE) : 0xff;
  }
}
