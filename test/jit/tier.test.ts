import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { createMachine } from '../../src/boot/create-machine.ts';
import { CpuModel } from '../../src/cpu/execute/cpu-model.ts';
import { runInLockstep } from '../../src/debug/lockstep.ts';
import { STATE_CR2, STATE_DR0, STATE_DR7, STATE_MXCSR } from '../../src/state/layout.ts';
import { guestFile } from '../support/guest-file.ts';
import { Dice, prepareVectors, randomProgram } from '../support/random-program.ts';

const DATA = 0x300000;
const STACK = 0x280000;

/** A machine in flat 32-bit or in 64-bit mode, with `code` where it goes on. */
function machineWith(size: 32 | 64, jit: boolean, code: Uint8Array, prepare: Dice, crossing = false) {
  const kernel = { name: 'translate.elf', bytes: guestFile(join('bin', 'translate', 'translate.elf')) };
  const commandLine = 'pages=4k order=seq size=64M touches=1 write=1';
  const machine = createMachine({ kernel, commandLine, memory: 1 << 26, jit });
  if (size === 64) {
    machine.runUntil({ mode: '64-bit' });
    machine.step(200);
  }
  const place = machine.translate(machine.registers().rip).physical!;
  machine.space.load(place, code);
  const { gpr32 } = machine.state;
  for (let n = 0; n < 16; n++) {
    const lo = prepare.below(4) === 0 ? prepare.below(256) : prepare.below(0x100000000) | 0;
    const hi = prepare.below(0x100000000) | 0;
    if (n === 4) continue;
    gpr32[n * 2] = size === 64 || n < 8 ? lo : 0;
    gpr32[n * 2 + 1] = size === 64 ? hi : 0;
  }
  const data = DATA + (crossing ? 0xfc0 : 0);
  gpr32[7 * 2] = data;
  gpr32[7 * 2 + 1] = 0;
  if (size === 32) gpr32[4 * 2] = STACK;
  const counter = size === 64 ? 15 : 5;
  gpr32[counter * 2] = 900;
  gpr32[counter * 2 + 1] = 0;
  machine.space.load(
    data,
    Uint8Array.from({ length: 256 }, () => prepare.below(256)),
  );
  machine.core.flags.write(2);
  prepareVectors(machine, prepare);
  return machine;
}

/** The vector registers, and MXCSR. */
function vectorState({ core }: ReturnType<typeof machineWith>): number[] {
  return [...core.vectors.i32.subarray(0, 16 * 8), core.words[STATE_MXCSR >> 2]!];
}

function compiledRegions(machine: ReturnType<typeof machineWith>): number {
  return (machine.processor.blocks.listener as unknown as { cache: { compiled: number } }).cache.compiled;
}

/** With every instruction, also those of features that no model shows yet. */
beforeAll(() => {
  vi.spyOn(CpuModel.prototype, 'has').mockReturnValue(true);
});

describe.each([32, 64] as const)('compiled code of %i bits does as the interpreter does', (size) => {
  test.each(Array.from({ length: 24 }, (_, seed) => seed + 1))('random program %i', (seed) => {
    const dice = new Dice(seed * 7919 + size);
    const code = randomProgram(dice, size);
    const crossing = dice.below(6) === 0;
    const state = dice.below(0x7fffffff);
    const [first, second] = [false, true].map((jit) =>
      machineWith(size, jit, code, new Dice(state), crossing),
    );
    const chunk = () => 1 + dice.below(3000);
    const divergence = runInLockstep(first!, second!, { maxInstructions: 60_000, chunk });
    expect(divergence).toBeUndefined();
    expect(vectorState(second!)).toEqual(vectorState(first!));
    expect(compiledRegions(second!)).toBeGreaterThan(0);
  });
});

test('code that changes itself is seen at once', () => {
  // again: add eax, 1 / inc byte [rip - 7 + 2] (the immediate of the add) / dec r15 / jnz again / hlt
  const code = Uint8Array.from([
    0x83, 0xc0, 0x01, 0xfe, 0x05, 0xf9, 0xff, 0xff, 0xff, 0x49, 0xff, 0xcf, 0x75, 0xf2, 0xf4,
  ]);
  const [first, second] = [false, true].map((jit) => machineWith(64, jit, code, new Dice(1)));
  expect(runInLockstep(first!, second!, { maxInstructions: 10_000, chunk: 777 })).toBeUndefined();
});

