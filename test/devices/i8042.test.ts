import { describe, expect, test } from 'vitest';
import { I8042, type I8042Options } from '../../src/devices/i8042.ts';
import { TestLine } from '../support/test-clock.ts';

const DATA = 0;
const STATUS = 4;
const COMMAND = 4;
const OBF = 0x01;
const AUX_OBF = 0x20;

function controller(options: I8042Options = {}) {
  const irq1 = new TestLine();
  const irq12 = new TestLine();
  const device = new I8042(irq1, irq12, options);
  /** Every byte the controller has to give; an `a` before those of the mouse. */
  const drain = () => {
    const bytes: string[] = [];
    for (let i = 0; i < 64 && device.readPort(STATUS) & OBF; i++) {
      const aux = device.readPort(STATUS) & AUX_OBF ? 'a' : '';
      bytes.push(aux + device.readPort(DATA).toString(16).padStart(2, '0'));
    }
    return bytes.join(' ');
  };
  const command = (value: number, ...data: number[]) => {
    device.writePort(COMMAND, value);
    for (const byte of data) device.writePort(DATA, byte);
  };
  const keyboard = (...bytes: number[]) => {
    for (const byte of bytes) device.writePort(DATA, byte);
    return drain();
  };
  const mouse = (...bytes: number[]) => {
    for (const byte of bytes) command(0xd4, byte);
    return drain();
  };
  return { device, irq1, irq12, drain, command, keyboard, mouse };
}

describe('controller commands', () => {
  test.each([
    // command  data  answer  why
    [0x20, [], '47', 'read command byte'],
    [0xa4, [], 'f1', 'no password'],
    [0xa9, [], '00', 'auxiliary interface test'],
    [0xaa, [], '55', 'self test'],
    [0xab, [], '00', 'keyboard interface test'],
    [0xc0, [], 'b0', 'input port'],
    [0xd0, [], 'cf', 'output port: A20 and no reset'],
    [0xd2, [0x5a], '5a', 'as if from the keyboard, untranslated'],
    [0xd3, [0x5a], 'a5a', 'as if from the mouse'],
    [0xe0, [], '00', 'test inputs'],
    [0xff, [], '', 'pulse nothing'],
    [0x00, [], '', 'no command'],
  ])('%i %j answers "%s" (%s)', (value, data, answer) => {
    const { command, drain } = controller();
    command(value, ...data);
    expect(drain()).toBe(answer);
  });

  test('command byte and RAM: written by 60h to 7Fh, read by 20h to 3Fh', () => {
    const { command, drain } = controller();
    command(0x60, 0x65);
    command(0x7f, 0xab);
    command(0x20);
    expect(drain()).toBe('65');
    command(0x3f);
    expect(drain()).toBe('ab');
  });

  test.each([
    [0xad, 0x57],
    [0xae, 0x47],
    [0xa7, 0x67],
    [0xa8, 0x47],
  ])('%i leaves the command byte %i', (value, expected) => {
    const { command, drain } = controller();
    command(value);
    command(0x20);
    expect(drain()).toBe(expected.toString(16));
  });

  test('status: not inhibited, system flag, which port was written last', () => {
    const { device, command } = controller({ commandByte: 0 });
    expect(device.readPort(STATUS)).toBe(0x10);
    command(0xaa);
    expect(device.readPort(STATUS)).toBe(0x1d);
    device.readPort(DATA);
    command(0x60, 0x00);
    expect(device.readPort(STATUS)).toBe(0x10);
  });

  test('the output buffer keeps the last byte after it was read', () => {
    const { device, command } = controller();
    command(0xaa);
    expect([device.readPort(DATA), device.readPort(DATA)]).toEqual([0x55, 0x55]);
  });

  test.each([
    [[0xfe], 1],
    [[0xf0], 1],
    [[0xff], 0],
    [[0xd1, 0xde], 1],
    [[0xd1, 0xdf], 0],
  ])('%j: %i resets', ([value, ...data], expected) => {
    let resets = 0;
    const { command } = controller({ onReset: () => resets++ });
    command(value!, ...data);
    expect(resets).toBe(expected);
  });

  test('A20: output port bit 1, and the short commands', () => {
    const a20: boolean[] = [];
    const { command, drain } = controller({ onA20: (enabled) => a20.push(enabled) });
    command(0xd1, 0xdd);
    command(0xd0);
    expect(drain()).toBe('cd');
    command(0xdf);
    command(0xdd);
    command(0xd1, 0xdf);
    expect(a20).toEqual([false, true, false, true]);
  });

  test('a password is taken until its zero', () => {
    const { command, keyboard, drain } = controller();
    command(0xa5, 0x1e, 0x30, 0x00);
    expect(drain()).toBe('');
    expect(keyboard(0xee)).toBe('ee');
  });
});

