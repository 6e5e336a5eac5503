import { originOf } from '../machine/origin.ts';
import { createPc, MEDIA, type Pc, type PcConfig } from '../machine/pc.ts';
import { BootError } from './boot-error.ts';
import type { BootFile } from './boot-plan.ts';
import { checkMedia } from './media.ts';

/** A machine that starts at the reset vector of a firmware image. */
export interface FirmwareOptions extends Omit<PcConfig, 'memory' | 'cdrom' | 'disk' | 'vgaRom'> {
  readonly bios: BootFile;
  readonly cdrom?: BootFile;
  readonly disk?: BootFile;
  readonly vgaRom?: BootFile;
  /** Bytes of RAM. Default 128 MiB. */
  readonly memory?: number;
  /** False: a reset that the guest asks for ends the run instead of starting the firmware again. */
  readonly reboot?: boolean;
}

const DEFAULT_MEMORY = 128 * 1024 * 1024;
const FOUR_GIB = 2 ** 32;
/** The top of the image is seen below 1 MiB too, in RAM that stands for the shadow memory of a chipset. */
const SHADOW_END = 0x100000;
const SHADOW_BYTES = 0x20000;
const KIB = 1024;

/**
 * Makes a PC with a BIOS image below 4 GiB, stopped in front of the reset vector.
 * @throws BootError with one line that names file, field, value and what was expected.
 */
export function createFirmwareMachine(options: FirmwareOptions): Pc {
  const { bios, cdrom, disk, vgaRom, memory = DEFAULT_MEMORY, reboot = true, ...config } = options;
  checkBios(bios);
  checkMedia({ cdrom, disk });
  const machine = createPc({
    ...config,
    memory,
    cdrom: cdrom?.bytes,
    disk: disk?.bytes,
    vgaRom: vgaRom?.bytes,
  });
  machine.space.attachRom(FOUR_GIB - bios.bytes.length, bios.bytes);
  const shadow = bios.bytes.subarray(Math.max(0, bios.bytes.length - SHADOW_BYTES));
  const fillShadow = () => machine.space.load(SHADOW_END - shadow.length, shadow);
  fillShadow();
  machine.origin = originOf('firmware', machine.board, options, MEDIA);
  if (reboot) {
    machine.restart = () => {
      machine.devices.reset();
      fillShadow();
    };
  }
  return machine;
}

function checkBios({ name, bytes }: BootFile): void {
  const { length } = bytes;
  if (length < 64 * KIB || length > 16384 * KIB || length % (64 * KIB) !== 0) {
    throw new BootError(
      name,
      'size',
      `${length} bytes`,
      'a multiple of 64 KiB up to 16 MiB, as BIOS images have',
    );
  }
}
