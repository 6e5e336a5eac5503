import { PCI_COMMAND, PCI_STATUS, PciFunction } from './pci-device.ts';

/** Registers of the 82441FX (PMC) (82441FX/82442FX data sheet, "PCI Configuration Space Mapped Registers"). */
const PMCCFG = 0x50;
const DRAMC = 0x57;
const DRAMT = 0x58;
const PAM0 = 0x59;
const PAM6 = 0x5f;
const DRB0 = 0x60;
const FDHC = 0x68;
const MTT = 0x70;
const CLT = 0x71;
const SMRAM = 0x72;
const ERRCMD = 0x90;
const ERRSTS = 0x91;

const PAM_RE = 1;
const PAM_WE = 2;

const SMRAM_C_BASE_SEG = 0x02;
const SMRAM_G_SMRAME = 0x08;
const SMRAM_D_LCK = 0x10;
const SMRAM_D_CLS = 0x20;
const SMRAM_D_OPEN = 0x40;

const DRB_UNIT = 8 * 1024 * 1024;
const DRB_ROWS = 8;

/** Where memory below 1 MiB comes from: DRAM, or PCI (ROM, holes), separately for reads and writes. */
export interface PamSegment {
  readonly base: number;
  readonly bytes: number;
  readonly readsDram: boolean;
  readonly writesDram: boolean;
}

/** The SMRAM control register: who sees DRAM at A0000h to BFFFFh. */
export interface SmramControl {
  /** G_SMRAME: SMRAM is there for a processor in SMM. */
  readonly enabled: boolean;
  /** D_OPEN: everybody sees it. */
  readonly open: boolean;
  /** D_CLS: data accesses in SMM see the frame buffer all the same. */
  readonly closed: boolean;
  readonly locked: boolean;
}

export interface I440fxOptions {
  readonly memoryBytes?: number;
  /** A segment's routing changed; called once for each segment that differs. */
  readonly onPam?: (segment: PamSegment) => void;
  readonly onSmram?: (control: SmramControl) => void;
  /** Firmware for virtual boards knows them by 1AF4h:1100h, the default. */
  readonly subsystemVendor?: number;
  readonly subsystem?: number;
}

/** The thirteen segments in the order of the PAM registers' nibbles, from PAM0's high one. */
const PAM_SEGMENTS: readonly (readonly [base: number, bytes: number])[] = [
  [0xf0000, 0x10000],
  ...Array.from({ length: 12 }, (_, i) => [0xc0000 + i * 0x4000, 0x4000] as const),
];

/** Intel 82441FX host bridge: function 0 of slot 0. */
export class I440fx extends PciFunction {
  private readonly onPam: ((segment: PamSegment) => void) | undefined;
  private readonly onSmram: ((control: SmramControl) => void) | undefined;
  private readonly pam = new Uint8Array(PAM_SEGMENTS.length);
  private smram = SMRAM_C_BASE_SEG;

  constructor(options: I440fxOptions = {}) {
    super({
      vendor: 0x8086,
      device: 0x1237,
      classCode: 0x060000,
      revision: 2,
      subsystemVendor: options.subsystemVendor ?? 0x1af4,
      subsystem: options.subsystem ?? 0x1100,
      commandMask: 0x0140,
    });
    this.onPam = options.onPam;
    this.onSmram = options.onSmram;
    this.setConfig(PCI_COMMAND, 0x0006, 2);
    this.setConfig(PCI_STATUS, 0x0280, 2);
    this.setConfig(DRAMC, 0x01, 1);
    this.setConfig(SMRAM, SMRAM_C_BASE_SEG, 1);
    this.allowWrites(PMCCFG, 0xffff, 2);
    this.allowWrites(DRAMC, 0xff, 1);
    this.allowWrites(DRAMT, 0xff, 1);
    this.allowWrites(PAM0, 0x30, 1);
    for (let at = PAM0 + 1; at <= PAM6; at++) this.allowWrites(at, 0x33, 1);
    for (let row = 0; row < DRB_ROWS; row++) this.allowWrites(DRB0 + row, 0xff, 1);
    this.allowWrites(FDHC, 0xc0, 1);
    this.allowWrites(MTT, 0xf8, 1);
    this.allowWrites(CLT, 0xff, 1);
    this.allowWrites(SMRAM, SMRAM_D_OPEN | SMRAM_D_CLS | SMRAM_D_LCK | SMRAM_G_SMRAME, 1);
    this.allowWrites(ERRCMD, 0xff, 1);
    this.writeOneToClear[ERRSTS] = 0x13;
    this.setDramRows(options.memoryBytes ?? 0);
  }

