import type { AddressSpace } from '../bus/address-space.ts';
import type { PortSpace } from '../bus/ports.ts';
import { STATE_MTRR_DEF_TYPE, STATE_MTRR_FIXED, STATE_MTRR_VARIABLE } from '../state/layout.ts';
import { FIRMWARE_IMAGE } from './firmware-image.ts';
import { LOW_MEMORY_END, type MemoryMapEntry } from './memory-map.ts';

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

/** Memory types (SDM Vol. 3A, "Memory Types That Can Be Encoded in MTRRs"): one byte, and in every byte of a word. */
const TYPE_UNCACHEABLE = 0;
const TYPE_WRITE_PROTECTED = 0x05050505;
const TYPE_WRITE_BACK = 6;
const MTRR_ENABLE = 1 << 11;
const MTRR_FIXED_ENABLE = 1 << 10;
const MTRR_MASK_VALID = 1 << 11;
/** By fixed-range MTRR: 00000h, 80000h, A0000h, and eight from C0000h. */
const FIXED_TYPES = [TYPE_WRITE_BACK * 0x01010101, TYPE_WRITE_BACK * 0x01010101, TYPE_UNCACHEABLE];
const FIXED_MTRRS = 11;
/** From the end of the largest RAM to 4 GiB. */
const DEVICES = 0xe0000000 | 0;

/** The MTRRs: write-back but for display memory, ROMs and what lies between RAM and 4 GiB. */
export function programMemoryTypes(words: Int32Array, physicalBits: number): void {
  words[STATE_MTRR_DEF_TYPE >> 2] = TYPE_WRITE_BACK | MTRR_ENABLE | MTRR_FIXED_ENABLE;
  for (let i = 0; i < FIXED_MTRRS; i++) {
    words.fill(
      FIXED_TYPES[i] ?? TYPE_WRITE_PROTECTED,
      (STATE_MTRR_FIXED >> 2) + i * 2,
      (STATE_MTRR_FIXED >> 2) + i * 2 + 2,
    );
  }
  const variable = STATE_MTRR_VARIABLE >> 2;
  words[variable] = DEVICES | TYPE_UNCACHEABLE;
  words[variable + 2] = DEVICES | MTRR_MASK_VALID;
  words[variable + 3] = 2 ** (physicalBits - 32) - 1;
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

/** Where the BIOS services lie: F000:0000. Their first bytes are tables; see guests/firmware/services.S. */
const SERVICES = 0xf0000;
const SERVICES_SEGMENT = 0xf000;
const MAP_COUNT = 0x00;
const MAP_ENTRIES = 0x02;
const MAP_MOST = 8;
const KIB_FROM_1M = 0xb0;
const BLOCKS_FROM_16M = 0xb2;
const VECTOR_TABLE = 0xc0;
const RESET_VECTOR = 0xffff0;
/** mov al, FEh; out 64h, al; hlt; jmp to the hlt: whoever jumps here wants the machine to start over. */
const RESET_CODE = Uint8Array.of(0xb0, 0xfe, 0xe6, 0x64, 0xf4, 0xeb, 0xfd);
const MIB = 0x100000;

/**
 * Puts the real-mode services in place, for kernels that go back to ask the BIOS for the memory map, and points the
 * interrupt vector table at them.
 */
export function writeServices(space: AddressSpace, map: readonly MemoryMapEntry[], ramBytes: number): void {
  const image = Uint8Array.from(atob(FIRMWARE_IMAGE), (c) => c.charCodeAt(0));
  const view = new DataView(image.buffer);
  view.setUint16(MAP_COUNT, Math.min(map.length, MAP_MOST), true);
  for (const [i, entry] of map.slice(0, MAP_MOST).entries()) {
    const at = MAP_ENTRIES + i * 20;
    view.setUint32(at, entry.start % 2 ** 32, true);
    view.setUint32(at + 4, Math.floor(entry.start / 2 ** 32), true);
    view.setUint32(at + 8, entry.bytes % 2 ** 32, true);
    view.setUint32(at + 12, Math.floor(entry.bytes / 2 ** 32), true);
    view.setUint32(at + 16, entry.type, true);
  }
  const above = (from: number, to: number) => Math.max(0, Math.min(ramBytes, to) - from);
  view.setUint16(KIB_FROM_1M, above(MIB, 16 * MIB) / 1024, true);
  view.setUint16(BLOCKS_FROM_16M, Math.floor(above(16 * MIB, 2 ** 32) / 65536), true);
  space.load(SERVICES, image);

  // The table's first row is for the vectors that have none of their own.
  const offsets = new Array<number>(256).fill(view.getUint16(VECTOR_TABLE + 2, true));
  for (let at = VECTOR_TABLE + 4; view.getUint16(at + 2, true) !== 0; at += 4) {
    offsets[view.getUint16(at, true)] = view.getUint16(at + 2, true);
  }
  for (const [vector, offset] of offsets.entries()) {
    space.write16(vector * 4, offset);
    space.write16(vector * 4 + 2, SERVICES_SEGMENT);
  }
  space.load(RESET_VECTOR, RESET_CODE);
}
