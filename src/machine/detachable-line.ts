import type { InterruptLine } from '../bus/lines.ts';

/** A line that can be taken off what it drives. The driver notices nothing; its level is passed on again later. */
export class DetachableLine implements InterruptLine {
  readonly #to: InterruptLine;
  #isHigh = false;
  #isAttached = true;

  constructor(to: InterruptLine) {
    this.#to = to;
  }

  raise(): void {
    this.#isHigh = true;
    if (this.#isAttached) this.#to.raise();
  }

  lower(): void {
    this.#isHigh = false;
    if (this.#isAttached) this.#to.lower();
  }

  set isAttached(isAttached: boolean) {
    if (isAttached === this.#isAttached) return;
    this.#isAttached = isAttached;
    if (!this.#isHigh) return;
    if (isAttached) this.#to.raise();
    else this.#to.lower();
  }
}
