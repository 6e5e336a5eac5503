import { describe, expect, it } from 'vitest';
import { buffer, device, eisaId, integer, ioPorts, irq, name, packageOf, scope } from '../../src/boot/aml.ts';
import { decodeAml } from '../support/aml-reader.ts';

const decode = (aml: readonly number[]) => decodeAml(Uint8Array.from(aml));

describe('the AML assembler', () => {
  it.each([0, 1, 2, 0xff, 0x100, 0xffff, 0x10000, 0xffffffff])('encodes the integer %i', (value) => {
    expect(decode(name('X', integer(value))).get('\\X___')).toBe(value);
  });

  it.each([0, 1, 61, 62, 63, 64, 4089, 4090, 4091, 4096, 70000])('encodes a buffer of %i bytes', (bytes) => {
    const content = Array.from({ length: bytes }, (_, i) => i & 0xff);
    expect(decode(name('BUF', buffer(content))).get('\\BUF_')).toEqual(Uint8Array.from(content));
  });

  it('nests scopes, devices and packages', () => {
    const aml = scope(
      '\\_SB',
      device('DEV0', name('_HID', eisaId('PNP0C0F')), name('P', packageOf(integer(7), packageOf()))),
    );
    expect(Object.fromEntries(decode(aml))).toEqual({
      '\\_SB_.DEV0._HID': 0x0f0cd041,
      '\\_SB_.DEV0.P___': [7, []],
    });
  });

  it('spells resources as the specification lays them out', () => {
    expect(ioPorts(0x3f8, 8)).toEqual([0x47, 1, 0xf8, 3, 0xf8, 3, 1, 8]);
    expect(irq(12)).toEqual([0x22, 0, 0x10]);
  });

  it('refuses what is not a name', () => {
    expect(() => name('lower', integer(0))).toThrow(TypeError);
    expect(() => name('LONGER', integer(0))).toThrow(TypeError);
  });
});