test('control registers are read as the interpreter reads them', () => {
  // again: mov rax, cr0 / mov rbx, cr2 / mov rcx, cr3 / mov rdx, cr4 / mov rsi, cr8 / dec r15 / jnz again / hlt
  const code = Uint8Array.from([
    0x0f, 0x20, 0xc0, 0x0f, 0x20, 0xd3, 0x0f, 0x20, 0xd9, 0x0f, 0x20, 0xe2, 0x44, 0x0f, 0x20, 0xc6, 0x49,
    0xff, 0xcf, 0x75, 0xeb, 0xf4,
  ]);
  const [first, second] = [false, true].map((jit) => {
    const machine = machineWith(64, jit, code, new Dice(3));
    machine.state.words.set([0x1234_5678, 0x0000_7fff], STATE_CR2 >> 2);
    return machine;
  });
  expect(runInLockstep(first!, second!, { maxInstructions: 6_000, chunk: 777 })).toBeUndefined();
  expect([...second!.state.gpr32.subarray(6, 8)]).toEqual([0x1234_5678, 0x0000_7fff]);
  expect(compiledRegions(second!)).toBeGreaterThan(0);
});

test('a dividend of 128 bits is divided as the interpreter divides it', () => {
  // again: a pseudo-random RDX:RAX of some magnitude, a divisor of another one above RDX: div / xor r8, rax / add r9, rdx /
  // dec r15 / jnz again / hlt
  const code = Uint8Array.from(
    '490fafda4c01d34889d8480fafc04889de48c1c6114889da4489f948c1ea0348d3ea48d1eec1c11b48d3ee488d7c320148f7f74931c04901d149ffcf75c2f4'.match(
      /../g,
    )!,
    (pair) => Number.parseInt(pair, 16),
  );
  const [first, second] = [false, true].map((jit) => {
    const machine = machineWith(64, jit, code, new Dice(7));
    machine.state.gpr32.set([0x4c957f2d, 0x5851f42d], 20); // R10.
    machine.state.gpr32.set([5000, 0], 30); // R15.
    return machine;
  });
  expect(runInLockstep(first!, second!, { maxInstructions: 90_000, chunk: 777 })).toBeUndefined();
  expect(compiledRegions(second!)).toBeGreaterThan(0);
  // None of them was an interrupt.
  expect(second!.exit).toBeUndefined();
});

test('a region holds what has run, and is left where the rest begins', () => {
  // again: add eax, ebx / cmp r15d, 8 / jne on / mul ecx / sub eax, 5 / jmp on / (1 byte) / on: dec r15 / jnz again / hlt
  const code = Uint8Array.from([
    0x01, 0xd8, 0x41, 0x83, 0xff, 0x08, 0x75, 0x08, 0xf7, 0xe1, 0x83, 0xe8, 0x05, 0xeb, 0x01, 0xcc, 0x49,
    0xff, 0xcf, 0x75, 0xeb, 0xf4,
  ]);
  const [first, second] = [false, true].map((jit) => {
    const machine = machineWith(64, jit, code, new Dice(4));
    machine.state.gpr32.set([6000, 0], 30); // R15.
    return machine;
  });
  // Before the rare way is taken, nobody has decoded it: `again`, `on` and the start alone.
  for (const machine of [first!, second!]) machine.run({ maxInstructions: 20_000 });
  expect(compiledRegions(second!)).toBeGreaterThan(0);
  expect(second!.processor.blocks.built).toBe(first!.processor.blocks.built);
  expect(runInLockstep(first!, second!, { maxInstructions: 12_000, chunk: 777 })).toBeUndefined();
  expect(second!.processor.blocks.built).toBe(first!.processor.blocks.built);
});

