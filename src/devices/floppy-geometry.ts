import { SECTOR_BYTES } from './block.ts';

/** How a diskette is recorded, and the type of drive that CMOS location 10h gives for it. */
export interface FloppyGeometry {
  readonly cylinders: number;
  readonly heads: number;
  /** Of each track, counted from 1. */
  readonly sectors: number;
  readonly driveType: number;
}

// biome-ignore format: one line a format.
const FORMATS: readonly FloppyGeometry[] = [
  { cylinders: 40, heads: 1, sectors: 8,  driveType: 1 },
  { cylinders: 40, heads: 1, sectors: 9,  driveType: 1 },
  { cylinders: 40, heads: 2, sectors: 8,  driveType: 1 },
  { cylinders: 40, heads: 2, sectors: 9,  driveType: 1 },
  { cylinders: 80, heads: 2, sectors: 9,  driveType: 3 },
  { cylinders: 80, heads: 2, sectors: 15, driveType: 2 },
  { cylinders: 80, heads: 2, sectors: 18, driveType: 4 },
  { cylinders: 80, heads: 2, sectors: 36, driveType: 5 },
];

/** The formats that a shorter image is taken for the beginning of: what today's drives record. */
const UNFINISHED = FORMATS.slice(-2);

export const bytesOfFloppy = ({ cylinders, heads, sectors }: FloppyGeometry) =>
  cylinders * heads * sectors * SECTOR_BYTES;

/**
 * By the size of an image: the format that has it, or else the smaller of 1440 and 2880 KiB that holds it. Loaders
 * are often written without the rest of their diskette, and count 18 sectors a track. Undefined when it fits no diskette.
 */
export function floppyGeometry(bytes: number): FloppyGeometry | undefined {
  return (
    FORMATS.find((format) => bytesOfFloppy(format) === bytes) ??
    UNFINISHED.find((format) => bytesOfFloppy(format) >= bytes)
  );
}
