import type { InterruptLine } from '../bus/lines.ts';

/** Delivery modes of the ICR, of LVT entries and of redirection table entries (SDM Vol. 3A, "Local APIC"). */
export const DELIVERY_FIXED = 0;
export const DELIVERY_LOWEST_PRIORITY = 1;
export const DELIVERY_SMI = 2;
export const DELIVERY_NMI = 4;
export const DELIVERY_INIT = 5;
export const DELIVERY_STARTUP = 6;
export const DELIVERY_EXTINT = 7;

/** Reaches every local APIC, whatever the width of an ID. */
export const BROADCAST = -1;

/** An interrupt message on its way to local APICs. */
export interface ApicMessage {
  /** An APIC ID, a logical address, or `BROADCAST`. */
  readonly destination: number;
  readonly isLogical: boolean;
  /** A logical destination of 32 bits, as x2APIC has them, in place of 8. */
  readonly isWide?: boolean;
  readonly mode: number;
  readonly vector: number;
  readonly isLevel: boolean;
}

/** A local APIC as the bus sees it. */
export interface ApicAgent {
  readonly id: number;
  /** Accepts fixed and lowest-priority interrupts. */
  readonly isReceiving: boolean;
  /** The processor priority, by which the bus arbitrates. */
  readonly priority: number;
  isAddressed(message: ApicMessage): boolean;
  accept(mode: number, vector: number, isLevel: boolean): void;
  setLint(input: 0 | 1, level: boolean): void;
}

/** Somebody who waits for the end of level-triggered interrupts: an I/O APIC. */
export interface EoiListener {
  endOfInterrupt(vector: number): void;
}

/**
 * What connects local APICs and I/O APICs: interrupt messages one way, EOI messages the other. Order is that of
 * attachment, so the same run always picks the same processor.
 */
export class ApicBus {
  /** LINT0 of every local APIC: the 8259A's INTR. */
  readonly lint0: InterruptLine;
  /** LINT1 of every local APIC: NMI. */
  readonly lint1: InterruptLine;
  private readonly agents: ApicAgent[] = [];
  private readonly listeners: EoiListener[] = [];

  constructor() {
    const fan = (input: 0 | 1): InterruptLine => ({
      raise: () => {
        for (const agent of this.agents) agent.setLint(input, true);
      },
      lower: () => {
        for (const agent of this.agents) agent.setLint(input, false);
      },
    });
    this.lint0 = fan(0);
    this.lint1 = fan(1);
  }

  attach(agent: ApicAgent): void {
    this.agents.push(agent);
  }

  attachEoiListener(listener: EoiListener): void {
    this.listeners.push(listener);
  }

  /** Delivers to everybody addressed but `except`; lowest priority to one of them. False when nobody takes it. */
  send(message: ApicMessage, except?: ApicAgent): boolean {
    const targets = this.agents.filter((agent) => agent !== except && agent.isAddressed(message));
    if (targets.length === 0) return false;
    if (message.mode === DELIVERY_LOWEST_PRIORITY) {
      const receiving = targets.filter((agent) => agent.isReceiving);
      if (receiving.length === 0) return false;
      const chosen = receiving.reduce((best, agent) => (agent.priority < best.priority ? agent : best));
      chosen.accept(DELIVERY_FIXED, message.vector, message.isLevel);
      return true;
    }
    const isTaken = message.mode !== DELIVERY_FIXED || targets.some((agent) => agent.isReceiving);
    for (const agent of targets) agent.accept(message.mode, message.vector, message.isLevel);
    return isTaken;
  }

  /** The message that a local APIC sends when a level-triggered interrupt was handled. */
  broadcastEoi(vector: number): void {
    for (const listener of this.listeners) listener.endOfInterrupt(vector);
  }

  /** A memory write by a device to FEExxxxxh (SDM Vol. 3A, "Message Signalled Interrupts"). */
  writeMessage(address: number, data: number): void {
    const destination = (address >>> 12) & 0xff;
    this.send({
      destination: destination === 0xff ? BROADCAST : destination,
      isLogical: (address & 0x04) !== 0,
      // Redirection hint: to the one of lowest priority.
      mode: address & 0x08 && ((data >>> 8) & 7) === 0 ? DELIVERY_LOWEST_PRIORITY : (data >>> 8) & 7,
      vector: data & 0xff,
      isLevel: (data & 0x8000) !== 0,
    });
  }
}
