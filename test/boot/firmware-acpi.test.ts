import { expect, test } from 'vitest';
import { createFirmwareMachine } from '../../src/boot/firmware-machine.ts';
import { pcAcpiTables } from '../../src/boot/pc-acpi.ts';

const PLACES = new Map([
  ['etc/acpi/tables', 0x7fe0000],
  ['etc/acpi/rsdp', 0xf5000],
]);

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).replace(/\0.*$/, '');
const sum = (bytes: Uint8Array) => bytes.reduce((total, byte) => total + byte, 0) & 0xff;

/** Reads a file by the directory (item 19h), as a guest does. */
function readFile({ ports }: ReturnType<typeof createFirmwareMachine>, wanted: string): Uint8Array {
  const take = (count: number) => Uint8Array.from({ length: count }, () => ports.read8(0x511));
  const number = (bytes: Uint8Array) => bytes.reduce((value, byte) => value * 256 + byte, 0);
  ports.write16(0x510, 0x19);
  for (let left = number(take(4)); left > 0; left--) {
    const entry = take(64);
    if (text(entry.subarray(8)) !== wanted) continue;
    ports.write16(0x510, number(entry.subarray(4, 6)));
    return take(number(entry.subarray(0, 4)));
  }
  throw new Error(`no file ${wanted}`);
}

/** Does what the script says, from QEMU's description of it: allocate 1, add pointer 2, add checksum 3. */
function link(machine: ReturnType<typeof createFirmwareMachine>) {
  const script = readFile(machine, 'etc/table-loader');
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at < script.length; at += 128) {
    const entry = script.subarray(at, at + 128);
    const view = new DataView(entry.buffer, entry.byteOffset);
    const file = text(entry.subarray(4, 60));
    const bytes = files.get(file) ?? readFile(machine, file);
    files.set(file, bytes);
    const target = new DataView(bytes.buffer);
    if (view.getUint32(0, true) === 2) {
      const place = PLACES.get(text(entry.subarray(60, 116)))!;
      const offset = view.getUint32(116, true);
      target.setUint32(offset, target.getUint32(offset, true) + place, true);
    } else if (view.getUint32(0, true) === 3) {
      const [offset, start, length] = [60, 64, 68].map((field) => view.getUint32(field, true));
      expect(bytes[offset!]).toBe(0);
      bytes[offset!] = -sum(bytes.subarray(start!, start! + length!));
    }
  }
  const [tables, rsdp] = [files.get('etc/acpi/tables')!, files.get('etc/acpi/rsdp')!];
  const word = (physical: number) =>
    new DataView(tables.buffer).getUint32(physical - PLACES.get('etc/acpi/tables')!, true);
  const table = (physical: number) => {
    const from = physical - PLACES.get('etc/acpi/tables')!;
    const bytes = tables.subarray(from, from + word(physical + 4));
    const signature = text(bytes.subarray(0, 4));
    if (signature !== 'FACS') expect(sum(bytes), signature).toBe(0);
    return { signature, bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
  };
  return { rsdp, table };
}

const machine = () =>
  createFirmwareMachine({ bios: { name: 'empty.bin', bytes: new Uint8Array(65536) }, board: 'pc' });

test('firmware that obeys the script has tables whose pointers and sums are right', () => {
  const { rsdp, table } = link(machine());
  expect([sum(rsdp.subarray(0, 20)), sum(rsdp)]).toEqual([0, 0]);
  const root = new DataView(rsdp.buffer);
  const [rsdt, xsdt] = [table(root.getUint32(16, true)), table(root.getUint32(24, true))];
  expect([rsdt.signature, xsdt.signature]).toEqual(['RSDT', 'XSDT']);
  const listed = [0, 1, 2].map((i) => rsdt.view.getUint32(36 + 4 * i, true));
  expect([0, 1, 2].map((i) => xsdt.view.getUint32(36 + 8 * i, true))).toEqual(listed);
  expect(listed.map((at) => table(at).signature)).toEqual(['FACP', 'APIC', 'HPET']);
  const { view } = table(listed[0]!);
  expect([36, 40, 140].map((at) => table(view.getUint32(at, true)).signature)).toEqual([
    'FACS',
    'DSDT',
    'DSDT',
  ]);
});

test('the tables say where firmware has placed the PM block and routed PIRQA#', () => {
  const pc = machine();
  const configure = (address: number, value: number) => {
    pc.ports.write32(0xcf8, address);
    pc.ports.write32(0xcfc, value);
  };
  configure(0x80000b40, 0xb001); // PMBASE of 00:01.3
  configure(0x80000860, 0x0a0a0b05); // PIRQRC[A:D] of 00:01.0
  const { rsdp, table } = link(pc);
  const rsdt = table(new DataView(rsdp.buffer).getUint32(16, true));
  const [fadt, madt] = [0, 1].map((i) => table(rsdt.view.getUint32(36 + 4 * i, true)));
  expect(fadt!.view.getUint32(76, true)).toBe(0xb008);
  const overridden: number[] = [];
  for (let at = 44; at < madt!.bytes.length; at += madt!.bytes[at + 1]!) {
    if (madt!.bytes[at] === 2) overridden.push(madt!.bytes[at + 3]!);
  }
  expect(overridden).toEqual([0, 5, 9, 10, 11]);
});

test.each([true, false])('the DSDT names a diskette controller where there is one: %s', (hasFloppy) => {
  const dsdt = Buffer.from(pcAcpiTables({ processors: 1, hasFloppy }).bytes).toString('hex');
  // ACPI 6.5, "Small Resource Data Type": IRQ 6, then channel 2 of the DMA controller; the name is EISA's PNP0700.
  expect(dsdt.includes('41d00700')).toBe(hasFloppy);
  expect(dsdt.includes('2240002a0400')).toBe(hasFloppy);
});
