/** Exceptions in words: the names of vectors and the meaning of error codes. */
import { hex32 } from '../bits/hex.ts';
import {
  ERROR_EXT,
  ERROR_IDT,
  ERROR_TI,
  PF_ID,
  PF_P,
  PF_PK,
  PF_RSVD,
  PF_US,
  PF_WR,
  VECTOR_DF,
  VECTOR_GP,
  VECTOR_NP,
  VECTOR_PF,
  VECTOR_SS,
  VECTOR_TS,
} from '../isa/vectors.ts';
import type { FaultRecord } from '../machine/fault-log.ts';
import { compare } from './address.ts';
import { vectorText } from './descriptors.ts';
import type { AccessKind } from './walk-text.ts';

const TITLES: readonly (string | undefined)[] = [
  'divide error', 'debug', 'NMI', 'breakpoint', 'overflow', 'BOUND range exceeded', 'invalid opcode', 'device not available',
  'double fault', undefined, 'invalid TSS', 'segment not present', 'stack-segment fault', 'general protection', 'page fault', undefined,
  'x87 floating-point error', 'alignment check', 'machine check', 'SIMD floating-point error',
]; // biome-ignore format: rows of eight.

/** Vectors whose error code names a selector (SDM Vol. 3A, "Error Code"). */
const SELECTOR_CODES = new Set([VECTOR_TS, VECTOR_NP, VECTOR_SS, VECTOR_GP]);

/** `#PF (14) page fault`. */
export function faultTitle(vector: number): string {
  const title = TITLES[vector];
  return title ? `${vectorText(vector)} ${title}` : `vector ${vectorText(vector)}`;
}

/** The error code in words; undefined for exceptions that have none. */
export function errorText(fault: FaultRecord): string | undefined {
  if (!fault.hasErrorCode) return undefined;
  const code = hex32(fault.errorCode, 4);
  if (fault.vector === VECTOR_PF) return `${code}: ${pageFaultText(fault)}`;
  if (fault.vector === VECTOR_DF || !SELECTOR_CODES.has(fault.vector)) return code;
  return `${code}: ${selectorText(fault.errorCode)}`;
}

/** The access that a page fault stopped. Without NX the error code does not tell a fetch, but CR2 = RIP does. */
export function accessOf(fault: FaultRecord): AccessKind {
  const { errorCode } = fault;
  const write = (errorCode & PF_WR) !== 0;
  return {
    write,
    user: (errorCode & PF_US) !== 0,
    fetch: (errorCode & PF_ID) !== 0 || (!write && compare(fault.cr2, fault.rip) === 0),
  };
}

function pageFaultText(fault: FaultRecord): string {
  const { errorCode } = fault;
  const access = accessOf(fault);
  const deed = access.fetch ? 'instruction fetch from' : access.write ? 'write to' : 'read of';
  const who = access.user ? 'user code' : 'the supervisor';
  const why =
    errorCode & PF_RSVD
      ? 'an address whose tables have a reserved bit set'
      : errorCode & PF_PK
        ? 'a page that its protection key forbids'
        : errorCode & PF_P
          ? 'a page whose rights forbid it'
          : 'a page that is not present';
  return `${deed} ${why}, by ${who}`;
}

/** What a selector error code points at, in the words of a sentence's end. */
function selectorText(errorCode: number): string {
  const during = errorCode & ERROR_EXT ? ', while an exception or interrupt was delivered' : '';
  if (errorCode & ERROR_IDT) return `IDT entry ${vectorText(errorCode >>> 3)}${during}`;
  if ((errorCode & ~ERROR_EXT) === 0) return `no selector${during}`;
  return `${errorCode & ERROR_TI ? 'LDT' : 'GDT'} selector ${hex32(errorCode & 0xfff8, 4)}${during}`;
}

/** The vector an IDT error code names; undefined for other codes. */
export function idtVectorOf(fault: FaultRecord): number | undefined {
  if (!fault.hasErrorCode || !SELECTOR_CODES.has(fault.vector) || !(fault.errorCode & ERROR_IDT))
    return undefined;
  return fault.errorCode >>> 3;
}

/** The selector an error code names; undefined for none, and for IDT codes. */
export function selectorOf(fault: FaultRecord): number | undefined {
  if (!fault.hasErrorCode || !SELECTOR_CODES.has(fault.vector) || fault.errorCode & ERROR_IDT)
    return undefined;
  const selector = fault.errorCode & 0xfffc;
  return selector === 0 ? undefined : selector;
}
