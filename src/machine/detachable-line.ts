import type { InterruptLine } from '../bus/lines.ts';

/** A line that can be taken off what it drives. The driver notices nothing; its level is passed on again later. */
export class DetachableLine implements InterruptLine {
  private readonly to: InterruptLine;
  private isHigh = false;
  private isOn = true;

  constructor(to: InterruptLine) {
    this.to = to;
  }

  raise(): void {
    this.isHigh = true;
    if (this.isOn) this.to.raise();
  }

  lower(): void {
    this.isHigh = false;
    if (this.isOn) this.to.lower();
  }

  set isAttached(isAttached: boolean) {
    if (isAttached === this.isOn) return;
    this.isOn = isAttached;
    if (!this.isHigh) return;
    if (isAttached) this.to.raise();
    else this.to.lower();
  }
}
