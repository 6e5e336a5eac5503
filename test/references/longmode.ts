import { createFirmwareMachine } from '../../src/boot/firmware-machine.ts';
import type { Processor, Programs, RawRun } from './reference.ts';

/** What the three references have in common with a model of ours. */
export const CPU = 'max,-pcid,-invpcid,-xsaves,-xsavec,-serialize';
const WALL_SECONDS = 60;
/** Instructions without a byte of output after which a scenario counts as endless. */
const PATIENCE = 5_000_000;
const HOT = 1 << 20;

/** longmode itself; with `compiled`, code of the arena goes to the compiled tier at its first execution. */
export class Longmode implements Processor {
  readonly name: string;
  readonly #compiled: boolean;

  constructor(compiled: boolean) {
    this.#compiled = compiled;
    this.name = compiled ? 'longmode compiled' : 'longmode';
  }

  async run(programs: Programs, load: readonly (readonly [number, Uint8Array])[]): Promise<RawRun> {
    const machine = createFirmwareMachine({
      bios: { name: 'rom', bytes: programs.rom },
      memory: 64 << 20,
      cpu: CPU,
      jit: this.#compiled,
    });
    for (const [address, bytes] of load) machine.space.load(address, bytes);
    const output: number[] = [];
    machine.debugcon.accept = (byte) => void output.push(byte);
    if (this.#compiled) {
      const { blocks } = machine.processor;
      const add = blocks.add.bind(blocks);
      blocks.add = (block, codeSize) => {
        if (block.physical < 0x20000) block.entries = HOT;
        add(block, codeSize);
      };
    }
    const started = Date.now();
    for (;;) {
      const before = output.length;
      const exit = machine.run({ maxInstructions: PATIENCE });
      const raw = { output: Uint8Array.from(output), detail: exit.detail };
      if (exit.reason === 'limit') {
        if (output.length !== before && Date.now() - started < WALL_SECONDS * 1000) continue;
        return { ...raw, end: 'hang' };
      }
      if (exit.reason === 'triple-fault') return { ...raw, end: 'shutdown' };
      if (exit.reason === 'halted') return { ...raw, end: 'hang' };
      if (exit.reason === 'unimplemented') return { ...raw, end: 'unimplemented' };
      if (exit.reason === 'internal-error') throw new Error(exit.detail);
      return { ...raw, end: 'finished' };
    }
  }
}
