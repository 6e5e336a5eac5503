import { describe, expect, it } from 'vitest';
import { type AcpiBoard, acpiTables } from '../../src/boot/acpi-tables.ts';
import { decodeAml } from '../support/aml-reader.ts';
import { MemoryReader } from '../support/multiboot-reader.ts';

const BASE = 0xe0000;
const BOARD: AcpiBoard = {
  processors: 2,
  localApic: 0xfee00000,
  ioApic: { id: 3, address: 0xfec00000 },
  hpet: { address: 0xfed00000, id: 0x8086a201 },
  pm: {
    port: 0x600,
    timerBits: 24,
    sci: 9,
    smiCommand: { port: 0xb2, enable: 0xf1, disable: 0xf0 },
    softOff: 5,
  },
  reset: { port: 0xcf9, value: 0x0f },
  pci: { memory: { first: 0xe0000000, last: 0xfebfffff }, irqs: [10, 10, 11, 11] },
  serialPorts: [{ port: 0x3f8, irq: 4 }],
};

/** Reads the tables as an operating system does, from the ACPI specification and not from the code under test. */
class AcpiReader extends MemoryReader {
  readonly base: number;

  constructor(bytes: Uint8Array, base: number) {
    super(bytes);
    this.base = base;
  }

  at(physical: number, bytes: number): Uint8Array {
    const from = physical - this.base;
    if (from < 0 || from + bytes > this.bytes.length)
      throw new Error(`0x${physical.toString(16)} is outside`);
    return this.bytes.subarray(from, from + bytes);
  }

  text(physical: number, bytes: number): string {
    return new TextDecoder().decode(this.at(physical, bytes));
  }

  word(physical: number): number {
    this.at(physical, 4);
    return this.u32(physical - this.base);
  }

  quad(physical: number): number {
    this.at(physical, 8);
    return this.u64(physical - this.base);
  }

  /** A whole table, its sum checked. */
  table(physical: number): { signature: string; revision: number; body: Uint8Array; view: DataView } {
    const whole = this.at(physical, this.word(physical + 4));
    expect(sum(whole), `checksum of ${this.text(physical, 4)}`).toBe(0);
    const body = whole.subarray(36);
    return {
      signature: this.text(physical, 4),
      revision: whole[8]!,
      body,
      view: new DataView(whole.buffer, whole.byteOffset, whole.length),
    };
  }
}

const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => total + byte, 0) & 0xff;

function read(board: AcpiBoard = BOARD, base = BASE) {
  const tables = acpiTables(board, base);
  const reader = new AcpiReader(tables.bytes, base);
  const { rsdp } = tables;
  const xsdt = reader.quad(rsdp + 24);
  const addresses = Array.from({ length: (reader.word(xsdt + 4) - 36) / 8 }, (_, i) =>
    reader.quad(xsdt + 36 + i * 8),
  );
  const bySignature = new Map(addresses.map((at) => [reader.text(at, 4), at]));
  const find = (signature: string) => reader.table(bySignature.get(signature)!);
  return { tables, reader, rsdp, xsdt, addresses, bySignature, find };
}

describe('the root pointers', () => {
  it('are found on a paragraph, with both sums zero', () => {
    const { reader, rsdp, tables } = read();
    expect(rsdp % 16).toBe(0);
    expect(reader.text(rsdp, 8)).toBe('RSD PTR ');
    expect(sum(reader.at(rsdp, 20))).toBe(0);
    expect(sum(reader.at(rsdp, 36))).toBe(0);
    expect(reader.at(rsdp, 36)[15]).toBe(2);
    expect(tables.old).toEqual(reader.at(rsdp, 20).slice());
    expect(tables.new).toEqual(reader.at(rsdp, 36).slice());
  });

  it('lead to the same tables through the RSDT and the XSDT', () => {
    const { reader, rsdp, xsdt, addresses } = read();
    const rsdt = reader.word(rsdp + 16);
    expect(reader.table(rsdt).signature).toBe('RSDT');
    expect(reader.table(xsdt).signature).toBe('XSDT');
    const old = Array.from({ length: (reader.word(rsdt + 4) - 36) / 4 }, (_, i) =>
      reader.word(rsdt + 36 + i * 4),
    );
    expect(old).toEqual(addresses);
    expect(addresses.map((at) => reader.table(at).signature)).toEqual(['FACP', 'APIC', 'HPET']);
  });
});

