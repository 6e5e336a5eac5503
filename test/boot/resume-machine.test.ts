import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  createFirmwareMachine,
  createMachine,
  createPc,
  Machine,
  resumeMachine,
  Snapshot,
  SnapshotError,
} from '../../src/index.ts';
import { GUESTS } from '../support/dist.ts';

const file = (name: string) => ({ name, bytes: new Uint8Array(readFileSync(join(GUESTS, name))) });
const LOADER = file('bin/higher-half/loader.elf');
const disk = { name: 'disk.img', bytes: new Uint8Array(512 * 64).fill(3) };
const throughFile = (snapshot: Snapshot) => Snapshot.fromBytes(snapshot.toBytes());

describe('a machine from a snapshot', () => {
  it('is what createMachine made: plan, images, options', () => {
    const machine = createMachine({ kernel: LOADER, commandLine: 'a b', memory: 16 << 20, processors: 2 });
    machine.run({ maxInstructions: 2000 });
    const again = resumeMachine(throughFile(machine.snapshot()));
    expect(again.plan?.writes).toEqual(machine.plan.writes);
    expect(again.images.map((i) => [i.name, i.symbols])).toEqual(
      machine.images.map((i) => [i.name, i.symbols]),
    );
    expect(again.registers()).toEqual(machine.registers());
    expect([again.memory, again.processors.all.length, again.board]).toEqual([16 << 20, 2, 'pc']);
  });

  it('or createPc', () => {
    const machine = createPc({ memory: 1 << 20, board: 'isa', disk: disk.bytes });
    machine.space.load(0x500, Uint8Array.of(0xeb, 0xfe));
    const again = resumeMachine(machine.snapshot());
    expect(again.readPhysical(0x500, 2)).toEqual(Uint8Array.of(0xeb, 0xfe));
    expect(again.board).toBe('isa');
  });

  it('or createFirmwareMachine, with its ROM, files and reset', () => {
    const bytes = new Uint8Array(0x10000).fill(0xf4);
    bytes.set([0xb0, 0xfe, 0xe6, 0x64], 0xfff0); // mov al, 0xfe; out 0x64, al: reset.
    const machine = createFirmwareMachine({ bios: { name: 'bios', bytes } });
    machine.devices.fwCfg.addFile('opt/a', Uint8Array.of(1));
    machine.run({ maxInstructions: 1 });
    const again = resumeMachine(throughFile(machine.snapshot()));
    for (const m of [machine, again]) m.run({ maxInstructions: 2 });
    expect(again.resets).toBe(1);
    expect(again.registers()).toEqual(machine.registers());
    expect(again.snapshot().toBytes()).toEqual(machine.snapshot().toBytes());
  });

  it('but no machine without a board can be made', () => {
    const machine = new Machine({ memory: 1 << 20 });
    const snapshot = machine.snapshot();
    machine.space.load(0, Uint8Array.of(1));
    machine.restore(snapshot);
    expect(machine.readPhysical(0, 1)[0]).toBe(0);
    expect(() => resumeMachine(snapshot)).toThrow(
      'machine: bare: expected one that createMachine or createPc',
    );
  });
});

describe('its media', () => {
  const machine = createMachine({ kernel: LOADER, disk });
  const inMemory = machine.snapshot();
  const inFile = throughFile(inMemory);

  it('are at hand in memory, and given again with a file', () => {
    expect(resumeMachine(inMemory).origin).toEqual(machine.origin);
    const renamed = { ...disk, name: 'renamed.img' };
    expect(resumeMachine(inFile, { disk: renamed }).instructions).toBe(0);
  });

  it.each([
    [{}, /^disk: missing: expected disk\.img \(32768 bytes, check sum 0x\w{8}\)$/],
    [
      { disk: { name: 'b', bytes: new Uint8Array(512 * 64).fill(4) } },
      /^disk: b \(32768 bytes, .*: expected disk\.img/,
    ],
    [{ disk, cdrom: disk }, /^cdrom: disk\.img: expected none: the machine of the snapshot has none$/],
  ])('%o is refused', (options, message) => {
    expect(() => resumeMachine(inFile, options)).toThrow(SnapshotError);
    expect(() => resumeMachine(inFile, options)).toThrow(message);
  });
});
