import { describe, expect, test } from 'vitest';
import { Pic8259, Pic8259Pair } from '../../src/devices/pic8259.ts';
import { TestLine } from '../support/test-clock.ts';

const EOI = 0x20;
const READ_IRR = 0x0a;
const READ_ISR = 0x0b;

function initialize(pic: Pic8259, base: number, icw3: number, icw4 = 0x01, icw1 = 0x11): void {
  pic.writePort(0, icw1);
  pic.writePort(1, base);
  if (!(icw1 & 0x02)) pic.writePort(1, icw3);
  if (icw1 & 0x01) pic.writePort(1, icw4);
}

function pair(icw4 = 0x01) {
  const intr = new TestLine();
  const pics = new Pic8259Pair(intr);
  initialize(pics.master, 0x20, 0x04, icw4);
  initialize(pics.slave, 0x28, 0x02);
  const lines = new Map(
    [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15].map((irq) => [irq, pics.line(irq)]),
  );
  const raise = (...irqs: number[]) => {
    for (const irq of irqs) lines.get(irq)!.raise();
  };
  const lower = (...irqs: number[]) => {
    for (const irq of irqs) lines.get(irq)!.lower();
  };
  const register = (pic: Pic8259, ocw3: number) => {
    pic.writePort(0, ocw3);
    return pic.readPort(0);
  };
  return { intr, pics, raise, lower, register };
}

describe('initialization', () => {
  test('an unprogrammed controller interrupts nobody', () => {
    const intr = new TestLine();
    const pics = new Pic8259Pair(intr);
    pics.line(0).raise();
    expect(intr.level).toBe(false);
  });

  test.each([
    // ICW1  words after it  why
    [0x11, [0x20, 0x04, 0x01], 'cascade, ICW4'],
    [0x10, [0x20, 0x04], 'cascade, no ICW4'],
    [0x13, [0x20, 0x01], 'single, ICW4'],
    [0x12, [0x20], 'single, no ICW4'],
  ])('ICW1 %i takes %j, then OCW1 (%s)', (icw1, words) => {
    const pic = new Pic8259(new TestLine());
    pic.writePort(0, icw1);
    for (const word of words) pic.writePort(1, word);
    expect(pic.readPort(1)).toBe(0);
    pic.writePort(1, 0xa5);
    expect(pic.readPort(1)).toBe(0xa5);
  });

  test('ICW1 clears the mask, the in-service bits and the edge latches', () => {
    const { pics, raise, register, intr } = pair();
    raise(3);
    pics.acknowledge();
    raise(4);
    pics.master.writePort(1, 0xff);
    initialize(pics.master, 0x40, 0x04);
    expect(pics.master.readPort(1)).toBe(0);
    expect(register(pics.master, READ_ISR)).toBe(0);
    expect(register(pics.master, READ_IRR)).toBe(0);
    expect(intr.level).toBe(false); // "An input must make a low-to-high transition to generate an interrupt."
  });

  test.each([0, 1, 3, 4, 5, 6, 7])('IRQ%i: vector 20h + n', (irq) => {
    const { pics, raise } = pair();
    raise(irq);
    expect(pics.acknowledge()).toBe(0x20 + irq);
  });

  test.each([8, 9, 10, 11, 12, 13, 14, 15])('IRQ%i: vector 28h + n - 8, through the cascade', (irq) => {
    const { pics, raise, register } = pair();
    raise(irq);
    expect(pics.acknowledge()).toBe(0x20 + irq);
    expect(register(pics.master, READ_ISR)).toBe(0x04);
    expect(register(pics.slave, READ_ISR)).toBe(1 << (irq - 8));
  });

  test.each([2, -1, 16, 1.5])('there is no line for IRQ %f', (irq) => {
    expect(() => pair().pics.line(irq)).toThrow(RangeError);
  });
});

