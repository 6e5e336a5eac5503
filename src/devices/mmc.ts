import type { BlockBackend } from './block.ts';

/** Operation codes (SPC-3, MMC-5). */
const TEST_UNIT_READY = 0x00;
const REQUEST_SENSE = 0x03;
const INQUIRY = 0x12;
const MODE_SELECT_6 = 0x15;
const MODE_SENSE_6 = 0x1a;
const START_STOP_UNIT = 0x1b;
const PREVENT_ALLOW_MEDIUM_REMOVAL = 0x1e;
const READ_CAPACITY = 0x25;
const READ_10 = 0x28;
const SEEK_10 = 0x2b;
const VERIFY_10 = 0x2f;
const SYNCHRONIZE_CACHE = 0x35;
const READ_SUB_CHANNEL = 0x42;
const READ_TOC_PMA_ATIP = 0x43;
const GET_CONFIGURATION = 0x46;
const GET_EVENT_STATUS_NOTIFICATION = 0x4a;
const READ_DISC_INFORMATION = 0x51;
const READ_TRACK_INFORMATION = 0x52;
const MODE_SELECT_10 = 0x55;
const MODE_SENSE_10 = 0x5a;
const READ_12 = 0xa8;
const SET_CD_SPEED = 0xbb;
const MECHANISM_STATUS = 0xbd;
const READ_CD = 0xbe;

/** Sense keys. */
const NO_SENSE = 0x0;
const NOT_READY = 0x2;
const ILLEGAL_REQUEST = 0x5;
const UNIT_ATTENTION = 0x6;

/** Additional sense code and qualifier. */
const INVALID_COMMAND_OPERATION_CODE = 0x2000;
const LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE = 0x2100;
const INVALID_FIELD_IN_CDB = 0x2400;
const MEDIUM_MAY_HAVE_CHANGED = 0x2800;
const POWER_ON_OCCURRED = 0x2900;
const SAVING_PARAMETERS_NOT_SUPPORTED = 0x3900;
const MEDIUM_NOT_PRESENT = 0x3a00;
const MEDIUM_REMOVAL_PREVENTED = 0x5302;

export const BLOCK_BYTES = 2048;
const SECTORS_PER_BLOCK = 4;
/** Two seconds of lead-in, 75 frames each. */
const MSF_OFFSET = 150;
const LEAD_OUT_TRACK = 0xaa;
const DATA_TRACK = 0x14; // ADR 1, a data track that may not be copied.
const PROFILE_CD_ROM = 0x0008;
const PROFILE_DVD_ROM = 0x0010;
/** More than a 99-minute disc holds must be a DVD. */
const MOST_CD_BLOCKS = 445_500;

const MEDIA_EVENT_CLASS = 4;
const MEDIA_EVENT_NONE = 0;
const MEDIA_EVENT_NEW = 2;
const MEDIA_EVENT_REMOVAL = 3;

/** What a command leads to. */
export type MmcAnswer =
  | { readonly kind: 'good' }
  | { readonly kind: 'check' }
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'blocks'; readonly block: number; readonly count: number }
  | { readonly kind: 'parameters'; readonly bytes: number };

const GOOD: MmcAnswer = { kind: 'good' };

/** The logical unit of a CD/DVD-ROM drive: commands of 12 bytes in, data or sense out. It has never heard of ATA. */
export class MmcUnit {
  private medium: BlockBackend | undefined;
  private readonly product: string;
  private senseKey = NO_SENSE;
  private senseCode = 0;
  /** A unit attention that waits to be told, 0 for none. */
  private attention = POWER_ON_OCCURRED;
  private mediaEvent = MEDIA_EVENT_NONE;
  private trayOpen = false;
  private removalPrevented = false;

  constructor(medium: BlockBackend | undefined, product: string) {
    this.medium = medium;
    this.product = product;
  }

  reset(): void {
    this.senseKey = NO_SENSE;
    this.senseCode = 0;
    this.attention = POWER_ON_OCCURRED;
    this.removalPrevented = false;
  }

  /** The unit attention that waits has been told. */
  acknowledge(): void {
    this.attention = 0;
  }

