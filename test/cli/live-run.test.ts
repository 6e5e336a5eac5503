import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Input } from '../../src/cli/io.ts';
import { EscapeFilter, runLive } from '../../src/cli/live-run.ts';
import { createMachine, createPc, type Pc } from '../../src/index.ts';
import { KERNEL, LOADER, longmode, recordingIo } from './recording-io.ts';

const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const image = (path: string) => ({ name: path, bytes: new Uint8Array(readFileSync(path)) });

/** A keyboard that the test types on, and a host clock that passes while the guest sleeps or looks at it. */
function desk() {
  let time = 1000;
  let receive: ((bytes: Uint8Array) => void) | undefined;
  const calls: string[] = [];
  const slept: number[] = [];
  const stdin: Input = {
    isTerminal: true,
    start: (mode, to) => {
      calls.push(`start ${mode}`);
      receive = to;
    },
    stop: () => calls.push('stop'),
  };
  const io = recordingIo(
    {},
    {
      stdin,
      now: () => {
        time += 0.01;
        return time;
      },
      sleep: async (milliseconds) => {
        slept.push(milliseconds);
        time += milliseconds;
        onSleep?.();
      },
    },
  );
  let onSleep: (() => void) | undefined;
  return {
    io,
    calls,
    slept,
    type: (text: string) => receive?.(bytes(text)),
    eachSleep: (deed: () => void) => {
      onSleep = deed;
    },
    elapsed: () => time - 1000,
  };
}

/** A processor in real mode that runs `code` at 7C00h. */
function realMode(code: readonly number[]): Pc {
  const pc = createPc({ memory: 1 << 20 });
  pc.space.load(0x7c00, Uint8Array.from(code));
  pc.core.setRip(0x7c00, 0);
  pc.state.words.fill(0, 0xa0 >> 2, (0xa0 >> 2) + 8);
  return pc;
}

describe('escape filter', () => {
  const filter = () => {
    const commands: string[] = [];
    const note = (name: string) => () => void commands.push(name);
    return {
      commands,
      it: new EscapeFilter({ quit: note('quit'), sendBreak: note('break'), help: note('help') }),
    };
  };

  it('passes everything but what follows Ctrl-A, however the bytes are cut', () => {
    const { commands, it: f } = filter();
    expect([...f.filter(bytes('ls\x01'))]).toEqual([...bytes('ls')]);
    expect([...f.filter(bytes('x\x01c\x01?ok'))]).toEqual([...bytes('ok')]);
    expect(commands).toEqual(['quit', 'break', 'help']);
  });

  it('sends Ctrl-A when it is typed twice', () => {
    expect([...filter().it.filter(bytes('a\x01\x01b'))]).toEqual([...bytes('a\x01b')]);
  });
});

describe('--clock host', () => {
  it('runs a guest to its end', async () => {
    const { io, calls } = desk();
    const machine = createMachine({ kernel: image(LOADER), modules: [image(KERNEL)] });
    const result = await runLive(io, machine, { limits: {}, input: 'raw' });
    expect(result.reason).toBe('debug-exit');
    expect(calls).toEqual(['start raw', 'stop']);
  });

  it('lets an idle guest sleep as long as the host does, and hands over what is typed', async () => {
    const { io, type, eachSleep, elapsed, slept } = desk();
    // The timer interrupts; HLT waits for it: sti; hlt; jmp $-1.
    const machine = realMode([0xfb, 0xf4, 0xeb, 0xfd]);
    let looks = 0;
    eachSleep(() => {
      if (++looks === 20) type('hi');
      if (looks === 40) type('\x01x');
    });
    const result = await runLive(io, machine, { limits: { timeout: 10 }, input: 'raw' });
    expect(result).toMatchObject({ reason: 'stopped', status: 0 });
    expect(machine.devices.uarts[0]!.waitingBytes + (machine.ports.read8(0x3fd) % 2)).toBe(2);
    expect(Math.abs(machine.guestNanoseconds / 1e6 - elapsed())).toBeLessThan(20);
    expect(slept.filter((ms) => ms > 1).length).toBeGreaterThan(30);
  });

  it('ends lines as the Enter key does', async () => {
    const { io, type, eachSleep } = desk();
    const machine = realMode([0xfb, 0xf4, 0xeb, 0xfd]);
    eachSleep(() => type('\n'));
    await runLive(io, machine, { limits: { timeout: 0.02 }, input: 'line' });
    expect(machine.ports.read8(0x3f8)).toBe(0x0d);
  });

  it('stops at its limits', async () => {
    const { io } = desk();
    const machine = realMode([0xeb, 0xfe]); // jmp $
    const first = await runLive(io, machine, { limits: { maxInstructions: 500_000 }, input: undefined });
    expect(first).toMatchObject({ reason: 'limit', status: 124 });
    expect(machine.instructions).toBe(500_000);
    const second = await runLive(io, machine, { limits: { wallTimeout: 0.002 }, input: undefined });
    expect(second.detail).toContain('host time');
  });

  it.each([
    [['--clock', 'sundial'], '--clock is sundial, expected virtual or host'],
    [['--input', 'raw'], '--input: given without --clock host, expected both or neither'],
    [['--clock', 'host', '--input', 'keys'], '--input is keys, expected raw or line'],
    [['--clock', 'host', '--trace', 't'], '--trace: given with --clock host, expected the virtual clock'],
  ])('refuses %j with one line', async (options, line) => {
    const io = recordingIo();
    expect(await longmode(io, 'run', LOADER, ...options)).toBe(2);
    expect(io.err()).toBe(`longmode: ${line}\n`);
  });
});
