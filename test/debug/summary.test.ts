import { describe, expect, test } from 'vitest';
import { exitText, PLAIN, summaryLines, timelineLines, translationLines } from '../../src/debug/summary.ts';
import { exitResult } from '../../src/machine/exit.ts';
import { SIZE_2M, SIZE_4K } from '../../src/mmu/counters.ts';
import { at, fakeMachine } from './fake-machine.ts';
import { LOADER, Scene } from './scene.ts';

function booted(): Scene {
  const scene = new Scene().mapKernel(64).image(LOADER);
  const entry = { rip: at('0x100204'), mode: 'compatibility32' as const };
  scene.timeline.push({
    ...entry,
    instruction: 41000,
    event: 'cr0',
    from: '0x00000011',
    to: '0x80000011',
    cause: 'MOV CR0,EAX',
  });
  scene.timeline.push({
    ...entry,
    instruction: 41000,
    event: 'mode',
    from: 'protected32',
    to: 'compatibility32',
    cause: 'MOV CR0,EAX',
  });
  scene.timeline.push({
    ...entry,
    instruction: 41003,
    event: 'mode',
    from: 'compatibility32',
    to: '64-bit',
    mode: '64-bit',
    cause: 'JMP 0x0008:0x00100220',
  });
  return scene;
}

test('the whole summary', () => {
  const machine = fakeMachine(booted(), exitResult('halted', 'halted for good: HLT with interrupts off'));
  const { counters } = machine;
  counters.quickWalks = 900;
  for (let i = 0; i < 300; i++) counters.noteWalk(SIZE_4K, 2);
  counters.refills[SIZE_2M] = 3;
  counters.noteWalk(SIZE_2M, 3);
  counters.flushes.cr3 = 2;
  counters.pageFaults = 1;
  expect(summaryLines(machine, PLAIN)).toEqual([
    'Modes',
    '              0  protected32',
    '         41,000    cr0 0x00000011 -> 0x80000011  0x0000000000100204  MOV CR0,EAX  enter_kernel+0x4 (loader.elf)',
    '         41,000  -> compatibility32   0x0000000000100204  MOV CR0,EAX  enter_kernel+0x4 (loader.elf)',
    '         41,003  -> 64-bit            0x0000000000100204  JMP 0x0008:0x00100220  enter_kernel+0x4 (loader.elf)',
    'Mappings  4-level paging, root 0x00001000, 1 range, 256 KiB mapped',
    '  0xffffffff80000000-0xffffffff8003ffff  256 KiB  4 KiB pages  rwx supervisor  -> 0x00000000-0x0003ffff',
    'Translation',
    '  4 KiB pages  1,200 walks (1.25 entries each), 1,200 TLB fills',
    '  2 MiB pages  1 walk (3.00 entries each), 4 TLB fills, 3 of them without a walk',
    '  0 evictions, 1 page fault, flushes: cr3 2',
    'Nobody answered  ports 0x0080 3x, 0x02f8 1x',
    'Nobody answered  memory 0xfee00000 2x',
    'Executed  1,234,567 instructions, 12.346 ms of guest time',
    'Exit  halted, status 0  halted for good: HLT with interrupts off',
  ]);
});

describe('parts', () => {
  test('a run without a change of mode', () => {
    expect(timelineLines(fakeMachine(new Scene()), PLAIN)).toEqual(['            0  64-bit']);
  });

  test('long lists are cut', () => {
    const scene = booted();
    const [entry] = scene.timeline;
    for (let i = 0; i < 100; i++) scene.timeline.push(entry!);
    const lines = summaryLines(fakeMachine(scene), PLAIN);
    expect(lines.find((line) => line.includes('more'))).toContain('... and 64 more');
  });

  test('no walks at all', () => {
    expect(translationLines(fakeMachine(new Scene()))).toEqual(['0 evictions, 0 page faults, no flushes']);
  });

  test('how it ended, in colour', () => {
    const coloured = { ...PLAIN, green: (t: string) => `<g>${t}</g>`, red: (t: string) => `<r>${t}</r>` };
    expect(exitText(exitResult('power-off', 'x'), coloured)).toContain('<g>power-off, status 0</g>');
    expect(exitText(exitResult('triple-fault', 'x'), coloured)).toContain('<r>');
    expect(exitText(undefined, coloured)).toContain('not ended');
  });
});
