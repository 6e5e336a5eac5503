import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Block } from '../../src/cpu/blocks.ts';
import { decode } from '../../src/cpu/decode/decode.ts';
import { opEndsBlock } from '../../src/cpu/decode/ops.ts';
import { compile } from '../../src/jit/compile.ts';
import { localName, ROUTINE_NAMES } from '../../src/jit/emit/locals.ts';
import { discover } from '../../src/jit/region.ts';
import { encodeModule } from '../../src/jit/wasm/module.ts';
import { bodyText } from '../../src/jit/wasm/text.ts';
import { blockOf } from '../support/blocks.ts';

const BASE = 0x100000;
const FLAT = { read: 0x3f, write: 0x3f, stack32: true };

function blockAt(bytes: Uint8Array, at: number, size: 16 | 32 | 64): Block | undefined {
  const instructions = [];
  for (let offset = at; offset < bytes.length; ) {
    const insn = decode(bytes, offset, bytes.length - offset, size);
    if (!insn) break;
    offset += insn.length;
    instructions.push(insn);
    if (opEndsBlock(insn.op)) break;
  }
  if (instructions.length === 0) return undefined;
  return blockOf(BASE + at, size, instructions);
}

/** `visits`: by offset of a block, how often the interpreter has entered it. `closed`: offsets of blocks that are elsewhere. */
function compiled(
  hex: string,
  size: 32 | 64,
  visits: Record<number, number> = {},
  closed: readonly number[] = [],
) {
  const bytes = Uint8Array.from(hex.match(/[0-9a-f]{2}/g)!, (pair) => Number.parseInt(pair, 16));
  const source = { blockAt: (physical: number) => blockAt(bytes, physical - BASE, size) };
  const count = (block: Block) => visits[block.physical - BASE] ?? 0;
  const isOpen = (block: Block) => !closed.includes(block.physical - BASE);
  const counts = { least: 10, of: count, isOpen };
  const nodes = discover(source, source.blockAt(BASE)!, BASE, 0, true, () => true, counts);
  return compile(nodes, { codeSize: size, ripHi: 0, flat: FLAT }, 0);
}

/*
 * The text of small regions, reviewed by hand. A change of the emitters shows here first: look at the difference before
 * accepting it with `vitest -u`.
 */
