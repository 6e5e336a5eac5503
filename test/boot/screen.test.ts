import { describe, expect, test } from 'vitest';
import { createMachine } from '../../src/boot/create-machine.ts';
import { chooseScreen } from '../../src/boot/screen.ts';
import { renderVga } from '../../src/devices/vga-render.ts';
import { headerTag, kernelWith, multiboot1Header, multiboot2Header } from '../support/image-builder.ts';

const MEMORY = { address: 0xe0000000, bytes: 1 << 24 };

describe('chooseScreen', () => {
  // biome-ignore format: a table.
  test.each([
    // width height depth   gets
    [640,    480,   32,     [640, 480, 32, 2560]],
    [800,    600,   24,     [800, 600, 24, 2400]],
    [800,    600,   15,     [800, 600, 15, 1600]],
    [2560,   1600,  32,     [2560, 1600, 32, 10240]],
    [0,      0,     0,      [1024, 768, 32, 4096]],
    [1280,   1024,  8,      [1280, 1024, 32, 5120]],
    [1366,   768,   32,     [1024, 768, 32, 4096]],
    [4096,   2160,  16,     [1024, 768, 16, 2048]],
  ])('%i by %i by %i', (width, height, depth, [w, h, bits, pitch]) => {
    const screen = chooseScreen({ width, height, depth }, MEMORY);
    expect(screen).toEqual({ address: MEMORY.address, pitch, width: w, height: h, bits, type: 1 });
  });

  test('is text for who asks for it, and where no memory is flat', () => {
    expect(chooseScreen('text', MEMORY).type).toBe(2);
    expect(chooseScreen({ width: 800, height: 600, depth: 32 }, undefined).type).toBe(2);
  });
});

describe.each([
  ['multiboot 1', multiboot1Header(4, [0, 0, 0, 0, 0, 0, 640, 480, 32])],
  ['multiboot 2', multiboot2Header([headerTag(5, [640, 480, 32])])],
])('a kernel that asks by %s for a frame buffer', (_, header) => {
  const kernel = { name: 'k', bytes: kernelWith(header) };

  test('finds the display so, its memory where it is told', () => {
    const machine = createMachine({ kernel });
    const { chipset, vga } = machine.devices;
    expect([vga.vbe.isEnabled, vga.vbe.width, vga.vbe.height, vga.vbe.bitsPerPixel]).toEqual([
      true,
      640,
      480,
      32,
    ]);
    expect(chipset!.pci.readConfig(0, 2 << 3, 0x10, 4) & ~15).toBe(machine.plan.screen!.address | 0);
    machine.space.write32(machine.plan.screen!.address + 2560 + 4, 0x00ff8040);
    expect([...renderVga(vga).rgba.subarray(641 * 4, 641 * 4 + 3)]).toEqual([0xff, 0x80, 0x40]);
  });

  test('finds text on the board isa', () => {
    const machine = createMachine({ kernel, board: 'isa' });
    expect([machine.devices.vga.vbe.isEnabled, machine.plan.screen?.address]).toEqual([false, 0xb8000]);
  });
});
