import { describe, expect, test } from 'vitest';
import { type Address, addressFromText } from '../../src/debug/address.ts';
import { type SymbolImage, Symbols } from '../../src/debug/symbols.ts';

const image = (name: string, ...symbols: [name: string, address: string, size: number][]): SymbolImage => ({
  name,
  symbols: symbols.map(([symbol, address, size]) => ({
    name: symbol,
    address: addressFromText(address),
    size,
  })),
});
const at = (text: string): Address => addressFromText(text);

const loader = image(
  'loader.elf',
  ['start', '0x100000', 0],
  ['loader_main', '0x100040', 0x200],
  ['_end', '0x104000', 0],
);
const kernel = image(
  'kernel.elf',
  ['_text', '0xffffffff80200000', 0],
  ['kernel_start', '0xffffffff80200000', 0x20],
  ['kernel_main', '0xffffffff80200020', 0x100],
  ['inner_label', '0xffffffff80200040', 0],
  ['memset', '0xffffffff80200200', 0x10],
  ['__memset_alias', '0xffffffff80200200', 0x10],
  ['local_alias', '0xffffffff80200280', 0x10],
  ['global_alias', '0xffffffff80200280', 0x10],
  ['stubs', '0xffffffff80200300', 0],
  ['data', '0xffffffff80200400', 8],
);
const symbols = new Symbols([loader, kernel]);

describe('the nearest symbol', () => {
  test.each([
    // address              text                                 why
    ['0x0000000000100000', 'start (loader.elf)', 'exactly at a label'],
    ['0x0000000000100010', 'start+0x10 (loader.elf)', 'a label without a size reaches the next symbol'],
    ['0x0000000000100041', 'loader_main+0x1 (loader.elf)', 'inside a function'],
    ['0xffffffff80200000', 'kernel_start (kernel.elf)', 'a sized symbol before a label at the same address'],
    ['0xffffffff80200050', 'kernel_main+0x30 (kernel.elf)', 'a label inside a function does not hide it'],
    ['0xffffffff80200040', 'inner_label (kernel.elf)', 'exactly at the inner label'],
    [
      '0xffffffff80200180',
      'kernel_main+0x160 (kernel.elf)',
      'in a gap: the function before, not a label in it',
    ],
    ['0xffffffff80200204', 'memset+0x4 (kernel.elf)', 'the plain name of two'],
    ['0xffffffff80200280', 'global_alias (kernel.elf)', 'of equals the last: ELF lists global symbols last'],
    ['0xffffffff80200310', 'stubs+0x10 (kernel.elf)', 'an assembly label'],
    ['0xffffffff80200500', 'data+0x100 (kernel.elf)', 'behind the end: nearest'],
  ])('%s is %s: %s', (address, text) => {
    expect(symbols.describe(at(address))).toBe(text);
  });

  test.each(['0x0', '0xfffff', '0xffffffff80300000', '0x7fffffff', '0xffff880000200000'])(
    '%s has none',
    (address) => {
      expect(symbols.describe(at(address))).toBeUndefined();
    },
  );

  test('says whether the address is inside, and the aliases', () => {
    expect(symbols.nearest(at('0xffffffff80200204'))).toMatchObject({
      inside: true,
      aliases: ['__memset_alias'],
    });
    expect(symbols.nearest(at('0xffffffff80200500'))).toMatchObject({ inside: false, offset: 0x100 });
  });

  test('of two images the one that contains the address wins', () => {
    const low = image('a.elf', ['a', '0x1000', 0x10]);
    const high = image('b.elf', ['b', '0x0f00', 0x200]);
    expect(new Symbols([low, high]).describe(at('0x1020'))).toBe('b+0x120 (b.elf)');
    expect(new Symbols([high, low]).describe(at('0x1008'))).toBe('a+0x8 (a.elf)');
  });

  test('addresses at the very top do not wrap', () => {
    const top = new Symbols([image('top', ['last', '0xfffffffffffff000', 0x1000])]);
    expect(top.describe(at('0xffffffffffffffff'))).toBe('last+0xfff (top)');
  });

  test('an image without symbols names nothing', () => {
    expect(new Symbols([image('stripped')]).describe(at('0x100000'))).toBeUndefined();
  });
});

describe('finding names', () => {
  test('by name, in the order of the images', () => {
    expect(symbols.find('kernel_main')).toEqual(at('0xffffffff80200020'));
    expect(symbols.find('nothing')).toBeUndefined();
  });

  test('similar names', () => {
    expect(symbols.similar('main')).toEqual(['loader_main', 'kernel_main']);
    expect(symbols.similar('zzz')).toEqual([]);
  });
});
