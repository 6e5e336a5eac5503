import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Pit8254, pitTicksAt, pitTimeOf } from '../../src/devices/pit8254.ts';
import { TestClock, TestLine } from '../support/test-clock.ts';

const CONTROL = 3;
const GATED = 2; // The counter whose GATE these tests move.

function pit() {
  const clock = new TestClock();
  const line = new TestLine();
  const device = new Pit8254(clock, line);
  /** Programs a counter, LSB then MSB, binary unless `bcd`. */
  const program = (counter: number, mode: number, count: number, bcd = 0) => {
    device.writePort(CONTROL, (counter << 6) | 0x30 | (mode << 1) | bcd);
    writeCount(counter, count);
  };
  const writeCount = (counter: number, count: number) => {
    device.writePort(counter, count & 0xff);
    device.writePort(counter, count >>> 8);
  };
  const read = (counter: number) => {
    device.writePort(CONTROL, counter << 6);
    return device.readPort(counter) | (device.readPort(counter) << 8);
  };
  const advance = (ticks: number) => clock.advanceTo(pitTimeOf(pitTicksAt(clock.now()) + ticks));
  /** OUT after each of the next `ticks` CLK pulses. */
  const wave = (counter: number, ticks: number) => {
    let text = '';
    for (let i = 0; i < ticks; i++) {
      advance(1);
      text += device.output(counter) ? '1' : '0';
    }
    return text;
  };
  const counts = (counter: number, ticks: number) =>
    Array.from({ length: ticks }, () => {
      advance(1);
      return read(counter);
    });
  return { clock, line, device, program, writeCount, read, advance, wave, counts };
}

describe('the clock', () => {
  test.each([
    [0, 0],
    [838, 0],
    [839, 1],
    [88_000, 105],
    [1_000_000_000, 1_193_181],
    [88 * 3600 * 1_000_000_000, (105 * 3600 * 1_000_000_000) / 1000],
  ])('%i ns: %i ticks of 105/88 MHz', (ns, ticks) => {
    expect(pitTicksAt(ns)).toBe(ticks);
  });

  test('a tick begins at the first nanosecond that has it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000_000_000 }), (tick) => {
        const at = pitTimeOf(tick);
        return pitTicksAt(at) === tick && pitTicksAt(at - 1) === tick - 1;
      }),
    );
  });
});

describe('modes (8254, "Mode Definitions"; OUT after each CLK pulse from the write on)', () => {
  test.each([
    // mode count  wave                 why
    [0, 4, '0000111111', 'mode 0: OUT rises N + 1 pulses after the write'],
    [2, 3, '1101101101', 'mode 2: low in the last pulse of each three'],
    [3, 4, '1100110011', 'mode 3, even'],
    [3, 5, '1110011100', 'mode 3, odd: the high half is the longer'],
    [4, 3, '1110111111', 'mode 4: one strobe'],
    [6, 3, '1101101101', 'mode 6 is mode 2'],
    [7, 4, '1100110011', 'mode 7 is mode 3'],
  ])('mode %i, count %i: %s (%s)', (mode, count, expected) => {
    const { program, wave } = pit();
    program(1, mode, count);
    expect(wave(1, expected.length)).toBe(expected);
  });

  test.each([
    // mode idle  after the trigger
    [1, '111', '0001111', 'mode 1: low for N pulses'],
    [5, '111', '1110111', 'mode 5: one strobe after N pulses'],
  ])('mode %i: %s until GATE rises, then %s (%s)', (mode, idle, triggered) => {
    const { program, wave, device } = pit();
    program(GATED, mode, 3);
    expect(wave(GATED, 3)).toBe(idle);
    device.setGate(GATED, true);
    expect(wave(GATED, triggered.length)).toBe(triggered);
    device.setGate(GATED, false);
    device.setGate(GATED, true);
    expect(wave(GATED, triggered.length)).toBe(triggered);
  });

  test('mode 1 is retriggerable', () => {
    const { program, wave, device } = pit();
    program(GATED, 1, 3);
    device.setGate(GATED, true);
    expect(wave(GATED, 2)).toBe('00');
    device.setGate(GATED, false);
    device.setGate(GATED, true);
    expect(wave(GATED, 5)).toBe('00011');
  });

  test('a new count in mode 1 waits for the next trigger', () => {
    const { program, writeCount, wave, device } = pit();
    program(GATED, 1, 2);
    device.setGate(GATED, true);
    writeCount(GATED, 4);
    expect(wave(GATED, 4)).toBe('0011');
    device.setGate(GATED, false);
    device.setGate(GATED, true);
    expect(wave(GATED, 5)).toBe('00001');
  });

  test('a new count in mode 2 begins after the current cycle', () => {
    const { program, writeCount, wave } = pit();
    program(1, 2, 4);
    expect(wave(1, 2)).toBe('11');
    writeCount(1, 2);
    expect(wave(1, 6)).toBe('101010');
  });

  test('a new count in mode 3 begins after the current half cycle', () => {
    const { program, writeCount, wave } = pit();
    program(1, 3, 4);
    expect(wave(1, 1)).toBe('1');
    writeCount(1, 8);
    expect(wave(1, 10)).toBe('1000011110');
  });

  test('mode 0: the first of two bytes stops the count and lowers OUT', () => {
    const { program, wave, device } = pit();
    program(1, 0, 2);
    expect(wave(1, 4)).toBe('0011');
    device.writePort(1, 2);
    expect(device.output(1)).toBe(false);
    expect(wave(1, 4)).toBe('0000');
    device.writePort(1, 0);
    expect(wave(1, 4)).toBe('0011');
  });
});

