import { describe, expect, test } from 'vitest';
import { Rtc146818, type RtcOptions } from '../../src/devices/rtc146818.ts';
import { TestClock, TestLine } from '../support/test-clock.ts';

const SECOND = 1_000_000_000;
const A = 0x0a;
const B = 0x0b;
const C = 0x0c;
const D = 0x0d;
const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

function rtc(options: RtcOptions = {}) {
  const clock = new TestClock();
  const line = new TestLine();
  const device = new Rtc146818(clock, line, options);
  const read = (index: number) => {
    device.writePort(0, index);
    return device.readPort(1);
  };
  const write = (index: number, value: number) => {
    device.writePort(0, index);
    device.writePort(1, value);
  };
  /** Seconds, minutes, hours, day of week, date, month, year, century. */
  const time = () => [0, 2, 4, 6, 7, 8, 9, 0x32].map(read);
  return { clock, line, device, read, write, time };
}

const at = (text: string) => Date.parse(`${text}Z`) / 1000;

describe('time', () => {
  test('starts at 2000-01-01 00:00:00, a Saturday, in BCD', () => {
    expect(rtc().time()).toEqual([0, 0, 0, 7, 1, 1, 0, 0x20]);
  });

  test.each([
    ['2024-02-28T23:59:59', [0, 0, 0, 5, 0x29, 2, 0x24, 0x20], 'a leap year'],
    ['2024-02-29T23:59:59', [0, 0, 0, 6, 1, 3, 0x24, 0x20], 'its end of February'],
    ['2023-02-28T23:59:59', [0, 0, 0, 4, 1, 3, 0x23, 0x20], 'no leap year'],
    ['2023-04-30T23:59:59', [0, 0, 0, 2, 1, 5, 0x23, 0x20], 'a month of 30 days'],
    ['1999-12-31T23:59:59', [0, 0, 0, 7, 1, 1, 0, 0x20], 'a century'],
    ['2038-01-19T12:34:56', [0x57, 0x34, 0x12, 3, 0x19, 1, 0x38, 0x20], 'no carry'],
  ])('a second after %s: %j (%s)', (start, expected) => {
    const { clock, time } = rtc({ startSeconds: at(start) });
    clock.advance(SECOND);
    expect(time()).toEqual(expected);
  });

  test('binary mode', () => {
    const { clock, write, time } = rtc();
    write(B, 0x86);
    [58, 59, 23, 1, 31, 12, 99, 19].forEach((value, i) => {
      write([0, 2, 4, 6, 7, 8, 9, 0x32][i]!, value);
    });
    write(B, 0x06);
    clock.advance(SECOND);
    expect(time()).toEqual([59, 59, 23, 1, 31, 12, 99, 19]);
    clock.advance(SECOND);
    expect(time()).toEqual([0, 0, 0, 2, 1, 1, 0, 20]);
  });

  test.each([
    // hours  an hour later  why
    [0x12, 0x01, 'midnight is 12 AM'],
    [0x11, 0x92, '11 AM to noon'],
    [0x92, 0x81, 'noon is 12 PM'],
    [0x91, 0x12, '11 PM to midnight'],
    [0x09, 0x10, 'a BCD carry'],
  ])('12-hour mode: %i becomes %i (%s)', (hours, expected) => {
    const { clock, write, read } = rtc();
    write(B, 0x80);
    write(4, hours);
    write(B, 0x00);
    clock.advance(3600 * SECOND);
    expect(read(4)).toBe(expected);
  });

  test('SET holds the registers, and the divider runs on', () => {
    const { clock, write, read } = rtc();
    clock.advance(SECOND / 2);
    write(B, 0x82);
    clock.advance(10 * SECOND);
    expect(read(0)).toBe(0);
    write(B, 0x02);
    clock.advance(SECOND / 2);
    expect(read(0)).toBe(1);
  });

  test('the divider in reset stops time; the first update comes half a second after its release', () => {
    const { clock, write, read } = rtc();
    write(A, 0x76);
    clock.advance(10.25 * SECOND);
    expect(read(0)).toBe(0);
    write(A, 0x26);
    clock.advance(SECOND / 2 - 1);
    expect(read(0)).toBe(0);
    clock.advance(1);
    expect(read(0)).toBe(1);
  });

  test('UIP is set in the last 244 us before an update', () => {
    const { clock, write, read } = rtc();
    expect(read(A)).toBe(0x26);
    clock.advance(SECOND - 244_001);
    expect(read(A)).toBe(0x26);
    clock.advance(1);
    expect(read(A)).toBe(0xa6);
    clock.advance(244_000);
    expect(read(A)).toBe(0x26);
    write(B, 0x82);
    clock.advance(SECOND - 1);
    expect(read(A)).toBe(0x26);
  });

  test('nonsense in the time registers is carried out of them', () => {
    const { clock, write, time } = rtc();
    for (const index of [0, 2, 4, 6, 7, 8, 9, 0x32]) write(index, 0xff);
    clock.advance(3 * SECOND);
    expect(time().slice(0, 2)).toEqual([2, 0]);
  });
});

