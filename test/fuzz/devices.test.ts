import fc from 'fast-check';
import { describe, test } from 'vitest';
import { type PortDevice, PortSpace } from '../../src/bus/ports.ts';
import { DebugExit } from '../../src/devices/debug-exit.ts';
import { DebugConsole } from '../../src/devices/debugcon.ts';
import { Dma8237, DmaPageRegisters } from '../../src/devices/dma8237.ts';
import { I8042 } from '../../src/devices/i8042.ts';
import { Pic8259Pair } from '../../src/devices/pic8259.ts';
import { Pit8254 } from '../../src/devices/pit8254.ts';
import { DelayPort, PostCodePort } from '../../src/devices/post-code.ts';
import { PowerControlPort, ShutdownPort } from '../../src/devices/power-ports.ts';
import { Rtc146818 } from '../../src/devices/rtc146818.ts';
import { SystemControlPortA, SystemControlPortB } from '../../src/devices/system-control.ts';
import { Uart16550 } from '../../src/devices/uart16550.ts';
import { TestClock, TestLine } from '../support/test-clock.ts';

const nothing = () => {};

interface Bench {
  readonly clock: TestClock;
  readonly pics: Pic8259Pair;
}

interface Attachment {
  readonly count: number;
  readonly device: PortDevice;
  /** What the outside world does to the device, with a byte of luck. */
  readonly host?: (byte: number) => void;
}

const DEVICES: readonly (readonly [name: string, build: (bench: Bench) => Attachment])[] = [
  ['uart', ({ clock, pics }) => uart(clock, pics, false)],
  ['timed uart', ({ clock, pics }) => uart(clock, pics, true)],
  [
    'master pic',
    ({ pics }) => {
      const lines = [pics.line(0), pics.line(9)] as const;
      return {
        count: 2,
        device: pics.master,
        host: (byte) => (byte & 1 ? lines[(byte >> 1) & 1]!.raise() : lines[(byte >> 1) & 1]!.lower()),
      };
    },
  ],
  ['slave pic', ({ pics }) => ({ count: 2, device: pics.slave, host: () => void pics.acknowledge() })],
  ['elcr', ({ pics }) => ({ count: 2, device: pics.edgeLevelControl })],
  [
    'pit',
    ({ clock, pics }) => {
      const device = new Pit8254(clock, pics.line(0));
      return { count: 4, device, host: (byte) => device.setGate(byte & 3, (byte & 4) !== 0) };
    },
  ],
  [
    'port 61h',
    ({ clock }) => ({ count: 1, device: new SystemControlPortB(clock, new Pit8254(clock, new TestLine())) }),
  ],
  ['port 92h', () => ({ count: 1, device: new SystemControlPortA(nothing, nothing) })],
  ['rtc', ({ clock, pics }) => ({ count: 2, device: new Rtc146818(clock, pics.line(8)) })],
  [
    'i8042',
    ({ pics }) => {
      const device = new I8042(pics.line(1), pics.line(12));
      return {
        count: 8,
        device,
        host: (byte) => (byte & 1 ? device.pressKeys([byte]) : device.moveMouse(byte - 128, 64 - byte, byte)),
      };
    },
  ],
  ['debug console', () => ({ count: 1, device: new DebugConsole(nothing) })],
  ['debug exit', () => ({ count: 4, device: new DebugExit(nothing) })],
  ['power control', () => ({ count: 2, device: new PowerControlPort(nothing) })],
  ['shutdown', () => ({ count: 1, device: new ShutdownPort(nothing) })],
  ['post code', () => ({ count: 1, device: new PostCodePort() })],
  ['delay', () => ({ count: 1, device: new DelayPort() })],
  ['first dma', () => ({ count: 16, device: new Dma8237(0) })],
  ['second dma', () => ({ count: 32, device: new Dma8237(1) })],
  ['dma pages', () => ({ count: 16, device: new DmaPageRegisters() })],
];

function uart(clock: TestClock, pics: Pic8259Pair, timed: boolean): Attachment {
  const device = new Uart16550(pics.line(4), clock, { timed });
  return {
    count: 8,
    device,
    host: (byte) =>
      byte & 1 ? device.receive([byte]) : byte & 2 ? device.receiveBreak() : device.setModemInputs(byte),
  };
}

function mustBeUnsigned(value: number, limit: number): void {
  if (!Number.isInteger(value) || value < 0 || value > limit) throw new RangeError(`${value} came out`);
}

const step = fc.record({
  deed: fc.constantFrom(
    'read8',
    'read16',
    'read32',
    'write8',
    'write8',
    'write16',
    'write32',
    'host',
    'wait' as const,
  ),
  offset: fc.nat(31),
  value: fc.oneof(fc.nat(255), fc.nat(0xffffffff)),
});

describe('any port access at any time', () => {
  test.each(DEVICES)('%s', (_name, build) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) => {
        const clock = new TestClock();
        const pics = new Pic8259Pair(new TestLine());
        const { count, device, host } = build({ clock, pics });
        const ports = new PortSpace();
        ports.attach(0x100, count, device);
        for (const { deed, offset, value } of steps) {
          const port = 0x100 + (offset % count);
          switch (deed) {
            case 'read8':
            case 'read16':
            case 'read32': {
              mustBeUnsigned(ports[deed](port), 0xffffffff);
              mustBeUnsigned(device.readPort(offset % count), 0xff);
              break;
            }
            case 'write8':
            case 'write16':
            case 'write32':
              ports[deed](port, value);
              break;
            case 'host':
              host?.(value & 0xff);
              break;
            default:
              clock.advance(value % 50_000_000);
          }
          mustBeUnsigned(pics.acknowledge(), 0xff);
        }
      }),
      { numRuns: 200 },
    );
  });
});
