import { hex32, hex64 } from '../bits/hex.ts';
import { GPR64_NAMES, SEGMENT_NAMES } from '../isa/registers.ts';
import { Flags } from '../state/flags.ts';
import {
  SEGMENT_ATTRIBUTES,
  SEGMENT_BASE,
  SEGMENT_BYTES,
  SEGMENT_LIMIT,
  SEGMENT_SELECTOR,
  STATE_CR0,
  STATE_CR2,
  STATE_CR3,
  STATE_CR4,
  STATE_CR8,
  STATE_EFER,
  STATE_GDTR,
  STATE_GPR,
  STATE_IDTR,
  STATE_RIP,
  STATE_SEGMENTS,
} from '../state/layout.ts';

export interface SegmentRegister {
  readonly selector: string;
  readonly base: string;
  readonly limit: string;
  /** As the high word of the descriptor has them, base and limit bits cleared. */
  readonly attributes: string;
}

/** Every register that explains a boot, as `0x` strings: general, RIP, RFLAGS, segments, tables, control. */
export interface Registers {
  readonly [name: string]: string | { readonly [segment: string]: SegmentRegister } | undefined;
  readonly rip: string;
  readonly rflags: string;
  readonly segments: { readonly [segment: string]: SegmentRegister };
}

/** Reads the registers out of state words: the live ones, or a copy that a fault record kept. */
export function readRegisters(words: Int32Array): Registers {
  const pair = (offset: number) => hex64(words[offset >> 2]!, words[(offset >> 2) + 1]!);
  const word = (offset: number) => hex32(words[offset >> 2]!);
  const general = GPR64_NAMES.map((name, i) => [name, pair(STATE_GPR + i * 8)] as const);
  const segments = SEGMENT_NAMES.map((name, i) => {
    const slot = STATE_SEGMENTS + i * SEGMENT_BYTES;
    return [
      name,
      {
        selector: hex32(words[(slot + SEGMENT_SELECTOR) >> 2]!, 4),
        base: pair(slot + SEGMENT_BASE),
        limit: word(slot + SEGMENT_LIMIT),
        attributes: word(slot + SEGMENT_ATTRIBUTES),
      },
    ] as const;
  });
  return {
    ...Object.fromEntries(general),
    rip: pair(STATE_RIP),
    rflags: hex32(new Flags(words).read()),
    segments: Object.fromEntries(segments),
    gdtrBase: pair(STATE_GDTR),
    gdtrLimit: hex32(words[(STATE_GDTR + 8) >> 2]!, 4),
    idtrBase: pair(STATE_IDTR),
    idtrLimit: hex32(words[(STATE_IDTR + 8) >> 2]!, 4),
    cr0: word(STATE_CR0),
    cr2: pair(STATE_CR2),
    cr3: pair(STATE_CR3),
    cr4: word(STATE_CR4),
    cr8: word(STATE_CR8),
    efer: word(STATE_EFER),
  };
}
