import type { Instruction } from '../../src/isa/instruction.ts';
import {
  RFLAGS_AC, RFLAGS_DF, RFLAGS_ID, RFLAGS_IOPL, RFLAGS_NT, RFLAGS_STATUS,
} from '../../src/isa/rflags.ts'; // biome-ignore format: a list of nouns.
import { VECTOR_PF } from '../../src/isa/vectors.ts';
import { type Case, CHANGES, NO_VECTOR, type Outcome } from './protocol.ts';
import { isResultUndefined, undefinedFlags } from './undefined.ts';

const FLAGS = RFLAGS_STATUS | RFLAGS_DF | RFLAGS_AC | RFLAGS_ID | RFLAGS_NT | RFLAGS_IOPL;
const GPR_NAMES = [
  'rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15',
]; // biome-ignore format: numbers of registers.

export const hex = (word: number, digits = 8): string => (word >>> 0).toString(16).padStart(digits, '0');
const pair = (lo: number, hi: number): string => hex(hi) + hex(lo);

function vector(words: Int32Array, register: number): string {
  let text = '';
  for (let n = 3; n >= 0; n--) text += hex(words[64 + register * 4 + n]!);
  for (let n = 3; n >= 0; n--) text += hex(words[register * 4 + n]!);
  return text;
}

function st(words: Int32Array, register: number): string {
  return `${hex(words[register * 4 + 2]! & 0xffff, 4)}:${pair(words[register * 4]!, words[register * 4 + 1]!)}`;
}

function changes(o: Outcome): string {
  const shown = Math.min(o.changedBytes, CHANGES);
  return `${hex(o.changedFrom, 4)}+${Buffer.from(o.changed.subarray(0, shown)).toString('hex')}`;
}

function sameChanges(a: Outcome, b: Outcome): boolean {
  if (a.changedBytes !== b.changedBytes) return false;
  if (a.changedBytes === 0) return true;
  if (a.changedFrom !== b.changedFrom) return false;
  for (let n = 0; n < a.changedBytes && n < CHANGES; n++) if (a.changed[n] !== b.changed[n]) return false;
  return true;
}

/** Where the two differ, as `field=host/interpreter`; empty when they agree. `all`: the undefined flags too. */
export function differences(
  c: Case,
  insn: Instruction,
  host: Outcome,
  ours: Outcome,
  all: boolean,
): string[] {
  const found: string[] = [];
  const bothFault = host.vector !== NO_VECTOR && ours.vector !== NO_VECTOR;
  // Which of two operands in memory is looked at first, no manual says.
  if (/^CMPS[BWDQ]$/.test(c.name) && bothFault) return found;
  // Target and stack both bad: SDM Vol. 2A, "CALL" looks at the target first, AMD's processors push first.
  if (c.name === 'CALL_E' && bothFault) return found;
  const note = (field: string, a: string, b: string) => found.push(`${field}=${a}/${b}`);
  if (host.vector !== ours.vector) note('vector', hex(host.vector), hex(ours.vector));
  if (!all && host.vector === ours.vector && isResultUndefined(c, insn)) return found;
  for (let n = 0; n < 16; n++) {
    const at = n * 2;
    if (host.gpr[at] !== ours.gpr[at] || host.gpr[at + 1] !== ours.gpr[at + 1]) {
      note(GPR_NAMES[n]!, pair(host.gpr[at]!, host.gpr[at + 1]!), pair(ours.gpr[at]!, ours.gpr[at + 1]!));
    }
  }
  if (host.ripLo !== ours.ripLo || host.ripHi !== ours.ripHi) {
    note('rip', pair(host.ripLo, host.ripHi), pair(ours.ripLo, ours.ripHi));
  }
  const mask = FLAGS & ~(all ? 0 : undefinedFlags(c, insn));
  if ((host.rflags ^ ours.rflags) & mask) note('rflags', hex(host.rflags & mask), hex(ours.rflags & mask));
  for (let n = 0; n < 128; n++) {
    if (host.vectors[n] === ours.vectors[n]) continue;
    const register = (n & 63) >> 2;
    note(`ymm${register}`, vector(host.vectors, register), vector(ours.vectors, register));
    n |= 3;
  }
  // A MASKMOVQ that faults has entered MMX state on AMD's processors, which no manual promises.
  const isEarly = c.name === 'MASKMOVQ_Pq_Nq' && host.vector !== NO_VECTOR;
  if (isEarly && host.vector === ours.vector) return found;
  for (let n = 0; n < 32; n++) {
    const mask80 = (n & 3) === 2 ? 0xffff : (n & 3) === 3 ? 0 : -1;
    if (((host.st[n]! ^ ours.st[n]!) & mask80) === 0) continue;
    note(`st${n >> 2}`, st(host.st, n >> 2), st(ours.st, n >> 2));
    n |= 3;
  }
  for (const field of ['fcw', 'fsw', 'ftw', 'mxcsr'] as const) {
    if (host[field] !== ours[field]) note(field, hex(host[field]), hex(ours[field]));
  }
  if (!sameChanges(host, ours)) note('memory', changes(host), changes(ours));
  if (host.vector === ours.vector && host.vector !== 0xffffffff) {
    // Linux says "present" for every address of the kernel's half, so that nobody learns what is mapped there.
    const ignored = host.vector === VECTOR_PF && host.cr2Hi < 0 ? 1 : 0;
    if ((host.error ^ ours.error) & ~ignored) note('error', hex(host.error), hex(ours.error));
    if (host.cr2Lo !== ours.cr2Lo || host.cr2Hi !== ours.cr2Hi) {
      note('cr2', pair(host.cr2Lo, host.cr2Hi), pair(ours.cr2Lo, ours.cr2Hi));
    }
  }
  return found;
}

/** The inputs that are not at rest, for one line of a report. */
export function describeInputs(c: Case): string {
  const parts: string[] = [];
  for (let n = 0; n < 16; n++) {
    if (c.gpr[n * 2] !== 0 || c.gpr[n * 2 + 1] !== 0)
      parts.push(`${GPR_NAMES[n]}=${pair(c.gpr[n * 2]!, c.gpr[n * 2 + 1]!)}`);
  }
  if (c.rflags !== 0) parts.push(`rflags=${hex(c.rflags)}`);
  for (let n = 0; n < 16; n++) {
    const text = vector(c.vectors, n);
    if (/[^0]/.test(text)) parts.push(`ymm${n}=${text}`);
  }
  for (let n = 0; n < 8; n++) {
    const text = st(c.st, n);
    if (/[^0:]/.test(text)) parts.push(`st${n}=${text}`);
  }
  if (c.fcw !== 0x37f) parts.push(`fcw=${hex(c.fcw, 4)}`);
  if (c.fsw !== 0) parts.push(`fsw=${hex(c.fsw, 4)}`);
  if (c.ftw !== 0) parts.push(`ftw=${hex(c.ftw, 2)}`);
  if (c.mxcsr !== 0x1f80) parts.push(`mxcsr=${hex(c.mxcsr, 4)}`);
  return parts.join(' ');
}
