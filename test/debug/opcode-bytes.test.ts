import { expect, test } from 'vitest';
import { type SimdForm, simdForm } from '../../src/debug/opcode-bytes.ts';

test.each<[number[], boolean, SimdForm | undefined, string]>([
  // bytes                                64-bit  vex, aligned memory       what
  [[0x0f, 0x28, 0x03], true, { vex: false, alignedMemory: true }, 'movaps xmm0, [rbx]'],
  [[0x0f, 0x28, 0xc1], true, { vex: false, alignedMemory: false }, 'movaps xmm0, xmm1'],
  [[0x66, 0x44, 0x0f, 0x6f, 0x04, 0x24], true, { vex: false, alignedMemory: true }, 'movdqa xmm8, [rsp]'],
  [[0xf3, 0x0f, 0x6f, 0x04, 0x24], true, { vex: false, alignedMemory: false }, 'movdqu xmm0, [rsp]'],
  [[0x0f, 0x10, 0x03], false, { vex: false, alignedMemory: false }, 'movups xmm0, [ebx]'],
  [[0xc5, 0xf8, 0x28, 0xc1], true, { vex: true, alignedMemory: false }, 'vmovaps xmm0, xmm1'],
  [[0xc5, 0x03], false, undefined, 'lds eax, [ebx]'],
  [[0x0f, 0x0b], true, undefined, 'ud2'],
  [[0x48, 0x89, 0xe5], true, undefined, 'mov rbp, rsp'],
  [[], true, undefined, 'nothing'],
])('%j', (bytes, code64, form) => {
  expect(simdForm(Uint8Array.from(bytes), code64)).toEqual(form);
});
