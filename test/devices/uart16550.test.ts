import { describe, expect, test } from 'vitest';
import {
  MSR_CTS,
  MSR_DCD,
  MSR_DSR,
  MSR_RI,
  Uart16550,
  type Uart16550Options,
} from '../../src/devices/uart16550.ts';
import { TestClock, TestLine } from '../support/test-clock.ts';

const DLL = 0;
const RBR = 0;
const THR = 0;
const DLM = 1;
const IER = 1;
const IIR = 2;
const FCR = 2;
const LCR = 3;
const MCR = 4;
const LSR = 5;
const MSR = 6;
const SCR = 7;
const OUT2 = 0x08;
const LOOP = 0x10;

/** 8N1 at 115200 baud: ten bits of 8680.5 ns. */
const CHARACTER_115200 = 86_806;

function uart(options: Uart16550Options = {}) {
  const clock = new TestClock();
  const line = new TestLine();
  const sent: number[] = [];
  const device = new Uart16550(line, clock, { onTransmit: (byte) => sent.push(byte), ...options });
  device.writePort(LCR, 0x83);
  device.writePort(DLL, 1);
  device.writePort(DLM, 0);
  device.writePort(LCR, 0x03);
  device.writePort(MCR, OUT2);
  return { clock, line, sent, device };
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('registers', () => {
  test.each([
    // register  value  read back  why
    ['IER', IER, 0xff, 0x0f, 'bits 7-4 are always 0'],
    ['LCR', LCR, 0x7f, 0x7f, 'all bits'],
    ['MCR', MCR, 0xff, 0x1f, 'bits 7-5 are always 0'],
    ['SCR', SCR, 0xa5, 0xa5, 'scratch'],
  ])('%s at %i: %i reads as %i (%s)', (_name, register, value, expected) => {
    const { device } = uart();
    device.writePort(register, value);
    expect(device.readPort(register)).toBe(expected);
  });

  test('after reset: IER, MCR, LCR 0; IIR 01h; LSR 60h', () => {
    const device = new Uart16550(new TestLine(), new TestClock());
    expect([IER, IIR, LCR, MCR, LSR].map((r) => device.readPort(r))).toEqual([0, 0x01, 0, 0, 0x60]);
  });

  test('reset() keeps scratch and divisor and lowers the line', () => {
    const { device, line } = uart();
    device.writePort(SCR, 0x42);
    device.writePort(IER, 0x02);
    expect(line.level).toBe(true);
    device.reset();
    expect(line.level).toBe(false);
    expect(device.readPort(SCR)).toBe(0x42);
    device.writePort(LCR, 0x80);
    expect([device.readPort(DLL), device.readPort(DLM)]).toEqual([1, 0]);
  });

  test('the divisor latches answer only while DLAB is set', () => {
    const { device, sent } = uart();
    device.writePort(LCR, 0x83);
    device.writePort(DLL, 0x34);
    device.writePort(DLM, 0x12);
    expect([device.readPort(DLL), device.readPort(DLM)]).toEqual([0x34, 0x12]);
    device.writePort(LCR, 0x03);
    expect(device.readPort(IER)).toBe(0);
    expect(sent).toEqual([]);
  });

  test('LSR and MSR ignore writes', () => {
    const { device } = uart();
    device.writePort(LSR, 0xff);
    device.writePort(MSR, 0xff);
    expect(device.readPort(LSR)).toBe(0x60);
    expect(device.readPort(MSR)).toBe(MSR_CTS | MSR_DSR | MSR_DCD);
  });
});

describe('transmission', () => {
  test('untimed: the byte leaves at the write and the transmitter is empty at once', () => {
    const { device, sent } = uart();
    for (const byte of [0x48, 0x69]) device.writePort(THR, byte);
    expect(sent).toEqual([0x48, 0x69]);
    expect(device.readPort(LSR)).toBe(0x60);
  });

  test('untimed: eight bits leave before LCR is programmed', () => {
    const sent: number[] = [];
    const device = new Uart16550(new TestLine(), new TestClock(), { onTransmit: (b) => sent.push(b) });
    device.writePort(THR, 0x41);
    expect(sent).toEqual([0x41]);
  });

  test('set break holds SOUT at spacing', () => {
    const { device, sent } = uart();
    device.writePort(LCR, 0x43);
    device.writePort(THR, 0x41);
    expect(sent).toEqual([]);
  });

  test('timed: THRE falls while the holding register is full, TEMT until the last bit is out', () => {
    const { device, clock, sent } = uart({ timed: true });
    device.writePort(THR, 0x41); // To the shift register at once.
    expect(device.readPort(LSR)).toBe(0x20);
    device.writePort(THR, 0x42);
    expect(device.readPort(LSR)).toBe(0x00);
    clock.advance(CHARACTER_115200);
    expect(sent).toEqual([0x41]);
    expect(device.readPort(LSR)).toBe(0x20);
    clock.advance(CHARACTER_115200);
    expect(sent).toEqual([0x41, 0x42]);
    expect(device.readPort(LSR)).toBe(0x60);
  });

  test('timed: the FIFO takes sixteen besides the shift register, and loses the rest', () => {
    const { device, clock, sent } = uart({ timed: true });
    device.writePort(FCR, 0x01);
    for (const byte of range(20)) device.writePort(THR, byte);
    clock.advance(20 * CHARACTER_115200);
    expect(sent).toEqual(range(17));
  });

  test.each([
    // LCR    divisor  ns          why
    [0x03, 1, 86_806, '8N1'],
    [0x03, 12, 1_041_667, '8N1 at 9600'],
    [0x1b, 1, 95_486, '8E1: eleven bits'],
    [0x07, 1, 95_486, '8N2: eleven bits'],
    [0x04, 1, 65_104, '5N1.5: seven and a half bits'],
    [0x00, 1, 60_764, '5N1: seven bits'],
  ])('LCR %i, divisor %i: %i ns a character (%s)', (lcr, divisor, ns) => {
    const { device, clock, sent } = uart({ timed: true });
    device.writePort(LCR, 0x80);
    device.writePort(DLL, divisor);
    device.writePort(LCR, lcr);
    device.writePort(THR, 1);
    clock.advance(ns - 1);
    expect(sent).toEqual([]);
    clock.advance(1);
    expect(sent).toEqual([1]);
  });
});

describe('reception', () => {
  test('without FIFOs one character at a time, nothing lost', () => {
    const { device } = uart();
    device.receive([1, 2, 3]);
    const read: number[] = [];
    while (device.readPort(LSR) & 1) read.push(device.readPort(RBR));
    expect(read).toEqual([1, 2, 3]);
    expect(device.waitingBytes).toBe(0);
  });

  test('with FIFOs sixteen are taken, the next follows each read', () => {
    const { device } = uart();
    device.writePort(FCR, 0x01);
    device.receive(range(40));
    expect(device.waitingBytes).toBe(24);
    expect(device.readPort(RBR)).toBe(0);
    expect(device.waitingBytes).toBe(23);
    expect(range(39).map(() => device.readPort(RBR))).toEqual(range(40).slice(1));
    expect(device.readPort(LSR) & 1).toBe(0);
  });

  test('thousands of waiting bytes keep their order', () => {
    const { device } = uart();
    const bytes = range(10_000).map((i) => i & 0xff);
    device.receive(bytes);
    expect(bytes.map(() => device.readPort(RBR))).toEqual(bytes);
  });

  test('the word length masks', () => {
    const { device } = uart();
    device.writePort(LCR, 0x02);
    device.receive([0xff]);
    expect(device.readPort(RBR)).toBe(0x7f);
  });

  test('a break is a zero character with BI and FE, cleared by reading LSR', () => {
    const { device } = uart();
    device.receiveBreak();
    expect(device.readPort(LSR)).toBe(0x79);
    expect(device.readPort(LSR)).toBe(0x61);
    expect(device.readPort(RBR)).toBe(0);
  });

  test('in the FIFO an error shows when its character is at the top; bit 7 as long as one is inside', () => {
    const { device } = uart();
    device.writePort(FCR, 0x01);
    device.receive([0x41]);
    device.receiveBreak();
    expect(device.readPort(LSR)).toBe(0xe1);
    expect(device.readPort(RBR)).toBe(0x41);
    expect(device.readPort(LSR)).toBe(0xf9);
    expect(device.readPort(LSR)).toBe(0x61);
  });

  test('timed: one character time each', () => {
    const { device, clock } = uart({ timed: true });
    device.writePort(FCR, 0x01);
    device.receive([1, 2]);
    expect(device.readPort(LSR) & 1).toBe(0);
    clock.advance(CHARACTER_115200);
    expect(device.readPort(RBR)).toBe(1);
    expect(device.readPort(LSR) & 1).toBe(0);
    clock.advance(CHARACTER_115200);
    expect(device.readPort(RBR)).toBe(2);
  });

  test('flow control: the other end waits for RTS', () => {
    const { device } = uart({ flowControl: true });
    device.receive([1]);
    expect(device.readPort(LSR) & 1).toBe(0);
    device.writePort(MCR, 0x0b);
    expect(device.readPort(RBR)).toBe(1);
  });
});

describe('FIFO control', () => {
  test('IIR bits 7 and 6 tell that the FIFOs are on', () => {
    const { device } = uart();
    device.writePort(FCR, 0x01);
    expect(device.readPort(IIR)).toBe(0xc1);
    device.writePort(FCR, 0x00);
    expect(device.readPort(IIR)).toBe(0x01);
  });

  test('reset receiver empties it; without bit 0 no other bit is programmed', () => {
    const { device } = uart();
    device.writePort(FCR, 0x01);
    device.receive(range(3));
    device.writePort(FCR, 0x03);
    expect(device.readPort(LSR) & 1).toBe(0);
    device.receive(range(3));
    device.writePort(FCR, 0x02); // Turns the FIFOs off, which clears them too.
    expect(device.readPort(LSR) & 1).toBe(0);
  });

  test.each([
    [0x01, 1],
    [0x41, 4],
    [0x81, 8],
    [0xc1, 14],
  ])('FCR %i: data available from %i characters on, and not below', (fcr, trigger) => {
    const { device, line } = uart();
    device.writePort(FCR, fcr);
    device.writePort(IER, 0x01);
    device.receive(range(trigger - 1));
    expect(line.level).toBe(false);
    device.receive([0]);
    expect(line.level).toBe(true);
    expect(device.readPort(IIR)).toBe(0xc4);
    device.readPort(RBR);
    expect(line.level).toBe(false);
  });

  test('character timeout: four character times after the last arrival or read', () => {
    const { device, line, clock } = uart();
    device.writePort(FCR, 0xc1);
    device.writePort(IER, 0x01);
    device.receive([1, 2]);
    clock.advance(4 * CHARACTER_115200 - 1);
    expect(line.level).toBe(false);
    clock.advance(1);
    expect(line.level).toBe(true);
    expect(device.readPort(IIR)).toBe(0xcc);
    expect(device.readPort(RBR)).toBe(1);
    expect(line.level).toBe(false);
    clock.advance(4 * CHARACTER_115200);
    expect(device.readPort(IIR)).toBe(0xcc);
    device.readPort(RBR);
    clock.advance(10 * CHARACTER_115200);
    expect(device.readPort(IIR)).toBe(0xc1);
  });
});

describe('interrupts', () => {
  test('priority: line status, data, THR empty, modem status', () => {
    const { device, line } = uart();
    device.writePort(IER, 0x0f);
    device.receiveBreak();
    device.setModemInputs(0);
    expect(device.readPort(IIR)).toBe(0x06);
    device.readPort(LSR);
    expect(device.readPort(IIR)).toBe(0x04);
    device.readPort(RBR);
    expect(device.readPort(IIR)).toBe(0x02);
    expect(device.readPort(IIR)).toBe(0x00);
    expect(line.level).toBe(true);
    device.readPort(MSR);
    expect(device.readPort(IIR)).toBe(0x01);
    expect(line.level).toBe(false);
  });

  test('THR empty: raised by enabling, cleared by reading IIR as its source, raised again by each write', () => {
    const { device, line } = uart();
    device.writePort(IER, 0x02);
    expect(line.level).toBe(true);
    expect(device.readPort(IIR)).toBe(0x02);
    expect(line.level).toBe(false);
    device.writePort(THR, 0x41);
    expect(line.level).toBe(true);
    device.writePort(THR, 0x42);
    expect(line.edges).toBe(3); // The write clears before the empty register requests: an edge each time.
    device.writePort(IER, 0x00);
    expect(line.level).toBe(false);
    device.writePort(IER, 0x02);
    expect(device.readPort(IIR)).toBe(0x02);
  });

  test('reading IIR for another source leaves THR empty pending', () => {
    const { device } = uart();
    device.writePort(IER, 0x03);
    device.receive([1]);
    expect(device.readPort(IIR)).toBe(0x04);
    device.readPort(RBR);
    expect(device.readPort(IIR)).toBe(0x02);
  });

  test('timed: THR empty comes when the FIFO has run empty', () => {
    const { device, clock } = uart({ timed: true });
    device.writePort(FCR, 0x01);
    device.writePort(IER, 0x02);
    device.readPort(IIR);
    device.writePort(THR, 1);
    device.writePort(THR, 2);
    expect(device.readPort(IIR)).toBe(0xc1);
    clock.advance(CHARACTER_115200);
    expect(device.readPort(IIR)).toBe(0xc2);
  });

  test('OUT2 enables the driver of the line', () => {
    const { device, line } = uart();
    device.writePort(IER, 0x02);
    device.writePort(MCR, 0);
    expect(line.level).toBe(false);
    device.writePort(MCR, OUT2);
    expect(line.level).toBe(true);
  });

  test('and does not where the board says so', () => {
    const { device, line } = uart({ out2EnablesInterrupt: false });
    device.writePort(MCR, 0);
    device.writePort(IER, 0x02);
    expect(line.level).toBe(true);
  });
});

describe('modem status', () => {
  test.each([
    // from  to  MSR  why
    [0, MSR_CTS, 0x11, 'DCTS'],
    [0, MSR_DSR, 0x22, 'DDSR'],
    [0, MSR_DCD, 0x88, 'DDCD'],
    [0, MSR_RI, 0x40, 'no TERI on the leading edge'],
    [MSR_RI, 0, 0x04, 'TERI on the trailing edge'],
    [MSR_CTS, 0, 0x01, 'DCTS on release too'],
  ])('%i -> %i reads %i (%s)', (from, to, status) => {
    const { device } = uart();
    device.setModemInputs(from);
    device.readPort(MSR);
    device.setModemInputs(to);
    expect(device.readPort(MSR)).toBe(status);
    expect(device.readPort(MSR)).toBe(to);
  });
});

describe('loopback', () => {
  test.each([
    // MCR  MSR high nibble
    [LOOP, 0x00],
    [LOOP | 0x01, MSR_DSR],
    [LOOP | 0x02, MSR_CTS],
    [LOOP | 0x04, MSR_RI],
    [LOOP | 0x08, MSR_DCD],
    [LOOP | 0x0a, 0x90], // What Linux's autoconfig looks for.
    [LOOP | 0x0f, 0xf0],
  ])('MCR %i: MSR %i', (mcr, msr) => {
    const { device } = uart();
    device.writePort(MCR, mcr);
    expect(device.readPort(MSR) & 0xf0).toBe(msr);
  });

  test('what is written is read, and nothing leaves', () => {
    const { device, sent } = uart();
    device.writePort(MCR, LOOP);
    device.writePort(THR, 0xae);
    expect(device.readPort(LSR)).toBe(0x61);
    expect(device.readPort(RBR)).toBe(0xae);
    expect(sent).toEqual([]);
  });

  test('the other end is disconnected, and its bytes wait', () => {
    const { device } = uart();
    device.writePort(MCR, LOOP);
    device.receive([7]);
    expect(device.readPort(LSR) & 1).toBe(0);
    device.writePort(MCR, OUT2);
    expect(device.readPort(RBR)).toBe(7);
  });

  test('overrun without FIFOs: the new character replaces the old', () => {
    const { device } = uart();
    device.writePort(MCR, LOOP);
    device.writePort(THR, 1);
    device.writePort(THR, 2);
    expect(device.readPort(LSR)).toBe(0x63);
    expect(device.readPort(RBR)).toBe(2);
    expect(device.readPort(LSR)).toBe(0x60);
  });

  test('overrun with FIFOs: the seventeenth is lost', () => {
    const { device } = uart();
    device.writePort(FCR, 0x01);
    device.writePort(MCR, LOOP);
    for (const byte of range(17)) device.writePort(THR, byte);
    expect(device.readPort(LSR)).toBe(0x63);
    expect(range(16).map(() => device.readPort(RBR))).toEqual(range(16));
    expect(device.readPort(LSR) & 1).toBe(0);
  });

  test('OUT2 is forced off, so no interrupt leaves the adapter', () => {
    const { device, line } = uart();
    device.writePort(IER, 0x02);
    device.writePort(MCR, LOOP | OUT2);
    expect(line.level).toBe(false);
    expect(device.readPort(IIR)).toBe(0x02);
  });
});