  /** The user's hand: another disc, or none. */
  changeMedium(medium: BlockBackend | undefined): void {
    this.medium = medium;
    this.trayOpen = false;
    this.mediaEvent = medium ? MEDIA_EVENT_NEW : MEDIA_EVENT_REMOVAL;
    if (medium) this.attention = MEDIUM_MAY_HAVE_CHANGED;
  }

  get isTrayOpen(): boolean {
    return this.trayOpen;
  }

  get key(): number {
    return this.senseKey;
  }

  /** Blocks on the disc; 0 without one. */
  get blocks(): number {
    return this.hasMedium ? Math.ceil(this.medium!.sectors / SECTORS_PER_BLOCK) : 0;
  }

  /** Bytes of the disc from byte `from` on. */
  read(from: number, bytes: number): Uint8Array {
    const first = Math.floor(from / 512);
    const last = Math.ceil((from + bytes) / 512);
    const sectors = this.medium?.read(first, last - first) ?? new Uint8Array((last - first) * 512);
    return sectors.subarray(from - first * 512, from - first * 512 + bytes);
  }

  execute(cdb: Uint8Array): MmcAnswer {
    const operation = cdb[0]!;
    if (operation === REQUEST_SENSE) return this.data(this.requestSense(), cdb[4]!);
    if (operation === INQUIRY) return this.inquiry(cdb);
    if (operation === GET_CONFIGURATION) return this.data(this.configuration(cdb), word(cdb, 7));
    if (operation === GET_EVENT_STATUS_NOTIFICATION) return this.eventStatus(cdb);
    if (this.attention !== 0) {
      const { attention } = this;
      this.attention = 0;
      return this.check(UNIT_ATTENTION, attention);
    }
    this.senseKey = NO_SENSE;
    this.senseCode = 0;
    switch (operation) {
      case MODE_SENSE_6:
        return this.modeSense(cdb, true);
      case MODE_SENSE_10:
        return this.modeSense(cdb, false);
      case MODE_SELECT_6:
        return { kind: 'parameters', bytes: cdb[4]! };
      case MODE_SELECT_10:
        return { kind: 'parameters', bytes: word(cdb, 7) };
      case START_STOP_UNIT:
        return this.startStop(cdb[4]!);
      case PREVENT_ALLOW_MEDIUM_REMOVAL:
        this.removalPrevented = (cdb[4]! & 1) !== 0;
        return GOOD;
      case MECHANISM_STATUS:
        return this.data(this.mechanismStatus(), word(cdb, 8));
      case SET_CD_SPEED:
      case SYNCHRONIZE_CACHE:
        return GOOD;
      default:
        return this.mediumCommand(cdb);
    }
  }

  private get hasMedium(): boolean {
    return this.medium !== undefined && !this.trayOpen;
  }

  private mediumCommand(cdb: Uint8Array): MmcAnswer {
    switch (cdb[0]) {
      case TEST_UNIT_READY:
      case READ_CAPACITY:
      case READ_10:
      case READ_12:
      case READ_CD:
      case SEEK_10:
      case VERIFY_10:
      case READ_TOC_PMA_ATIP:
      case READ_SUB_CHANNEL:
      case READ_DISC_INFORMATION:
      case READ_TRACK_INFORMATION:
        break;
      default:
        return this.check(ILLEGAL_REQUEST, INVALID_COMMAND_OPERATION_CODE);
    }
    if (!this.hasMedium) return this.check(NOT_READY, MEDIUM_NOT_PRESENT);
    switch (cdb[0]) {
      case READ_CAPACITY:
        return this.data(bytesOf(be32(this.blocks - 1), be32(BLOCK_BYTES)), 8);
      case READ_10:
        return this.readBlocks(long(cdb, 2), word(cdb, 7));
      case READ_12:
        return this.readBlocks(long(cdb, 2), long(cdb, 6));
      case READ_CD:
        return this.readCd(cdb);
      case SEEK_10:
      case VERIFY_10:
        return this.readBlocks(long(cdb, 2), 0);
      case READ_TOC_PMA_ATIP:
        return this.toc(cdb);
      case READ_SUB_CHANNEL:
        return this.data(Uint8Array.of(0, 0x15, 0, 0), word(cdb, 7)); // No audio status to return.
      case READ_DISC_INFORMATION:
        return this.data(this.discInformation(), word(cdb, 7));
      case READ_TRACK_INFORMATION:
        return this.data(this.trackInformation(), word(cdb, 7));
      default:
        return GOOD;
    }
  }