/** Machines that call so many functions, 16 bytes apart in a page of their own, in a loop of so many rounds. */
function callers(functions: number, rounds: number) {
  const FUNCTIONS = 0x310000;
  return [false, true].map((jit) => {
    const machine = machineWith(64, jit, new Uint8Array(), new Dice(5));
    const start = Number(machine.registers().rip);
    const code = new Uint8Array(functions * 5 + 10);
    const view = new DataView(code.buffer);
    for (let n = 0; n < functions; n++) {
      // call f; f: add rbx, rcx / ret
      code[n * 5] = 0xe8;
      view.setInt32(n * 5 + 1, FUNCTIONS + 16 * n - (start + n * 5 + 5), true);
      machine.space.load(FUNCTIONS + 16 * n, Uint8Array.from([0x48, 0x01, 0xcb, 0xc3]));
    }
    // dec r15 / jnz start / hlt
    code.set([0x49, 0xff, 0xcf, 0x0f, 0x85], functions * 5);
    view.setInt32(functions * 5 + 5, -functions * 5 - 9, true);
    code[functions * 5 + 9] = 0xf4;
    machine.space.load(machine.translate(machine.registers().rip).physical!, code);
    machine.state.gpr32.set([rounds, 0], 30); // R15.
    return machine;
  });
}

test('what a call of another page returns to is an entry of the same region', () => {
  const [first, second] = callers(1, 4000);
  expect(runInLockstep(first!, second!, { maxInstructions: 25_000, chunk: 999 })).toBeUndefined();
  // The function, and one region with the loop, entered at its start and behind the call.
  expect(compiledRegions(second!)).toBe(2);
});

test('code that is hot after much else is compiled together with other such code', () => {
  const [first, second] = callers(40, 900);
  const modules = vi.spyOn(WebAssembly, 'Module');
  expect(runInLockstep(first!, second!, { maxInstructions: 100_000, chunk: 9973 })).toBeUndefined();
  expect(compiledRegions(second!)).toBeGreaterThan(40);
  expect(modules.mock.calls.length).toBeLessThan(25);
  modules.mockRestore();
});

test('code that changes another page of code is seen too', () => {
  // The store goes to the page after, where nothing runs; then a call to a function there that the host has changed.
  const loop = Uint8Array.from([0x01, 0xd8, 0x49, 0xff, 0xcf, 0x75, 0xf9, 0xf4]);
  const [first, second] = [false, true].map((jit) => machineWith(64, jit, loop, new Dice(2)));
  for (const machine of [first!, second!]) machine.run({ maxInstructions: 2000 });
  expect(compiledRegions(second!)).toBe(1);
  // Somebody outside (DMA) turns the ADD into SUB.
  const place = first!.translate(first!.registers().rip).physical! & ~0xf;
  for (const machine of [first!, second!]) {
    const at = machine.readPhysical(place - 16, 64).indexOf(0xd8) + place - 16 - 1;
    machine.space.load(at, Uint8Array.from([0x29]));
  }
  expect(runInLockstep(first!, second!, { maxInstructions: 5000, chunk: 333 })).toBeUndefined();
});

test('an event arrives at the same instruction in both tiers', () => {
  const loop = Uint8Array.from([0x01, 0xd8, 0x49, 0xff, 0xc7, 0x75, 0xf9, 0xf4]);
  const seen = [false, true].map((jit) => {
    const machine = machineWith(64, jit, loop, new Dice(3));
    const fired: number[] = [];
    const event = {
      due: 0,
      fire: () => {
        fired.push(machine.instructions);
        if (fired.length < 9) machine.clock.schedule(event, machine.clock.now() + 12_340);
      },
    };
    machine.clock.schedule(event, machine.clock.now() + 30_000);
    machine.run({ maxInstructions: 50_000 });
    return [...fired, machine.instructions];
  });
  expect(seen[1]).toEqual(seen[0]);
  expect(seen[0]).toHaveLength(10);
});

test('a data breakpoint stops both tiers behind the same instruction', () => {
  // again: inc rbx / test bl, 3fh / jnz again / mov [rdi], rbx / jmp again
  const code = Uint8Array.from([
    0x48, 0xff, 0xc3, 0xf6, 0xc3, 0x3f, 0x75, 0xf8, 0x48, 0x89, 0x1f, 0xeb, 0xf3,
  ]);
  const seen = [false, true].map((jit) => {
    const machine = machineWith(64, jit, code, new Dice(4));
    machine.run({ maxInstructions: 20_000 });
    const { words } = machine.state;
    words.set([DATA + 4, 0], STATE_DR0 >> 2);
    words[STATE_DR7 >> 2] = 0xd0401; // Four bytes, writes.
    machine.stateChanged();
    const traps: number[] = [];
    machine.events.on('fault', ({ vector }) => traps.push(vector, machine.instructions));
    machine.run({ maxInstructions: 1000 }); // There is no handler.
    if (jit) expect(compiledRegions(machine)).toBeGreaterThan(0);
    return { traps, rip: machine.registers().rip };
  });
  expect(seen[1]).toEqual(seen[0]);
  expect(seen[0]!.traps[0]).toBe(1);
});

