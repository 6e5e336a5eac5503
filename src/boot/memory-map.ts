/** The memory map a PC's firmware reports (ACPI 6.5, "System Address Map Interfaces"), from the size of RAM alone. */

export const MEMORY_AVAILABLE = 1;
const MEMORY_RESERVED = 2;

export interface MemoryMapEntry {
  readonly start: number;
  readonly bytes: number;
  readonly type: typeof MEMORY_AVAILABLE | typeof MEMORY_RESERVED;
}

/** The extended BIOS data area takes the last KiB of conventional memory. */
export const LOW_MEMORY_END = 0x9fc00;
export const HIGH_MEMORY_START = 0x100000;

/** What E820h answers on a PC with `ramBytes` of RAM; the hole from A0000h to EFFFFh is left out, as firmware does. */
export function createMemoryMap(ramBytes: number): MemoryMapEntry[] {
  const map: MemoryMapEntry[] = [
    { start: 0, bytes: LOW_MEMORY_END, type: MEMORY_AVAILABLE },
    { start: LOW_MEMORY_END, bytes: 0xa0000 - LOW_MEMORY_END, type: MEMORY_RESERVED },
    { start: 0xf0000, bytes: 0x10000, type: MEMORY_RESERVED },
  ];
  if (ramBytes > HIGH_MEMORY_START) {
    map.push({ start: HIGH_MEMORY_START, bytes: ramBytes - HIGH_MEMORY_START, type: MEMORY_AVAILABLE });
  }
  return map;
}

/** KiB of memory below 640 KiB and KiB of memory from 1 MiB up to the first hole: `mem_lower` and `mem_upper`. */
export function memorySizes(map: readonly MemoryMapEntry[]): { lowerKib: number; upperKib: number } {
  const kibAt = (start: number): number => {
    const entry = map.find((e) => e.start === start && e.type === MEMORY_AVAILABLE);
    return Math.floor((entry?.bytes ?? 0) / 1024);
  };
  return { lowerKib: kibAt(0), upperKib: kibAt(HIGH_MEMORY_START) };
}
