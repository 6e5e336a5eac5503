/**
 * Where the state of an interrupted processor lies in SMRAM, as offsets from SMBASE. Two maps exist: that of processors
 * with 64-bit mode (APM Vol. 2, "SMM State-Save Area", "AMD64 Architecture SMM State-Save Area"), which virtual PCs have
 * whatever their vendor and which their firmware therefore knows, and that of the others (SDM Vol. 3C, "SMRAM State Save
 * Map"), whose reserved part holds what the manual leaves to the processor.
 */

/** A segment register or a table register; -1 for a field that it has not. */
export interface SmmSegment {
  readonly selector: number;
  readonly attributes: number;
  readonly limit: number;
  readonly base: number;
}

export interface SmmMap {
  /** Of an address-sized field, and of most others. */
  readonly wide: boolean;
  /** SMM revision identifier: bit 17 says that SMBASE can be changed; bit 16 would be the restart of I/O instructions. */
  readonly revision: number;
  readonly revisionAt: number;
  readonly smbase: number;
  /** By register number; eight of them where `wide` is false. */
  readonly registers: readonly number[];
  readonly rip: number;
  readonly rflags: number;
  readonly cr0: number;
  readonly cr3: number;
  readonly cr4: number;
  /** -1 without 64-bit mode. */
  readonly efer: number;
  readonly dr6: number;
  readonly dr7: number;
  /** ES, CS, SS, DS, FS, GS, LDTR, TR. */
  readonly segments: readonly SmmSegment[];
  readonly gdtr: SmmSegment;
  readonly idtr: SmmSegment;
  /** A byte: bit 0 says that the interrupted processor was halted, and that RSM goes back into the halt. */
  readonly autoHalt: number;
  /** Bytes: NMIs were masked; and in reserved places the privilege level and a repeated instruction under way. */
  readonly nmiMask: number;
  readonly cpl: number;
  readonly repeating: number;
}

const from = (first: number, count: number, stride: number): number[] =>
  Array.from({ length: count }, (_, i) => first + i * stride);

const segment64 = (at: number): SmmSegment => ({
  selector: at,
  attributes: at + 2,
  limit: at + 4,
  base: at + 8,
});
const table64 = (at: number): SmmSegment => ({ selector: -1, attributes: -1, limit: at + 4, base: at + 8 });

// biome-ignore format: one line of the manual's table each.
export const SMM_MAP_64: SmmMap = {
  wide: true,
  revision: 0x00020064,
  segments:   [...from(0xfe00, 6, 16), 0xfe70, 0xfe90].map(segment64),
  gdtr:       table64(0xfe60),
  idtr:       table64(0xfe80),
  autoHalt:   0xfec9,
  nmiMask:    0xfeca,
  cpl:        0xfecb,
  repeating:  0xfecc,
  efer:       0xfed0,
  revisionAt: 0xfefc,
  smbase:     0xff00,
  cr4:        0xff48,
  cr3:        0xff50,
  cr0:        0xff58,
  dr7:        0xff60,
  dr6:        0xff68,
  rflags:     0xff70,
  rip:        0xff78,
  registers:  from(0xfff8, 16, -8),
};

const segment32 = (selector: number, hidden: number): SmmSegment => ({
  selector,
  attributes: hidden,
  limit: hidden + 4,
  base: hidden + 8,
});

// biome-ignore format: one line of the manual's table each.
export const SMM_MAP_32: SmmMap = {
  wide: false,
  revision: 0x00020000,
  smbase:     0xfef8,
  revisionAt: 0xfefc,
  autoHalt:   0xff02,
  nmiMask:    0xff04,
  cpl:        0xff05,
  repeating:  0xff06,
  cr4:        0xff14,
  efer:       -1,
  gdtr:       { selector: -1, attributes: -1, limit: 0xff70, base: 0xff74 },
  idtr:       { selector: -1, attributes: -1, limit: 0xff54, base: 0xff58 },
  segments: [
    segment32(0xffa8, 0xff84), // ES
    segment32(0xffac, 0xff90), // CS
    segment32(0xffb0, 0xff18), // SS
    segment32(0xffb4, 0xff2c), // DS
    segment32(0xffb8, 0xff38), // FS
    segment32(0xffbc, 0xff44), // GS
    segment32(0xffc0, 0xff78), // LDTR
    segment32(0xffc4, 0xff5c), // TR
  ],
  dr7:        0xffc8,
  dr6:        0xffcc,
  registers:  from(0xffd0, 8, 4),
  rip:        0xfff0,
  rflags:     0xfff4,
  cr3:        0xfff8,
  cr0:        0xfffc,
};
