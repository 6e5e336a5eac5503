import type { PortSpace } from '../bus/ports.ts';
import type { AddressSpace } from '../bus/address-space.ts';
import { LOW_MEMORY_END } from './memory-map.ts';

/**
 * What a PC's firmware has done to the board before a boot loader runs, for guests that are started without firmware:
 * interrupt controllers initialised with the BIOS vectors, the timer running at 18.2 Hz, the BIOS data area filled. A
 * kernel that forgets to move the interrupt vectors meets IRQ0 as vector 8 here, as it would on a real machine.
 */

const PIC1 = 0x20;
const PIC2 = 0xa0;
const ICW1_INIT_ICW4 = 0x11;
const ICW4_8086 = 0x01;
/** Real-mode vectors of IRQ0 to IRQ7 and of IRQ8 to IRQ15. */
const BIOS_VECTOR_1 = 0x08;
const BIOS_VECTOR_2 = 0x70;
/** Open: timer, keyboard, cascade, floppy; and on the second controller the mouse and the coprocessor stay shut. */
const BIOS_MASK_1 = 0xb8;
const BIOS_MASK_2 = 0x8f;

const PIT_CONTROL = 0x43;
const PIT_COUNTER_0 = 0x40;
const PIT_COUNTER_1 = 0x41;
/** Counter 0, both bytes, mode 2: 65,536 ticks, 18.2 Hz. */
const PIT_SYSTEM_TIMER = 0x34;
/** Counter 1, low byte, mode 2: memory refresh every 18 ticks. */
const PIT_REFRESH = 0x54;
const REFRESH_TICKS = 18;

export function programBoard(ports: PortSpace): void {
  const writes: readonly (readonly [port: number, value: number])[] = [
    [PIC1, ICW1_INIT_ICW4],
    [PIC1 + 1, BIOS_VECTOR_1],
    [PIC1 + 1, 0x04],
    [PIC1 + 1, ICW4_8086],
    [PIC2, ICW1_INIT_ICW4],
    [PIC2 + 1, BIOS_VECTOR_2],
    [PIC2 + 1, 0x02],
    [PIC2 + 1, ICW4_8086],
    [PIC1 + 1, BIOS_MASK_1],
    [PIC2 + 1, BIOS_MASK_2],
    [PIT_CONTROL, PIT_SYSTEM_TIMER],
    [PIT_COUNTER_0, 0],
    [PIT_COUNTER_0, 0],
    [PIT_CONTROL, PIT_REFRESH],
    [PIT_COUNTER_1, REFRESH_TICKS],
  ];
  for (const [port, value] of writes) ports.write8(port, value);
}

/** The BIOS data area at 0x400 ("BIOS Data Area" of the PC/AT technical reference): what kernels look up there. */
export function writeBiosData(space: AddressSpace): void {
  for (const [i, base] of [0x3f8, 0x2f8, 0x3e8, 0x2e8].entries()) space.write16(0x400 + i * 2, base);
  space.write16(0x40e, LOW_MEMORY_END >> 4); // Segment of the extended BIOS data area.
  space.write16(0x410, 0x0026); // Equipment: coprocessor, mouse, 80x25 colour text.
  space.write16(0x413, LOW_MEMORY_END >> 10); // KiB of base memory.
  space.write8(0x449, 0x03); // Video mode.
  space.write16(0x44a, 80); // Columns.
  space.write16(0x463, 0x3d4); // CRT controller.
  space.write8(0x484, 24); // Rows - 1.
  space.write16(LOW_MEMORY_END, 1); // The extended area's own first byte: its size in KiB.
}