describe('requests', () => {
  test('fully nested: a higher level interrupts a lower one, and not the other way', () => {
    const { pics, raise, intr } = pair();
    raise(4);
    expect(pics.acknowledge()).toBe(0x24);
    raise(5);
    expect(intr.level).toBe(false);
    raise(1);
    expect(intr.level).toBe(true);
    expect(pics.acknowledge()).toBe(0x21);
    pics.master.writePort(0, EOI);
    expect(intr.level).toBe(false);
    pics.master.writePort(0, EOI);
    expect(pics.acknowledge()).toBe(0x25);
  });

  test('edge: one request per rise', () => {
    const { pics, raise, lower, intr } = pair();
    raise(3);
    pics.acknowledge();
    pics.master.writePort(0, EOI);
    expect(intr.level).toBe(false);
    lower(3);
    raise(3);
    expect(intr.level).toBe(true);
  });

  test('edge: a request that goes away before INTA is the default IR7, with no in-service bit', () => {
    const { pics, raise, lower, register, intr } = pair();
    raise(3);
    lower(3);
    expect(intr.level).toBe(false);
    expect(pics.acknowledge()).toBe(0x27);
    expect(register(pics.master, READ_ISR)).toBe(0);
  });

  test('the slave has a default IR7 of its own', () => {
    const slave = new Pic8259(new TestLine());
    initialize(slave, 0x28, 0x02);
    expect(slave.vector(slave.acknowledge())).toBe(0x2f);
  });

  test('masked requests wait in IRR', () => {
    const { pics, raise, register, intr } = pair();
    pics.master.writePort(1, 0x08);
    raise(3);
    expect(intr.level).toBe(false);
    expect(register(pics.master, READ_IRR)).toBe(0x08);
    pics.master.writePort(1, 0x00);
    expect(intr.level).toBe(true);
  });

  test('a slave with more to say asks the master again after its EOI', () => {
    const { pics, raise, intr } = pair();
    raise(8, 12);
    expect(pics.acknowledge()).toBe(0x28);
    pics.slave.writePort(0, EOI);
    pics.master.writePort(0, EOI);
    expect(intr.level).toBe(true);
    expect(pics.acknowledge()).toBe(0x2c);
  });

  test('several drivers of one IRQ are a wired OR', () => {
    const { pics, register } = pair();
    const [com1, com3] = [pics.line(4), pics.line(4)];
    com1.raise();
    com3.raise();
    com1.lower();
    expect(register(pics.master, READ_IRR)).toBe(0x10);
    com3.lower();
    expect(register(pics.master, READ_IRR)).toBe(0);
  });
});

describe('level-sensitive inputs', () => {
  test('a line that stays high asks again after EOI', () => {
    const { pics, raise, lower, intr } = pair();
    pics.edgeLevelControl.writePort(1, 0x08);
    raise(11);
    expect(pics.acknowledge()).toBe(0x2b);
    pics.slave.writePort(0, EOI);
    pics.master.writePort(0, EOI);
    expect(intr.level).toBe(true);
    lower(11);
    expect(intr.level).toBe(false);
  });

  test('ELCR: the bits of IRQ0, 1, 2, 8 and 13 stay 0', () => {
    const { pics } = pair();
    pics.edgeLevelControl.writePort(0, 0xff);
    pics.edgeLevelControl.writePort(1, 0xff);
    expect([pics.edgeLevelControl.readPort(0), pics.edgeLevelControl.readPort(1)]).toEqual([0xf8, 0xde]);
  });

  test('ICW1 LTIM makes all inputs level-sensitive', () => {
    const line = new TestLine();
    const pic = new Pic8259(line);
    pic.setInput(5, true);
    initialize(pic, 0x20, 0, 0x01, 0x1b);
    expect(line.level).toBe(true);
    expect(pic.acknowledge()).toBe(5);
    pic.writePort(0, EOI);
    expect(line.level).toBe(true);
  });
});

