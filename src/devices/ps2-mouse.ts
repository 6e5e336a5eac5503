/** Replies and commands (IBM PS/2 Hardware Interface Technical Reference, "Mouse"). */
const ACK = 0xfa;
const RESEND_REQUEST = 0xfe;
const BAT_COMPLETED = 0xaa;
const MOUSE_ID = 0x00;
/** Microsoft's, with a wheel, and with two more buttons: a driver asks for them by three sampling rates in a row. */
const WHEEL_ID = 0x03;
const FIVE_BUTTON_ID = 0x04;
const ASKING_FOR: readonly (readonly [id: number, rates: readonly number[]])[] = [
  [WHEEL_ID, [200, 100, 80]],
  [FIVE_BUTTON_ID, [200, 200, 80]],
];

const RESET_SCALING = 0xe6;
const SET_SCALING = 0xe7;
const SET_RESOLUTION = 0xe8;
const STATUS_REQUEST = 0xe9;
const SET_STREAM_MODE = 0xea;
const READ_DATA = 0xeb;
const RESET_WRAP_MODE = 0xec;
const SET_WRAP_MODE = 0xee;
const SET_REMOTE_MODE = 0xf0;
const READ_DEVICE_TYPE = 0xf2;
const SET_SAMPLING_RATE = 0xf3;
const ENABLE = 0xf4;
const DISABLE = 0xf5;
const SET_DEFAULT = 0xf6;
const RESEND = 0xfe;
const RESET = 0xff;

const STATUS_REMOTE = 0x40;
const STATUS_ENABLED = 0x20;
const STATUS_SCALING_2_TO_1 = 0x10;

const PACKET_ALWAYS_1 = 0x08;
const PACKET_X_SIGN = 0x10;
const PACKET_Y_SIGN = 0x20;
const PACKET_X_OVERFLOW = 0x40;
const PACKET_Y_OVERFLOW = 0x80;

/** Data-packet buttons, for `move`: those of every packet, and in the fourth byte of a mouse with five. */
const BUTTONS = 0x07;
const MORE_BUTTONS = 0x18;
const MORE_BUTTONS_SHIFT = 1;

/** 2:1 scaling, for counts up to 5 ("Set Scaling 2:1"); above, the count doubles. */
const SCALED = [0, 1, 1, 3, 6, 9] as const;
const QUEUED_MOVES = 16;

/** The two-button IBM PS/2 mouse, with the third button everybody added, and for drivers that ask for it Microsoft's wheel. */
export class Ps2Mouse {
  private replies: number[] = [];
  private movements: number[] = [];
  private waitingCommand = 0;
  private lastPacket: number[] = [];
  private stream = true;
  private wrap = false;
  private reporting = false;
  private scaling = false;
  private resolution = 2;
  private samplingRate = 100;
  private id = MOUSE_ID;
  private lastRates: number[] = [];
  private buttons = 0;
  private x = 0;
  private y = 0;
  private wheel = 0;

  reset(): void {
    this.setDefaults();
    this.id = MOUSE_ID;
    this.lastRates = [];
    this.replies = [];
    this.waitingCommand = 0;
    this.wrap = false;
  }

  /**
   * The user's hand: counts to the right and up, the buttons that are down (1 left, 2 right, 4 middle, 8 and 16 at the
   * sides), and the wheel towards the user.
   */
  move(x: number, y: number, buttons: number, wheel = 0): void {
    this.x += Math.trunc(x);
    this.y += Math.trunc(y);
    this.wheel += Math.trunc(wheel);
    this.buttons = buttons & (BUTTONS | MORE_BUTTONS);
    if (this.stream && this.reporting && !this.wrap && this.movements.length < 3 * QUEUED_MOVES) {
      this.movements.push(...this.takePacket());
    }
  }

  get hasByte(): boolean {
    return this.replies.length > 0 || this.movements.length > 0;
  }

  nextByte(): number {
    return this.replies.shift() ?? this.movements.shift() ?? 0;
  }

  write(value: number): void {
    value &= 0xff;
    this.movements = []; // Any command stops what is being sent.
    if (this.wrap && value !== RESET && value !== RESET_WRAP_MODE) this.reply(value);
    else if (this.waitingCommand !== 0) this.writeArgument(this.waitingCommand, value);
    else this.command(value);
  }

