/** One line an instruction, for people who follow a run step by step. */
import { type Address, groups, linearText } from './address.ts';
import type { Symbols } from './symbols.ts';

/** The first instruction of `bytes` in words; undefined when it is none. */
export type Disassembler = (bytes: Uint8Array, rip: Address, codeSize: 16 | 32 | 64) => string | undefined;

/** The instruction that is about to run. */
export interface TracePoint {
  /** Instructions retired before it. */
  readonly instruction: number;
  readonly rip: Address;
  readonly codeSize: 16 | 32 | 64;
  /** As many bytes as can be read, at most 15. */
  readonly bytes: Uint8Array;
}

/**
 * `1,234  0xffffffff80200000  mov cr3,rax  kernel_start`. The bytes stand for an instruction that the disassembler
 * does not know, and dashes for one that cannot be read.
 */
export function traceLine(point: TracePoint, symbols: Symbols, disassemble: Disassembler): string {
  const { bytes, rip } = point;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const text = bytes.length === 0 ? '--' : (disassemble(bytes, rip, point.codeSize) ?? `(bad) ${hex}`);
  const place = symbols.describe(rip);
  return `${groups(point.instruction).padStart(13)}  ${linearText(rip)}  ${place ? `${text.padEnd(40)}  ${place}` : text}`;
}

/**
 * iced-x86, loaded when the first line is wanted: it is a megabyte of WebAssembly that a run without a trace never
 * needs.
 */
export async function loadDisassembler(): Promise<Disassembler> {
  const iced = await import('iced-x86');
  const { Code, Decoder, DecoderOptions, Formatter, FormatterSyntax } = iced.default ?? iced;
  const formatter = new Formatter(FormatterSyntax.Nasm);
  formatter.spaceAfterOperandSeparator = true;
  formatter.uppercaseHex = false;
  formatter.hexPrefix = '0x';
  formatter.hexSuffix = '';
  return (bytes, rip, codeSize) => {
    const decoder = new Decoder(codeSize, bytes, DecoderOptions.None);
    decoder.ip = (BigInt(rip[1] >>> 0) << 32n) | BigInt(rip[0] >>> 0);
    const instruction = decoder.decode();
    const text = instruction.code === Code.INVALID ? undefined : formatter.format(instruction);
    instruction.free();
    decoder.free();
    return text;
  };
}
