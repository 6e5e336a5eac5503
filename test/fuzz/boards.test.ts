/** Whole boards, and everything on them: a guest may do what it likes to any register at any time. */
import { expect, test } from 'vitest';
import { createPc, type Pc, type PcConfig } from '../../src/machine/pc.ts';
import { Random } from '../oracle/random.ts';
import { freshSeed } from '../support/fresh-seed.ts';

const RAM_BYTES = 4 << 20;
const ACCESSES = Number(process.env['FUZZ_ACCESSES'] ?? 400_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? freshSeed());

function disk(): { bytes: Uint8Array; onWrite(): void } {
  return { bytes: new Uint8Array(256 * 512), onWrite: () => {} };
}

const BOARDS: readonly (readonly [name: string, config: Omit<PcConfig, 'memory'>])[] = [
  [
    'isa',
    {
      board: 'isa',
      floppy: { bytes: new Uint8Array(737280) },
      disk: { bytes: new Uint8Array(256 * 512) },
      cdrom: new Uint8Array(64 * 2048),
    },
  ],
  ['pc', { board: 'pc', disk: disk(), cdrom: new Uint8Array(64 * 2048), vgaRom: new Uint8Array(32768) }],
  [
    'pc with virtio devices and two processors',
    { board: 'pc', processors: 2, virtio: { disk: disk(), console: true, rng: 1 } },
  ],
];

/** What is worth more visits than the rest of four gibibytes. */
const PLACES = [
  0xa0000, 0xb8000, 0xc0000, 0xe0000, 0xfec00000, 0xfed00000, 0xfee00000, 0xe0000000, 0xfffffff0,
];
const BYTES = [1, 1, 2, 4, 4] as const;

class Guest {
  readonly #pc: Pc;
  readonly #random: Random;
  readonly #ports: readonly number[];

  constructor(pc: Pc, random: Random) {
    this.#pc = pc;
    this.#random = random;
    this.#ports = [...pc.ports.devices().keys()];
  }

  /** One access or another. */
  act(): void {
    const random = this.#random;
    const kind = random.below(16);
    if (kind < 7)
      this.#port(random.chance(0.9) ? random.pick(this.#ports) + random.below(4) : random.below(0x10000));
    else if (kind < 10) this.#configuration();
    else if (kind < 15) this.#memory(this.#place());
    else this.#world();
  }

  #value(): number {
    const random = this.#random;
    return random.chance(0.6) ? random.below(256) : random.word() >>> 0;
  }

  #port(port: number): void {
    const { ports } = this.#pc;
    const value = this.#value();
    const at = port & 0xffff;
    const isRead = this.#random.chance(0.5);
    const bytes = this.#random.pick(BYTES);
    if (bytes === 1) isRead ? check(ports.read8(at), 1) : ports.write8(at, value & 0xff);
    else if (bytes === 2) isRead ? check(ports.read16(at), 2) : ports.write16(at, value & 0xffff);
    else isRead ? check(ports.read32(at), 4) : ports.write32(at, value);
  }

  /** A register of a function that may be there, by mechanism #1. */
  #configuration(): void {
    const random = this.#random;
    const register = random.chance(0.5)
      ? random.below(64) * 4
      : random.pick([4, 0x10, 0x14, 0x20, 0x30, 0x40, 0x58, 0x5c, 0x70, 0x80]);
    this.#pc.ports.write32(
      0xcf8,
      (0x80000000 | (random.below(7) << 11) | (random.below(4) << 8) | register) >>> 0,
    );
    this.#port(0xcfc + random.below(4));
  }

  #place(): number {
    const random = this.#random;
    if (random.chance(0.1)) return random.word() >>> 0;
    const windows = this.#pc.devices.chipset?.pci.memoryWindows ?? [];
    const window = windows.length > 0 && random.chance(0.6) ? random.pick(windows) : undefined;
    if (window) return window.base + random.below(Math.min(window.bytes, 0x5000));
    return random.pick(PLACES) + random.below(0x1000);
  }

  #memory(address: number): void {
    const { space } = this.#pc;
    const value = this.#value();
    const bytes = this.#random.pick(BYTES);
    const isRead = this.#random.chance(0.5);
    if (bytes === 1) isRead ? check(space.read8(address), 1) : space.write8(address, value & 0xff);
    else if (bytes === 2) isRead ? check(space.read16(address), 2) : space.write16(address, value & 0xffff);
    else isRead ? check(space.read32(address), 4) : space.write32(address, value);
  }

  /** Time goes on, somebody types, memory holds something else, the processor takes its interrupt. */
  #world(): void {
    const { clock, serial, virtioConsole, devices, space, core } = this.#pc;
    const random = this.#random;
    switch (random.below(6)) {
      case 0:
        clock.skipTo(clock.now() + random.below(50_000));
        break;
      case 1:
        serial.send(Uint8Array.of(random.below(256)));
        virtioConsole.send(Uint8Array.of(random.below(256)));
        break;
      case 2:
        devices.keyboard.pressKeys([random.below(128)]);
        break;
      case 3:
        space.write32(random.below(RAM_BYTES - 4), this.#value());
        break;
      case 4:
        check(core.interruptController?.acknowledge() ?? 0, 1);
        break;
      default:
        if (random.below(200) === 0) devices.reset();
        else clock.skipTo(clock.now() + random.below(2_000_000));
    }
    clock.fireDue();
  }
}

function check(value: number, bytes: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * bytes))
    throw new RangeError(`${value} came out`);
}

test.each(BOARDS)('%s', (_name, config) => {
  const random = new Random(SEED);
  const pc = createPc({ ...config, memory: RAM_BYTES });
  pc.devices.chipset?.initialise();
  const guest = new Guest(pc, random);
  let done = 0;
  try {
    for (; done < ACCESSES; done++) guest.act();
  } catch (error) {
    throw new Error(`FUZZ_SEED=${SEED}, access ${done}`, { cause: error });
  }
  // And the processor still runs on what is left of it.
  pc.devices.reset();
  pc.space.load(0x1000, Uint8Array.of(0xeb, 0xfe));
  expect(pc.run({ maxInstructions: 1000 }).reason).not.toBe('internal-error');
  expect(done).toBe(ACCESSES);
});
