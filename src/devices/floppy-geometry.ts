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

const bytesOf = ({ cylinders, heads, sectors }: FloppyGeometry) => cylinders * heads * sectors * SECTOR_BYTES;

/** By the size of an image; undefined when no diskette has it. */
export function floppyGeometry(bytes: number): FloppyGeometry | undefined {
  return FORMATS.find((format) => bytesOf(format) === bytes);
}