describe('the FADT', () => {
  it('gives the power management block in both notations', () => {
    const { find, reader, bySignature } = read();
    const { view, revision } = find('FACP');
    const at = bySignature.get('FACP')!;
    expect([revision, view.byteLength]).toEqual([4, 244]);
    expect(view.getUint16(46, true)).toBe(9);
    expect([view.getUint32(48, true), view.getUint8(52), view.getUint8(53)]).toEqual([0xb2, 0xf1, 0xf0]);
    const blocks = [56, 64, 76, 80].map((offset) => view.getUint32(offset, true));
    expect(blocks).toEqual([0x600, 0x604, 0x608, 0x60c]);
    expect([88, 89, 91, 92].map((offset) => view.getUint8(offset))).toEqual([4, 2, 4, 4]);
    const wide = (offset: number) => [
      view.getUint8(offset),
      view.getUint8(offset + 1),
      reader.quad(at + offset + 4),
    ];
    expect([148, 172, 208, 220].map(wide)).toEqual([
      [1, 32, 0x600],
      [1, 16, 0x604],
      [1, 32, 0x608],
      [1, 32, 0x60c],
    ]);
    expect([wide(116), view.getUint8(128)]).toEqual([[1, 8, 0xcf9], 0x0f]);
    const flags = view.getUint32(112, true);
    expect([flags & (1 << 10), flags & (1 << 8), flags & (1 << 4)]).toEqual([1 << 10, 0, 0]);
  });

  it('says what is not there', () => {
    const pm = { ...BOARD.pm, smiCommand: undefined, timerBits: 32 } as const;
    const { view } = read({ ...BOARD, pm, reset: undefined }).find('FACP');
    expect(view.getUint32(48, true)).toBe(0);
    expect(view.getUint32(112, true) & 0x500).toBe(0x100);
    expect(view.getUint8(117)).toBe(0);
  });

  it('names the FACS once, on 64 bytes, and the DSDT twice', () => {
    const { find, reader } = read();
    const { view } = find('FACP');
    const facs = view.getUint32(36, true);
    const dsdt = view.getUint32(40, true);
    expect([facs % 64, reader.text(facs, 4), reader.word(facs + 4)]).toEqual([0, 'FACS', 64]);
    expect(reader.table(dsdt).signature).toBe('DSDT');
    // "If X_FIRMWARE_CTRL is non-zero, FIRMWARE_CTRL must be ignored": a FACS below 4 GiB is named by the old field.
    expect([Number(view.getBigUint64(132, true)), Number(view.getBigUint64(140, true))]).toEqual([0, dsdt]);
  });
});

describe('the MADT', () => {
  it('lists processors, the I/O APIC, and how ISA interrupts reach it', () => {
    const { body } = read().find('APIC');
    const view = new DataView(body.buffer, body.byteOffset, body.length);
    expect([view.getUint32(0, true), view.getUint32(4, true)]).toEqual([0xfee00000, 1]);
    const entries: number[][] = [];
    for (let at = 8; at < body.length; at += body[at + 1]!)
      entries.push([...body.subarray(at, at + body[at + 1]!)]);
    expect(entries).toEqual([
      [0, 8, 0, 0, 1, 0, 0, 0],
      [0, 8, 1, 1, 1, 0, 0, 0],
      [1, 12, 3, 0, 0x00, 0x00, 0xc0, 0xfe, 0, 0, 0, 0],
      [2, 10, 0, 0, 2, 0, 0, 0, 0, 0],
      [2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0],
      [2, 10, 0, 10, 10, 0, 0, 0, 0x0d, 0],
      [2, 10, 0, 11, 11, 0, 0, 0, 0x0d, 0],
      [4, 6, 0xff, 0, 0, 1],
    ]);
  });
});

