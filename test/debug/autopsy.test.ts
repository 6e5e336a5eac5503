import { describe, expect, test } from 'vitest';
import { autopsyLines, needsAutopsy, registerLines } from '../../src/debug/autopsy.ts';
import { VECTOR_DF, VECTOR_GP, VECTOR_PF, VECTOR_UD } from '../../src/isa/vectors.ts';
import { readRegisters } from '../../src/machine/registers.ts';
import { STATE_CPL, STATE_IDTR } from '../../src/state/layout.ts';
import { KERNEL, LOADER, Scene } from './scene.ts';

/** The first fetch of a kernel that is linked where nothing is mapped, before any IDT. */
function tripleFault(): Scene {
  const scene = new Scene().mapKernel(64).image(LOADER).image(KERNEL).table(STATE_IDTR, 0n, 0);
  const rip = '0xffffffff80390000';
  scene.fault(VECTOR_PF, { rip, cr2: rip, error: 0x10, instruction: 123456 });
  scene.fault(VECTOR_GP, { rip, cr2: rip, error: 0x73, instruction: 123456 });
  return scene.fault(VECTOR_DF, { rip, cr2: rip, error: 0, instruction: 123456 });
}

describe('the chain of a triple fault', () => {
  // Golden: read as a person would who has lost an evening to a black screen.
  test('tells each exception, the walk with the level that stopped it, the registers once, and the cause', () => {
    expect(autopsyLines(tripleFault().evidence())).toEqual([
      'a chain of 3 exceptions after 123,456 instructions, in 64-bit mode:',
      '',
      '1. #PF (14) page fault, error code 0x0010: instruction fetch from a page that is not present, by the supervisor',
      '   CR2 0xffffffff80390000  kernel_start (kernel.elf)',
      '   RIP 0xffffffff80390000  kernel_start (kernel.elf)  CS 0x0008 CPL 0',
      '   walk of 0xffffffff80390000, CR3 0x0000000000001000',
      '     PML4E  511 at 0x00001ff8: 0x0000000000002003  P RW  -> table 0x00002000',
      '     PDPTE  510 at 0x00002ff0: 0x0000000000003003  P RW  -> table 0x00003000',
      '     PDE      1 at 0x00003008: 0x0000000000000000  not present',
      '     0xffffffff80390000 is not mapped: stopped at the PDE (level 2), entry 1 of the table at 0x00003000: not present (the entry is zero)',
      '   rax 0x0000000000000000  rcx 0x0000000000000000  rdx 0x0000000000000000  rbx 0x0000000000000000',
      '   rsp 0xffffffff80008000  rbp 0x0000000000000000  rsi 0x0000000000000000  rdi 0x0000000000000000',
      '   r8  0x0000000000000000  r9  0x0000000000000000  r10 0x0000000000000000  r11 0x0000000000000000',
      '   r12 0x0000000000000000  r13 0x0000000000000000  r14 0x0000000000000000  r15 0x0000000000000000',
      '   rip 0xffffffff80390000  rflags 0x00000046',
      '   cr0 0x80010001  cr4 0x00000020  efer 0x00000d00  cr2 0x0000000000000000  cr3 0x0000000000001000',
      '   gdtr 0xffffffff80006000 limit 0x003f  idtr 0x0000000000000000 limit 0x0000',
      '   es 0x0000  cs 0x0008  ss 0x0000  ds 0x0000  fs 0x0000  gs 0x0000  ldtr 0x0000  tr 0x0000',
      '',
      '2. #GP (13) general protection, while #PF (14) page fault was delivered, error code 0x0073: IDT entry #PF (14), while an exception or interrupt was delivered',
      '   RIP 0xffffffff80390000  kernel_start (kernel.elf)  CS 0x0008 CPL 0',
      '   code cannot be read there',
      '',
      '3. #DF (8) double fault in place of #GP (13), error code 0x0000',
      '   RIP 0xffffffff80390000  kernel_start (kernel.elf)  CS 0x0008 CPL 0',
      '   code cannot be read there',
      '',
      'an exception while a double fault is delivered shuts the processor down: a triple fault',
      '',
      "likely cause: 0xffffffff80390000 (kernel_start) is where kernel.elf is linked, but nothing is mapped there; the image's own bytes for it lie at physical 0x00021000; the nearest mapping is 0xffffffff80000000-0xffffffff8003ffff (physical 0x00000000), which ends 3392 KiB below it",
      '        also: no IDT is loaded (IDTR limit 0), so the #PF (14) could not be delivered',
    ]);
  });

  test('shows code as bytes, or in words with a disassembler', () => {
    const scene = new Scene().mapKernel(4).fault(VECTOR_UD, { code: [0x0f, 0x0b, 0x90] });
    expect(autopsyLines(scene.evidence())).toContain('   code 0f 0b 90');
    const words = autopsyLines(scene.evidence(), { disassemble: (_, __, size) => `ud2 in ${size}` });
    expect(words).toContain('   code 0f 0b 90  ud2 in 64');
    expect(words.at(-1)).toBe('likely cause: none of the known mistakes fits');
  });

  test('registers are shown again when they changed', () => {
    const scene = new Scene()
      .mapKernel(4)
      .fault(VECTOR_UD)
      .set(STATE_CPL, 3)
      .register(4, 0x1234n)
      .fault(VECTOR_GP, { error: 0 });
    expect(autopsyLines(scene.evidence()).filter((line) => line.startsWith('   rsp'))).toHaveLength(2);
  });
});

test('which endings need one', () => {
  const needs = (['triple-fault', 'halted', 'debug-exit', 'limit', 'unimplemented'] as const).map((reason) =>
    needsAutopsy({ reason, status: 0, detail: '' }),
  );
  expect(needs).toEqual([true, false, false, false, false]);
});

test('registers that a record does not have are dashes', () => {
  const { segments, rip, rflags } = readRegisters(new Scene().state.words);
  expect(registerLines({ segments, rip, rflags })[0]).toBe('rax -  rcx -  rdx -  rbx -');
});
