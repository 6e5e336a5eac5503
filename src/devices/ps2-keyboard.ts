/** Replies and commands (IBM PS/2 Hardware Interface Technical Reference, "Keyboard (101- and 102-Key)"). */
const ACK = 0xfa;
const RESEND = 0xfe;
const BAT_COMPLETED = 0xaa;
const ECHO = 0xee;
const KEYBOARD_ID = [0xab, 0x83] as const;

const SET_STATUS_INDICATORS = 0xed;
const SELECT_SCAN_CODES = 0xf0;
const READ_ID = 0xf2;
const SET_TYPEMATIC = 0xf3;
const ENABLE = 0xf4;
const DEFAULT_DISABLE = 0xf5;
const SET_DEFAULT = 0xf6;
const SET_ALL_FIRST = 0xf7;
const SET_ALL_LAST = 0xfa;
const SET_KEY_FIRST = 0xfb;
const SET_KEY_LAST = 0xfd;
const RESET = 0xff;

const FIRST_COMMAND = 0xed;
const DEFAULT_TYPEMATIC = 0x2b; // 10.9 characters a second after 500 ms.
const BREAK_PREFIX = 0xf0;

/**
 * Scan code set 2 to set 1, the 8042's translation table (IBM PS/2 Hardware Interface Technical Reference, "Keyboard
 * and Auxiliary Device Controller", "Scan Code Translation"). Codes from 80h up stay, but for 83h (F7) and 84h (SysRq).
 */
// biome-ignore format: sixteen a row, as the table is indexed.
const SET_1_OF_SET_2 = [
  0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59,
  0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b,
  0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,
  0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f,
  0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61,
  0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,
  0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f,
  0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,
] as const;

/** The set 1 code of a byte of set 2, without regard to a break prefix before it. */
export function translateScanCode(code: number): number {
  code &= 0xff;
  if (code === 0x83) return 0x41;
  if (code === 0x84) return 0x54;
  return SET_1_OF_SET_2[code] ?? code;
}

/** The IBM 101/102-key keyboard: takes bytes from the controller, and offers it bytes to read one by one. */
export class Ps2Keyboard {
  /** Bits 2-0: Caps, Num and Scroll Lock. */
  indicators = 0;
  typematic = DEFAULT_TYPEMATIC;
  scanCodeSet = 2;
  scanning = true;
  private replies: number[] = [];
  private scanCodes: number[] = [];
  private waitingCommand = 0;
  private breakPending = false;
  private lastSent = 0;

  reset(): void {
    this.setDefaults();
    this.indicators = 0;
    this.scanning = true;
    this.waitingCommand = 0;
    this.replies = [];
    this.scanCodes = [];
  }

  /**
   * The user's hands: bytes of scan code set 2, with E0h, E1h and F0h prefixes. In set 1 they are sent translated;
   * set 3 is selected but not produced.
   */
  press(scanCodes: Iterable<number>): void {
    for (const code of scanCodes) {
      if (!this.scanning) continue;
      if (this.scanCodeSet !== 1) this.scanCodes.push(code & 0xff);
      else if ((code & 0xff) === BREAK_PREFIX) this.breakPending = true;
      else {
        this.scanCodes.push(translateScanCode(code) | (this.breakPending ? 0x80 : 0));
        this.breakPending = false;
      }
    }
  }

  get hasByte(): boolean {
    return this.replies.length > 0 || this.scanCodes.length > 0;
  }

  /** The next byte on the wire: replies first. */
  nextByte(): number {
    this.lastSent = this.replies.shift() ?? this.scanCodes.shift() ?? this.lastSent;
    return this.lastSent;
  }

  write(value: number): void {
    value &= 0xff;
    // An argument that is a command is taken for one.
    if (this.waitingCommand !== 0 && value < FIRST_COMMAND) this.writeArgument(this.waitingCommand, value);
    else this.command(value);
  }

  private writeArgument(command: number, value: number): void {
    this.waitingCommand = 0;
    switch (command) {
      case SET_STATUS_INDICATORS:
        this.indicators = value & 7;
        break;
      case SET_TYPEMATIC:
        this.typematic = value & 0x7f;
        break;
      case SELECT_SCAN_CODES:
        this.selectScanCodes(value);
        return;
      default:
        break; // Key types of set 3.
    }
    this.reply(ACK);
  }

  private selectScanCodes(set: number): void {
    if (set > 3) this.reply(RESEND);
    else if (set === 0) this.reply(ACK, this.scanCodeSet);
    else {
      this.scanCodeSet = set;
      this.scanCodes = [];
      this.reply(ACK);
    }
  }

  private command(value: number): void {
    this.waitingCommand = 0;
    switch (value) {
      case SET_STATUS_INDICATORS:
      case SELECT_SCAN_CODES:
      case SET_TYPEMATIC:
        this.waitingCommand = value;
        this.reply(ACK);
        break;
      case ECHO:
        this.reply(ECHO);
        break;
      case READ_ID:
        this.reply(ACK, ...KEYBOARD_ID);
        break;
      case ENABLE:
        this.scanCodes = [];
        this.scanning = true;
        this.reply(ACK);
        break;
      case DEFAULT_DISABLE:
      case SET_DEFAULT:
        this.setDefaults();
        this.scanCodes = [];
        this.scanning = value === SET_DEFAULT ? this.scanning : false;
        this.reply(ACK);
        break;
      case RESEND:
        this.reply(this.lastSent);
        break;
      case RESET:
        this.reset();
        this.reply(ACK, BAT_COMPLETED);
        break;
      default:
        if (value >= SET_ALL_FIRST && value <= SET_ALL_LAST) this.reply(ACK);
        else if (value >= SET_KEY_FIRST && value <= SET_KEY_LAST) {
          this.waitingCommand = value;
          this.reply(ACK);
        } else this.reply(RESEND);
    }
  }

  private setDefaults(): void {
    this.typematic = DEFAULT_TYPEMATIC;
    this.scanCodeSet = 2;
    this.breakPending = false;
  }

  private reply(...bytes: number[]): void {
    this.replies.push(...bytes);
    // Nobody reads: a guest that only writes must not fill the host's memory.
    if (this.replies.length > 16) this.replies.splice(0, this.replies.length - 16);
  }
}