  private check(key: number, code: number): MmcAnswer {
    this.senseKey = key;
    this.senseCode = code;
    return { kind: 'check' };
  }

  private data(bytes: Uint8Array, allocationLength: number): MmcAnswer {
    const cut = bytes.subarray(0, allocationLength);
    return cut.length > 0 ? { kind: 'data', bytes: cut } : GOOD;
  }

  /** SPC-3, "Fixed format sense data". A unit attention is told here too. */
  private requestSense(): Uint8Array {
    const sense = new Uint8Array(18);
    if (this.senseKey === NO_SENSE && this.attention !== 0) {
      this.senseKey = UNIT_ATTENTION;
      this.senseCode = this.attention;
      this.attention = 0;
    }
    sense[0] = 0x70;
    sense[2] = this.senseKey;
    sense[7] = 10;
    sense[12] = this.senseCode >>> 8;
    sense[13] = this.senseCode;
    this.senseKey = NO_SENSE;
    this.senseCode = 0;
    return sense;
  }

  private inquiry(cdb: Uint8Array): MmcAnswer {
    if (cdb[1]! & 1) {
      // Vital product data: the list of pages, which has nothing but itself.
      if (cdb[2] !== 0) return this.check(ILLEGAL_REQUEST, INVALID_FIELD_IN_CDB);
      return this.data(Uint8Array.of(0x05, 0, 0, 1, 0), word(cdb, 3));
    }
    if (cdb[2] !== 0) return this.check(ILLEGAL_REQUEST, INVALID_FIELD_IN_CDB);
    const head = Uint8Array.of(0x05, 0x80, 0x05, 0x32, 31, 0, 0, 0); // A removable CD/DVD device, SPC-3.
    return this.data(
      bytesOf(head, ascii('LONGMODE', 8), ascii(this.product, 16), ascii('1.0', 4)),
      word(cdb, 3),
    );
  }

  private startStop(operation: number): MmcAnswer {
    const loadOrEject = (operation & 2) !== 0;
    const start = (operation & 1) !== 0;
    if (!loadOrEject) return GOOD;
    if (!start && this.removalPrevented && !this.trayOpen) {
      return this.check(this.hasMedium ? ILLEGAL_REQUEST : NOT_READY, MEDIUM_REMOVAL_PREVENTED);
    }
    if (this.trayOpen === !start) return GOOD;
    this.trayOpen = !start;
    if (this.medium) this.mediaEvent = start ? MEDIA_EVENT_NEW : MEDIA_EVENT_REMOVAL;
    if (start && this.medium) this.attention = MEDIUM_MAY_HAVE_CHANGED;
    return GOOD;
  }

  private readBlocks(block: number, count: number): MmcAnswer {
    if (block + count > this.blocks || block >= this.blocks) {
      return this.check(ILLEGAL_REQUEST, LOGICAL_BLOCK_ADDRESS_OUT_OF_RANGE);
    }
    return count > 0 ? { kind: 'blocks', block, count } : GOOD;
  }

  /** Only the user data of Mode 1 and Mode 2 Form 1 sectors; nobody keeps the rest in an image of 2,048-byte blocks. */
  private readCd(cdb: Uint8Array): MmcAnswer {
    const count = (cdb[6]! << 16) | word(cdb, 7);
    const fields = cdb[9]! & 0xf8;
    if (fields === 0) return this.readBlocks(long(cdb, 2), 0);
    if (fields !== 0x10) return this.check(ILLEGAL_REQUEST, INVALID_FIELD_IN_CDB);
    return this.readBlocks(long(cdb, 2), count);
  }

