import { describe, expect, it } from 'vitest';
import { AddressSpace } from '../../src/bus/address-space.ts';
import { NEVER, type TimedEvent } from '../../src/bus/clock.ts';
import { PortSpace } from '../../src/bus/ports.ts';
import { BufferBackend } from '../../src/devices/block.ts';
import { ObjectState, type SavedObjects, StateMismatch } from '../../src/machine/object-state.ts';
import { createPc, type Pc } from '../../src/machine/pc.ts';
import { VirtualClock } from '../../src/machine/virtual-clock.ts';

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
  const isForeign = (value: object) =>
    [AddressSpace, PortSpace, VirtualClock, BufferBackend].some((type) => value instanceof type);

  function board(): { pc: Pc; state: ObjectState } {
    const media = new Uint8Array(64 * 2048).fill(0x5a);
    const pc = createPc({ memory: 1 << 20, board: 'pc', disk: { bytes: media }, cdrom: media });
    const roots: Record<string, object> = { ...pc.devices };
    for (const [port, device] of pc.ports.devices()) roots[`port-${port.toString(16)}`] = device;
    pc.devices.chipset!.initialise();
    return { pc, state: new ObjectState(roots, isForeign) };
  }

  function random(seed: number): () => number {
    return () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      return seed >>> 8;
    };
  }

  /** One port access, and what came of it. */
  function access({ pc }: { pc: Pc }, next: () => number, ports: readonly number[]): number {
    const port = ports[next() % ports.length]! + (next() % 8);
    const kind = next() % 8;
    pc.clock.skipTo(pc.clock.now() + (next() % 50_000));
    pc.clock.fireDue();
    if (port >= 0xf4 && port < 0xf8) return 0; // Ends the run.
    if (kind < 4) return pc.ports.read8(port);
    if (kind === 4) return pc.ports.read16(port);
    if (kind === 5) pc.ports.write16(port, next());
    else pc.ports.write8(port, next());
    return -1;
  }

  it.each([1, 2, 3, 4, 5, 6])('go on alike after random use, seed %i', (seed) => {
    const a = board();
    const ports = [...a.pc.ports.devices().keys()];
    const before = random(seed);
    for (let i = 0; i < 3000; i++) access(a, before, ports);
    const saved = throughJson(a.state.save(a.pc.clock.waiting()));
    const b = board();
    b.pc.clock.skipTo(a.pc.clock.now());
    b.state.restore(saved, b.pc.clock);
    b.pc.core.pending = a.pc.core.pending; // The processor's own.
    const [nextA, nextB] = [random(-seed), random(-seed)];
    for (let i = 0; i < 3000; i++) {
      expect(access(b, nextB, ports), `access ${i}`).toBe(access(a, nextA, ports));
      expect(b.pc.core.pending, `pins after access ${i}`).toBe(a.pc.core.pending);
    }
    expect(b.state.save(b.pc.clock.waiting()).objects).toEqual(a.state.save(a.pc.clock.waiting()).objects);
  });
});