describe('GATE', () => {
  test.each([0, 4])('low pauses mode %i', (mode) => {
    const { program, advance, read, device } = pit();
    device.setGate(GATED, true);
    program(GATED, mode, 10);
    advance(4);
    device.setGate(GATED, false);
    advance(100);
    expect(read(GATED)).toBe(7);
    device.setGate(GATED, true);
    advance(2);
    expect(read(GATED)).toBe(5);
  });

  test('mode 0 with GATE low is loaded, and counts N pulses from GATE on', () => {
    const { program, wave, advance, device } = pit();
    program(GATED, 0, 3);
    advance(10);
    device.setGate(GATED, true);
    expect(wave(GATED, 4)).toBe('0011');
  });

  test.each([2, 3])('low sets OUT high in mode %i at once, and rising reloads', (mode) => {
    const { program, advance, wave, device } = pit();
    device.setGate(GATED, true);
    program(GATED, mode, 4);
    advance(4);
    expect(device.output(GATED)).toBe(false);
    device.setGate(GATED, false);
    expect(device.output(GATED)).toBe(true);
    expect(wave(GATED, 5)).toBe('11111');
    device.setGate(GATED, true);
    expect(wave(GATED, 5)).toBe(mode === 2 ? '11101' : '11001');
  });
});

describe('reading', () => {
  test.each([
    // mode count bcd  values
    [2, 3, 0, [3, 2, 1, 3, 2, 1, 3]],
    [3, 4, 0, [4, 2, 4, 2, 4]],
    [3, 5, 0, [4, 2, 0, 4, 2, 4]],
    [0, 2, 0, [2, 1, 0, 0xffff, 0xfffe]],
    [0, 1, 1, [1, 0, 0x9999, 0x9998]],
    [2, 0, 0, [0, 0xffff]],
    [2, 0, 1, [0, 0x9999]],
    [2, 0x100, 1, [0x100, 0x99]],
  ])('mode %i, count %i, BCD %i: %j', (mode, count, bcd, values) => {
    const { program, counts } = pit();
    program(1, mode, count, bcd);
    expect(counts(1, values.length)).toEqual(values);
  });

  test('a latched count stays until it is read, and a second latch has no effect', () => {
    const { program, advance, device } = pit();
    program(1, 2, 0x1234);
    advance(1);
    device.writePort(CONTROL, 0x40);
    advance(5);
    device.writePort(CONTROL, 0x40);
    expect([device.readPort(1), device.readPort(1)]).toEqual([0x34, 0x12]);
    expect(device.readPort(1)).toBe(0x2f);
  });

  test.each([
    [1, 0x34, [0x34, 0x34], 'LSB only'],
    [2, 0x12, [0x00, 0x00], 'MSB only; the LSB written is 0'],
  ])('RW %i: count byte %i reads %j (%s)', (rw, byte, expected) => {
    const { advance, device } = pit();
    device.writePort(CONTROL, 0x40 | (rw << 4) | 4);
    device.writePort(1, byte);
    advance(1);
    if (rw === 2) expect(device.readPort(1)).toBe(0x12);
    else expect([device.readPort(1), device.readPort(1)]).toEqual(expected);
  });

  test('read-back latches counts and status of several counters; status is read first', () => {
    const { program, advance, device } = pit();
    program(0, 2, 100);
    program(1, 0, 200);
    advance(1);
    device.writePort(CONTROL, 0xc6); // Count and status of counters 0 and 1.
    advance(10);
    expect([device.readPort(0), device.readPort(0), device.readPort(0)]).toEqual([0xb4, 100, 0]);
    expect([device.readPort(1), device.readPort(1), device.readPort(1)]).toEqual([0x30, 200, 0]);
  });

  test('NULL COUNT is set until the count reaches the counting element', () => {
    const { program, writeCount, advance, device } = pit();
    const nullCount = () => {
      device.writePort(CONTROL, 0xe4); // Status of counter 1.
      return (device.readPort(1) & 0x40) !== 0;
    };
    device.writePort(CONTROL, 0x74);
    expect(nullCount()).toBe(true);
    program(1, 2, 10);
    expect(nullCount()).toBe(true);
    advance(1);
    expect(nullCount()).toBe(false);
    writeCount(1, 20);
    advance(9);
    expect(nullCount()).toBe(true);
    advance(1);
    expect(nullCount()).toBe(false);
  });

  test('the control port reads as ones', () => {
    expect(pit().device.readPort(CONTROL)).toBe(0xff);
  });
});