describe('interrupts', () => {
  test.each([
    // RS  ns, rounded up
    [1, 3_906_250],
    [2, 7_812_500],
    [3, 122_071],
    [6, 976_563],
    [15, 500_000_000],
  ])('periodic, rate %i: after %i ns', (rate, ns) => {
    const { clock, write, read, line } = rtc();
    write(A, 0x20 | rate);
    write(B, 0x42);
    clock.advance(ns - 1);
    expect(line.level).toBe(false);
    clock.advance(1);
    expect(line.level).toBe(true);
    expect(read(C)).toBe(0xc0);
    expect(line.level).toBe(false);
    expect(read(C)).toBe(0);
  });

  test('periodic at 1024 Hz for a minute: 61,440 interrupts', () => {
    const { clock, write, device, line } = rtc();
    write(B, 0x42);
    device.writePort(0, C);
    for (let due = clock.nextDue; due <= 60 * SECOND; due = clock.nextDue) {
      clock.advanceTo(due);
      device.readPort(1);
    }
    expect(line.edges).toBe(61_440);
  });

  test('rate 0: none', () => {
    const { clock, write, line } = rtc();
    write(A, 0x20);
    write(B, 0x42);
    clock.advance(SECOND);
    expect(line.level).toBe(false);
  });

  test('update-ended', () => {
    const { clock, write, read, line } = rtc();
    write(B, 0x12);
    clock.advance(SECOND);
    expect(line.level).toBe(true);
    expect(read(C) & 0xb0).toBe(0xb0 & ~0x20);
    clock.advance(SECOND);
    expect(line.edges).toBe(2);
  });

  test('SET going high clears UIE', () => {
    const { write, read } = rtc();
    write(B, 0x12);
    write(B, 0x92);
    expect(read(B)).toBe(0x82);
  });

  test.each([
    // seconds minutes hours  seconds until the alarm
    [0x05, 0x00, 0x00, 5, 'an exact time'],
    [0xff, 0xff, 0xff, 1, 'every second'],
    [0x00, 0xc0, 0xff, 60, 'every minute'],
    [0x00, 0x00, 0xff, 3600, 'every hour'],
    [0x30, 0x02, 0x01, 3750, '01:02:30'],
  ])('alarm %i %i %i: after %i s (%s)', (seconds, minutes, hours, after) => {
    const { clock, write, read, line } = rtc();
    write(1, seconds);
    write(3, minutes);
    write(5, hours);
    write(B, 0x22);
    clock.advance(after * SECOND - 1);
    expect(line.level).toBe(false);
    clock.advance(1);
    expect(line.level).toBe(true);
    expect(read(C) & 0xa0).toBe(0xa0);
  });

  test('flags are set without being enabled, and enabling one that is set interrupts', () => {
    const { clock, write, read, line } = rtc();
    clock.advance(SECOND);
    expect(line.level).toBe(false);
    write(B, 0x12);
    expect(line.level).toBe(true);
    expect(read(C) & 0xd0).toBe(0xd0);
  });

  test('reset() clears enables and flags, and keeps the time', () => {
    const { clock, write, read, line, device } = rtc();
    write(B, 0x7a);
    clock.advance(3 * SECOND);
    expect(line.level).toBe(true);
    device.reset();
    expect(line.level).toBe(false);
    expect([read(B), read(C), read(0)]).toEqual([0x02, 0, 3]);
  });
});

describe('CMOS', () => {
  test('C and D are read-only, D says that the battery is good', () => {
    const { write, read } = rtc();
    write(C, 0xff);
    write(D, 0x00);
    expect([read(C), read(D)]).toEqual([0, 0x80]);
  });

  test('0Eh to 7Fh are RAM', () => {
    const { write, read } = rtc();
    for (let i = 0x0e; i < 0x80; i++) if (i !== 0x32) write(i, i ^ 0xff);
    for (let i = 0x0e; i < 0x80; i++) if (i !== 0x32) expect(read(i)).toBe(i ^ 0xff);
  });

  test('the index port reads as ones, and its bit 7 masks NMI', () => {
    const masks: boolean[] = [];
    const { device } = rtc({ onNmiMask: (masked) => masks.push(masked) });
    for (const index of [0x8f, 0x8f, 0x0f]) device.writePort(0, index);
    expect(masks).toEqual([true, false]);
    expect(device.readPort(0)).toBe(0xff);
  });

  test.each([
    // below 4G   above 4G  base  extended  above 16M  above 4G (64K)
    [128 * MIB, 0, 640, 0xffff, 0x700, 0],
    [16 * MIB, 0, 640, 15 * 1024, 0, 0],
    [512 * 1024, 0, 512, 0, 0, 0],
    [3.5 * GIB, 2 * GIB, 640, 0xffff, 0xdf00, 0x8000],
    [3 * GIB, 1024 * GIB, 640, 0xffff, 0xbf00, 0x1000000 >>> 0],
  ])('memory of %i and %i bytes', (memoryBelow4G, memoryAbove4G, base, extended, above16M, above4G) => {
    const { read } = rtc({ memoryBelow4G, memoryAbove4G });
    const word = (index: number) => read(index) | (read(index + 1) << 8);
    expect(word(0x15)).toBe(base);
    expect(word(0x17)).toBe(extended);
    expect(word(0x30)).toBe(extended);
    expect(word(0x34)).toBe(above16M);
    expect(word(0x5b) | (read(0x5d) << 16)).toBe(Math.min(0xffffff, above4G));
  });

  test('the checksum of 10h to 2Dh is right after setCmos', () => {
    const { read, device } = rtc({ memoryBelow4G: 64 * MIB });
    device.setCmos(0x2d, 0xaa);
    let sum = 0;
    for (let i = 0x10; i <= 0x2d; i++) sum += read(i);
    expect((read(0x2e) << 8) | read(0x2f)).toBe(sum);
  });
});
