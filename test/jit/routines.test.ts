import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createMachine } from '../../src/boot/create-machine.ts';
import { runInLockstep } from '../../src/debug/lockstep.ts';
import { guestFile } from '../support/guest-file.ts';
import { Dice } from '../support/random-program.ts';

function benchMachine(commandLine: string, jit: boolean, cpu: string) {
  const kernel = { name: 'bench.elf', bytes: guestFile(join('bin', 'bench', 'bench.elf')) };
  return createMachine({ kernel, commandLine, memory: 64 << 20, jit, board: 'pc', cpu });
}

/*
 * System calls, interrupts and faults go from one privilege level to the other without leaving compiled code. The chunks
 * are so short that every instruction on the way is the last of one now and then: RFLAGS.RF behind IRET shows there.
 */
describe.each(['max', 'zen2'])('transitions in compiled code on %s', (cpu) => {
  test.each(['syscall', 'int', 'ipi', 'page-fault', 'pcid', 'invlpg', 'smc-data', 'smc', 'smc-generate'])(
    '%s',
    (name) => {
      const dice = new Dice(name.length);
      const [first, second] = [false, true].map((jit) => benchMachine(`bench=${name} n=4`, jit, cpu));
      const chunk = () => (first!.instructions < 40_000 ? 5000 : 1 + dice.below(250));
      const limits = { maxInstructions: 150_000, chunk };
      expect(runInLockstep(first!, second!, limits)).toBeUndefined();
      expect(runInLockstep(first!, second!, { maxInstructions: 1e6, chunk: 4999 })).toBeUndefined();
      expect(first!.serial.text).toContain('PASS');
    },
  );
});
