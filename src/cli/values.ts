/** The values of options, from text. Each parser throws a UsageError that names the option, the value and what fits. */
import { parseHex64 } from '../bits/hex.ts';
import { toNumber } from '../bits/words.ts';
import type { Board } from '../index.ts';
import { MAX_PROCESSORS } from '../machine/processor-set.ts';
import { MAX_RAM_BYTES } from '../state/layout.ts';
import { badValue } from './usage-error.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };
const MIN_MEMORY = 2 ** 20;
const PAGE = 4096;

/** `64M`, `1G`, `1.5GiB`, or a plain number of bytes: the size of RAM. */
export function parseMemory(option: string, text: string): number {
  const expected = `a size such as 64M or 1G, from 1M to ${MAX_RAM_BYTES / 2 ** 20}M in steps of 4K`;
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?$/i.exec(text);
  if (!match) throw badValue(option, text, expected);
  const bytes = Number(match[1]) * UNITS[match[2]!.toUpperCase()]!;
  if (!Number.isInteger(bytes) || bytes < MIN_MEMORY || bytes > MAX_RAM_BYTES || bytes % PAGE !== 0) {
    const shown = String(bytes) === text ? `${text} bytes` : `${text} (${bytes} bytes)`;
    throw badValue(option, shown, expected);
  }
  return bytes;
}

/** A whole number from 1 up; underscores and commas may group its digits. */
export function parseCount(option: string, text: string): number {
  const value = /^\d[\d_,]*$/.test(text) ? Number(text.replace(/[_,]/g, '')) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < 1)
    throw badValue(option, text, 'a whole number from 1 to 2^53 - 1');
  return value;
}

/** A status that a guest can end its run with: odd, as the debug-exit port makes it. */
export function parseStatus(option: string, text: string): number {
  const value = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 255) || value % 2 === 0) throw badValue(option, text, 'an odd number from 1 to 255');
  return value;
}

/** Seconds above 0, with decimals if wanted. */
export function parseSeconds(option: string, text: string): number {
  const value = /^\d*\.?\d+$|^\d+\.$/.test(text) ? Number(text) : Number.NaN;
  if (!(value > 0) || !Number.isFinite(value))
    throw badValue(option, text, 'a number of seconds above 0, such as 10 or 0.5');
  return value;
}

/** A physical address: `0x` digits or a decimal number, below 2^53. */
export function parsePhysical(option: string, text: string): number {
  const words = parseHex64(text);
  const value = words ? toNumber(words[0], words[1]) : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw badValue(option, text, 'a physical address such as 0x1000000');
  return value;
}

/** A linear address: `0x` and up to 16 digits. */
export function parseLinear(option: string, text: string): readonly [lo: number, hi: number] {
  const words = parseHex64(text);
  if (!words) throw badValue(option, text, 'a linear address such as 0xffffffff80200000');
  return words;
}

export function parseBoard(option: string, text: string): Board {
  if (text !== 'isa' && text !== 'pc') throw badValue(option, text, 'isa or pc');
  return text;
}

export function parseClock(option: string, text: string): 'virtual' | 'host' {
  if (text !== 'virtual' && text !== 'host') throw badValue(option, text, 'virtual or host');
  return text;
}

export function parseInputMode(option: string, text: string): 'raw' | 'line' {
  if (text !== 'raw' && text !== 'line') throw badValue(option, text, 'raw or line');
  return text;
}

/** How many processors. */
export function parseProcessors(option: string, text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MAX_PROCESSORS) throw badValue(option, text, `1 to ${MAX_PROCESSORS}`);
  return count;
}

/** The seed of `--hostile`; 1 when none is given. */
export function parseSeed(option: string, value: string | true): number {
  if (value === true) return 1;
  const seed = /^\d+$/.test(value) ? Number(value) : (parseHex64(value)?.[0] ?? Number.NaN) >>> 0;
  if (!/^(\d+|0x[0-9a-f]{1,8})$/i.test(value) || seed > 0xffffffff) {
    throw badValue(option, value, 'a seed from 0 to 4294967295');
  }
  return seed;
}

const PROTOCOLS = ['multiboot1', 'multiboot2', 'linux32', 'linux64', 'pvh'] as const;

export type Protocol = (typeof PROTOCOLS)[number];

export function parseProtocol(option: string, text: string): Protocol {
  const protocol = PROTOCOLS.find((name) => name === text);
  if (!protocol) throw badValue(option, text, `${PROTOCOLS.slice(0, -1).join(', ')} or ${PROTOCOLS.at(-1)}`);
  return protocol;
}

/** Where the bytes of a guest's console go. */
export type Destination =
  | { readonly kind: 'stdio' }
  | { readonly kind: 'none' }
  | { readonly kind: 'file'; readonly path: string };

export function parseDestination(option: string, text: string): Destination {
  if (text === 'stdio' || text === 'none') return { kind: text };
  if (text.startsWith('file:') && text.length > 5) return { kind: 'file', path: text.slice(5) };
  throw badValue(option, text, 'stdio, none or file:PATH');
}