describe('interrupts', () => {
  test('IRQ1 with every keyboard byte, an edge each', () => {
    const { device, irq1, drain } = controller();
    device.pressKeys([0x1c, 0xf0, 0x1c]);
    expect(irq1.level).toBe(true);
    expect(drain()).toBe('1e 9e');
    expect(irq1.level).toBe(false);
    expect(irq1.edges).toBe(2);
  });

  test('IRQ12 with every mouse byte', () => {
    const { mouse, irq1, irq12 } = controller();
    expect(mouse(0xf2)).toBe('afa a00');
    expect([irq1.edges, irq12.edges]).toEqual([0, 2]);
  });

  test('both off in the command byte', () => {
    const { device, command, irq1, irq12 } = controller();
    command(0x60, 0x44);
    device.pressKeys([0x1c]);
    device.readPort(DATA);
    command(0xd4, 0xf2);
    expect([irq1.edges, irq12.edges]).toEqual([0, 0]);
  });

  test.each([
    [0xd2, 'df', 'bit 4: IRQ1'],
    [0xd3, 'ef', 'bit 5: IRQ12'],
  ])('the output port shows the lines: a byte by %i, %s (%s)', (command, expected) => {
    const { device, ...controls } = controller();
    controls.command(command, 0x5a);
    controls.command(0xd0);
    device.readPort(DATA);
    expect(controls.drain()).toBe(expected);
  });
});

describe('keyboard', () => {
  test.each([
    // set 2  translated to set 1  why
    [[0x1c], '1e', 'A'],
    [[0xf0, 0x1c], '9e', 'A up'],
    [[0x76], '01', 'Esc'],
    [[0x5a], '1c', 'Enter'],
    [[0xe0, 0x75], 'e0 48', 'Up'],
    [[0xe0, 0xf0, 0x75], 'e0 c8', 'Up, up'],
    [[0x83], '41', 'F7'],
    [[0x84], '54', 'SysRq'],
    [[0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77], 'e1 1d 45 e1 9d c5', 'Pause'],
  ])('%j is seen as %s (%s)', (keys, seen) => {
    const { device, drain } = controller();
    device.pressKeys(keys);
    expect(drain()).toBe(seen);
  });

  test('without translation set 2 is seen as it is', () => {
    const { device, command, drain } = controller();
    command(0x60, 0x07);
    device.pressKeys([0xf0, 0x1c]);
    expect(drain()).toBe('f0 1c');
  });

  test.each([
    // bytes  answer, untranslated  why
    [[0xed, 0x07], 'fa fa', 'indicators'],
    [[0xee], 'ee', 'echo'],
    [[0xf0, 0x00], 'fa fa 02', 'scan code set asked'],
    [[0xf0, 0x01, 0xf0, 0x00], 'fa fa fa fa 01', 'and set'],
    [[0xf0, 0x04], 'fa fe', 'no such set'],
    [[0xf2], 'fa ab 83', 'identify'],
    [[0xf3, 0x20], 'fa fa', 'typematic'],
    [[0xf4], 'fa', 'enable'],
    [[0xf5], 'fa', 'disable'],
    [[0xf6], 'fa', 'defaults'],
    [[0xfa], 'fa', 'all keys typematic, make and break'],
    [[0xfb, 0x1c], 'fa fa', 'one key typematic'],
    [[0xff], 'fa aa', 'reset'],
    [[0xef], 'fe', 'reserved'],
    [[0x00], 'fe', 'not a command'],
    [[0xed, 0xf4], 'fa fa', 'a command instead of an argument'],
  ])('%j: %s (%s)', (bytes, answer) => {
    const { command, keyboard } = controller();
    command(0x60, 0x07);
    expect(keyboard(...bytes)).toBe(answer);
  });

  test('the identification is translated like everything else', () => {
    expect(controller().keyboard(0xf2)).toBe('fa ab 41');
  });

  test('resend gives the last byte again', () => {
    const { device, drain, keyboard } = controller();
    device.pressKeys([0x1c]);
    drain();
    expect(keyboard(0xfe)).toBe('1e');
  });

  test('indicators and typematic are kept', () => {
    const { device, keyboard } = controller();
    keyboard(0xed, 0x05, 0xf3, 0x11);
    expect([device.keyboard.indicators, device.keyboard.typematic]).toEqual([5, 0x11]);
  });

  test('scanning disabled: keys are lost; clock disabled: they wait', () => {
    const { device, command, keyboard, drain } = controller();
    keyboard(0xf5);
    device.pressKeys([0x1c]);
    expect(drain()).toBe('');
    keyboard(0xf4);
    command(0xad);
    device.pressKeys([0x1c]);
    expect(drain()).toBe('');
    command(0xae);
    expect(drain()).toBe('1e');
  });

  test('set 1 from the keyboard itself, without translation', () => {
    const { device, command, keyboard, drain } = controller();
    command(0x60, 0x07);
    keyboard(0xf0, 0x01);
    device.pressKeys([0xe0, 0x75, 0xe0, 0xf0, 0x75]);
    expect(drain()).toBe('e0 48 e0 c8');
  });

  test('writing to the keyboard enables its interface', () => {
    const { command, keyboard } = controller();
    command(0xad);
    expect(keyboard(0xee)).toBe('ee');
  });
});

