import { GPR64_NAMES } from '../../src/isa/registers.ts';
import {
  RFLAGS_AC, RFLAGS_DF, RFLAGS_ID, RFLAGS_IOPL, RFLAGS_NT, RFLAGS_STATUS,
} from '../../src/isa/rflags.ts'; // biome-ignore format: a list of nouns.
import { VECTOR_PF } from '../../src/isa/vectors.ts';
import { type Case, CHANGES, CODE, NO_VECTOR, type Outcome } from './protocol.ts';
import { changesText, hex, pair, stText, vectorText } from './text.ts';

const FLAGS = RFLAGS_STATUS | RFLAGS_DF | RFLAGS_AC | RFLAGS_ID | RFLAGS_NT | RFLAGS_IOPL;
/** State in memory that is larger than any operand. */
const IMAGES = /^(?:FX|X)(?:SAVE|RSTOR)|^FN?(?:SAVE|STENV)|^F(?:RSTOR|LDENV)/;

/**
 * MXCSR_MASK of AMD's processors has bit 17, "Misaligned Exception Mask" (AMD APM Vol. 2, "MXCSR Register"): MISALIGNSSE,
 * which no model here has. 02 behind FF FF, where we have 00.
 */
function isMisalignMask(host: Outcome, at: number): boolean {
  return host.changed[at] === 2 && host.changed[at - 1] === 0xff && host.changed[at - 2] === 0xff;
}

function sameChanges(a: Outcome, b: Outcome, hasImage: boolean): boolean {
  if (a.changedBytes !== b.changedBytes) return false;
  if (a.changedBytes === 0) return true;
  if (a.changedFrom !== b.changedFrom) return false;
  for (let n = 0; n < a.changedBytes && n < CHANGES; n++) {
    if (a.changed[n] === b.changed[n]) continue;
    if (!hasImage || b.changed[n] !== 0 || !isMisalignMask(a, n)) return false;
  }
  return true;
}

/** Number of the instruction that faulted; 0 when none did. */
function faulting(c: Case, o: Outcome): number {
  if (o.vector === NO_VECTOR) return 0;
  return Math.max(
    0,
    c.insns.findIndex((insn) => CODE + insn.start === o.ripLo),
  );
}

/**
 * Where the two differ, as `field=host/ours`; empty when they agree. `ignored`: undefined flags, which are not compared.
 * The last instruction that ran is the one that faulted, if any did.
 */
export function differences(c: Case, host: Outcome, ours: Outcome, ignored: number): string[] {
  const found: string[] = [];
  const name = c.names[faulting(c, host)]!;
  const bothFault = host.vector !== NO_VECTOR && ours.vector !== NO_VECTOR;
  // Which of two operands in memory is looked at first, no manual says.
  if (/^CMPS[BWDQ]$/.test(name) && bothFault) return found;
  // Target and stack both bad: SDM Vol. 2A, "CALL" looks at the target first, AMD's processors push first.
  if (name === 'CALL_E' && bothFault) return found;
  const note = (field: string, a: string, b: string) => found.push(`${field}=${a}/${b}`);
  if (host.vector !== ours.vector) note('vector', hex(host.vector), hex(ours.vector));
  for (let n = 0; n < 16; n++) {
    const at = n * 2;
    if (host.gpr[at] !== ours.gpr[at] || host.gpr[at + 1] !== ours.gpr[at + 1]) {
      note(GPR64_NAMES[n]!, pair(host.gpr[at]!, host.gpr[at + 1]!), pair(ours.gpr[at]!, ours.gpr[at + 1]!));
    }
  }
  if (host.ripLo !== ours.ripLo || host.ripHi !== ours.ripHi) {
    note('rip', pair(host.ripLo, host.ripHi), pair(ours.ripLo, ours.ripHi));
  }
  const mask = FLAGS & ~ignored;
  if ((host.rflags ^ ours.rflags) & mask) note('rflags', hex(host.rflags & mask), hex(ours.rflags & mask));
  for (let n = 0; n < 128; n++) {
    if (host.vectors[n] === ours.vectors[n]) continue;
    const register = (n & 63) >> 2;
    note(`ymm${register}`, vectorText(host.vectors, register), vectorText(ours.vectors, register));
    n |= 3;
  }
  // A MASKMOVQ that faults has entered MMX state on AMD's processors, which no manual promises.
  const isEarly = name === 'MASKMOVQ_Pq_Nq' && host.vector !== NO_VECTOR;
  if (isEarly && host.vector === ours.vector) return found;
  for (let n = 0; n < 32; n++) {
    const mask80 = (n & 3) === 2 ? 0xffff : (n & 3) === 3 ? 0 : -1;
    if (((host.st[n]! ^ ours.st[n]!) & mask80) === 0) continue;
    note(`st${n >> 2}`, stText(host.st, n >> 2), stText(ours.st, n >> 2));
    n |= 3;
  }
  for (const field of ['fcw', 'fsw', 'ftw', 'mxcsr'] as const) {
    if (host[field] !== ours[field]) note(field, hex(host[field]), hex(ours[field]));
  }
  for (let n = 0; n < 4; n += 2) {
    const [a, b] = [host, ours].map((o) => pair(o.bases[n]!, o.bases[n + 1]!));
    if (a !== b) note(n === 0 ? 'fsbase' : 'gsbase', a!, b!);
  }
  if (
    !sameChanges(
      host,
      ours,
      c.names.some((one) => IMAGES.test(one)),
    )
  )
    note('memory', changesText(host), changesText(ours));
  if (host.vector === ours.vector && host.vector !== 0xffffffff) {
    // Linux says "present" for every address from the last page of the user's half on, so that nobody learns what is mapped.
    const hidden = host.cr2Hi < 0 || (host.cr2Hi === 0x7fff && host.cr2Lo >>> 0 >= 0xfffff000);
    const unknown = host.vector === VECTOR_PF && hidden ? 1 : 0;
    if ((host.error ^ ours.error) & ~unknown) note('error', hex(host.error), hex(ours.error));
    // Which byte of a large image is looked at first, no manual says.
    if (IMAGES.test(name) && host.vector === VECTOR_PF) return found;
    if (host.cr2Lo !== ours.cr2Lo || host.cr2Hi !== ours.cr2Hi) {
      note('cr2', pair(host.cr2Lo, host.cr2Hi), pair(ours.cr2Lo, ours.cr2Hi));
    }
  }
  return found;
}
