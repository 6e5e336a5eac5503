import { expect, test } from 'vitest';
import { createMachine } from '../../src/boot/create-machine.ts';
import { createFirmwareMachine } from '../../src/boot/firmware-machine.ts';
import type { Board, Pc } from '../../src/machine/pc.ts';
import { guestFile } from '../support/guest-file.ts';

const kernel = { name: 'loader.elf', bytes: guestFile('bin/higher-half/loader.elf') };
const bios = { name: 'empty.bin', bytes: new Uint8Array(65536) };

const bytesAt = ({ space }: Pc, at: number, count: number) =>
  Uint8Array.from({ length: count }, (_, i) => space.read8(at + i));
const word = (bytes: Uint8Array, at: number) => new DataView(bytes.buffer).getUint32(at, true);

/** As operating systems look for it: on multiples of 16 from F0000h to FFFFFh. */
function find(machine: Pc): number | undefined {
  for (let at = 0xf0000; at < 0x100000; at += 16) {
    if (new TextDecoder().decode(bytesAt(machine, at, 4)) === '_SM_') return at;
  }
  return undefined;
}

test('without firmware the tables lie where the anchor in the BIOS area says', () => {
  const machine = createMachine({ kernel, processors: 2 });
  const anchor = bytesAt(machine, find(machine)!, 0x1f);
  const tables = bytesAt(machine, word(anchor, 0x18), word(anchor, 0x16) & 0xffff);
  expect([tables[0], ...tables.subarray(-6)]).toEqual([0, 127, 4, 0x00, 0x7f, 0, 0]);
  const text = new TextDecoder().decode(tables);
  expect(text).toContain('GenuineIntel');
  const processor = text.indexOf('CPU 0') - 0x2a;
  expect([tables[processor], tables[processor + 0x23]]).toEqual([4, 2]);
  const [signature] = machine.core.model.cpuid(1, 0, machine.core);
  expect(word(tables, processor + 8)).toBe(signature);
});

test('a machine without PCI is older than the tables', () => {
  expect(find(createMachine({ kernel, board: 'isa' }))).toBeUndefined();
});

test.each(['pc', 'isa'] as Board[])('firmware on the board %s is given them if there are any', (board) => {
  const { fwCfg } = createFirmwareMachine({ bios, board }).devices;
  const [anchor, tables] = ['etc/smbios/smbios-anchor', 'etc/smbios/smbios-tables'].map((name) =>
    fwCfg.file(name),
  );
  expect(anchor?.length).toBe(board === 'pc' ? 0x1f : undefined);
  if (anchor) expect(word(anchor.slice(), 0x16) & 0xffff).toBe(tables!.length);
});
