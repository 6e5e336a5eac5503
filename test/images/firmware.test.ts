import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DiskFile, ExitResult, Pc } from '../../src/index.ts';
import { STATE_SMBASE } from '../../src/state/layout.ts';
import { createFirmwareMachine, createReport } from '../support/dist.ts';

const IMAGES = join(import.meta.dirname, '../../.cache/images');
const image = (name: string) => ({ name, bytes: new Uint8Array(readFileSync(join(IMAGES, name))) });

/** A boot sector that reads by INT 13h, writes the last sector of the diskette, reads it back and compares: status 33. */
function bootSector(): Uint8Array {
  const int13 = (ax: number, bx: number, cx: number, dx: number) => [
    ...[0xb8, ax & 255, ax >> 8, 0xbb, bx & 255, bx >> 8, 0xb9, cx & 255, cx >> 8, 0xba, dx & 255, dx >> 8],
    ...[0xcd, 0x13, 0x73, 0x04, 0xb0, 0x01, 0xe6, 0xf4], // jnc; mov al, 1; out 0f4h, al
  ];
  const code = [
    ...[0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0, 0xbc, 0x00, 0x7c], // DS, ES, SS = 0; SP = 7C00h
    ...int13(0x0211, 0x8000, 0x0002, 0x0000),
    ...int13(0x0301, 0x8000, 0x4f12, 0x0100),
    ...int13(0x0201, 0xa400, 0x4f12, 0x0100),
    ...[0xbe, 0x00, 0x80, 0xbf, 0x00, 0xa4, 0xb9, 0x00, 0x01, 0xf3, 0xa7], // repe cmpsw
    ...[0xb0, 0x10, 0x74, 0x02, 0xb0, 0x02, 0xe6, 0xf4], // mov al, 10h; je; mov al, 2; out 0f4h, al
  ];
  const sector = new Uint8Array(512);
  sector.set(code);
  sector.set([0x55, 0xaa], 510);
  return sector;
}

interface Options {
  readonly cdrom?: { readonly name: string; readonly bytes: Uint8Array };
  readonly floppy?: DiskFile;
  readonly jit: boolean;
}

function powerOn(options: Options): Pc {
  const machine = createFirmwareMachine({ board: 'pc', bios: image('bios-256k.bin'), ...options });
  // The firmware's own option: text output goes to COM1.
  machine.devices.fwCfg.addFile('etc/sercon-port', Uint8Array.of(0xf8, 0x03));
  return machine;
}

/** Everything a run says of itself. */
function told(machine: Pc, result: ExitResult): { report: string; serial: string } {
  return { report: JSON.stringify(createReport(machine, result)), serial: machine.serial.text };
}

describe('SeaBIOS, from the reset vector', () => {
  const boot = (jit: boolean) => {
    const machine = powerOn({ jit });
    const result = machine.run({ maxInstructions: 20_000_000, timeout: 30 });
    machine.serial.expect(/SeaBIOS \(version 1\.\d+/);
    machine.serial.expect('No bootable device.');
    return { machine, ...told(machine, result) };
  };

  test('finds nothing to boot, the same in every run and on both tiers', () => {
    const first = boot(true);
    expect(boot(true).report).toBe(first.report);
    const interpreted = boot(false);
    expect([interpreted.report, interpreted.serial]).toEqual([first.report, first.serial]);
  });

  test.each([1440 * 1024, 9999])('boots a diskette image of %i bytes, reads it and writes it', (size) => {
    const bytes = new Uint8Array(size).map((_, at) => (at >> 9) + at);
    bytes.set(bootSector());
    const written: number[] = [];
    let last: Uint8Array | undefined;
    const onWrite = (offset: number, sector: Uint8Array) => {
      written.push(offset, sector.length);
      last = sector;
    };
    const machine = powerOn({ floppy: { name: 'floppy.img', bytes, onWrite }, jit: true });
    expect(machine.run({ maxInstructions: 50_000_000 }).status).toBe(33);
    expect(written).toEqual([1440 * 1024 - 512, 512]);
    expect(last).toEqual(bytes.subarray(512, 1024));
  });

  test('installs its handler of system-management interrupts', () => {
    const { machine } = boot(true);
    // It has moved SMRAM to A0000h, closed it, and left the memory there to the display.
    expect(machine.devices.chipset!.pci.readConfig(0, 0, 0x72, 1)).toBe(0x0a);
    expect(machine.devices.chipset!.pci.readConfig(0, 0x0b, 0x5b, 1) & 0x02).toBe(0x02);
    expect(machine.processors.current.words[STATE_SMBASE >> 2]).toBe(0xa0000);
  });
});

/** Rung 5: the project's own guests on ISO images by grub-mkrescue, through firmware, El Torito and GRUB. */
const isos = readdirSync(IMAGES).filter((name) => /^grub-.*\.iso$/.test(name));

describe('GRUB 2 by SeaBIOS and ATAPI', () => {
  const boot = (name: string, jit = true) => {
    const machine = powerOn({ cdrom: image(name), jit });
    const result = machine.run({ maxInstructions: 400_000_000 });
    return { machine, result, ...told(machine, result) };
  };

  test('there is an image of every link-address variant', () => {
    expect(isos.length).toBeGreaterThanOrEqual(9);
  });

  test.each(isos)('%s ends in PASS, twice to the byte', (name) => {
    const { machine, result, report } = boot(name);
    const { serial } = machine;
    serial.expect('Welcome to GRUB!');
    serial.expect('loader: entered in protected mode');
    serial.expect('kernel: entered in 64-bit mode');
    serial.expect(/ checks, 0 failed\r?\nPASS/);
    expect(result.status).toBe(33);
    expect(boot(name).report).toBe(report);
  });

  test('the interpreter comes to the same end', () => {
    const [interpreted, compiled] = [false, true].map((jit) => boot(isos[0]!, jit));
    expect(interpreted!.report).toBe(compiled!.report);
    expect(interpreted!.serial).toBe(compiled!.serial);
  });
});
