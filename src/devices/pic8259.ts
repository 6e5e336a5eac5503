import type { InterruptController, InterruptLine } from '../bus/lines.ts';
import type { PortDevice } from '../bus/ports.ts';

const ICW1_IC4 = 0x01;
const ICW1_SNGL = 0x02;
const ICW1_LTIM = 0x08;
const ICW1_SELECT = 0x10;
const ICW4_AEOI = 0x02;
const ICW4_SFNM = 0x10;
const OCW3_SELECT = 0x08;
const OCW3_RIS = 0x01;
const OCW3_RR = 0x02;
const OCW3_POLL = 0x04;
const OCW3_SMM = 0x20;
const OCW3_ESMM = 0x40;

/** OCW2 bits 7-5: R, SL, EOI (8259A, "Operation Command Word 2"). */
const OCW2_CLEAR_ROTATE_IN_AUTOMATIC_EOI = 0;
const OCW2_NON_SPECIFIC_EOI = 1;
const OCW2_SPECIFIC_EOI = 3;
const OCW2_SET_ROTATE_IN_AUTOMATIC_EOI = 4;
const OCW2_ROTATE_ON_NON_SPECIFIC_EOI = 5;
const OCW2_SET_PRIORITY = 6;
const OCW2_ROTATE_ON_SPECIFIC_EOI = 7;

/** The word that the next write with A0 = 1 is taken for. */
const EXPECT_ICW2 = 2;
const EXPECT_ICW3 = 3;
const EXPECT_ICW4 = 4;
const EXPECT_OCW1 = 1;

/**
 * Intel 8259A programmable interrupt controller in 8086 mode; an input is level-sensitive when either LTIM or its bit
 * of the 82371SB's ELCR says so. Two ports: A0 = 0 and A0 = 1.
 *
 * A request must stay high until it is acknowledged, in edge mode too ("Interrupt Sequence"): a line that falls
 * earlier takes its IRR bit with it. A device that wants to signal by edges keeps its line high between them.
 */
export class Pic8259 implements PortDevice {
  private readonly output: InterruptLine;
  /** Inputs with a slave behind them, for the special fully nested mode. */
  private readonly cascadeInputs: number;

  private inputs = 0;
  private irr = 0;
  private isr = 0;
  private imr = 0;
  private edgeLevel = 0;
  private vectorBase = 0;
  private levelTriggered = false;
  private single = false;
  private needsIcw4 = false;
  private automaticEoi = false;
  private rotateInAutomaticEoi = false;
  private specialFullyNested = false;
  private specialMask = false;
  private readIsr = false;
  private pollNext = false;
  private lowestPriority = 7;
  private expecting = EXPECT_OCW1;
  /** False until the first initialization sequence is complete: an unprogrammed controller interrupts nobody. */
  private initialized = false;
  private interrupting = false;

  constructor(output: InterruptLine, cascadeInputs = 0) {
    this.output = output;
    this.cascadeInputs = cascadeInputs;
  }

  /** Power-on. The inputs are other devices' and stay as they are. */
  reset(): void {
    this.beginInitialization(0);
    this.edgeLevel = 0;
    this.vectorBase = 0;
    this.irr = 0;
    this.expecting = EXPECT_OCW1;
    this.update();
  }

  readPort(offset: number): number {
    if (this.pollNext) {
      this.pollNext = false;
      const level = this.acknowledge();
      return level < 0 ? 0 : 0x80 | level;
    }
    if (offset & 1) return this.imr;
    return this.readIsr ? this.isr : this.irr;
  }

  writePort(offset: number, value: number): void {
    value &= 0xff;
    if (offset & 1) this.writeData(value);
    else if (value & ICW1_SELECT) this.beginInitialization(value);
    else if (value & OCW3_SELECT) this.writeOcw3(value);
    else this.writeOcw2(value);
    this.update();
  }

  setInput(ir: number, level: boolean): void {
    const bit = 1 << ir;
    if (!level) {
      this.inputs &= ~bit;
      this.irr &= ~bit;
    } else if (!(this.inputs & bit)) {
      this.inputs |= bit;
      this.irr |= bit;
    }
    this.update();
  }

  get edgeLevelControl(): number {
    return this.edgeLevel;
  }

