/** Linux's own drivers on our disks, consoles and entropy: what it reads, and where its writes go. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { DiskFile } from '../../src/index.ts';
import type { GuestShell } from '../support/guest-shell.ts';
import { COMMAND_LINES, fileOfInitrd, initrdWithModules, session } from '../support/linux-boot.ts';

const DISK_BYTES = 1 << 20;

/** An image whose sectors all differ. */
function image(name: string, seed: number) {
  const bytes = new Uint8Array(DISK_BYTES);
  for (let at = 0, x = seed; at < DISK_BYTES; at++) {
    x = (Math.imul(x, 1664525) + 1013904223) | 0;
    bytes[at] = x >>> 24;
  }
  return { name, bytes };
}

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

/** Reads the whole disk, writes 3 sectors in its middle and reads it again. Gives what it must hold then. */
function readAndWrite(shell: GuestShell, device: string, before: Uint8Array): Uint8Array {
  const sum = () => shell.command(`md5sum ${device}`).split(' ')[0];
  expect(sum()).toBe(md5(before));
  shell.command(`head -c 1536 /bin/busybox | dd of=${device} bs=512 seek=77; sync`);
  const after = before.slice();
  after.set(fileOfInitrd('bin/busybox').subarray(0, 1536), 77 * 512);
  shell.command('echo 3 > /proc/sys/vm/drop_caches'); // So that the device is read and not the cache.
  expect(sum()).toBe(md5(after));
  return after;
}

/** A machine with a disk of either kind, a console and entropy; `use` in its shell once the drivers are loaded. */
function boot(disks: readonly [ide: DiskFile, virtio: DiskFile], use: (shell: GuestShell) => void): void {
  const [disk, virtioDisk] = disks;
  session(
    {
      kernel: 'vmlinux',
      initrd: initrdWithModules(),
      commandLine: COMMAND_LINES.short,
      disk,
      virtio: { disk: virtioDisk, console: true, rng: 1 },
    },
    (shell) => {
      shell.command('load-modules; sleep 1');
      use(shell);
    },
  );
}

describe('Linux with its drivers', () => {
  let random = '';

  test('reads and writes disks that keep what is written to themselves, talks on a console, gets entropy', () => {
    const disks = [image('ide', 1), image('virtio', 2)] as const;
    const before = disks.map(({ bytes }) => bytes.slice());
    boot(disks, (shell) => {
      readAndWrite(shell, '/dev/sda', before[0]!);
      readAndWrite(shell, '/dev/vda', before[1]!);

      const { virtioConsole } = shell.machine;
      shell.command('echo to the console > /dev/hvc0');
      expect(virtioConsole.text).toBe('to the console\r\n');
      shell.command('stty -F /dev/hvc0 -echo; head -n 1 /dev/hvc0 > /tmp/line &');
      virtioConsole.send('from the console\n');
      shell.command('wait');
      expect(shell.command('cat /tmp/line')).toBe('from the console');

      expect(shell.command('cat /sys/class/misc/hw_random/rng_available')).toContain('virtio_rng.0');
      random = shell.command('head -c 32 /dev/hwrng | md5sum');
      expect(random).toMatch(/^[0-9a-f]{32} /);
    });
    expect(disks.map(({ bytes }) => md5(bytes))).toEqual(before.map(md5));
  });

  test('or hand it on, sector for sector; and the entropy is the same in every run', () => {
    const kept: Uint8Array[] = [];
    const disks = [image('ide', 1), image('virtio', 2)].map((disk): DiskFile => {
      const file = disk.bytes.slice();
      kept.push(file);
      return { ...disk, onWrite: (offset, bytes) => file.set(bytes, offset) };
    });
    const after: Uint8Array[] = [];
    boot([disks[0]!, disks[1]!], (shell) => {
      after.push(readAndWrite(shell, '/dev/sda', kept[0]!), readAndWrite(shell, '/dev/vda', kept[1]!));
      expect(shell.command('head -c 32 /dev/hwrng | md5sum')).toBe(random);
    });
    expect(kept.map(md5)).toEqual(after.map(md5));
  });
});