describe('the HPET table', () => {
  it('gives address and identity, and is left out without one', () => {
    const { view } = read().find('HPET');
    expect(view.getUint32(36, true)).toBe(0x8086a201);
    expect([view.getUint8(40), view.getUint32(44, true), view.getUint32(48, true)]).toEqual([
      0, 0xfed00000, 0,
    ]);
    expect(read({ ...BOARD, hpet: undefined }).bySignature.has('HPET')).toBe(false);
  });
});

describe('the DSDT', () => {
  const dsdt = (board: AcpiBoard = BOARD) => {
    const { reader, find } = read(board);
    return decodeAml(reader.table(find('FACP').view.getUint32(40, true)).body);
  };

  it('holds the sleep type of S5', () => {
    expect(dsdt().get('\\_S5_')).toEqual([5, 5, 0, 0]);
  });

  it('has a device for each processor of the MADT', () => {
    const objects = dsdt({ ...BOARD, processors: 12 });
    for (let id = 0; id < 12; id++) {
      const path = `\\_SB_.CP0${id.toString(16).toUpperCase()}`;
      expect([objects.get(`${path}._HID`), objects.get(`${path}._UID`)], path).toEqual(['ACPI0007', id]);
    }
    expect(objects.has('\\_SB_.CP0C._HID')).toBe(false);
  });

  it('describes the host bridge, its interrupts by the usual swizzle', () => {
    const objects = dsdt();
    expect(objects.get('\\_SB_.PCI0._HID')).toBe(0x030ad041); // PNP0A03
    const routes = objects.get('\\_SB_.PCI0._PRT') as number[][];
    expect(routes.length).toBe(128);
    expect(routes.slice(4, 9)).toEqual([
      [0x1ffff, 0, 0, 10],
      [0x1ffff, 1, 0, 10],
      [0x1ffff, 2, 0, 11],
      [0x1ffff, 3, 0, 11],
      [0x2ffff, 0, 0, 10],
    ]);
    const resources = objects.get('\\_SB_.PCI0._CRS') as Uint8Array;
    expect([...resources.subarray(-2)]).toEqual([0x79, 0]);
    const view = new DataView(resources.buffer, resources.byteOffset, resources.length);
    // The last descriptor: a DWord address space of 26 bytes with the memory below the I/O APIC.
    const last = resources.length - 2 - 26;
    expect([view.getUint8(last), view.getUint16(last + 1, true), view.getUint8(last + 3)]).toEqual([
      0x87, 23, 0,
    ]);
    const range = [10, 14, 22].map((offset) => view.getUint32(last + offset, true));
    expect(range).toEqual([0xe0000000, 0xfebfffff, 0x1ec00000]);
  });

  it('puts ISA devices below the bridge, or below \\_SB on a board without one', () => {
    expect(dsdt().get('\\_SB_.PCI0.ISA_.COM1._HID')).toBe(0x0105d041); // PNP0501
    const isa = dsdt({ ...BOARD, pci: undefined });
    expect(isa.get('\\_SB_.COM1._HID')).toBe(0x0105d041);
    expect(isa.has('\\_SB_.PCI0._HID')).toBe(false);
  });
});

it('the same board gives the same bytes, wherever they lie but for the addresses', () => {
  expect(acpiTables(BOARD, BASE).bytes).toEqual(acpiTables(BOARD, BASE).bytes);
  expect(acpiTables(BOARD, 0xf4000).bytes.length).toBe(acpiTables(BOARD, BASE).bytes.length);
  expect(read(BOARD, 0xf4000).find('APIC').signature).toBe('APIC');
});
