import { describe, expect, test } from 'vitest';
import { initCore, startUpCore } from '../../src/cpu/reset.ts';
import { createPc } from '../../src/machine/pc.ts';
import { MAX_PROCESSORS } from '../../src/machine/processor-set.ts';
import { segmentWord } from '../../src/state/cpu-state.ts';
import { SEGMENT_SELECTOR, STATE_MTRR_DEF_TYPE, STATE_TSC_AUX } from '../../src/state/layout.ts';

const APIC_EOI = 0xb0;
const APIC_SVR = 0xf0;
const APIC_ICR_LOW = 0x300;
const APIC_ICR_HIGH = 0x310;
const INIT_OTHERS = 0xc4500;
const STARTUP_OTHERS = 0xc4600;
const NMI = 0x400;
const CS = 1;

/** Counts in the doubleword at 500h + 4n, for ever. */
const counting = (n: number) => [0x66, 0xff, 0x06, 4 * n, 0x05, 0xeb, 0xf9];
const HLT_LOOP = [0xf4, 0xeb, 0xfd];

/** Real-mode code by page; the bootstrap processor begins at 1000h, the others where the message says. */
function rig(processors: number, code: Readonly<Record<number, readonly number[]>>) {
  const machine = createPc({ memory: 1 << 20, processors });
  for (const [page, bytes] of Object.entries(code)) {
    machine.space.load(Number(page) * 0x1000, Uint8Array.from(bytes));
  }
  startUpCore(machine.core, 1);
  machine.stateChanged();
  const apics = machine.devices.wiring.apics!;
  const send = (command: number, to = 0) => {
    apics[0]!.writeMmio(APIC_ICR_HIGH, to * 2 ** 24, 4);
    apics[0]!.writeMmio(APIC_ICR_LOW, command, 4);
  };
  const count = (n: number) => machine.space.read32(0x500 + 4 * n);
  return { machine, apics, send, count };
}

