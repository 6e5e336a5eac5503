import { expect, test } from 'vitest';
import { ConsoleWriter } from '../../src/cli/consoles.ts';

function written(eager: boolean, text: string): string[] {
  const pieces: string[] = [];
  const output = {
    write: (data: string | Uint8Array) =>
      void pieces.push(Buffer.from(data as Uint8Array).toString('latin1')),
    close: () => undefined,
  };
  const writer = new ConsoleWriter(output, eager);
  for (const byte of Buffer.from(text, 'latin1')) writer.accept(byte);
  pieces.push('|');
  writer.flush();
  writer.flush();
  return pieces;
}

test('bytes go out by line, and what is left at the end', () => {
  expect(written(false, 'one\ntwo\nthr')).toEqual(['one\n', 'two\n', '|', 'thr']);
});

test('at once where somebody watches', () => {
  expect(written(true, 'ab')).toEqual(['a', 'b', '|']);
});

test('bytes are not changed, and a long line goes out in pieces', () => {
  expect(written(false, '\xff\x00\x80')).toEqual(['|', '\xff\x00\x80']);
  expect(written(false, 'x'.repeat(5000)).map((piece) => piece.length)).toEqual([4096, 1, 904]);
});
