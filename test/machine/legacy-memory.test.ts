import { describe, expect, test } from 'vitest';
import { createFirmwareMachine } from '../../src/boot/firmware-machine.ts';
import { resumeMachine } from '../../src/boot/resume-machine.ts';
import type { Pc } from '../../src/machine/pc.ts';
import { Snapshot } from '../../src/machine/snapshot.ts';
import { STATE_SMBASE } from '../../src/state/layout.ts';

const KIB64 = 65536;
const ENTRY = 0xff00;
const APM_CONTROL = 0xb2;

/** `code` runs from FF00h in the image, of which the last 16 bytes are the reset vector. */
function firmware(
  code: readonly number[],
  options: Omit<Parameters<typeof createFirmwareMachine>[0], 'bios'> = {},
): Pc {
  const bytes = new Uint8Array(2 * KIB64).fill(0x90);
  bytes.set([0x11, 0x22, 0x33, 0x44], 0x100); // E0100h
  bytes.set(code, KIB64 + ENTRY);
  bytes.set([0xea, 0x00, 0xff, 0x00, 0xf0], KIB64 + 0xfff0); // jmp f000:ff00
  return createFirmwareMachine({ bios: { name: 'test.bin', bytes }, memory: 1 << 20, ...options });
}

const config = (pc: Pc, at: number, value: number) => {
  pc.ports.write32(0xcf8, (0x80000000 | (at & ~3)) >>> 0);
  pc.ports.write8(0xcfc + (at & 3), value);
};

describe('PAM registers', () => {
  test('show the BIOS and nothing else at power-on', () => {
    const { space } = firmware([0xf4]);
    expect([space.read32(0xe0100), space.read8(0xc0000), space.read8(0xa0000)]).toEqual([
      0x44332211, 0xff, 0,
    ]);
    space.write32(0xe0100, 0x55667788);
    expect(space.read32(0xe0100)).toBe(0x44332211);
  });

  test('let a BIOS copy itself into memory, and then protect it', () => {
    const pc = firmware([0xf4]);
    const { space } = pc;
    config(pc, 0x5e, 0x02); // E0000h to E3FFFh: reads from the bus, writes to memory.
    for (let at = 0xe0000; at < 0xe4000; at += 4) space.write32(at, space.read32(at));
    space.write32(0xe0100, 0x55667788);
    expect(space.read32(0xe0100)).toBe(0x44332211);
    config(pc, 0x5e, 0x01);
    expect([space.read32(0xe0100), space.read32(0xe0104)]).toEqual([0x55667788, 0x90909090]);
    space.write32(0xe0104, 0);
    expect(space.read32(0xe0104)).toBe(0x90909090);
    config(pc, 0x5e, 0x03);
    space.write32(0xe0104, 0);
    expect(space.read32(0xe0104)).toBe(0);
    config(pc, 0x5e, 0x00);
    expect(space.read32(0xe0100)).toBe(0x44332211);
  });

  test('are as at power-on after a reset', () => {
    const pc = firmware([0xf4]);
    config(pc, 0x5e, 0x03);
    config(pc, 0x72, 0x4a);
    pc.space.write32(0xe0100, 0);
    pc.devices.reset();
    expect([pc.space.read32(0xe0100), pc.space.read8(0xa0000)]).toEqual([0x44332211, 0]);
  });
});

/** Function 3 of slot 1. */
const POWER_DEVFN = 0x0b;

/** A byte of its configuration space, by mechanism #1. */
const configure = (at: number, value: number) => [
  ...[0x66, 0xb8, at & 0xfc, POWER_DEVFN, 0x00, 0x80, 0xba, 0xf8, 0x0c, 0x66, 0xef],
  ...[0xba, 0xfc + (at & 3), 0x0c, 0xb0, value, 0xee],
];

/** The power-management block at 600h, SMIs by port B2h on. */
const ENABLE_SMI = [
  ...configure(0x41, 0x06), // PMBASE
  ...configure(0x80, 0x01), // PMREGMISC: PMIOSE
  ...configure(0x5b, 0x02), // DEVACTB: APMC_EN
  ...[0xba, 0x28, 0x06, 0xb0, 0x01, 0xee], // GLBCTL: SMI_EN
];
const SMI = [0xb0, 0x00, 0xe6, APM_CONTROL];
const END = [0xb0, 0x00, 0xe6, 0xf4, 0xf4];
const RSM = [0x0f, 0xaa];

