import { describe, expect, test } from 'vitest';
import { KERNEL, LOADER, longmode, recordingIo } from './recording-io.ts';

const inspect = (...options: string[]): string[] => [
  'inspect',
  LOADER,
  '--module',
  KERNEL,
  '--serial',
  'none',
  ...options,
];

describe('inspect', () => {
  test('stops at a symbol and shows mappings, overlaps, descriptors and a walk', async () => {
    const io = recordingIo();
    expect(await longmode(io, ...inspect('--until', 'kernel_main', '--explain', '0xffffffff80200000'))).toBe(
      0,
    );
    expect(io.out()).toBe('');
    expect(io.err()).toMatch(/^At {2}0xffffffff8020\w{4} {2}kernel_main \(/);
    expect(io.err()).toContain('physical memory mapped more than once:');
    expect(io.err()).toMatch(/GDT at 0x\w{16}\n {4}0x0008 {2}64-bit code/);
    expect(io.err()).toContain('limit 0: never loaded');
    expect(io.err()).toMatch(/Walk of 0xffffffff80200000[\s\S]*PTE +0 at .*4 KiB page/);
  });

  test('stops at a mode and at an address', async () => {
    const io = recordingIo();
    expect(await longmode(io, ...inspect('--until', '64-bit'))).toBe(0);
    expect(io.err()).toMatch(/^At .*64-bit mode/);
    const other = recordingIo();
    expect(await longmode(other, ...inspect('--until', '0xffffffff80200000', '--report', '-'))).toBe(0);
    expect(JSON.parse(other.out())).toMatchObject({ exit: { reason: 'stopped', status: 0 }, mode: '64-bit' });
  });

  test('to the end of the run, with an IDT and a TSS', async () => {
    const io = recordingIo();
    expect(await longmode(io, ...inspect())).toBe(33);
    expect(io.err()).toContain('#PF (14)  interrupt gate');
    expect(io.err()).toMatch(/TSS at 0xffffffff8\w{7}/);
  });

  test('a point that is never reached is told, with the status of the end', async () => {
    const io = recordingIo();
    expect(await longmode(io, ...inspect('--until', '0xdead0000', '--max-instructions', '100000'))).toBe(124);
    expect(io.err()).toContain('longmode: --until 0xdead0000: the run ended before that point\n');
  });

  test('before paging', async () => {
    const io = recordingIo();
    expect(await longmode(io, ...inspect('--until', 'loader_main', '--explain', '0x100000'))).toBe(0);
    expect(io.err()).toContain('paging is off');
    expect(io.err()).toContain('protected32 mode');
  });
});
