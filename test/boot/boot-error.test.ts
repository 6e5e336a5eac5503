import { describe, expect, it } from 'vitest';
import { BootError } from '../../src/boot/boot-error.ts';

describe('BootError', () => {
  it('names file, field, value and what was expected in one line', () => {
    const error = new BootError('kernel.elf', 'e_type', '1', '2 (executable)');
    expect(error.message).toBe('kernel.elf: e_type is 1, expected 2 (executable)');
    expect(error).toMatchObject({ name: 'BootError', file: 'kernel.elf', field: 'e_type', value: '1' });
  });

  it('stays one line and free of terminal codes whatever a file is called', () => {
    const error = new BootError('a\nb\u001b[31m\u2028c', 'x', '1', '2');
    expect(error.message).toBe('a\\u000ab\\u001b[31m\\u2028c: x is 1, expected 2');
    expect(error.file).toBe('a\nb\u001b[31m\u2028c');
  });
});