  /** One byte of the 82371SB's ELCR: a 1 makes the input level-sensitive. */
  set edgeLevelControl(value: number) {
    this.edgeLevel = value & 0xff;
    this.irr = (this.irr & ~this.levelInputs) | (this.inputs & this.levelInputs);
    this.update();
  }

  /** The INTA sequence: the level taken into service, or -1 when the request has gone away (default IR7). */
  acknowledge(): number {
    const level = this.pendingLevel();
    if (level < 0) return -1;
    const bit = 1 << level;
    this.irr &= ~bit | this.levelInputs;
    if (!this.automaticEoi) this.isr |= bit;
    else if (this.rotateInAutomaticEoi) this.lowestPriority = level;
    // INT falls at INTA, and a request that is left makes a new edge for the master.
    if (this.interrupting) {
      this.interrupting = false;
      this.output.lower();
    }
    this.update();
    return level;
  }

  /** The vector byte of a level; a level of -1 is the default IR7. */
  vector(level: number): number {
    return this.vectorBase | (level & 7);
  }

  private get levelInputs(): number {
    return this.levelTriggered ? 0xff : this.edgeLevel;
  }

  private writeData(value: number): void {
    switch (this.expecting) {
      case EXPECT_ICW2:
        this.vectorBase = value & 0xf8;
        if (this.single) this.expectIcw4();
        else this.expecting = EXPECT_ICW3;
        break;
      case EXPECT_ICW3:
        this.expectIcw4(); // The value is not kept: the cascade is wired on the board.
        break;
      case EXPECT_ICW4:
        this.automaticEoi = (value & ICW4_AEOI) !== 0;
        this.specialFullyNested = (value & ICW4_SFNM) !== 0;
        this.finishInitialization();
        break;
      default:
        this.imr = value;
    }
  }

  private expectIcw4(): void {
    if (this.needsIcw4) this.expecting = EXPECT_ICW4;
    else this.finishInitialization();
  }

  private finishInitialization(): void {
    this.expecting = EXPECT_OCW1;
    this.initialized = true;
  }

  /** 8259A, "Initialization Command Words": what ICW1 alone does. */
  private beginInitialization(icw1: number): void {
    this.levelTriggered = (icw1 & ICW1_LTIM) !== 0;
    this.single = (icw1 & ICW1_SNGL) !== 0;
    this.needsIcw4 = (icw1 & ICW1_IC4) !== 0;
    this.irr = this.inputs & this.levelInputs; // The edge sense circuit is reset.
    this.isr = 0;
    this.imr = 0;
    this.lowestPriority = 7;
    this.specialMask = false;
    this.readIsr = false;
    this.pollNext = false;
    this.automaticEoi = false;
    this.rotateInAutomaticEoi = false;
    this.specialFullyNested = false;
    this.initialized = false;
    this.expecting = EXPECT_ICW2;
  }

  private writeOcw2(value: number): void {
    const level = value & 7;
    switch (value >>> 5) {
      case OCW2_CLEAR_ROTATE_IN_AUTOMATIC_EOI:
        this.rotateInAutomaticEoi = false;
        break;
      case OCW2_SET_ROTATE_IN_AUTOMATIC_EOI:
        this.rotateInAutomaticEoi = true;
        break;
      case OCW2_NON_SPECIFIC_EOI:
      case OCW2_ROTATE_ON_NON_SPECIFIC_EOI:
        this.nonSpecificEoi(value >>> 5 === OCW2_ROTATE_ON_NON_SPECIFIC_EOI);
        break;
      case OCW2_SPECIFIC_EOI:
        this.isr &= ~(1 << level);
        break;
      case OCW2_ROTATE_ON_SPECIFIC_EOI:
        this.isr &= ~(1 << level);
        this.lowestPriority = level;
        break;
      case OCW2_SET_PRIORITY:
        this.lowestPriority = level;
        break;
      default:
        break; // 010: no operation
    }
  }

  private nonSpecificEoi(rotate: boolean): void {
    // "An IS bit that is masked by an IMR bit will not be cleared by a non-specific EOI" in special mask mode.
    const level = this.highest(this.specialMask ? this.isr & ~this.imr : this.isr);
    if (level < 0) return;
    this.isr &= ~(1 << level);
    if (rotate) this.lowestPriority = level;
  }

