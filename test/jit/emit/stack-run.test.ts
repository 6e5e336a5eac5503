import { expect, test } from 'vitest';
import { createMachine } from '../../../src/boot/create-machine.ts';
import { runInLockstep } from '../../../src/debug/lockstep.ts';
import { guestFile } from '../../support/guest-file.ts';

/** Goes on in 64-bit mode, interrupts off, with `code`; R14 is `unmapped`, R15 counts 900 rounds, RSP is the guest's. */
function machineWith(code: readonly number[], unmapped: bigint, jit: boolean) {
  const kernel = { name: 'translate.elf', bytes: guestFile('bin/translate/translate.elf') };
  const commandLine = 'pages=4k order=seq size=64M touches=1 write=1';
  const machine = createMachine({ kernel, commandLine, memory: 1 << 26, jit });
  machine.runUntil({ mode: '64-bit' });
  machine.step(200);
  machine.space.load(machine.translate(machine.registers().rip).physical!, Uint8Array.from(code));
  const { gpr32 } = machine.state;
  const set = (register: number, value: bigint) =>
    gpr32.set([Number(value & 0xffffffffn) | 0, Number(value >> 32n) | 0], register * 2);
  for (const [register, value] of [[0, 0x1111n], [1, 0x2222n], [2, 0x3333n]] as const) set(register, value); // biome-ignore format: a row.
  set(14, unmapped);
  set(15, 900n);
  return machine;
}

/* dec r15; cmovz rsp, r14; push rax; push rcx; push rdx; pop rax; pop rdx; pop rcx; jmp back */
const PUSHES = [0x49, 0xff, 0xcf, 0x49, 0x0f, 0x44, 0xe6, 0x50, 0x51, 0x52, 0x58, 0x5a, 0x59, 0xeb, 0xf1];
/* dec r15; cmovz rsp, r14; pop rax; pop rdx; pop rcx; sub rsp, 24; jmp back */
const POPS = [
  0x49, 0xff, 0xcf, 0x49, 0x0f, 0x44, 0xe6, 0x58, 0x5a, 0x59, 0x48, 0x83, 0xec, 0x18, 0xeb, 0xf0,
]; // biome-ignore format: a row.

test.each([
  // code   rsp               address that faults   why
  [PUSHES, 0x6000_0000_1018n, 0x6000_0000_1010n, 'pushes fault at the first, the highest'],
  [PUSHES, 0x6000_0000_1000n, 0x6000_0000_0ff8n, 'up to the end of a page'],
  [PUSHES, 0x6000_0000_1010n, 0x6000_0000_1008n, 'across it'],
  [PUSHES, 0x6000_0000_100cn, 0x6000_0000_1004n, 'misaligned'],
  [POPS,   0x6000_0000_1000n, 0x6000_0000_1000n, 'pops fault at the first, the lowest'],
  [POPS,   0x6000_0000_1fe8n, 0x6000_0000_1fe8n, 'up to the end of a page'],
  [POPS,   0x6000_0000_1ff8n, 0x6000_0000_1ff8n, 'across it'],
] as const)('a run of 900 rounds ends on both tiers alike with a page fault, %#', (...row) => {
  const [code, rsp, address] = row;
  const [first, second] = [false, true].map((jit) => machineWith(code, rsp, jit));
  let chunk = 1;
  const next = () => {
    chunk = ((chunk * 7) % 251) + 1;
    return chunk;
  };
  expect(runInLockstep(first!, second!, { maxInstructions: 20_000, chunk: next })).toBeUndefined();
  const { cr2, registers } = second!.faults[0]!;
  expect(cr2).toEqual([Number(address & 0xffffffffn) | 0, Number(address >> 32n) | 0]);
  expect(BigInt(registers['rsp'] as string)).toBe(rsp);
  expect(BigInt(registers['r15'] as string)).toBe(0n);
}); // biome-ignore format: a table.
