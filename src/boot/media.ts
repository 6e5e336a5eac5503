import type { Board, PcConfig } from '../machine/pc.ts';
import type { VirtioConfig } from '../machine/virtio.ts';
import { BootError } from './boot-error.ts';
import type { BootFile } from './boot-plan.ts';

const CD_SECTOR = 2048;
const DISK_SECTOR = 512;

/** A disk image. What the guest writes to it is kept in memory, unless `onWrite` takes it: then the image changes. */
export type DiskFile = BootFile & NonNullable<PcConfig['disk']>;

export interface VirtioOptions extends VirtioConfig {
  readonly disk?: DiskFile | undefined;
}

export interface Media {
  readonly cdrom?: BootFile | undefined;
  readonly disk?: DiskFile | undefined;
  readonly virtio?: VirtioOptions | undefined;
}

/**
 * @throws BootError when an image is not whole sectors (it was cut short, or is something else), or when the board has
 * no place for a device
 */
export function checkMedia({ cdrom, disk, virtio }: Media, board: Board): void {
  if (cdrom) checkMedium(cdrom, 'a CD-ROM image', CD_SECTOR);
  if (disk) checkMedium(disk, 'a disk image', DISK_SECTOR);
  if (virtio?.disk) checkMedium(virtio.disk, 'a disk image', DISK_SECTOR);
  if (board === 'isa' && (virtio?.disk || virtio?.console || virtio?.rng !== undefined)) {
    throw new BootError(
      'machine',
      'virtio',
      'given with the board isa',
      'the board pc: they are PCI devices',
    );
  }
}

function checkMedium({ name, bytes }: BootFile, what: string, sector: number): void {
  if (bytes.length === 0 || bytes.length % sector !== 0) {
    throw new BootError(
      name,
      'size',
      `${bytes.length} bytes`,
      `whole sectors of ${sector} bytes, as ${what} has`,
    );
  }
}
