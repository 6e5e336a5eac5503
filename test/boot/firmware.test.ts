import { expect, test } from 'vitest';
import { createMachine } from '../../src/boot/create-machine.ts';
import { kernelWith, multiboot1Header } from '../support/image-builder.ts';

test.each(['pc', 'isa'] as const)('a jump to F000:FFF0 resets the machine (board %s)', (board) => {
  // mov eax, FFFF0h; jmp eax. The code there is the same in real and in protected mode.
  const data = Uint8Array.from([0xb8, 0xf0, 0xff, 0x0f, 0x00, 0xff, 0xe0]);
  const kernel = { name: 'kernel', bytes: kernelWith(multiboot1Header(), { data }) };
  const exit = createMachine({ kernel, board }).run({ maxInstructions: 100 });
  expect([exit.reason, exit.status]).toEqual(['reset', 4]);
});