describe.each([false, true])('SMM, compiled %s', (jit) => {
  test('an SMI by port B2h runs the handler before the next instruction', () => {
    const pc = firmware([...ENABLE_SMI, 0xb3, 0x00, ...SMI, 0xfe, 0xc3, ...END], { jit }); // inc bl
    // Keeps BL as it finds it, with all the rest of the processor's state.
    pc.space.load(0x38000, Uint8Array.of(0x67, 0xc6, 0x05, 0x00, 0x05, 0x00, 0x00, 0xaa, ...RSM)); // mov byte [500h], aah
    const steps: number[] = [];
    pc.core.onSmm = ((before) => (isInside: boolean) => {
      before?.(isInside);
      if (isInside) steps.push(pc.state.gpr8[12]!, pc.core.ripLo());
    })(pc.core.onSmm);
    expect(pc.run({ maxInstructions: 1000 })).toMatchObject({ reason: 'debug-exit', status: 1 });
    expect(pc.space.read8(0x500)).toBe(0xaa);
    expect(steps).toEqual([0, ENTRY + ENABLE_SMI.length + 2 + SMI.length]);
    expect(pc.state.gpr8[24]).toBe(1); // BL
  });

  test('SMRAM is memory for the handler and the display for all others', () => {
    const pc = firmware([0xf4], { jit });
    config(pc, 0x72, 0x4a); // Open: the BIOS puts its handler there.
    pc.space.load(0xa8000, Uint8Array.of(0x67, 0xa0, 0x00, 0x00, 0x0a, 0x00, ...RSM)); // mov al, [a0000h]
    pc.space.write8(0xa0000, 0x77);
    config(pc, 0x72, 0x0a);
    expect(pc.space.read8(0xa0000)).not.toBe(0x77);
    pc.core.words[STATE_SMBASE >> 2] = 0xa0000;
    pc.processors.all[0]!.smi.raise();
    pc.run({ maxInstructions: 1 });
    expect([pc.state.gpr8[0], pc.space.read8(0xa0000)]).toEqual([0x77, 0x77]);
    pc.run({ maxInstructions: 1 });
    expect(pc.processors.current.isInSmm).toBe(false);
    expect(pc.space.read8(0xa0000)).not.toBe(0x77);
  });

  test('HLT goes on after an SMI', () => {
    const pc = firmware([0xfa, 0xf4], { jit });
    pc.space.load(0x38000, Uint8Array.from(RSM));
    pc.run({ maxInstructions: 3 });
    pc.processors.all[0]!.smi.raise();
    expect(pc.run({ maxInstructions: 1 }).reason).toBe('limit');
    expect(pc.run({ maxInstructions: 10 }).reason).toBe('halted');
  });

  test('a second SMI waits for RSM, and so does INIT', () => {
    const pc = firmware([0xeb, 0xfe], { jit }); // jmp $
    pc.space.load(0x38000, Uint8Array.of(0x67, 0xfe, 0x05, 0x00, 0x05, 0x00, 0x00, 0x90, ...RSM)); // inc byte [500h]
    pc.run({ maxInstructions: 5 });
    const [processor] = pc.processors.all;
    processor!.smi.raise();
    pc.run({ maxInstructions: 1 });
    processor!.smi.raise();
    processor!.smi.raise();
    processor!.init();
    pc.run({ maxInstructions: 1 });
    expect([processor!.isInSmm, pc.core.ripLo()]).toEqual([true, 0x8008]);
    pc.run({ maxInstructions: 1 });
    expect(processor!.isInitDue).toBe(true);
    pc.run({ maxInstructions: 1 });
    expect(processor!.isInitDue).toBe(false);
    pc.run({ maxInstructions: 20 });
    expect([pc.space.read8(0x500), pc.core.words[STATE_SMBASE >> 2]]).toEqual([2, 0x30000]);
  });
});

test('a snapshot in the midst of SMM, with a ROM that is being copied and media of every kind, goes on alike', () => {
  const disk = (name: string) => ({ name, bytes: new Uint8Array(1440 * 1024).fill(name.length) });
  const options = {
    floppy: disk('floppy'),
    disk: disk('ide'),
    virtio: { disk: disk('virtio'), console: true, rng: 1 },
  };
  const pc = firmware([0xeb, 0xfe], options);
  pc.space.load(0x38000, Uint8Array.of(0x90, 0x90, ...RSM));
  config(pc, 0x5e, 0x02);
  pc.space.write8(0xe0100, 0x99);
  config(pc, 0x72, 0x0a);
  pc.run({ maxInstructions: 3 });
  pc.processors.all[0]!.smi.raise();
  pc.run({ maxInstructions: 1 });
  const again = resumeMachine(Snapshot.fromBytes(pc.snapshot().toBytes()), {
    disk: options.disk,
    floppy: options.floppy,
    virtioDisk: options.virtio.disk,
  });
  for (const machine of [pc, again]) {
    expect([machine.processors.current.isInSmm, machine.space.read8(0xa0000)]).toEqual([true, 0]);
    expect([machine.space.read8(0xe0100), machine.devices.virtio?.disk !== undefined]).toEqual([0x11, true]);
    machine.space.write8(0xa0000, 0x5a);
    machine.run({ maxInstructions: 2 });
    expect([machine.processors.current.isInSmm, machine.space.read8(0xa0000)]).toEqual([false, 0]);
    config(machine, 0x5e, 0x01);
    expect([machine.space.read8(0xe0100), machine.core.ripLo()]).toEqual([0x99, ENTRY]);
  }
  expect(again.registers()).toEqual(pc.registers());
});
