/** A `MachineView` around a `Scene`: what the reports read, without a processor. */
import { type Address, addressFromText } from '../../src/debug/address.ts';
import type { MachineView } from '../../src/debug/machine-view.ts';
import type { ExitResult } from '../../src/machine/exit.ts';
import { readRegisters } from '../../src/machine/registers.ts';
import { Counters } from '../../src/mmu/counters.ts';
import type { Scene } from './scene.ts';

export interface FakeMachine extends MachineView {
  readonly counters: Counters;
}

export function fakeMachine(scene: Scene, exit?: ExitResult): FakeMachine {
  const counters = new Counters(() => 0);
  return {
    exit,
    instructions: 1234567,
    guestNanoseconds: 12345670,
    resets: 0,
    get mode() {
      return scene.state.mode();
    },
    timeline: scene.timeline,
    images: scene.images,
    faultLog: {
      counts: new Map(scene.chain.map((fault) => [fault.vector, 1])),
      total: scene.chain.length,
      records: () => scene.chain,
      lastChain: () => scene.chain,
    },
    space: { unclaimed: new Map([[0xfee00000, 2]]) },
    ports: {
      unclaimed: new Map([
        [0x80, 3],
        [0x2f8, 1],
      ]),
    },
    mmu: { counters },
    counters,
    plan: { writes: scene.placed },
    registers: () => readRegisters(scene.state.words),
    mappings: () => scene.mappings(),
    translate: (address) => scene.walk(address),
    readLinear: (address, count) => {
      const bytes = scene.readLinear(address, count);
      if (!bytes) throw new RangeError('not mapped');
      return bytes;
    },
    readPhysical: (address, count) => scene.readPhysical(address, count),
  };
}

export function at(text: string): Address {
  return addressFromText(text);
}
