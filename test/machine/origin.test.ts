import { describe, expect, it } from 'vitest';
import { checkMedium, checkSameOrigin, originOf, sealOf } from '../../src/machine/origin.ts';

const file = (name: string, ...bytes: number[]) => ({ name, bytes: Uint8Array.from(bytes) });
const origin = (options: object) => originOf('kernel', 'pc', options, ['disk']);

describe('where a machine comes from', () => {
  it('is its options without media, and without what no guest sees', () => {
    const disk = file('d', 1);
    expect(origin({ memory: 1, disk, jit: true, cpu: undefined })).toEqual({
      kind: 'kernel',
      board: 'pc',
      options: { memory: 1 },
      media: { disk },
    });
  });

  it('is the same for the same bytes, whatever they are called', () => {
    checkSameOrigin(origin({ kernel: file('a', 1, 2) }), origin({ kernel: file('b', 1, 2), jit: false }));
    checkSameOrigin(origin({ disk: file('a', 1, 2) }), origin({ disk: file('b', 1, 2) }));
    const sealed = { ...origin({}), media: { disk: sealOf(file('a', 1, 2)) } };
    checkSameOrigin(origin({ disk: file('b', 1, 2) }), sealed);
  });

  it.each([
    [{ kernel: file('a', 1) }, { kernel: file('a', 2) }, /^kernel: another/],
    [{ modules: [] }, { modules: [file('a', 1)] }, /^modules: another/],
    [{ memory: 1 }, {}, /^memory: another/],
    [{ disk: file('a', 1) }, {}, /^disk: a: expected none/],
    [{}, { disk: file('a', 1) }, /^disk: missing: expected a \(1 bytes, check sum 0x\w{8}\)/],
    [{ disk: file('b', 1, 3) }, { disk: file('a', 1, 2) }, /^disk: b \(2 bytes, .*expected a \(2 bytes/],
  ])('%o is not %o', (is, was, message) => {
    expect(() => checkSameOrigin(origin(is), origin(was))).toThrow(message);
  });

  it('knows a medium by its seal', () => {
    const image = file('a', 1, 2, 3, 4, 5);
    checkMedium('disk', image, sealOf(image));
    expect(() => checkMedium('disk', file('a', 1, 2, 3, 4, 6), sealOf(image))).toThrow('as it was when');
  });
});
