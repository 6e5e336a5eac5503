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
  readonly floppy?: DiskFile | undefined;
  readonly virtio?: VirtioOptions | undefined;
}

/** What the largest diskette holds. */
const FLOPPY_MOST_BYTES = 2880 * 1024;

/**
 * @throws BootError when an image that must be is not whole sectors (it was cut short, or is something else), or when the board has
 * no place for a device
 */
export function checkMedia({ cdrom, disk, floppy, virtio }: Media, board: Board): void {
  if (cdrom) checkDisc(cdrom);
  if (disk) checkDisk(disk);
  if (floppy) checkFloppy(floppy);
  if (virtio?.disk) checkDisk(virtio.disk);
  if (board === 'isa' && (virtio?.disk || virtio?.console || virtio?.rng !== undefined)) {
    throw new BootError(
      'machine',
      'virtio',
      'given with the board isa',
      'the board pc: they are PCI devices',
    );
  }
}

/** What is put together of a boot sector and a kernel need not end with a sector; a file that is written to must. */
function checkDisk(disk: DiskFile): void {
  if (disk.bytes.length > 0 && !disk.onWrite) return;
  checkMedium(disk, disk.onWrite ? 'a disk image that is written to' : 'a disk image', DISK_SECTOR);
}

function checkFloppy({ name, bytes }: BootFile): void {
  if (bytes.length === 0 || bytes.length > FLOPPY_MOST_BYTES) {
    throw new BootError(name, 'size', `${bytes.length} bytes`, '1 to 2949120 (2880 KiB), as diskettes have');
  }
}

/** Where the volume descriptors of a disc begin, and the fields of the primary one (ECMA-119, "Primary Volume Descriptor"). */
const DESCRIPTORS = 16 * CD_SECTOR;
const PRIMARY = 1;
const VOLUME_SPACE = 80;
const LOGICAL_BLOCK = 128;
/** Standard identifiers: ISO 9660, and what begins the recognition sequence of others (ECMA-167). */
const IDENTIFIERS = ['CD001', 'BEA01'];

/** A disc says how large it is: one that was not written to its end is told before a guest fails on it. */
function checkDisc(disc: BootFile): void {
  checkMedium(disc, 'a CD-ROM image', CD_SECTOR);
  const { name, bytes } = disc;
  const identifier = String.fromCharCode(...bytes.subarray(DESCRIPTORS + 1, DESCRIPTORS + 6));
  if (!IDENTIFIERS.includes(identifier)) {
    const found = bytes.length < DESCRIPTORS + CD_SECTOR ? 'missing' : JSON.stringify(identifier);
    throw new BootError(name, 'volume descriptor at 0x8000', found, 'CD001 (ISO 9660) or BEA01 (UDF)');
  }
  if (identifier !== IDENTIFIERS[0] || bytes[DESCRIPTORS] !== PRIMARY) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset + DESCRIPTORS);
  const volume = view.getUint32(VOLUME_SPACE, true) * view.getUint16(LOGICAL_BLOCK, true);
  if (volume > bytes.length) {
    throw new BootError(
      name,
      'size',
      `${bytes.length} bytes`,
      `at least the ${volume} of its volume (the file is cut short)`,
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