  private writeArgument(command: number, value: number): void {
    this.waitingCommand = 0;
    if (command === SET_RESOLUTION) this.resolution = value & 3;
    else this.setSamplingRate(value);
    this.reply(ACK);
  }

  private setSamplingRate(value: number): void {
    this.samplingRate = value;
    this.lastRates = [...this.lastRates.slice(-2), value];
    for (const [id, rates] of ASKING_FOR) {
      if (rates.every((rate, i) => rate === this.lastRates[i])) this.id = id;
    }
  }

  private command(value: number): void {
    switch (value) {
      case RESET_SCALING:
      case SET_SCALING:
        this.scaling = value === SET_SCALING;
        this.reply(ACK);
        break;
      case SET_RESOLUTION:
      case SET_SAMPLING_RATE:
        this.waitingCommand = value;
        this.reply(ACK);
        break;
      case STATUS_REQUEST:
        this.reply(ACK, this.status, this.resolution, this.samplingRate);
        break;
      case SET_STREAM_MODE:
      case SET_REMOTE_MODE:
        this.stream = value === SET_STREAM_MODE;
        this.clearMovement();
        this.reply(ACK);
        break;
      case READ_DATA:
        this.reply(ACK, ...this.takePacket());
        break;
      case RESET_WRAP_MODE:
      case SET_WRAP_MODE:
        this.wrap = value === SET_WRAP_MODE;
        this.clearMovement();
        this.reply(ACK);
        break;
      case READ_DEVICE_TYPE:
        this.reply(ACK, this.id);
        break;
      case ENABLE:
      case DISABLE:
        this.reporting = value === ENABLE;
        this.clearMovement();
        this.reply(ACK);
        break;
      case SET_DEFAULT:
        this.setDefaults();
        this.reply(ACK);
        break;
      case RESEND:
        this.reply(...this.lastPacket);
        break;
      case RESET:
        this.reset();
        this.reply(ACK, BAT_COMPLETED, MOUSE_ID);
        break;
      default:
        this.reply(RESEND_REQUEST);
    }
  }

  private get status(): number {
    let status = (this.buttons & 1 ? 4 : 0) | (this.buttons & 2 ? 1 : 0) | (this.buttons & 4 ? 2 : 0);
    if (!this.stream) status |= STATUS_REMOTE;
    if (this.reporting) status |= STATUS_ENABLED;
    if (this.scaling) status |= STATUS_SCALING_2_TO_1;
    return status;
  }

  private takePacket(): number[] {
    const x = this.scaled(this.x);
    const y = this.scaled(this.y);
    let first = PACKET_ALWAYS_1 | (this.buttons & BUTTONS);
    if (x < 0) first |= PACKET_X_SIGN;
    if (y < 0) first |= PACKET_Y_SIGN;
    if (x < -256 || x > 255) first |= PACKET_X_OVERFLOW;
    if (y < -256 || y > 255) first |= PACKET_Y_OVERFLOW;
    const packet = [first, x & 0xff, y & 0xff];
    if (this.id !== MOUSE_ID) packet.push(this.wheelByte());
    this.clearMovement();
    return packet;
  }

  /** Counts of the wheel; with more buttons those have the upper half. */
  private wheelByte(): number {
    const counts = Math.max(-8, Math.min(7, this.wheel));
    if (this.id === WHEEL_ID) return counts & 0xff;
    return (counts & 0x0f) | ((this.buttons & MORE_BUTTONS) << MORE_BUTTONS_SHIFT);
  }

  /** Scaling applies in stream mode only. */
  private scaled(counts: number): number {
    if (!this.scaling || !this.stream) return counts;
    const magnitude = Math.abs(counts);
    return Math.sign(counts) * (SCALED[magnitude] ?? 2 * magnitude);
  }

  private clearMovement(): void {
    this.x = 0;
    this.y = 0;
    this.wheel = 0;
  }

  private setDefaults(): void {
    this.stream = true;
    this.reporting = false;
    this.scaling = false;
    this.resolution = 2;
    this.samplingRate = 100;
    this.movements = [];
    this.clearMovement();
  }

  private reply(...bytes: number[]): void {
    this.replies.push(...bytes);
    if (bytes.length > 0) this.lastPacket = bytes;
    // Nobody reads: a guest that only writes must not fill the host's memory.
    if (this.replies.length > 16) this.replies.splice(0, this.replies.length - 16);
  }
}