describe('OUT of counter 0', () => {
  test('mode 2 at 100 Hz for an hour: no tick is lost or gained', () => {
    const { program, clock, line } = pit();
    program(0, 2, 11_932);
    line.edges = 0;
    clock.advance(3600 * 1_000_000_000);
    // OUT is high from the control word on; each period ends with a rise.
    expect(line.edges).toBe(Math.floor((pitTicksAt(clock.now()) - 1) / 11_932));
  });

  test('mode 3 falls and rises once a period', () => {
    const { program, advance, line } = pit();
    program(0, 3, 1000);
    line.edges = 0;
    advance(501);
    expect(line.level).toBe(false);
    advance(500);
    expect(line.level).toBe(true);
    expect(line.edges).toBe(1);
  });

  test('mode 0 rises once', () => {
    const { program, advance, line, clock } = pit();
    program(0, 0, 1000);
    advance(1000);
    expect(line.level).toBe(false);
    advance(1);
    expect(line.level).toBe(true);
    advance(100_000);
    expect(line.edges).toBe(1);
    expect(clock.nextDue).toBe(Number.POSITIVE_INFINITY);
  });

  test('mode 4 pulses low once, and its end is the edge', () => {
    const { program, advance, line } = pit();
    program(0, 4, 10);
    line.edges = 0;
    advance(11);
    expect(line.level).toBe(false);
    advance(1);
    expect(line.level).toBe(true);
    expect(line.edges).toBe(1);
  });

  test('an event that comes late still gives its edge', () => {
    const { program, clock, line } = pit();
    program(0, 2, 100);
    line.edges = 0;
    clock.jumpTo(pitTimeOf(350));
    expect(line.level).toBe(true);
    expect(line.edges).toBe(1);
  });

  test('the illegal count 1 does not make events without end', () => {
    const { program, clock, line } = pit();
    for (const mode of [2, 3]) {
      program(0, mode, 1);
      line.edges = 0;
      clock.advance(1_000_000_000);
      expect(line.edges).toBe(0);
    }
  });
});

test('any programming, looked at now and then or all the time, gives the same OUT', () => {
  const step = fc.record({ ticks: fc.integer({ min: 0, max: 40 }), port: fc.nat(3), value: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const [often, seldom] = [pit(), pit()];
      for (const { ticks, port, value } of steps) {
        for (let i = 0; i < ticks; i++) {
          often.advance(1);
          for (const counter of [0, 1, 2]) often.device.output(counter);
        }
        seldom.advance(ticks);
        for (const { device } of [often, seldom]) {
          if (port === CONTROL && value & 1) device.setGate(GATED, (value & 2) !== 0);
          else device.writePort(port, value);
        }
        expect([0, 1, 2].map((c) => often.device.output(c))).toEqual(
          [0, 1, 2].map((c) => seldom.device.output(c)),
        );
        expect(often.line).toEqual(seldom.line);
        expect(often.line.level).toBe(often.device.output(0));
      }
    }),
    { numRuns: 300 },
  );
});