describe('OCW2', () => {
  test('specific EOI ends the level it names', () => {
    const { pics, raise, register } = pair();
    raise(4);
    pics.acknowledge();
    raise(1);
    pics.acknowledge();
    pics.master.writePort(0, 0x64);
    expect(register(pics.master, READ_ISR)).toBe(0x02);
  });

  test.each([
    // in service  command  next of IR0..IR7 all requested  why
    [3, 0xa0, 4, 'rotate on non-specific EOI: 3 becomes lowest'],
    [3, 0xe3, 4, 'rotate on specific EOI'],
    [3, 0x20, 0, 'non-specific EOI leaves priorities'],
    [3, 0x40, -1, 'no operation leaves IR3 in service, and IR0 to 2 are masked here'],
  ])('IR%i in service, OCW2 %i: next is %i (%s)', (level, ocw2, next) => {
    const pic = new Pic8259(new TestLine());
    initialize(pic, 0x20, 0, 0x01, 0x13);
    pic.setInput(level, true);
    expect(pic.acknowledge()).toBe(level);
    if (next < 0) pic.writePort(1, 0x07);
    for (let ir = 0; ir < 8; ir++) pic.setInput(ir, true);
    pic.writePort(0, ocw2);
    expect(pic.acknowledge()).toBe(next);
  });

  test('set priority: the level named is lowest, the next one highest', () => {
    const pic = new Pic8259(new TestLine());
    initialize(pic, 0x20, 0, 0x01, 0x13);
    pic.writePort(0, 0xc5);
    for (let ir = 0; ir < 8; ir++) pic.setInput(ir, true);
    const order: number[] = [];
    for (let i = 0; i < 8; i++) {
      order.push(pic.acknowledge());
      pic.writePort(0, 0x60 | order.at(-1)!);
    }
    expect(order).toEqual([6, 7, 0, 1, 2, 3, 4, 5]);
  });

  test('automatic EOI leaves nothing in service; rotation in it makes the level lowest', () => {
    const pic = new Pic8259(new TestLine());
    initialize(pic, 0x20, 0, 0x03, 0x13);
    pic.writePort(0, 0x80);
    pic.setInput(0, true);
    pic.setInput(1, true);
    expect(pic.acknowledge()).toBe(0);
    pic.writePort(0, READ_ISR);
    expect(pic.readPort(0)).toBe(0);
    pic.setInput(0, false);
    pic.setInput(0, true);
    expect([pic.acknowledge(), pic.acknowledge()]).toEqual([1, 0]);
    pic.writePort(0, 0x00); // Rotation off again.
    for (const ir of [0, 1]) {
      pic.setInput(ir, false);
      pic.setInput(ir, true);
    }
    expect(pic.acknowledge()).toBe(1);
  });
});

describe('OCW3', () => {
  test('the register select stays until it is changed', () => {
    const { pics, raise } = pair();
    raise(3);
    pics.acknowledge();
    raise(4);
    pics.master.writePort(0, READ_ISR);
    expect([pics.master.readPort(0), pics.master.readPort(0)]).toEqual([0x08, 0x08]);
    pics.master.writePort(0, READ_IRR);
    expect(pics.master.readPort(0)).toBe(0x10);
  });

  test('poll: the next read is the acknowledge', () => {
    const { pics, raise, register, intr } = pair();
    raise(5);
    pics.master.writePort(0, 0x0c);
    expect(pics.master.readPort(0)).toBe(0x85);
    expect(intr.level).toBe(false);
    expect(register(pics.master, READ_ISR)).toBe(0x20);
    pics.master.writePort(0, 0x0c);
    expect(pics.master.readPort(0) & 0x80).toBe(0);
  });

  test('special mask mode: a masked level in service lets lower ones through', () => {
    const { pics, raise, register, intr } = pair();
    raise(3);
    pics.acknowledge();
    raise(6);
    pics.master.writePort(1, 0x08);
    expect(intr.level).toBe(false);
    pics.master.writePort(0, 0x68);
    expect(intr.level).toBe(true);
    expect(pics.acknowledge()).toBe(0x26);
    pics.master.writePort(0, EOI); // Not the masked bit.
    expect(register(pics.master, READ_ISR)).toBe(0x08);
    pics.master.writePort(0, EOI);
    expect(register(pics.master, READ_ISR)).toBe(0x08);
    pics.master.writePort(0, 0x48); // Special mask mode off.
    pics.master.writePort(0, EOI);
    expect(register(pics.master, READ_ISR)).toBe(0);
  });
});

describe('special fully nested mode', () => {
  test.each([
    [0x01, false, 'without: the slave is locked out while its level is in service'],
    [0x11, true, 'with: a higher request of the same slave gets through'],
  ])('ICW4 %i: %s (%s)', (icw4, through) => {
    const { pics, raise, intr } = pair(icw4);
    raise(12);
    expect(pics.acknowledge()).toBe(0x2c);
    raise(9);
    expect(intr.level).toBe(through);
    if (through) expect(pics.acknowledge()).toBe(0x29);
  });

  test('levels below the slave stay locked out', () => {
    const { pics, raise, intr } = pair(0x11);
    raise(12);
    pics.acknowledge();
    raise(3);
    expect(intr.level).toBe(false);
  });
});

test('reset returns to the unprogrammed state', () => {
  const { pics, raise, intr } = pair();
  raise(1);
  pics.edgeLevelControl.writePort(0, 0xff);
  pics.reset();
  expect(intr.level).toBe(false);
  expect(pics.edgeLevelControl.readPort(0)).toBe(0);
});
