/** Every port and interrupt line of the board in one place; devices know none of them. Numbers are the PC/AT's. */

export const DMA1_PORT = 0x00;
export const PIC1_PORT = 0x20;
export const PIT_PORT = 0x40;
export const I8042_PORT = 0x60;
export const SYSTEM_CONTROL_B_PORT = 0x61;
export const RTC_PORT = 0x70;
export const POST_PORT = 0x80;
export const DMA_PAGE_PORT = 0x80;
export const A20_AND_FAST_RESET_PORT = 0x92;
export const PIC2_PORT = 0xa0;
export const DMA2_PORT = 0xc0;
export const DEBUG_CONSOLE_PORT = 0xe9;
export const DELAY_PORT = 0xed;
export const DEBUG_EXIT_PORT = 0xf4;
export const DEBUG_EXIT_PORTS = 4;
export const FLOAT_ERROR_PORT = 0xf0;
export const ELCR_PORT = 0x4d0;
/** PM1a_CNT of QEMU's PIIX4, and of Bochs and older QEMU. */
export const POWER_PORTS = [0x604, 0xb004] as const;
export const SHUTDOWN_PORT = 0x8900;

/** COM1 to COM4. */
export const COM_BASES = [0x3f8, 0x2f8, 0x3e8, 0x2e8] as const;
export const COM_IRQS = [4, 3, 4, 3] as const;
export const COM_PORTS = 8;

export const PIT_IRQ = 0;
export const I8042_IRQ_KEYBOARD = 1;
export const RTC_IRQ = 8;
export const I8042_IRQ_AUX = 12;
export const FLOAT_ERROR_IRQ = 13;

// The full PC.

export const LOCAL_APIC_BASE = 0xfee00000;
export const LOCAL_APIC_BYTES = 0x1000;
export const IO_APIC_BASE = 0xfec00000;
/** IRQ0 is wired to pin 2 of the I/O APIC. */
export const IO_APIC_PIN_OF_TIMER = 2;
export const HPET_BASE = 0xfed00000;
export const HPET_BYTES = 0x400;
export const PCI_CONFIG_PORT = 0xcf8;
export const APM_PORT = 0xb2;
/** Where a board without firmware finds its power-management block, and where PCI resources begin. */
export const PM_BASE = 0x600;
export const PCI_IO_BASE = 0xc000;
export const PCI_MEMORY_BASE = 0xe0000000;
/** PIRQA to PIRQD. */
export const PIRQ_IRQS = [10, 10, 11, 11] as const;
export const SCI_IRQ = 9;
/** PCI slots behind those of the chipset and of the display adapter. */
export const VIRTIO_DISK_SLOT = 3;
export const VIRTIO_CONSOLE_SLOT = 4;
export const VIRTIO_RNG_SLOT = 5;

export const FW_CFG_PORT = 0x510;
export const FW_CFG_DMA_PORT = 0x514;
export const IDE_BASES = [0x1f0, 0x170] as const;
export const IDE_CONTROLS = [0x3f6, 0x376] as const;
export const IDE_IRQS = [14, 15] as const;

/** Up to 3F5h, and 3F7h: what is between belongs to the first IDE channel. */
export const FLOPPY_PORT = 0x3f0;
export const FLOPPY_PORTS = 6;
export const FLOPPY_DIRECTION_PORT = 0x3f7;
export const FLOPPY_IRQ = 6;
export const FLOPPY_DMA_CHANNEL = 2;

/** VGA registers: first port and count; offsets count from 0x3b0. */
export const VGA_REGISTERS = 0x3b0;
export const VGA_PORTS = [
  [0x3b4, 2],
  [0x3ba, 1],
  [0x3c0, 16],
  [0x3d4, 2],
  [0x3da, 1],
] as const;
export const VBE_PORT = 0x1ce;
export const VBE_PORTS = 3;
export const VGA_ROM = 0xc0000;
export const VGA_MEMORY = 0xa0000;
export const VGA_MEMORY_BYTES = 0x20000;
/** What the display adapter has behind it, seen flat by PCI. */
export const VIDEO_MEMORY_BYTES = 0x1000000;
