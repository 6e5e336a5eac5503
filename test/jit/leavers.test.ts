import { expect, test } from 'vitest';
import { createMachine } from '../../src/boot/create-machine.ts';
import { Block } from '../../src/cpu/blocks.ts';
import { CodeStore } from '../../src/cpu/code-store.ts';
import { runInLockstep } from '../../src/debug/lockstep.ts';
import { Leavers } from '../../src/jit/leavers.ts';
import { guestFile } from '../support/guest-file.ts';

test('an instruction is found at its 1024th exit, once', () => {
  const leavers = new Leavers();
  const answers = Array.from({ length: 2100 }, () => leavers.note(0x1000));
  expect(answers.indexOf(true)).toBe(1023);
  expect(answers.filter(Boolean)).toHaveLength(1);
  expect([...leavers.found]).toEqual([0x1000]);
});

test('exits of more instructions than are watched are forgotten, not kept', () => {
  const leavers = new Leavers();
  for (let n = 0; n < 1023; n++) leavers.note(0);
  for (let other = 1; other <= 4096; other++) leavers.note(other);
  expect(leavers.note(0)).toBe(false);
});

test('others of the same blocks are found with it, if they have left often enough', () => {
  const leavers = new Leavers();
  const store = new CodeStore();
  const blocks = [0x1000, 0x2000].map((physical) => {
    const header = store.open();
    return Object.assign(new Block(physical, 64, store, header), { bytes: 16 });
  });
  const exits = [
    [0x1000, 40],
    [0x100f, 32],
    [0x1010, 40],
    [0x2004, 31],
    [0x2008, 33],
    [0x0fff, 90],
  ] as const;
  for (const [physical, times] of exits) for (let n = 0; n < times; n++) leavers.note(physical);
  leavers.noteOthers(blocks);
  expect([...leavers.found].sort()).toEqual([0x1000, 0x100f, 0x2008]);
});

/** A machine in 64-bit mode that goes on with `code`, with RDI at the last byte of its page. */
function machineAcross(code: readonly number[], jit: boolean) {
  const kernel = { name: 'translate.elf', bytes: guestFile('bin/translate/translate.elf') };
  const commandLine = 'pages=4k order=seq size=64M touches=1 write=1';
  const machine = createMachine({ kernel, commandLine, memory: 1 << 26, jit });
  machine.runUntil({ mode: '64-bit' });
  machine.step(200);
  const { rip } = machine.registers();
  machine.space.load(machine.translate(rip).physical!, Uint8Array.from(code));
  const { gpr32 } = machine.state;
  const at = Number.parseInt(rip, 16) | 0;
  gpr32.set([at | 0xfff, Number(BigInt(rip) >> 32n) | 0], 7 * 2); // RDI
  gpr32.set([0x7ffffff0, 0], 0); // RAX
  gpr32.set([3000, 0], 15 * 2); // R15
  machine.core.flags.write(2);
  return machine;
}

/*
 * The instruction accesses bytes of two pages, which compiled code may not do: it leaves, and after a while it calls the
 * handler instead. Whatever follows must find the flags and registers as they are on the other way.
 */
test.each([
  ['mov [rdi], eax; add eax, 3; jo', [0x89, 0x07, 0x83, 0xc0, 0x03, 0x70, 0x03, 0x83, 0xd2, 0x00]],
  ['add [rdi], eax; adc edx, 0', [0x01, 0x07, 0x83, 0xd2, 0x00]],
  ['cmp eax, ecx; mov [rdi], edx; adc ecx, 5', [0x39, 0xc8, 0x89, 0x17, 0x83, 0xd1, 0x05]],
  ['xadd [rdi], eax; sbb edx, 1', [0x0f, 0xc1, 0x07, 0x83, 0xda, 0x01]],
  ['push [rdi]; pop rcx; inc dword [rdi]; setc dl', [0xff, 0x37, 0x59, 0xff, 0x07, 0x0f, 0x92, 0xc2]],
  ['shl dword [rdi], 1; rcl edx, 1', [0xd1, 0x27, 0xd1, 0xd2]],
  [
    'lea rsp, [rdi+9]; push rax; push rcx; push rdx; pop rbx; pop rcx; pop rsi',
    [0x48, 0x8d, 0x67, 0x09, 0x50, 0x51, 0x52, 0x5b, 0x59, 0x5e],
  ],
])('%s', (_, body) => {
  const code = [...body, 0x49, 0xff, 0xcf, 0x0f, 0x85]; // dec r15; jnz
  const back = -(code.length + 4);
  const whole = [...code, back & 0xff, 0xff, 0xff, 0xff, 0xf4];
  const [first, second] = [false, true].map((jit) => machineAcross(whole, jit));
  let chunk = 1;
  const next = () => {
    chunk = ((chunk * 7) % 251) + 1;
    return chunk;
  };
  expect(runInLockstep(first!, second!, { maxInstructions: 60_000, chunk: next })).toBeUndefined();
  const tier = second!.processor.blocks.listener as unknown as { cache: { compiled: number } };
  expect(tier.cache.compiled).toBeGreaterThan(1);
});
