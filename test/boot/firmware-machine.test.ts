import { describe, expect, test } from 'vitest';
import { createFirmwareMachine } from '../../src/boot/firmware-machine.ts';

const KIB64 = 65536;
const COUNTER = 0x500;
const ENTRY = 0xff80;
const RESET_VECTOR = 0xfff0;

/** Counts in RAM how often it starts, goes to protected mode and resets the machine; the third time it ends the run. */
function bios(...reset: number[]) {
  const bytes = new Uint8Array(KIB64);
  bytes.set([0xeb, ENTRY - (RESET_VECTOR + 2)], RESET_VECTOR);
  const again = [0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0, ...reset, 0xf4]; // CR0.PE, reset, hlt
  bytes.set(
    [
      [0x31, 0xc0, 0x8e, 0xd8], // xor ax, ax; mov ds, ax
      [0xfe, 0x06, 0x00, 0x05, 0x80, 0x3e, 0x00, 0x05, 0x03], // inc byte [500h]; cmp byte [500h], 3
      [0x74, again.length, ...again], // je done
      [0xa0, 0x00, 0x05, 0xe6, 0xf4, 0xf4], // done: mov al, [500h]; out 0f4h, al
    ].flat(),
    ENTRY,
  );
  return { name: 'counting.bin', bytes };
}

const RESETS: readonly (readonly [string, readonly number[]])[] = [
  ['port 92h', [0xb0, 0x01, 0xe6, 0x92]],
  ['port CF9h', [0xba, 0xf9, 0x0c, 0xb0, 0x06, 0xee]],
  ['the keyboard controller', [0xb0, 0xfe, 0xe6, 0x64]],
];

describe.each(RESETS)('a reset by %s', (_name, reset) => {
  test('starts the firmware again, with RAM as it was', () => {
    const machine = createFirmwareMachine({ bios: bios(...reset), board: 'pc', memory: 1 << 20 });
    const seen: number[] = [];
    machine.events.on('reset', () => seen.push(machine.core.ripLo()));
    const exit = machine.run({ maxInstructions: 1000 });
    expect([exit.reason, exit.status]).toEqual(['debug-exit', 7]);
    expect([machine.resets, seen, machine.space.read8(COUNTER)]).toEqual([2, [0xfff0, 0xfff0], 3]);
    expect(machine.timeline.filter((e) => e.event === 'mode').map((e) => e.to)).toEqual([
      'protected16',
      'real',
      'protected16',
      'real',
    ]);
  });

  test('ends the run where the user wants that', () => {
    const machine = createFirmwareMachine({
      bios: bios(...reset),
      board: 'pc',
      memory: 1 << 20,
      reboot: false,
    });
    const exit = machine.run({ maxInstructions: 1000 });
    expect([exit.reason, exit.status, machine.resets]).toEqual(['reset', 4, 0]);
  });
});

test('devices and the shadow of the image are as at power-on again', () => {
  const machine = createFirmwareMachine({
    bios: bios(0xb0, 0xfe, 0xe6, 0x64),
    board: 'pc',
    memory: 1 << 20,
  });
  machine.ports.write8(0x92, 0x02);
  machine.ports.write32(0xcf8, 0x80000000);
  machine.space.write8(0xffff0, 0x12);
  machine.events.on('reset', () => {
    expect(machine.ports.read8(0x92)).toBe(0);
    expect(machine.ports.read32(0xcf8)).toBe(0);
    expect(machine.space.read8(0xffff0)).toBe(0xeb);
  });
  expect(machine.run({ maxInstructions: 1000 }).status).toBe(7);
});

test('a guest that does nothing but reset reaches its limit', () => {
  const bytes = new Uint8Array(KIB64);
  bytes.set([0xb0, 0xfe, 0xe6, 0x64], RESET_VECTOR);
  const machine = createFirmwareMachine({ bios: { name: 'loop.bin', bytes }, memory: 1 << 20 });
  expect(machine.run({ maxInstructions: 100 }).status).toBe(124);
  expect(machine.resets).toBe(50);
});

test('the ROM of the display is in fw_cfg where PCI does not show it', () => {
  const vgaRom = { name: 'vga.rom', bytes: Uint8Array.from([0x55, 0xaa, 0]) };
  const fileOn = (board: 'isa' | 'pc') => {
    const machine = createFirmwareMachine({ bios: bios(0xf4), vgaRom, board, memory: 1 << 20 });
    return machine.devices.fwCfg.file('vgaroms/vgabios.bin');
  };
  expect(fileOn('isa')).toEqual(vgaRom.bytes);
  expect(fileOn('pc')).toBeUndefined();
});