  private writeOcw3(value: number): void {
    if (value & OCW3_ESMM) this.specialMask = (value & OCW3_SMM) !== 0;
    if (value & OCW3_POLL) this.pollNext = true;
    else if (value & OCW3_RR) this.readIsr = (value & OCW3_RIS) !== 0;
  }

  /** The level of highest priority among `bits`, or -1. */
  private highest(bits: number): number {
    for (let i = 1; i <= 8; i++) {
      const level = (this.lowestPriority + i) & 7;
      if (bits & (1 << level)) return level;
    }
    return -1;
  }

  private pendingLevel(): number {
    if (!this.initialized) return -1;
    const requests = this.irr & ~this.imr;
    if (requests === 0) return -1;
    const inService = this.specialMask ? this.isr & ~this.imr : this.isr;
    const level = this.highest(requests | inService);
    const bit = 1 << level;
    if (!(inService & bit)) return level;
    // In service already: only a slave may interrupt its own level, in the special fully nested mode.
    return this.specialFullyNested && requests & bit & this.cascadeInputs ? level : -1;
  }

  private update(): void {
    const interrupting = this.pendingLevel() >= 0;
    if (interrupting === this.interrupting) return;
    this.interrupting = interrupting;
    if (interrupting) this.output.raise();
    else this.output.lower();
  }
}

const CASCADE_IR = 2;
/** IRQ0, IRQ1, IRQ2, IRQ8 and IRQ13 cannot be level-sensitive (82371SB, "ELCR1", "ELCR2"). */
const ELCR_WRITABLE = [0xf8, 0xde] as const;

/** One driver of an interrupt request. Several on one IRQ are a wired OR. */
class PicInput implements InterruptLine {
  readonly irq: number;
  level = false;
  private readonly onChange: (irq: number) => void;

  constructor(irq: number, onChange: (irq: number) => void) {
    this.irq = irq;
    this.onChange = onChange;
  }

  raise(): void {
    if (this.level) return;
    this.level = true;
    this.onChange(this.irq);
  }

  lower(): void {
    if (!this.level) return;
    this.level = false;
    this.onChange(this.irq);
  }
}

/** The two 8259As of a PC, the slave on IR2 of the master (82371SB, "Interrupt Controller"). */
export class Pic8259Pair implements InterruptController {
  /** Two ports each: 20h and A0h on a PC. */
  readonly master: Pic8259;
  readonly slave: Pic8259;
  /** ELCR1 and ELCR2, two ports: 4D0h on a PC. */
  readonly edgeLevelControl: PortDevice;
  private readonly drivers: PicInput[] = [];

  constructor(intr: InterruptLine) {
    const master = new Pic8259(intr, 1 << CASCADE_IR);
    const slave = new Pic8259({
      raise: () => master.setInput(CASCADE_IR, true),
      lower: () => master.setInput(CASCADE_IR, false),
    });
    this.master = master;
    this.slave = slave;
    this.edgeLevelControl = {
      readPort: (offset) => (offset & 1 ? slave : master).edgeLevelControl,
      writePort: (offset, value) => {
        if (offset & 1) slave.edgeLevelControl = value & ELCR_WRITABLE[1];
        else master.edgeLevelControl = value & ELCR_WRITABLE[0];
      },
    };
  }

  reset(): void {
    this.slave.reset();
    this.master.reset();
  }

  /** A new driver of `irq`, 0 to 15 except 2, which is the cascade. */
  line(irq: number): InterruptLine {
    if (!Number.isInteger(irq) || irq < 0 || irq > 15 || irq === CASCADE_IR) {
      throw new RangeError(`there is no IRQ${irq} on a pair of 8259As`);
    }
    const driver = new PicInput(irq, () => this.driverChanged(irq));
    this.drivers.push(driver);
    return driver;
  }

  acknowledge(): number {
    const level = this.master.acknowledge();
    return level === CASCADE_IR ? this.slave.vector(this.slave.acknowledge()) : this.master.vector(level);
  }

  private driverChanged(irq: number): void {
    const level = this.drivers.some((driver) => driver.irq === irq && driver.level);
    if (irq < 8) this.master.setInput(irq, level);
    else this.slave.setInput(irq - 8, level);
  }
}
