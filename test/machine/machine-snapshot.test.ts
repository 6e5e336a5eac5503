import { describe, expect, test } from 'vitest';
import type { Machine } from '../../src/index.ts';
import {
  createMachine,
  createReport,
  type GuestCase,
  guestCases,
  guestOptions,
  resumeMachine,
  Snapshot,
  SnapshotError,
} from '../support/dist.ts';
import { finish, guestMachine, hop, isSame, randomFrom, throughFile } from '../support/snapshots.ts';

const LIMIT = 3_000_000;
const guest = (name: string): GuestCase => guestCases().find((g) => g.name === name)!;

/** The whole suite is `npm run test:snapshots`. */
describe.each(['higher-half', 'higher-half-broken', 'modes', 'smp-2'])('%s', (name) => {
  test('a run in pieces, each in a machine of its own, is the same as the run in one', () => {
    const random = randomFrom(name.length);
    const pieces = Array.from({ length: 6 }, () => 1 + Math.floor(random() * 150_000));
    expect(hop(guest(name), pieces, () => random() < 0.5)).toBeUndefined();
  });

  test.each([
    [true, false],
    [false, true],
  ])('saved with compiled code %s and loaded with %s, it ends the same', (saved, loaded) => {
    const straight = guestMachine(guest(name), true);
    const whole = finish(straight, LIMIT);
    const machine = guestMachine(guest(name), saved);
    machine.run({ maxInstructions: Math.floor(straight.processor.steps() * 0.6) });
    const snapshot = machine.snapshot();
    expect(finish(resumeMachine(throughFile(snapshot), { jit: loaded }), LIMIT)).toEqual(whole);
    expect(finish(machine, LIMIT), 'the machine it was taken of').toEqual(whole);
    machine.restore(snapshot);
    expect(machine.exit).toBeUndefined();
    expect(finish(machine, LIMIT), 'the same machine, gone back').toEqual(whole);
  });
});

describe('in one machine', () => {
  const booted = () => {
    const machine = guestMachine(guest('higher-half'), true);
    machine.runUntil('kernel_main', { maxInstructions: 1_000_000 });
    return machine;
  };

  function ram(machine: Machine): Uint8Array {
    const { buffer, ramOffset, ramBytes } = machine.space.memory;
    return new Uint8Array(buffer, ramOffset, ramBytes).slice();
  }

  test('going back brings all of RAM back, from wherever it was', () => {
    const machine = booted();
    const first = machine.snapshot();
    const atFirst = ram(machine);
    machine.run({ maxInstructions: 100_000 });
    const second = machine.snapshot();
    const atSecond = ram(machine);
    machine.run();
    machine.space.load(0x700_0000, Uint8Array.of(1, 2, 3)); // As a device or a debugger would.
    for (const [snapshot, bytes] of [
      [first, atFirst],
      [second, atSecond],
      [second, atSecond],
      [first, atFirst],
    ] as const) {
      machine.restore(snapshot);
      expect(isSame(ram(machine), bytes)).toBe(true);
      machine.run({ maxInstructions: 50_000 });
    }
  });

  test('snapshots share the pages that are the same', () => {
    const machine = booted();
    const [first, second] = [machine.snapshot(), machine.snapshot()];
    const shared = [...second.contents.ram].filter(([frame, page]) => first.contents.ram.get(frame) === page);
    expect(shared.length).toBeGreaterThan(second.contents.ram.size / 2);
  });

  test('serial output, its cursor, time and counts are those of the moment', () => {
    const machine = booted();
    machine.serial.expect('loader: entered in protected mode');
    const { text, unread } = machine.serial;
    const { instructions, guestNanoseconds } = machine;
    const snapshot = machine.snapshot();
    const heard: number[] = [];
    machine.run();
    machine.events.on('serial', (byte) => heard.push(byte));
    machine.events.on('flush', () => heard.push(-1));
    machine.restore(snapshot);
    expect([machine.serial.text, machine.serial.unread]).toEqual([text, unread]);
    expect([machine.instructions, machine.guestNanoseconds]).toEqual([instructions, guestNanoseconds]);
    expect(snapshot.instructions).toBe(instructions);
    expect(heard, 'nobody is told').toEqual([]);
  });

  test('a machine that is through can be looked at after it was saved', () => {
    const machine = guestMachine(guest('higher-half-broken'), true);
    const result = machine.run({ maxInstructions: LIMIT });
    expect(result.reason).toBe('triple-fault');
    const again = resumeMachine(throughFile(machine.snapshot()));
    expect(again.run()).toEqual(result);
    expect(createReport(again)).toEqual(createReport(machine));
    expect(createReport(again).likelyCauses[0]).toMatch(/is where .*kernel.*is linked/);
  });

  test('while it runs it takes none', () => {
    const machine = booted();
    const snapshot = machine.snapshot();
    const thrown: string[] = [];
    machine.events.on('serial', () => {
      for (const deed of [() => machine.snapshot(), () => machine.restore(snapshot)]) {
        try {
          deed();
        } catch (error) {
          thrown.push((error as Error).message);
        }
      }
    });
    machine.run({ maxInstructions: 100_000 });
    expect(new Set(thrown)).toEqual(
      new Set([
        'snapshot() was called while the machine runs',
        'restore() was called while the machine runs',
      ]),
    );
  });
});

describe('a machine that is another one refuses, and nothing happens to it', () => {
  const options = guestOptions(guest('higher-half'));
  const snapshot = createMachine(options).snapshot();

  test.each([
    [{ memory: 64 << 20 }, 'memory: 67108864: expected 134217728, as in the snapshot'],
    [{ processors: 2 }, 'processors: 2: expected 1, as in the snapshot'],
    [{ cpu: 'zen2' }, 'cpu: zen2: expected max, as in the snapshot'],
    [{ board: 'isa' }, 'board: isa: expected pc, as in the snapshot'],
    [{ commandLine: 'other' }, 'commandLine: another: expected that of the machine of the snapshot'],
    [{ modules: [] }, 'modules: another: expected that of the machine of the snapshot'],
    [
      { disk: { name: 'd.img', bytes: new Uint8Array(512) } },
      'disk: d.img: expected none: the machine of the snapshot has none',
    ],
  ] as const)('%o', (change, message) => {
    const other = createMachine({ ...options, ...change });
    other.run({ maxInstructions: 1000 });
    const before = other.snapshot().toBytes();
    expect(() => other.restore(snapshot)).toThrow(SnapshotError);
    expect(() => other.restore(throughFile(snapshot))).toThrow(message);
    expect(isSame(other.snapshot().toBytes(), before)).toBe(true);
  });

  test('names of files do not count', () => {
    const renamed = createMachine({ ...options, kernel: { ...options.kernel, name: 'elsewhere' } });
    renamed.restore(throughFile(snapshot));
    expect(renamed.instructions).toBe(0);
  });
});

test('the bytes do not depend on the tier, and say the same each time', () => {
  const bytes = [true, false].map((jit) => {
    const machine = guestMachine(guest('higher-half'), jit);
    machine.run({ maxInstructions: 300_000 });
    return machine.snapshot().toBytes();
  });
  expect(isSame(bytes[0]!, bytes[1]!)).toBe(true);
  expect(isSame(Snapshot.fromBytes(bytes[0]!).toBytes(), bytes[0]!)).toBe(true);
});
