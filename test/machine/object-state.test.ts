import { describe, expect, it } from 'vitest';
import { NEVER, type TimedEvent } from '../../src/bus/clock.ts';
import { PortSpace } from '../../src/bus/ports.ts';
import { ObjectState, type SavedObjects, StateMismatch } from '../../src/machine/object-state.ts';
import { createPc, type Pc } from '../../src/machine/pc.ts';
import { Snapshot } from '../../src/machine/snapshot.ts';
import { differences } from '../support/differences.ts';

const NO_CLOCK = { schedule() {}, cancel() {} };

class Part {
  readonly wire = { raise() {}, lower() {} };
  register = 1;
  readonly bytes = new Uint8Array(4);
  readonly words = new Uint16Array(this.bytes.buffer);
  alias = this.bytes;
  queue: number[] = [];
  byNumber = new Map<number, Uint8Array>();
  counter = 0n;
  last: { readonly value: number; readonly isAux: boolean } | undefined;
  limit = Number.POSITIVE_INFINITY;
  readonly event: TimedEvent = { due: NEVER, fire() {} };
}

class Whole {
  readonly parts = [new Part(), new Part()];
  readonly foreign = new PortSpace();
  follows = 0;
  level = 0;
  readonly derivedFields = ['follows'];
  restored() {
    this.follows = this.level * 2;
  }
}

function stateOf(root: object): ObjectState {
  return new ObjectState({ root }, (value) => value instanceof PortSpace);
}

function throughJson({ blobs, ...rest }: SavedObjects): SavedObjects {
  return { ...(JSON.parse(JSON.stringify(rest)) as SavedObjects), blobs };
}

describe('object state', () => {
  it('brings back every kind of value, through JSON', () => {
    const before = new Whole();
    const [, second] = before.parts;
    Object.assign(second!, { register: 7, queue: [3, 4], counter: 1n << 63n, limit: Number.NaN });
    second!.bytes.set([1, 2, 3, 4]);
    second!.byNumber.set(9, Uint8Array.of(5));
    second!.last = { value: 8, isAux: true };
    before.level = 21;
    before.follows = 42;
    const after = new Whole();
    after.parts[1]!.queue.push(99);
    const { queue, bytes } = after.parts[1]!;
    stateOf(after).restore(throughJson(stateOf(before).save([])), NO_CLOCK);
    const values = (whole: Whole) => JSON.stringify(stateOf(whole).save([]));
    expect(values(after)).toBe(values(before));
    expect(after.follows, 'made again').toBe(42);
    expect(after.parts[1]).toMatchObject({ register: 7, counter: 1n << 63n, limit: Number.NaN });
    expect(after.parts[1]!.byNumber.get(9)).toEqual(Uint8Array.of(5));
    expect(after.parts[1]!.last).toEqual({ value: 8, isAux: true });
    expect(after.parts[1]!.queue, 'the same list as before').toBe(queue);
    expect(after.parts[1]!.bytes, 'the same array as before').toBe(bytes);
    expect(after.parts[1]!.alias).toBe(bytes);
    expect(after.parts[1]!.words[1]).toBe(0x0403);
  });

  it('schedules the events that waited, in their order, and cancels the others', () => {
    const before = new Whole();
    const [a, b] = [before.parts[1]!.event, before.parts[0]!.event];
    a.due = 5;
    b.due = 5;
    const saved = throughJson(stateOf(before).save([a, b]));
    const after = new Whole();
    const calls: [string, TimedEvent, number?][] = [];
    stateOf(after).restore(saved, {
      schedule: (event, at) => calls.push(['schedule', event, at]),
      cancel: (event) => calls.push(['cancel', event]),
    });
    expect(calls).toEqual([
      ['cancel', after.parts[0]!.event],
      ['cancel', after.parts[1]!.event],
      ['schedule', after.parts[1]!.event, 5],
      ['schedule', after.parts[0]!.event, 5],
    ]);
    expect(calls[2]![1]).toBe(after.parts[1]!.event);
  });

  it('refuses what does not fit, and changes nothing', () => {
    const other = new Whole();
    other.parts.push(new Part());
    const saved = stateOf(other).save([]);
    const whole = new Whole();
    whole.level = 3;
    expect(() => stateOf(whole).restore(saved, NO_CLOCK)).toThrow(StateMismatch);
    expect(() => stateOf(other).restore(stateOf(whole).save([]), NO_CLOCK)).toThrow('root.parts.2');
    expect(whole.level).toBe(3);
  });
});

describe('devices of the board', () => {
  /** Where devices answer in memory: frame buffer, I/O APIC, HPET, local APIC. */
  const WINDOWS = [
    0xa0000, 0xfec00000, 0xfec00010, 0xfed00000, 0xfed00010, 0xfed00100, 0xfee00000, 0xfee00300,
  ];

  function board(kind: 'isa' | 'pc'): Pc {
    const media = new Uint8Array(64 * 2048).fill(0x5a);
    const pc = createPc({ memory: 1 << 20, board: kind, disk: media, cdrom: media });
    pc.devices.chipset?.initialise();
    return pc;
  }

  function random(seed: number): () => number {
    return () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      return seed >>> 8;
    };
  }

  /** One access to a port or to memory, and what came of it. */
  function access({ clock, ports, space }: Pc, next: () => number, bases: readonly number[]): number {
    clock.skipTo(clock.now() + (next() % 50_000));
    clock.fireDue();
    const kind = next() % 12;
    if (kind >= 8) {
      const address = WINDOWS[next() % WINDOWS.length]! + 4 * (next() % 16);
      if (kind < 10) return space.read32(address);
      space.write32(address, kind === 10 ? next() & 0xff : (next() * 257) >>> 0);
      return -1;
    }
    const port = bases[next() % bases.length]! + (next() % 8);
    if (kind < 4) return ports.read8(port);
    if (kind === 4) return ports.read16(port);
    if (kind === 5) ports.write16(port, next());
    else ports.write8(port, next());
    return -1;
  }

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('go on alike after random use, seed %i', (seed) => {
    const kind = seed % 4 === 0 ? 'isa' : 'pc';
    const [a, b] = [board(kind), board(kind)];
    const bases = [...a.ports.devices().keys()];
    for (const [machine, from] of [
      [a, random(seed)],
      [b, random(seed + 100)], // What there was before the snapshot must not matter.
    ] as const) {
      for (let i = 0; i < 3000; i++) access(machine, from, bases);
    }
    b.restore(Snapshot.fromBytes(a.snapshot().toBytes()));
    const [nextA, nextB] = [random(-seed), random(-seed)];
    for (let i = 0; i < 3000; i++) {
      expect(access(b, nextB, bases), `access ${i}`).toBe(access(a, nextA, bases));
      expect(b.core.pending, `pins after access ${i}`).toBe(a.core.pending);
    }
    expect(differences(b.snapshot().contents, a.snapshot().contents)).toEqual([]);
  });
});