describe('processors take turns', () => {
  test('the others wait for INIT and a start-up message, and a second message is nothing to them', () => {
    const { machine, send, count } = rig(2, { 1: counting(0), 2: counting(1), 3: counting(2) });
    machine.step(100_000);
    expect([count(0), count(1)]).toEqual([50_000, 0]);
    send(STARTUP_OTHERS | 2);
    machine.step(100_000);
    expect(count(1)).toBeGreaterThan(10_000);
    send(STARTUP_OTHERS | 3);
    machine.step(100_000);
    expect(count(2)).toBe(0);
    send(INIT_OTHERS);
    const before = count(1);
    machine.step(100_000);
    expect(count(1)).toBe(before);
    send(STARTUP_OTHERS | 3);
    machine.step(100_000);
    expect(count(2)).toBeGreaterThan(10_000);
    expect(machine.processors.all[1]!.words[segmentWord(CS, SEGMENT_SELECTOR)]).toBe(0x300);
  });

  test('all get the same number of steps, however the run is cut into pieces', () => {
    const run = (piece: number) => {
      const { machine, send, count } = rig(3, { 1: counting(0), 2: counting(1) });
      send(STARTUP_OTHERS | 2);
      for (let done = 0; done < 600_000; done += piece) machine.step(piece);
      return [count(0), count(1), machine.processors.current.id, machine.registers()];
    };
    const whole = run(600_000);
    // Two of three count at 504h; an increment is two steps.
    expect(whole.slice(0, 2)).toEqual([100_000, 200_000]);
    expect(run(1000)).toEqual(whole);
    expect(run(30_000)).toEqual(whole);
  });

  test('who is halted is left out until an interrupt comes', () => {
    const { machine, apics, send, count } = rig(2, {
      1: counting(0),
      // STI, then halt; the handler of vector 40h counts at 504h and writes nothing else.
      2: [0xfb, ...HLT_LOOP],
      3: [0x66, 0xff, 0x06, 0x04, 0x05, 0xcf],
    });
    machine.space.write16(0x40 * 4 + 2, 0x300);
    send(STARTUP_OTHERS | 2);
    machine.step(50_000);
    const before = count(0);
    machine.step(100_000);
    expect(count(0) - before).toBe(50_000);
    apics[1]!.writeMmio(APIC_SVR, 0x1ff, 4);
    send(0x40, 1);
    machine.step(100_000);
    expect(count(1)).toBe(1);
    apics[1]!.writeMmio(APIC_EOI, 0, 4);
    send(0x40, 1);
    machine.step(100_000);
    expect(count(1)).toBe(2);
    send(NMI, 1);
    machine.space.write16(2 * 4 + 2, 0x300);
    machine.step(100_000);
    expect(count(1)).toBe(3);
  });

  test('MWAIT goes on when another processor stores to the line', () => {
    const { machine, send, count } = rig(2, {
      1: HLT_LOOP,
      // XOR CX, CX; XOR DX, DX; MOV AX, 600h; STI; MONITOR; MWAIT; INC DWORD [504h]; JMP to MONITOR
      2: [0x66, 0x31, 0xc9, 0x66, 0x31, 0xd2, 0x66, 0xb8, 0, 6, 0, 0, 0xfb].concat([
        0x0f, 0x01, 0xc8, 0x0f, 0x01, 0xc9, 0x66, 0xff, 0x06, 0x04, 0x05, 0xeb, 0xf3,
      ]),
    });
    machine.core.flags.setSystem(0x200);
    send(STARTUP_OTHERS | 2);
    machine.run({ timeout: 0.001 });
    expect(count(1)).toBe(0);
    machine.space.write8(0x63f, 1);
    machine.run({ timeout: 0.001 });
    expect(count(1)).toBe(1);
    machine.run({ timeout: 0.001 });
    expect(count(1)).toBe(1);
  });

  test('the run ends when all have halted for good, and when one of them shuts down', () => {
    const halted = rig(2, { 1: [0xfa, ...HLT_LOOP], 2: [0xfa, ...HLT_LOOP] });
    halted.send(STARTUP_OTHERS | 2);
    expect(halted.machine.run({ maxInstructions: 1000 })).toMatchObject({ reason: 'halted', status: 0 });
    // LIDT of a table without entries, then INT3.
    const shut = rig(2, { 1: counting(0), 2: [0x0f, 0x01, 0x1e, 0x00, 0x07, 0xcc] });
    shut.send(STARTUP_OTHERS | 2);
    expect(shut.machine.run({ maxInstructions: 1_000_000 })).toMatchObject({
      reason: 'triple-fault',
      detail: 'triple fault: processor 1 shut down',
    });
  });

  test('a reset lets all but the first wait again', () => {
    const { machine, send, count } = rig(2, { 1: counting(0), 2: counting(1) });
    machine.restart = () => {};
    send(STARTUP_OTHERS | 2);
    machine.step(100_000);
    machine.requestReset();
    machine.step(1);
    startUpCore(machine.core, 1);
    const before = count(1);
    machine.step(100_000);
    expect(count(1)).toBe(before);
    expect(machine.processors.current.id).toBe(0);
  });

  test('how many there may be', () => {
    expect(() => createPc({ memory: 1 << 20, processors: 0 })).toThrow(RangeError);
    expect(() => createPc({ memory: 1 << 20, processors: MAX_PROCESSORS + 1 })).toThrow(RangeError);
    const { machine } = rig(MAX_PROCESSORS, {});
    expect(machine.processors.all.map(({ id }) => id)).toEqual([...new Array(16).keys()]);
  });
});

test('INIT leaves MSRs alone', () => {
  const { machine } = rig(1, {});
  const { words } = machine.state;
  words[STATE_MTRR_DEF_TYPE >> 2] = 0xc06;
  words[STATE_TSC_AUX >> 2] = 7;
  machine.core.gpr32[3] = 99;
  initCore(machine.core);
  expect(words[STATE_MTRR_DEF_TYPE >> 2]).toBe(0xc06);
  expect(words[STATE_TSC_AUX >> 2]).toBe(7);
  expect(machine.core.gpr32[3]).toBe(0);
  expect(machine.registers()).toMatchObject({ rip: '0x000000000000fff0' });
});
