import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Pc } from '../../src/index.ts';
import { createFirmwareMachine, createMachine, resumeMachine, type Snapshot } from '../support/dist.ts';
import { freshSeed } from '../support/fresh-seed.ts';
import { finish, isSame, randomFrom, throughFile } from '../support/snapshots.ts';

const IMAGES = join(import.meta.dirname, '../../.cache/images');
const file = (name: string) => ({ name, bytes: new Uint8Array(readFileSync(join(IMAGES, name))) });

const SEED = Number(process.env['SNAPSHOT_SEED'] ?? freshSeed());
const POINTS = Number(process.env['SNAPSHOT_POINTS'] ?? 2);

const QUICK =
  'initcall_blacklist=load_system_certificate_list,dev_map_init,cubictcp_register,init_kprobe_trace,trace_eval_init,bpf_rstat_kfunc_init';
const OLD_BOARD = 'acpi=off pci=off noapic nolapic mitigations=off tsc=unstable reboot=k lpj=4000000';
const XEN = 'com1=115200,8n1 console=com1 loglvl=all noreboot';
const ISO = 'grub-higher-half.iso';

function powerOn(jit: boolean): Pc {
  const machine = createFirmwareMachine({ bios: file('bios-256k.bin'), cdrom: file(ISO), jit });
  machine.devices.fwCfg.addFile('etc/sercon-port', Uint8Array.of(0xf8, 0x03));
  return machine;
}

const linux = (more: object) => (jit: boolean) =>
  createMachine({ kernel: file('vmlinux'), initrd: file('initrd.cpio'), jit, ...more });

/** What boots, how many steps of it are run, and what must have been printed then. */
const BOOTS = [
  ['Xen with zeros for a dom0', (jit: boolean) => createMachine({ kernel: file('xen'), modules: [{ name: 'zeros', bytes: new Uint8Array(65536) }], commandLine: XEN, jit }), 40_000_000, 'Could not construct domain 0'],
  ['GRUB 2 by SeaBIOS and ATAPI', powerOn, 120_000_000, 'PASS'],
  ['Linux on the old board', linux({ board: 'isa', commandLine: `console=ttyS0 panic=-1 cryptomgr.notests ${OLD_BOARD} ${QUICK}` }), 330_000_000, 'userspace is up'],
  ['Linux on the full PC', linux({ kernel: file('bzImage'), commandLine: 'console=ttyS0' }), 260_000_000, 'Linux version 6.1'],
  ['Linux on two processors', linux({ processors: 2, commandLine: `console=ttyS0 panic=-1 cryptomgr.notests ${QUICK}` }), 260_000_000, 'Brought up 1 node, 2 CPUs'],
] as const; // biome-ignore format: a table.

describe.each(BOOTS)(`seed ${SEED}: %s`, (name, make, steps, milestone) => {
  test('ends the same from any point', () => {
    const random = randomFrom(SEED + name.length);
    const straight = make(true);
    const whole = finish(straight, steps);
    expect(whole.serial).toContain(milestone);
    const total = straight.processor.steps();
    const points = Array.from({ length: POINTS }, () => 1 + Math.floor(random() * (total - 1)));

    const machine = make(true);
    const snapshots: [number, Snapshot][] = [];
    for (const at of points.sort((a, b) => a - b)) {
      machine.run({ maxInstructions: Math.max(1, at - machine.processor.steps()) });
      snapshots.push([at, machine.snapshot()]);
    }
    expect(finish(machine, steps), 'the machine they were taken of').toEqual(whole);
    for (const [at, snapshot] of snapshots) {
      const media = snapshot.origin?.media['cdrom'] ? { cdrom: file(ISO) } : {};
      const again = resumeMachine(throughFile(snapshot), { jit: true, ...media });
      expect(isSame(again.snapshot().toBytes(), snapshot.toBytes()), `restored at ${at}`).toBe(true);
      expect(finish(again, steps), `from step ${at}`).toEqual(whole);
      machine.restore(snapshot);
      expect(finish(machine, steps), `gone back to step ${at}`).toEqual(whole);
    }
  });
});

/** The states that a random point hardly ever meets. */
test('in the midst of transfers from a CD-ROM', () => {
  const whole = finish(powerOn(true), 120_000_000);
  const machine = powerOn(true);
  const snapshots: Snapshot[] = [];
  let status = -1;
  while (snapshots.length < 6 && !machine.exit) {
    machine.run({ maxInstructions: 997 });
    // Alternate status: busy, or data are waiting to be read.
    const now = machine.ports.read8(0x376) & 0x88;
    if (now !== status && now !== 0) snapshots.push(machine.snapshot());
    status = now;
  }
  expect(snapshots).toHaveLength(6);
  for (const snapshot of snapshots) {
    const again = resumeMachine(throughFile(snapshot), { jit: true, cdrom: file(ISO) });
    expect(finish(again, 120_000_000), `from instruction ${snapshot.instructions}`).toEqual(whole);
  }
});
