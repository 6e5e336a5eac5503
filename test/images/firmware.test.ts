import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFirmwareMachine } from '../support/dist.ts';

const IMAGES = join(import.meta.dirname, '../../.cache/images');
const image = (name: string) => ({ name, bytes: new Uint8Array(readFileSync(join(IMAGES, name))) });

function powerOn(more: { cdrom?: { name: string; bytes: Uint8Array } } = {}) {
  const machine = createFirmwareMachine({ board: 'pc', bios: image('bios-256k.bin'), ...more });
  // The firmware's own option: text output goes to COM1.
  machine.devices.fwCfg.addFile('etc/sercon-port', Uint8Array.of(0xf8, 0x03));
  return machine;
}

describe('SeaBIOS, from the reset vector', () => {
  test('finds nothing to boot', () => {
    const machine = powerOn();
    machine.runUntil((m) => m.serial.text.includes('No bootable device.'), { maxInstructions: 20_000_000 });
    machine.serial.expect(/SeaBIOS \(version 1\.\d+/);
    machine.serial.expect('No bootable device.');
  });
});

/** Rung 5: the project's own guests on ISO images by grub-mkrescue, through firmware, El Torito and GRUB. */
const isos = readdirSync(IMAGES).filter((name) => /^grub-.*\.iso$/.test(name));

describe('GRUB 2 by SeaBIOS and ATAPI', () => {
  test('there is an image of every link-address variant', () => {
    expect(isos.length).toBeGreaterThanOrEqual(9);
  });

  test.each(isos)('%s ends in PASS', (name) => {
    const machine = powerOn({ cdrom: image(name) });
    const result = machine.run({ maxInstructions: 400_000_000 });
    const { serial } = machine;
    serial.expect('Welcome to GRUB!');
    serial.expect('loader: entered in protected mode');
    serial.expect('kernel: entered in 64-bit mode');
    serial.expect(/ checks, 0 failed\r?\nPASS/);
    expect(result.status).toBe(33);
  });
});