  /** MMC-5, "READ TOC/PMA/ATIP Command": one session, one data track. */
  private toc(cdb: Uint8Array): MmcAnswer {
    const msf = (cdb[1]! & 2) !== 0;
    // Old drivers put the format into the control byte.
    const format = cdb[2]! & 0x0f || cdb[9]! >>> 6;
    const first = cdb[6]!;
    const at = (block: number) => (msf ? msfBytes(block) : be32(block));
    const descriptor = (track: number, block: number) =>
      bytesOf(Uint8Array.of(0, DATA_TRACK, track, 0), at(block));
    let body: Uint8Array;
    if (format === 0) {
      if (first > 1 && first !== LEAD_OUT_TRACK) return this.check(ILLEGAL_REQUEST, INVALID_FIELD_IN_CDB);
      body = descriptor(LEAD_OUT_TRACK, this.blocks);
      if (first <= 1) body = bytesOf(descriptor(1, 0), body);
    } else if (format === 1) {
      body = descriptor(1, 0);
    } else if (format === 2) {
      const raw = (point: number, p: Uint8Array) =>
        bytesOf(Uint8Array.of(1, DATA_TRACK, 0, point, 0, 0, 0), p);
      body = bytesOf(
        raw(0xa0, Uint8Array.of(0, 1, 0, 0)),
        raw(0xa1, Uint8Array.of(0, 1, 0, 0)),
        raw(0xa2, msfBytes(this.blocks)),
        raw(1, msfBytes(0)),
      );
    } else return this.check(ILLEGAL_REQUEST, INVALID_FIELD_IN_CDB);
    return this.data(bytesOf(be16(body.length + 2), Uint8Array.of(1, 1), body), word(cdb, 7));
  }

  private discInformation(): Uint8Array {
    const information = new Uint8Array(34);
    information.set(be16(32));
    information[2] = 0x0e; // A finalized disc whose last session is complete.
    for (const at of [3, 4, 5, 6]) information[at] = 1;
    information[7] = 0x20; // Unrestricted use.
    information.fill(0xff, 16, 24);
    return information;
  }

  private trackInformation(): Uint8Array {
    const information = new Uint8Array(36);
    information.set(be16(34));
    information[2] = 1;
    information[3] = 1;
    information[5] = 0x04; // A data track.
    information[6] = 0x01; // Mode 1.
    information.set(be32(this.blocks), 24);
    return information;
  }

  private mechanismStatus(): Uint8Array {
    const status = new Uint8Array(8);
    if (this.trayOpen) status[1] = 0x10;
    return status;
  }

  private get profile(): number {
    if (!this.hasMedium) return 0;
    return this.blocks > MOST_CD_BLOCKS ? PROFILE_DVD_ROM : PROFILE_CD_ROM;
  }

  /** MMC-5, "GET CONFIGURATION Command": features by number, current ones marked. */
  private configuration(cdb: Uint8Array): Uint8Array {
    const requested = cdb[1]! & 3;
    const start = word(cdb, 2);
    const { profile } = this;
    const isDvd = profile === PROFILE_DVD_ROM;
    const isCd = profile === PROFILE_CD_ROM;
    const profiles = bytesOf(
      be16(PROFILE_DVD_ROM),
      Uint8Array.of(isDvd ? 1 : 0, 0),
      be16(PROFILE_CD_ROM),
      Uint8Array.of(isCd ? 1 : 0, 0),
    );
    const features: readonly (readonly [
      code: number,
      version: number,
      current: boolean,
      data: Uint8Array,
    ])[] = [
      [0x0000, 0x03, true, profiles],
      [0x0001, 0x0b, true, bytesOf(be32(2), Uint8Array.of(1, 0, 0, 0))], // Core: ATAPI, DBE.
      [0x0002, 0x07, true, Uint8Array.of(2, 0, 0, 0)], // Morphing: operational change events.
      [0x0003, 0x03, true, Uint8Array.of(0x39, 0, 0, 0)], // Removable: tray, eject, prevent, lock.
      [0x0010, 0x00, profile !== 0, bytesOf(be32(BLOCK_BYTES), be16(isDvd ? 0x10 : 1), Uint8Array.of(0, 0))],
      [0x001e, 0x0b, isCd, Uint8Array.of(0, 0, 0, 0)],
      [0x001f, 0x00, isDvd, new Uint8Array(0)],
      [0x0100, 0x03, true, new Uint8Array(0)], // Power management.
      [0x0105, 0x07, true, Uint8Array.of(0, 0, 0, 0)], // Timeout.
    ];
    const chosen = features.filter(([code, , current]) => {
      if (requested === 2) return code === start;
      return code >= start && (requested === 0 || current);
    });
    const body = bytesOf(
      ...chosen.map(([code, version, current, data]) =>
        bytesOf(be16(code), Uint8Array.of(version | (current ? 1 : 0) | persistent(code), data.length), data),
      ),
    );
    return bytesOf(be32(body.length + 4), Uint8Array.of(0, 0), be16(profile), body);
  }