  /** The routing of all thirteen segments. */
  get pamSegments(): PamSegment[] {
    return PAM_SEGMENTS.map((_, i) => this.segment(i));
  }

  get smramControl(): SmramControl {
    return {
      enabled: (this.smram & SMRAM_G_SMRAME) !== 0,
      open: (this.smram & SMRAM_D_OPEN) !== 0,
      closed: (this.smram & SMRAM_D_CLS) !== 0,
      locked: (this.smram & SMRAM_D_LCK) !== 0,
    };
  }

  /** RST# also opens the lock. */
  override reset(): void {
    this.smram = SMRAM_C_BASE_SEG;
    super.reset();
    this.onSmram?.(this.smramControl);
  }

  /** The registers were replaced by those of a snapshot. */
  restored(): void {
    for (const segment of this.pamSegments) this.onPam?.(segment);
    this.onSmram?.(this.smramControl);
  }

  /** What a BIOS leaves: DRAM everywhere below 1 MiB but at A0000h, for guests that are started without one. */
  openMemory(): void {
    this.writeConfig(PAM0, 0x30, 1);
    for (let at = PAM0 + 1; at <= PAM6; at++) this.writeConfig(at, 0x33, 1);
  }

  protected override configWritten(offset: number, bytes: number): void {
    if (offset <= PAM6 && offset + bytes > PAM0) this.updatePam();
    if (offset <= SMRAM && offset + bytes > SMRAM) this.updateSmram();
  }

  private updatePam(): void {
    for (let i = 0; i < PAM_SEGMENTS.length; i++) {
      const register = this.config[PAM0 + ((i + 1) >>> 1)]!;
      const attributes = ((i + 1) & 1 ? register >>> 4 : register) & (PAM_RE | PAM_WE);
      if (attributes === this.pam[i]) continue;
      this.pam[i] = attributes;
      this.onPam?.(this.segment(i));
    }
  }

  private segment(i: number): PamSegment {
    const [base, bytes] = PAM_SEGMENTS[i]!;
    const attributes = this.pam[i]!;
    return { base, bytes, readsDram: (attributes & PAM_RE) !== 0, writesDram: (attributes & PAM_WE) !== 0 };
  }

  /** "When D_LCK is set, D_OPEN is reset to 0 and all writable bits but D_CLS become read-only", until RST#. */
  private updateSmram(): void {
    let value = this.config[SMRAM]!;
    if (this.smram & SMRAM_D_LCK) value = (this.smram & ~SMRAM_D_CLS) | (value & SMRAM_D_CLS);
    else if (value & SMRAM_D_LCK) value &= ~SMRAM_D_OPEN;
    this.config[SMRAM] = value;
    if (value === this.smram) return;
    this.smram = value;
    this.onSmram?.(this.smramControl);
  }

  /** DRAM row boundaries: the memory up to and with each row, in 8 MiB. A BIOS would find and write them. */
  private setDramRows(memoryBytes: number): void {
    const units = Math.min(0xff, Math.floor(memoryBytes / DRB_UNIT));
    for (let row = 0; row < DRB_ROWS; row++) this.setConfig(DRB0 + row, units, 1);
  }
}
