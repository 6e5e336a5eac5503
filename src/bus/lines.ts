/** A wire that carries an interrupt request. Level semantics: the receiver decides about edges. */
export interface InterruptLine {
  raise(): void;
  lower(): void;
}

/** A line that goes nowhere, for devices built alone in tests and for boards that leave a pin open. */
export const OPEN_LINE: InterruptLine = { raise() {}, lower() {} };

/** The processor's side of an interrupt controller (SDM Vol. 3A, "External Interrupts"). */
export interface InterruptController {
  /** The INTA cycle: takes the highest pending request and answers its vector, 0 to 255. */
  acknowledge(): number;
}