test('a bit offset in a register reaches beyond its memory operand', () => {
  // again: bt [rdi], rbx / adc edx, 0 / bts [rdi], esi / adc edx, 0 / add ebx, 67 / add esi, 35 / dec r15 / jnz again / hlt
  const code = Uint8Array.from([
    0x48, 0x0f, 0xa3, 0x1f, 0x83, 0xd2, 0x00, 0x0f, 0xab, 0x37, 0x83, 0xd2, 0x00, 0x83, 0xc3, 0x43, 0x83,
    0xc6, 0x23, 0x49, 0xff, 0xcf, 0x75, 0xe8, 0xf4,
  ]);
  const [first, second] = [false, true].map((jit) => machineWith(64, jit, code, new Dice(3)));
  for (const { state } of [first!, second!]) state.gpr32.set([5, 0], 3 * 2); // RBX
  for (const { state } of [first!, second!]) state.gpr32.set([9, 0], 6 * 2); // RSI
  expect(runInLockstep(first!, second!, { maxInstructions: 6000, chunk: 500 })).toBeUndefined();
  expect(compiledRegions(second!)).toBeGreaterThan(0);
});

/** Scans and comparisons over several pages: longer than a batch, from odd addresses, to the last element and to none. */
describe.each([
  ['cmpsb', [0xa6]],
  ['scasq', [0x48, 0xaf]],
] as const)('a repeated %s', (name, opcode) => {
  test.each([
    ['repe', 0xf3, 0, 0x3fff],
    ['repe', 0xf3, 3, 20_000],
    ['repne', 0xf2, 0, 9_000],
    ['repne', 0xf2, 5, -1],
    ['repe', 0xf3, 0xff8, 4_097],
  ] as const)('with %s (%i), from %i, count %i, is the same on both tiers', (_, prefix, from, count) => {
    const bytes = name.endsWith('q') ? 8 : name.endsWith('d') ? 4 : name.endsWith('w') ? 2 : 1;
    // again: mov ecx, 5 / cmp r15d, 24 / cmovb rcx, r8 / mov rdi, r9 / mov rsi, r10 / repX op / pushfq / pop rdx /
    // add rbx, rdx / add rbx, rdi / add rbx, rcx / add r9, 8 / dec r15 / jnz again / hlt
    const bytesOf = (hex: string) => Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
    const code = Uint8Array.from([
      ...bytesOf('b905000000 4183ff18 490f42c8 4c89cf 4c89d6'),
      prefix,
      ...opcode,
      ...bytesOf('9c 5a 4801d3 4801fb 4801cb 4983c108 49ffcf 75'),
      256 - 40 - opcode.length,
      0xf4,
    ]);
    const [first, second] = [false, true].map((jit) => machineWith(64, jit, code, new Dice(5)));
    for (const { state, space } of [first!, second!]) {
      // With REPNE all differ but for the last element; with REPE the other way round.
      const differs = prefix === 0xf2;
      space.load(DATA, new Uint8Array(0x10000).fill(differs ? 7 : 9));
      space.load(DATA + 0x20000, new Uint8Array(0x10000).fill(9));
      space.load(DATA + 0x6000 * (bytes === 1 ? 1 : 2), Uint8Array.of(...Array(16).fill(differs ? 9 : 7)));
      state.gpr32.set([0x09090909, 0x09090909], 0); // RAX
      state.gpr32.set([count, count >> 31], 8 * 2);
      state.gpr32.set([DATA + from, 0], 9 * 2);
      state.gpr32.set([DATA + 0x20000, 0], 10 * 2);
      state.gpr32.set([400, 0], 15 * 2);
    }
    expect(runInLockstep(first!, second!, { maxInstructions: 7000, chunk: 97 })).toBeUndefined();
    expect(second!.registers().r15).toBe('0x0000000000000000');
    expect(compiledRegions(second!)).toBeGreaterThan(0);
  });
});

