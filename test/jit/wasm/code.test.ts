import { describe, expect, test } from 'vitest';
import { Code } from '../../../src/jit/wasm/code.ts';
import { encodeModule } from '../../../src/jit/wasm/module.ts';
import { I32_ADD, I32_WRAP_I64, I64_SHR_U, TYPE_I32 } from '../../../src/jit/wasm/opcodes.ts';
import { bodyText } from '../../../src/jit/wasm/text.ts';

function run(code: Code, parameter: number): number {
  const bytes = encodeModule([{ name: 'f', parameters: 2 }], [{ locals: [[1, TYPE_I32]], code }]);
  const m = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const t = new WebAssembly.Table({ element: 'anyfunc', initial: 1 });
  const f = (a: number, b: number) => a - b;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { e: { m, t, f } });
  return (exports['0'] as (value: number) => number)(parameter);
}

describe('constants survive their encoding', () => {
  const words = [0, 1, -1, 63, 64, -64, -65, 127, 128, 0x1fff, -0x2000, 0x7fffffff, -0x80000000, 0x12345678];
  test.each(words)('i32 %i', (word) => {
    const code = new Code();
    code.i32(word);
    expect(run(code, 0)).toBe(word);
    expect(bodyText(code.view(), String)).toBe(`i32.const ${word}`);
  });

  const pairs = words.flatMap((lo) =>
    [0, -1, 1, 63, -64, 0x7fffffff, -0x80000000].map((hi) => [lo, hi] as const),
  );
  test.each(pairs)('i64 %i:%i', (lo, hi) => {
    const low = new Code();
    low.i64(lo, hi);
    low.op(I32_WRAP_I64);
    expect(run(low, 0)).toBe(lo);
    const high = new Code();
    high.i64(lo, hi);
    high.i64(32);
    high.op(I64_SHR_U);
    high.op(I32_WRAP_I64);
    expect(run(high, 0)).toBe(hi);
    const text = bodyText(low.view(), String).split('\n')[0]!;
    const digits = `0x${(hi >>> 0).toString(16)}${(lo >>> 0).toString(16).padStart(8, '0')}`;
    expect(text).toBe(`i64.const ${hi === lo >> 31 ? lo : digits}`);
  });
});

test('labels name blocks whatever lies between', () => {
  const code = new Code();
  const outer = code.block();
  const again = code.loop();
  code.get(1);
  code.i32(3);
  code.op(I32_ADD);
  code.tee(1);
  code.get(0);
  code.call(0);
  code.i32(0);
  code.op(0x4e);
  code.brIf(outer);
  code.if();
  code.end();
  code.br(again);
  code.end();
  code.end();
  code.get(1);
  const text = bodyText(code.view(), (n) => `$${n}`);
  expect(text).toContain('  br_if 1');
  // The if takes its condition from a stack that is empty: make it valid before running it.
  expect(text.split('\n').filter((line) => line.trim() === 'end')).toHaveLength(3);
});

test('a loop runs, calls an import, and ends', () => {
  const code = new Code();
  const out = code.block();
  const again = code.loop();
  code.get(1);
  code.i32(3);
  code.op(I32_ADD);
  code.tee(1);
  code.get(0);
  code.call(0);
  code.i32(0);
  code.op(0x4e);
  code.brIf(out);
  code.br(again);
  code.end();
  code.end();
  code.get(1);
  expect(run(code, 10)).toBe(12);
});
