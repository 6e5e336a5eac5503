import { expect, test } from 'vitest';
import { Code } from '../../../src/jit/wasm/code.ts';
import { encodeModule } from '../../../src/jit/wasm/module.ts';
import { IF, TYPE_I32 } from '../../../src/jit/wasm/opcodes.ts';

/** Unsigned LEB128 values, all below 128 here, after the name of a custom section. */
function hintsOf(bytes: Uint8Array): number[] {
  const [section] = WebAssembly.Module.customSections(
    new WebAssembly.Module(bytes),
    'metadata.code.branch_hint',
  );
  return section ? [...new Uint8Array(section)] : [];
}

function body(mark: boolean) {
  const inner = new Code();
  inner.get(0);
  if (mark) inner.unlikelyIf();
  else inner.if();
  inner.i32(7);
  inner.set(1);
  inner.end();
  // As the code of a region is put together from pieces.
  const code = new Code();
  code.i32(1);
  code.set(1);
  code.appendCode(inner);
  code.get(1);
  return { locals: [[1, TYPE_I32]] as const, code };
}

test('an unlikely if is named in the section of branch hints, by its offset in the function body', () => {
  const bytes = encodeModule([{ name: 'f', parameters: 1 }], [body(true)]);
  const [functions, index, hints, at, size, value, ...rest] = hintsOf(bytes);
  expect([functions, index, hints, size, value, rest]).toEqual([1, 1, 1, 1, 0, []]);
  // The body begins with its one run of locals, and ends the module.
  const length = body(true).code.length + 4;
  expect(bytes[bytes.length - length + at!]).toBe(IF);
});

test('without any there is no such section', () => {
  expect(hintsOf(encodeModule([], [body(false)]))).toEqual([]);
});
