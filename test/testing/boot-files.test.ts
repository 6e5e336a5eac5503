import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { bootFiles } from '../../src/testing/index.ts';

const GUESTS = resolve(import.meta.dirname, '../../guests/bin/higher-half');
const kernel = `${GUESTS}/kernel.elf`;

test('a boot from paths, looked at with the matchers', () => {
  const machine = bootFiles({ kernel: `${GUESTS}/loader.elf`, modules: [kernel] });
  expect(machine).not.toBeInLongMode();
  machine.runUntil('kernel_main');
  expect(machine).toBeInLongMode();
  expect(machine).toMap('0xffff880000100000', {
    physical: 0x100000,
    pageSize: '2M',
    writable: true,
    executable: false,
  });
  expect(machine).toMap('0xffffffff80200000', { pageSize: '4K', writable: false, executable: true });
  expect(machine).not.toMap('0xffffffff80000000');
  expect(machine.run()).toHaveExited(33);
  expect(machine).toHaveExited(33);
});

test('modules with command lines and addresses; names are the paths as given', () => {
  const machine = bootFiles({
    kernel: `${GUESTS}/loader.elf`,
    modules: [{ path: kernel, commandLine: 'one two', at: 0x2000000 }],
  });
  machine.runUntil('memory_open');
  expect(machine.images.map((image) => image.name)).toEqual([`${GUESTS}/loader.elf`, kernel]);
  machine.run();
  expect(machine.serial.text).toMatch(/module 0 at 0x2000000-0x\w+ "one two"/);
});

test('a file that does not exist fails as a file does', () => {
  expect(() => bootFiles({ kernel: 'nowhere.elf' })).toThrow('ENOENT');
});
