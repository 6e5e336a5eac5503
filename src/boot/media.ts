import { BootError } from './boot-error.ts';
import type { BootFile } from './boot-plan.ts';

const CD_SECTOR = 2048;
const DISK_SECTOR = 512;

/** @throws BootError when an image is not whole sectors: it was cut short, or is something else. */
export function checkMedia(media: { cdrom?: BootFile | undefined; disk?: BootFile | undefined }): void {
  if (media.cdrom) checkMedium(media.cdrom, 'a CD-ROM image', CD_SECTOR);
  if (media.disk) checkMedium(media.disk, 'a disk image', DISK_SECTOR);
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
