import { expect, test } from 'vitest';
import { stateLines } from '../../src/cli/lockstep-run.ts';
import { createMachine, type Pc } from '../../src/index.ts';
import { KERNEL, LOADER, longmode, recordingIo } from './recording-io.ts';

const BOOT = ['run', LOADER, '--module', KERNEL, '--memory', '64M', '--lockstep'];

test('--lockstep ends as the guest does when the tiers agree', async () => {
  const io = recordingIo();
  const status = await longmode(io, ...BOOT, '--serial', 'none', '--max-instructions', '20000');
  expect([status, io.err()]).toEqual([124, 'longmode: stopped after 20000 instructions\n']);
});

test('a difference ends the run with status 8 and both states', async () => {
  let made = 0;
  const io = recordingIo(
    {},
    {
      createMachine: (options) => {
        const machine = createMachine(options);
        // The second machine, the interpreter's, starts with another R15.
        if (made++ === 1) machine.state.gpr32[15 * 2] = 0x1234;
        return machine;
      },
    },
  );
  expect(await longmode(io, ...BOOT, '--serial', 'none', '--max-instructions', '20000')).toBe(8);
  expect(io.err()).toMatch(/^\* r15 +0x0{16} +0x0{12}1234$/m);
  expect(io.err()).toMatch(/^ {2}rax /m);
  expect(io.err()).toMatch(
    /^longmode: lockstep: compiled code and the interpreter are alike after 0 instructions and differ after 4999: r15$/m,
  );
});

test.each([
  [['--no-jit'], '--no-jit'],
  [['--trace', 't'], '--trace'],
])('%j makes no sense with --lockstep', async (more, name) => {
  const io = recordingIo();
  expect(await longmode(io, ...BOOT, ...more)).toBe(2);
  expect(io.err()).toBe(`longmode: --lockstep: given with ${name}, expected one of the two\n`);
});

test('segment registers are told field by field', () => {
  const machine: Pc = createMachine({
    kernel: { name: 'loader', bytes: recordingIo().readFile(LOADER) },
    memory: 1 << 26,
  });
  const registers = machine.registers();
  const lines = stateLines([registers, registers]);
  expect(lines.some((line) => line.startsWith('*'))).toBe(false);
  expect(lines.filter((line) => /^ {2}cs\.(selector|base|limit|attributes) /.test(line))).toHaveLength(4);
});
