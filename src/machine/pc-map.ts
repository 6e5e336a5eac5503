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
