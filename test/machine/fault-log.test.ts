import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createMachine } from '../../src/boot/create-machine.ts';
import type { Machine } from '../../src/machine/machine.ts';
import { STATE_COPIES, STATE_COPIES_OFFSET, STATE_COPY_BYTES } from '../../src/state/layout.ts';
import { guestFile } from '../support/guest-file.ts';

/** A guest that does little else than fault: 512 times in each of its units. */
function faulting(jit: boolean): Machine {
  const kernel = { name: 'bench.elf', bytes: guestFile(join('bin', 'bench', 'bench.elf')) };
  return createMachine({ kernel, commandLine: 'bench=page-fault n=8', memory: 64 << 20, jit });
}

/** Through the start of the guest and some hundred faults, with a budget that ends between two of them. */
const LIMIT = { maxInstructions: 140_000 };

describe('the last faults', () => {
  test('are the same whether their registers were copied by compiled code or not', () => {
    const [interpreted, compiled] = [false, true].map((jit) => {
      const machine = faulting(jit);
      let copied = 0;
      const { copier } = machine.faultLog;
      if (copier) {
        machine.faultLog.copier = {
          copyState: (to) => {
            const done = copier.copyState(to);
            if (done) copied++;
            return done;
          },
        };
      }
      machine.run(LIMIT);
      return { copied, total: machine.faultLog.total, records: machine.faultLog.records() };
    });
    expect(compiled!.total).toBeGreaterThan(500);
    expect(compiled!.copied).toBeGreaterThan(100);
    expect([compiled!.total, compiled!.records]).toEqual([interpreted!.total, interpreted!.records]);
    const last = compiled!.records.slice(-2).map(({ cr2 }) => cr2[0]);
    expect(last[1]! - last[0]!, 'page after page').toBe(0x1000 + 64);
  });

  test('come back with a snapshot, and those of another moment do not show through', () => {
    const machine = faulting(true);
    machine.run(LIMIT);
    const before = machine.faultLog.records();
    const snapshot = machine.snapshot();
    machine.run({ maxInstructions: 20_000 });
    expect(machine.faultLog.records()).not.toEqual(before);
    machine.restore(snapshot);
    expect(machine.faultLog.records()).toEqual(before);
  });

  test('compiled code copies all that a record needs, and nothing beside it', () => {
    const machine = faulting(true);
    machine.run(LIMIT);
    const bytes = machine.space.u8;
    for (const slot of [0, STATE_COPIES - 1]) {
      const to = STATE_COPIES_OFFSET + slot * 0x200;
      bytes.fill(0xee, to - 16, to + STATE_COPY_BYTES + 16);
      expect(machine.faultLog.copier!.copyState(to)).toBe(true);
      expect(bytes.slice(to, to + STATE_COPY_BYTES)).toEqual(bytes.slice(0, STATE_COPY_BYTES));
      expect([...bytes.slice(to - 16, to)]).toEqual(new Array(16).fill(0xee));
      expect([...bytes.slice(to + STATE_COPY_BYTES, to + STATE_COPY_BYTES + 16)]).toEqual(
        new Array(16).fill(0xee),
      );
    }
  });
});