  /** Polled only ("asynchronous operation is not supported"). */
  private eventStatus(cdb: Uint8Array): MmcAnswer {
    if (!(cdb[1]! & 1)) return this.check(ILLEGAL_REQUEST, INVALID_FIELD_IN_CDB);
    const supported = 1 << MEDIA_EVENT_CLASS;
    const length = word(cdb, 7);
    if (!(cdb[4]! & supported)) return this.data(Uint8Array.of(0, 2, 0x80, supported), length);
    const media = (this.hasMedium ? 2 : 0) | (this.trayOpen ? 1 : 0);
    const event = this.mediaEvent;
    if (length > 4) this.mediaEvent = MEDIA_EVENT_NONE;
    return this.data(Uint8Array.of(0, 6, MEDIA_EVENT_CLASS, supported, event, media, 0, 0), length);
  }

  private modeSense(cdb: Uint8Array, short: boolean): MmcAnswer {
    const page = cdb[2]! & 0x3f;
    const control = cdb[2]! >>> 6;
    if (control === 3) return this.check(ILLEGAL_REQUEST, SAVING_PARAMETERS_NOT_SUPPORTED);
    const wanted = MODE_PAGES.filter((bytes) => page === 0x3f || bytes[0] === page);
    if (wanted.length === 0) return this.check(ILLEGAL_REQUEST, INVALID_FIELD_IN_CDB);
    // Changeable values (control 1): none.
    const pages = bytesOf(
      ...wanted.map((bytes) => (control === 1 ? bytes.map((b, i) => (i < 2 ? b : 0)) : bytes)),
    );
    const mediumType = this.hasMedium ? 0x01 : this.trayOpen ? 0x71 : 0x70;
    const header = short
      ? Uint8Array.of(pages.length + 3, mediumType, 0, 0)
      : bytesOf(be16(pages.length + 6), Uint8Array.of(mediumType, 0, 0, 0, 0, 0));
    return this.data(bytesOf(header, pages), short ? cdb[4]! : word(cdb, 7));
  }
}

/** MMC-5, "Mode Parameters": error recovery, power condition, timeout and protect, capabilities. */
const MODE_PAGES: readonly Uint8Array[] = [
  Uint8Array.of(0x01, 6, 0x00, 5, 0, 0, 0, 0),
  Uint8Array.of(0x1a, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  Uint8Array.of(0x1d, 8, 0, 0, 0, 0, 0, 0x0a, 0, 0x0a),
  // Reads CD-R, CD-RW, DVD-ROM; Mode 2 forms, multisession; tray loader that locks and ejects; 706 KB/s (4x), 512 KiB.
  Uint8Array.of(0x2a, 18, 0x0b, 0, 0x70, 0x01, 0x29, 0, 2, 0xc2, 0, 2, 2, 0, 2, 0xc2, 0, 0, 0, 0),
];

/** The features that do not come and go with the medium. */
function persistent(code: number): number {
  return code >= 0x0001 && code <= 0x0003 ? 0x02 : code >= 0x0100 ? 0x02 : 0;
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function long(bytes: Uint8Array, at: number): number {
  return word(bytes, at) * 65536 + word(bytes, at + 2);
}

function be16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value);
}

function be32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function msfBytes(block: number): Uint8Array {
  const frames = block + MSF_OFFSET;
  return Uint8Array.of(0, Math.floor(frames / 4500), Math.floor(frames / 75) % 60, frames % 75);
}

function ascii(text: string, length: number): Uint8Array {
  return Uint8Array.from(text.padEnd(length).slice(0, length), (c) => c.charCodeAt(0));
}

function bytesOf(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