describe('mouse', () => {
  test.each([
    // bytes  answer  why
    [[0xff], 'afa aaa a00', 'reset'],
    [[0xf2], 'afa a00', 'identify'],
    [[0xe9], 'afa a00 a02 a64', 'status: disabled, 4 counts a mm, 100 a second'],
    [[0xf4, 0xe9], 'afa afa a20 a02 a64', 'enabled'],
    [[0xe8, 0x03, 0xe9], 'afa afa afa a00 a03 a64', 'resolution'],
    [[0xf3, 0x28, 0xe9], 'afa afa afa a00 a02 a28', 'sampling rate'],
    [[0xe7, 0xf0, 0xe9], 'afa afa afa a50 a02 a64', 'scaling 2:1, remote'],
    [[0xf0, 0xeb], 'afa afa a08 a00 a00', 'read data'],
    [[0xee, 0x12, 0xf4, 0xec], 'afa a12 af4 afa', 'wrap mode echoes until it is reset'],
    [[0xe1], 'afe', 'not a command'],
    [[0xf2, 0xfe], 'afa a00 afa a00', 'resend'],
  ])('%j: %s (%s)', (bytes, answer) => {
    expect(controller().mouse(...bytes)).toBe(answer);
  });

  test.each([
    // x    y   buttons packet           why
    [1, 2, 0, 'a08 a01 a02', 'right and up'],
    [-1, -2, 1, 'a39 aff afe', 'left and down, left button'],
    [300, 0, 6, 'a4e a2c a00', 'overflow'],
  ])('stream mode: %i %i %i is %s (%s)', (x, y, buttons, packet) => {
    const { device, mouse, drain } = controller();
    mouse(0xf4);
    device.moveMouse(x, y, buttons);
    expect(drain()).toBe(packet);
  });

  test('reports nothing before it is enabled, nor in remote mode, where movement adds up', () => {
    const { device, mouse, drain } = controller();
    device.moveMouse(5, 5, 0);
    expect(drain()).toBe('');
    mouse(0xf4, 0xf0);
    device.moveMouse(5, 5, 0);
    device.moveMouse(5, -1, 0);
    expect(drain()).toBe('');
    expect(mouse(0xeb)).toBe('afa a08 a0a a04');
  });

  test('the keyboard goes first', () => {
    const { device, command, mouse, drain } = controller();
    mouse(0xf4);
    command(0xad);
    command(0xa7);
    device.moveMouse(1, 1, 0);
    device.pressKeys([0x1c]);
    command(0x60, 0x47);
    expect(drain()).toBe('1e a08 a01 a01');
  });
});

test('reset empties everything and enables A20', () => {
  const a20: boolean[] = [];
  const { device, command, irq1, drain } = controller({ onA20: (enabled) => a20.push(enabled) });
  command(0xd1, 0x01);
  device.pressKeys([0x1c]);
  device.reset();
  expect(a20).toEqual([false, true]);
  expect(irq1.level).toBe(false);
  expect(drain()).toBe('');
});
