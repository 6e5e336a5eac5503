import { type DiskMedium, diskBackend } from '../devices/block.ts';
import { type Dma8237, type DmaPageRegisters, DmaPort } from '../devices/dma8237.ts';
import { FloppyController } from '../devices/floppy.ts';
import { bytesOfFloppy, type FloppyGeometry, floppyGeometry } from '../devices/floppy-geometry.ts';
import type { Rtc146818 } from '../devices/rtc146818.ts';
import type { InterruptWiring } from './interrupts.ts';
import type { Machine } from './machine.ts';
import {
  FLOPPY_DIRECTION_PORT,
  FLOPPY_DMA_CHANNEL,
  FLOPPY_IRQ,
  FLOPPY_PORT,
  FLOPPY_PORTS,
} from './pc-map.ts';

/** CMOS locations of an AT: types of the two drives, and the equipment byte. */
const CMOS_DRIVES = 0x10;
const CMOS_EQUIPMENT = 0x14;
const EQUIPMENT_FLOPPY = 0x01;

/** A diskette has all the sectors of its format: those beyond the end of a shorter image are zeros. */
function wholeDiskette(medium: DiskMedium, geometry: FloppyGeometry): DiskMedium {
  const size = bytesOfFloppy(geometry);
  if (medium.bytes.length === size) return medium;
  const bytes = new Uint8Array(size);
  bytes.set(medium.bytes);
  return { ...medium, bytes };
}

/** A floppy disk controller with one drive and the diskette in it, which CMOS knows of. */
export function attachFloppy(
  { clock, ports, space }: Machine,
  board: {
    readonly wiring: InterruptWiring;
    readonly dma: Dma8237;
    readonly dmaPages: DmaPageRegisters;
    readonly rtc: Rtc146818;
  },
  medium: DiskMedium,
): FloppyController {
  const geometry = floppyGeometry(medium.bytes.length);
  const controller = new FloppyController({
    clock,
    irq: board.wiring.line(FLOPPY_IRQ),
    dma: new DmaPort(board.dma, board.dmaPages, FLOPPY_DMA_CHANNEL, space),
    medium: diskBackend(geometry ? wholeDiskette(medium, geometry) : medium),
    geometry,
  });
  ports.attach(FLOPPY_PORT, FLOPPY_PORTS, controller, 0);
  ports.attach(FLOPPY_DIRECTION_PORT, 1, controller, FLOPPY_DIRECTION_PORT - FLOPPY_PORT);
  board.rtc.setCmos(CMOS_DRIVES, (geometry?.driveType ?? 0) << 4);
  board.rtc.setCmos(CMOS_EQUIPMENT, board.rtc.cmosByte(CMOS_EQUIPMENT) | EQUIPMENT_FLOPPY);
  return controller;
}