test('two pages that push each other out of the TLB are filled in as often on both tiers', () => {
  // again: mov rax, [rdi] / mov rbx, [rsi] / mov [rdi + 8], rbx / dec r15 / jnz again / hlt
  const code = Uint8Array.from([
    0x48, 0x8b, 0x07, 0x48, 0x8b, 0x1e, 0x48, 0x89, 0x5f, 0x08, 0x49, 0xff, 0xcf, 0x75, 0xf1, 0xf4,
  ]);
  const [first, second] = [false, true].map((jit) => machineWith(64, jit, code, new Dice(6)));
  // The data lies in large pages, so that entries are made without a walk.
  const fills = (machine: typeof first) =>
    machine!.core.mmu.counters.refills.reduce((sum, count) => sum + count);
  const before = fills(second);
  for (const { state } of [first!, second!]) state.gpr32.set([DATA + 4096 * 4096, 0], 6 * 2); // RSI
  expect(runInLockstep(first!, second!, { maxInstructions: 5000, chunk: 777 })).toBeUndefined();
  expect(compiledRegions(second!)).toBeGreaterThan(0);
  expect(fills(second)).toBe(fills(first));
  expect(fills(second) - before).toBeGreaterThan(1500);
});

test('so are those of short copies and comparisons', () => {
  // again: ecx = 2, rdi = rbx, rsi = r14: rep movsb / ecx = 3, the same: repe cmpsb / dec r15 / jnz again / hlt
  const code = Uint8Array.from(
    'b9020000004889df4c89f6f3a4b9030000004889df4c89f6f3a649ffcf75e1f4'.match(/../g)!,
    (pair) => Number.parseInt(pair, 16),
  );
  const [first, second] = [false, true].map((jit) => {
    const machine = machineWith(64, jit, code, new Dice(6));
    machine.state.gpr32.set([DATA, 0], 3 * 2); // RBX
    machine.state.gpr32.set([DATA + 0x20, 0, 2000, 0], 14 * 2); // R14, R15
    return machine;
  });
  const fills = (machine: typeof first) =>
    machine!.core.mmu.counters.refills.reduce((sum, count) => sum + count);
  expect(runInLockstep(first!, second!, { maxInstructions: 6000, chunk: 777 })).toBeUndefined();
  expect(compiledRegions(second!)).toBeGreaterThan(0);
  // Not so long that the TLB grows and has room for both.
  for (const { state } of [first!, second!]) state.gpr32.set([DATA + 4096 * 4096, 0], 14 * 2);
  expect(runInLockstep(first!, second!, { maxInstructions: 2000, chunk: 777 })).toBeUndefined();
  expect(fills(first)).toBeGreaterThan(1000);
  expect(fills(second)).toBe(fills(first));
});

test('a segment with a base that is loaded in the midst of a block counts from the next instruction on', () => {
  const word = (value: number) => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];
  const table = DATA + 0x800;
  const code = Uint8Array.from([
    ...[0x8b, 0x0b], // mov ecx, [ebx]
    ...[0x0f, 0x01, 0x15, ...word(table)], // lgdt [table]
    ...[0xb8, 0x10, 0, 0, 0], // mov eax, 0x10
    ...[0x8e, 0xd8], // mov ds, eax
    ...[0x8b, 0x13], // mov edx, [ebx]
    ...[0x36, 0x8b, 0x33], // mov esi, ss:[ebx]
    0xf4,
  ]);
  for (const jit of [false, true]) {
    const machine = machineWith(32, jit, code, new Dice(9));
    const { space, state } = machine;
    // The pseudo-descriptor, and behind it: null, flat code, data with a base of 1000h.
    space.load(table, Uint8Array.from([0x17, 0, ...word(table + 8), 0, 0]));
    space.load(table + 8, Uint8Array.from([...word(0), ...word(0), ...word(0xffff), ...word(0x00cf9a00)]));
    space.load(table + 24, Uint8Array.from([...word(0x1000ffff), ...word(0x00cf9200)]));
    space.load(DATA, Uint8Array.from(word(0x11111111)));
    space.load(DATA + 0x1000, Uint8Array.from(word(0x22222222)));
    state.gpr32.set([DATA, 0], 3 * 2);
    machine.run({ maxInstructions: 7 });
    const read = (register: number) => state.gpr32[register * 2];
    expect([read(1), read(2), read(6)], `jit ${jit}`).toEqual([0x11111111, 0x22222222, 0x11111111]);
  }
});