describe('the WebAssembly of small regions', () => {
  test.each([
    // name                 bytes                                              size  what it is
    ['add-loop', '4801d8 48ffc9 75f8 f4', 64], // add rax,rbx; dec rcx; jnz
    ['load', '8b4708 f4', 64], // mov eax,[rdi+8]
    ['load-loop', '8b07 4883c704 39f7 75f6 f4', 64], // mov eax,[rdi]; add rdi,4; cmp edi,esi; jnz
    ['store', '48895704 f4', 64], // mov [rdi+4],rdx
    ['compare-and-branch', '39d8 7202 31c0 f4', 64], // cmp eax,ebx; jb; xor eax,eax
    ['byte-registers', '00e7 8a66ff f4', 64], // add bh,ah; mov ah,[rsi-1]
    ['word', '6601d8 f4', 64], // add ax,bx
    ['shift-by-cl', '48d3e0 f4', 64], // shl rax,cl
    ['carry-chain', '4801d8 4811d1 f4', 64], // add rax,rbx; adc rcx,rdx
    ['read-modify-write', '480107 f4', 64], // add [rdi],rax
    ['call-and-return', 'e801000000 f4 4801d8 c3', 64], // call; hlt; add rax,rbx; ret
    ['pushes-and-pops', '53 4154 51 59 415c 5b f4', 64], // push rbx; push r12; push rcx; pop rcx; pop r12; pop rbx
    ['segment-base', '65488b042528000000 f4', 64], // mov rax,gs:[0x28]
    ['handler', '0fa2 01d8 f4', 64], // cpuid; add eax,ebx
    ['exchange', 'f00fb11f f4', 64], // lock cmpxchg [rdi],ebx
    ['long-division', '48f7f1 f4', 64], // div rcx: by itself, by the routine, by the handler
    ['string-copy', 'f3a4 f4', 64], // rep movsb
    ['vector-add', '660ffe07 f4', 64], // paddd xmm0,[rdi]
    ['double-add', 'f20f58c1 f4', 64], // addsd xmm0,xmm1
    ['double-compare', '660f2ec1 7700 f4', 64], // ucomisd xmm0,xmm1; ja
    ['flat-32-bit', '8b4508 40 c9 c3', 32], // mov eax,[ebp+8]; inc eax; leave; ret
  ] as const)('%s', async (name, hex, size) => {
    // biome-ignore format: a table.
    const { body } = compiled(hex, size);
    const header = `;; ${size}-bit: ${hex}\n`;
    const text = `${header}${bodyText(body.code.view(), localName)}\n`;
    await expect(text).toMatchFileSnapshot(join(import.meta.dirname, 'golden', `${name}.txt`));
    const imports = [
      { name: 'fill', parameters: 3 },
      { name: 'run', parameters: 2 },
      ...ROUTINE_NAMES.map((name) => ({ name, parameters: 1 })),
    ];
    expect(() => new WebAssembly.Module(encodeModule(imports, [body]))).not.toThrow();
  });

  test('two entries', async () => {
    // again: call 0x2005; dec ecx; jnz again; hlt: the call leaves the page, and what returns from it enters the region again.
    const hex = 'e800200000 ffc9 75f7 f4';
    const { body, entries } = compiled(hex, 64, { 0: 100, 5: 100 });
    expect(entries.map(({ ripLo }) => ripLo - BASE)).toEqual([0, 5]);
    const text = `;; 64-bit: ${hex}\n${bodyText(body.code.view(), localName)}\n`;
    await expect(text).toMatchFileSnapshot(join(import.meta.dirname, 'golden', 'two-entries.txt'));
  });

  test('what other regions hold is left to be entered there, and what it returns to is an entry', () => {
    // again: call f; dec ecx; jnz again; hlt; f: inc eax; ret
    const hex = 'e805000000 ffc9 75f7 f4 ffc0 c3';
    const whole = compiled(hex, 64, { 0: 100, 5: 100 });
    expect(whole.entries.map(({ ripLo }) => ripLo - BASE)).toEqual([0]);
    const { entries, body } = compiled(hex, 64, { 0: 100, 5: 100 }, [10]);
    expect(entries.map(({ ripLo }) => ripLo - BASE)).toEqual([0, 5]);
    expect(body.code.length).toBeLessThan(whole.body.code.length);
    // The first block is compiled, whoever holds it.
    expect(compiled(hex, 64, {}, [0]).entries.map(({ ripLo }) => ripLo - BASE)).toEqual([0]);
  });

  test('what hardly runs behind a call is no entry', () => {
    const { entries } = compiled('e800200000 ffc9 75f7 f4', 64, { 0: 100, 5: 9 });
    expect(entries.map(({ ripLo }) => ripLo - BASE)).toEqual([0]);
  });

  test('what shares nothing with the region is left to one of its own', () => {
    // call 0x2005; add rax,rbx; hlt
    const { entries, calls } = compiled('e800200000 4801d8 f4', 64, { 0: 100, 5: 100 });
    expect(entries.map(({ ripLo }) => ripLo - BASE)).toEqual([0]);
    // The HLT, which its handler would execute, is not in it.
    expect(calls).toEqual([]);
  });

  test('an entry beside the header of a loop is given up, and the loop kept', () => {
    // again: dec ecx; jz out; on: inc eax; jmp again; out: hlt. `on` was entered from elsewhere too, and so was `out`.
    const { body, entries } = compiled('ffc9 7404 ffc0 ebf8 f4', 64, { 0: 100, 4: 300, 8: 300 });
    expect(entries.map(({ ripLo }) => ripLo - BASE)).toEqual([0, 8]);
    expect(bodyText(body.code.view(), localName)).toMatch(/^ *loop$/m);
  });

  test('an irreducible graph becomes a reducible one with an exit', () => {
    // jz into the middle of a loop: 1: jz 3; 2: inc eax; 3: dec ecx; jnz 2; hlt
    const { body, longest } = compiled('7402 ffc0 ffc9 75fa f4', 64);
    expect(body.code.length).toBeGreaterThan(0);
    expect(longest).toBeGreaterThan(2);
  });
});
