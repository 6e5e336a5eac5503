import { describe, expect, test } from 'vitest';
import { exitResult } from '../../src/machine/exit.ts';
import { type TestedMachine, toBeInLongMode, toHaveExited, toMap } from '../../src/testing/matchers.ts';
import '../../src/testing/index.ts';
import { EFER_LMA, EFER_LME } from '../../src/isa/control.ts';
import { STATE_EFER } from '../../src/state/layout.ts';
import { at, fakeMachine } from '../debug/fake-machine.ts';
import { PD, Scene } from '../debug/scene.ts';

const machine = (scene: Scene, text = '', exit?: ReturnType<typeof exitResult>): TestedMachine => {
  const fake = fakeMachine(scene, exit);
  const translate = (address: unknown) =>
    fake.translate(typeof address === 'string' ? at(address) : (address as [number, number]));
  return Object.assign(Object.create(fake), { serial: { text }, translate });
};
const LINEAR = '0xffffffff80001234';

describe('toMap', () => {
  const scene = new Scene().mapKernel(4, 0x8000000000000003n);

  test('passes', () => {
    expect(machine(scene)).toMap(LINEAR, {
      physical: 0x1234,
      pageSize: 4096,
      writable: true,
      executable: false,
    });
    expect(machine(scene)).toMap(LINEAR, { physical: '0x1234', pageSize: '4K', user: false, global: false });
    expect(machine(scene)).toMap(LINEAR);
    expect(machine(scene)).not.toMap('0xffffffff80200000');
  });

  test('says everything that differs, and shows the walk', () => {
    const { pass, message } = toMap(machine(scene), LINEAR, {
      physical: 0x5234,
      pageSize: '2M',
      writable: false,
      executable: true,
    });
    expect(pass).toBe(false);
    expect(message().split('\n')[0]).toBe(
      '0xffffffff80001234 is mapped, but to physical 0x00001234, not 0x00005234, and by a 4 KiB page, not a 2 MiB one, and it is writable, and it is not executable',
    );
    expect(message()).toContain(
      '  PTE      1 at 0x00004008: 0x8000000000001003  P RW XD  -> 4 KiB page 0x00001000',
    );
  });

  test('says what stopped the walk', () => {
    const unmapped = toMap(machine(new Scene().mapKernel(4).write(PD, 0n)), LINEAR);
    expect(unmapped.message()).toContain('0xffffffff80001234 is not mapped\n');
    expect(unmapped.message()).toContain('stopped at the PDE (level 2), entry 0');
  });

  test('negated', () => {
    expect(toMap(machine(scene), LINEAR).message()).toContain('and should not be');
  });
});

describe('toBeInLongMode', () => {
  test('64-bit mode passes, others tell how they got there', () => {
    expect(machine(new Scene())).toBeInLongMode();
    const scene = new Scene().set(STATE_EFER, EFER_LME);
    expect(machine(scene)).not.toBeInLongMode();
    expect(toBeInLongMode(machine(scene)).message()).toContain('its mode never changed');
    scene.timeline.push({
      instruction: 7, rip: [0, 0], event: 'mode', from: 'real', to: 'protected16', mode: 'protected16', cause: 'MOV CR0,EAX',
    }); // biome-ignore format: one entry.
    expect(toBeInLongMode(machine(scene)).message()).toContain(
      'its last modes: protected16 (instruction 7, MOV CR0,EAX)',
    );
    expect(toBeInLongMode(machine(scene.set(STATE_EFER, EFER_LME | EFER_LMA))).message()).toContain(
      'and should not be',
    );
  });
});

describe('toHaveExited', () => {
  const halted = exitResult('halted', 'HLT with interrupts off');

  test('by machine and by result', () => {
    expect(machine(new Scene(), '', halted)).toHaveExited(0);
    expect(halted).toHaveExited(0);
    expect(halted).not.toHaveExited(4);
  });

  test('tells the reason and what the guest said last', () => {
    const { message } = toHaveExited(machine(new Scene(), 'one\ntwo\n', halted), 33);
    expect(message()).toBe(
      "the run ended with status 0 (halted: HLT with interrupts off), not 33\nthe guest's last lines:\n  one\n  two",
    );
    expect(toHaveExited(machine(new Scene()), 0).message()).toBe(
      'the run has not ended, after 1234567 instructions\nthe guest printed nothing',
    );
    expect(toHaveExited(halted, 0).message()).toContain('and should not have');
  });
});
