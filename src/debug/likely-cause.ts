/**
 * The commonest mistakes on the way to long mode, recognised from evidence. A rule speaks only when what it says can be
 * seen in the records; it never guesses from the symptom alone. Rules are in order of how directly they name the cause.
 */
import { hex32 } from '../bits/hex.ts';
import { isCanonical } from '../bits/words.ts';
import {
  CR0_EM,
  CR0_PG,
  CR0_TS,
  CR0_WP,
  CR4_OSFXSR,
  CR4_OSXSAVE,
  CR4_PAE,
  CR4_SMAP,
  CR4_SMEP,
  EFER_LME,
} from '../isa/control.ts';
import { DESC_DB, DESC_L, DESC_P, DESC_S } from '../isa/descriptors.ts';
import { PAGING_PAE, PTE_P } from '../isa/paging.ts';
import { GPR64_NAMES } from '../isa/registers.ts';
import {
  PF_ID,
  PF_P,
  PF_PK,
  PF_US,
  VECTOR_DF,
  VECTOR_GP,
  VECTOR_NM,
  VECTOR_NP,
  VECTOR_PF,
  VECTOR_SS,
  VECTOR_TS,
  VECTOR_UD,
} from '../isa/vectors.ts';
import type { FaultRecord } from '../machine/fault-log.ts';
import type { WalkStep } from '../mmu/explain.ts';
import { type Address, add, compare, distance, linearText, physicalText, roughSize } from './address.ts';
import { vectorText } from './descriptors.ts';
import type { Evidence } from './evidence.ts';
import { accessOf, idtVectorOf, selectorOf } from './fault-text.ts';
import { rangeAt } from './mappings.ts';
import { type SimdForm, simdForm } from './opcode-bytes.ts';
import { type AccessKind, deniedBy, levelName, reservedBits, stepPlace } from './walk-text.ts';

type Rule = (evidence: Evidence) => string | undefined;

/** The causes that the evidence supports, the most direct one first. */
export function likelyCauses(evidence: Evidence): string[] {
  return RULES.flatMap((rule) => rule(evidence) ?? []);
}

const RULES: readonly Rule[] = [
  pagingWithoutItsBits,
  reservedBit,
  protectionKey,
  truncatedAddress,
  codeNotIdentityMapped,
  overwrittenImage,
  linkedElsewhere,
  nullPointer,
  executedZeros,
  paeInsteadOfFourLevels,
  supervisorTouchesUser,
  deniedByUpperLevel,
  deniedByLeaf,
  staleTranslation,
  unloadableSelector,
  misalignedSimd,
  simdNotEnabled,
  notCanonical,
  interruptAsException,
  stackUnreachable,
  tableUnmapped,
  noTaskState,
  noInterruptTable,
  gateUnusable,
];

function walkStep(evidence: Evidence): WalkStep | undefined {
  const steps = evidence.walk?.steps;
  return evidence.first.vector === VECTOR_PF ? steps?.[steps.length - 1] : undefined;
}

function symbolNote(evidence: Evidence, address: Address): string {
  const place = evidence.symbols.describe(address);
  return place ? `, ${place},` : '';
}

/** Mistakes 2 and 3: CR0.PG set while EFER.LME and CR4.PAE do not belong together. */
function pagingWithoutItsBits(evidence: Evidence): string | undefined {
  const { first } = evidence;
  const [b0, b1, modrm = 0] = first.opcodeBytes;
  const isMovCr = first.vector === VECTOR_GP && b0 === 0x0f && b1 === 0x22;
  if (!isMovCr || evidence.flag('cr0', CR0_PG)) return undefined;
  const value = evidence.register(GPR64_NAMES[modrm & 7]!)[0];
  if (((modrm >>> 3) & 7) !== 0 || (value & CR0_PG) === 0) return undefined;
  const lme = evidence.flag('efer', EFER_LME);
  if (lme && !evidence.flag('cr4', CR4_PAE)) {
    return 'CR0.PG was set with EFER.LME = 1 and CR4.PAE = 0: long mode needs PAE, set CR4.PAE first';
  }
  if (!lme && evidence.flag('cr4', CR4_PAE)) {
    return 'CR0.PG was set with EFER.LME = 0: the PML4 was read as a PDPT of PAE paging, where R/W and U/S are reserved; set EFER.LME first';
  }
  return (value & 1) === 0 ? 'CR0.PG was set with CR0.PE = 0: paging needs protected mode' : undefined;
}

/** Mistakes 1, 4, 5, 12, 13, 14 and 26: a reserved bit in an entry. */
function reservedBit(evidence: Evidence): string | undefined {
  const step = walkStep(evidence);
  const walk = evidence.walk;
  if (!step || !walk) return undefined;
  const reserved = reservedBits(step, walk.paging);
  const first = reserved[0];
  if (!first) return undefined;
  const where = stepPlace(step);
  const [lo, hi] = step.entry;
  if (looksLikeTwoEntries(lo, hi)) {
    return `the ${where}, holds ${linearText(step.entry)}, which looks like two 4-byte entries: entries are 8 bytes wide here`;
  }
  if (reserved.every((r) => r.kind === 'xd')) {
    return `the ${where}, has bit 63 (XD) set while EFER.NXE = 0: set EFER.NXE before such entries are used`;
  }
  if (first.kind === 'address' && hi >>> 16 === 0xffff) {
    return `the ${where}, holds ${linearText(step.entry)}: a sign-extended or linear address where a physical one belongs`;
  }
  if (reserved.length > 2 || bitCount(step.reserved[0]) + bitCount(step.reserved[1]) > 6) {
    return `the ${where}, holds ${linearText(step.entry)}, which looks like memory that was never cleared: zero a table before it is used`;
  }
  return `the ${where}: ${first.text}`;
}

function bitCount(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** The high half is an entry like the low one: present, with the same flags, for the next page. */
function looksLikeTwoEntries(lo: number, hi: number): boolean {
  return (hi & PTE_P) !== 0 && (hi & 0xe7f) === (lo & 0xe7f) && ((hi >>> 12) - (lo >>> 12)) % 0x400 === 1;
}

function protectionKey({ first }: Evidence): string | undefined {
  if (first.vector !== VECTOR_PF || !(first.errorCode & PF_PK)) return undefined;
  return `the protection key of ${linearText(first.cr2)} forbids the access: look at PKRU`;
}

function isUnmapped(evidence: Evidence): boolean {
  return evidence.first.vector === VECTOR_PF && !(evidence.first.errorCode & PF_P);
}

/** Mistake 17: the upper half of an address got lost. */
function truncatedAddress(evidence: Evidence): string | undefined {
  const { first } = evidence;
  const [lo, hi] = first.cr2;
  if (!isUnmapped(evidence) || hi !== 0 || lo >= 0) return undefined; // Only an address with bit 31 set sign-extends.
  const whole: Address = [lo, -1];
  const place = evidence.symbols.nearest(whole);
  if (!place?.inside && !evidence.isMapped(whole)) return undefined;
  const mode = first.mode.startsWith('compatibility')
    ? '; the processor is in compatibility mode, so RIP has 32 bits: CS needs a descriptor with L = 1'
    : '';
  return `${linearText(first.cr2)} is ${linearText(whole)}${place ? ` (${place.name})` : ''} cut to 32 bits${mode}`;
}

/** Mistake 6. */
function codeNotIdentityMapped(evidence: Evidence): string | undefined {
  const since = evidence.sincePaging;
  if (!isUnmapped(evidence) || since === undefined || since > 1) return undefined;
  if (compare(evidence.first.cr2, evidence.first.rip) !== 0) return undefined;
  return `the code that set CR0.PG runs at ${linearText(evidence.first.rip)}${symbolNote(evidence, evidence.first.rip)} and is not mapped there: identity-map it`;
}

/** Mistake 10: the bytes at RIP, or of the module around it, are no longer what the boot loader put there. */
function overwrittenImage(evidence: Evidence): string | undefined {
  if (!evidence.readPhysical) return undefined;
  const at = evidence.linkedAt(evidence.first.rip)?.physical;
  for (const { physical, bytes, what } of evidence.placed) {
    if (at === undefined || at < physical || at >= physical + bytes.length) continue;
    const from = at - physical;
    const original = bytes.subarray(from, from + 16);
    const now = evidence.readPhysical(at, original.length);
    if (original.every((byte, i) => byte === now[i])) continue;
    return `the bytes of ${what} at physical ${physicalText(at)} were overwritten since the boot loader put them there: by page tables, a stack or bss?`;
  }
  return undefined;
}

/** Mistakes 23 and 24: an address the image is linked at, which is not mapped to where the image lies. */
function linkedElsewhere(evidence: Evidence): string | undefined {
  const { first } = evidence;
  const fetched = first.vector === VECTOR_PF && accessOf(first).fetch;
  const target = first.vector === VECTOR_PF ? first.cr2 : first.rip;
  const linked = evidence.linkedAt(target);
  if (!linked) return undefined;
  const mapping = rangeAt(evidence.ranges, target);
  const name = evidence.symbols.nearest(target)?.name;
  const who = `${linearText(target)}${name ? ` (${name})` : ''} is where ${linked.image.name} is linked`;
  const lies =
    linked.physical === undefined
      ? ''
      : `; the image's own bytes for it lie at physical ${physicalText(linked.physical)}`;
  if (isUnmapped(evidence) && !mapping)
    return `${who}, but nothing is mapped there${lies}; ${nearText(evidence, target)}`;
  if (!mapping || linked.physical === undefined || fetched) return undefined;
  const physical = mapping.physical + distance(mapping.linear, target);
  if (physical === linked.physical || !(first.vector === VECTOR_UD || isZeros(first))) return undefined;
  return `${who}, but it is mapped to physical ${physicalText(physical)}${lies}: link address and load address are not the same`;
}

/** Where the nearest mapping is. */
function nearText(evidence: Evidence, target: Address): string {
  const { below, above } = evidence.neighbours(target);
  if (below) {
    const end = add(below.linear, below.bytes - 1);
    const gap = distance(end, target) - 1;
    if (gap < 0x40000000) {
      return `the nearest mapping is ${linearText(below.linear)}-${linearText(end)} (physical ${physicalText(below.physical)}), which ends ${roughSize(gap)} below it`;
    }
  }
  if (above && distance(target, above.linear) < 0x40000000) {
    return `the nearest mapping starts ${roughSize(distance(target, above.linear))} above it, at ${linearText(above.linear)}`;
  }
  return 'nothing is mapped within 1 GiB of it';
}

function nullPointer(evidence: Evidence): string | undefined {
  const { first } = evidence;
  if (!isUnmapped(evidence) || first.cr2[1] !== 0 || first.cr2[0] >>> 0 >= 0x1000) return undefined;
  const deed = accessOf(first).fetch ? 'a call, jump or return through' : 'an access through';
  return `${linearText(first.cr2)}: ${deed} a null pointer`;
}

function isZeros({ opcodeBytes }: FaultRecord): boolean {
  return opcodeBytes.length >= 4 && opcodeBytes.every((byte) => byte === 0);
}

/** Mistake 23: execution reached memory where nothing was loaded. */
function executedZeros(evidence: Evidence): string | undefined {
  const { first } = evidence;
  if (!isZeros(first)) return undefined;
  const mapping = rangeAt(evidence.ranges, first.rip);
  const physical = mapping && physicalText(mapping.physical + distance(mapping.linear, first.rip));
  const where = physical ? ` (physical ${physical})` : '';
  return `RIP ${linearText(first.rip)}${where} runs through zeros: no code was loaded there`;
}

/** Mistake 2, where the PML4 happened to pass as a PDPT. */
function paeInsteadOfFourLevels(evidence: Evidence): string | undefined {
  const { first, walk } = evidence;
  if (first.vector !== VECTOR_PF || walk?.paging !== PAGING_PAE || evidence.flag('efer', EFER_LME))
    return undefined;
  const wide = evidence.images.find((image) => image.symbols.some((s) => s.address[1] !== 0));
  if (!wide) return undefined;
  return `paging is PAE because EFER.LME was 0 when CR0.PG was set, yet ${wide.name} is linked beyond 4 GiB: set EFER.LME first`;
}

/** SMEP and SMAP: not of the list of 28, but they show as the same symptom. */
function supervisorTouchesUser(evidence: Evidence): string | undefined {
  const { first, walk } = evidence;
  if (first.vector !== VECTOR_PF || (first.errorCode & (PF_P | PF_US)) !== PF_P || !walk) return undefined;
  if (deniedBy(walk.steps, walk.paging, { write: false, user: true, fetch: false })) return undefined;
  const fetch = (first.errorCode & PF_ID) !== 0;
  const address = linearText(first.cr2);
  if (fetch && evidence.flag('cr4', CR4_SMEP))
    return `CR4.SMEP is set and ${address} is a user page: the kernel may not execute it`;
  if (!fetch && evidence.flag('cr4', CR4_SMAP))
    return `CR4.SMAP is set and ${address} is a user page: the kernel needs STAC to touch it`;
  return undefined;
}

/** The access as the rights check sees it: the supervisor may write read-only pages while CR0.WP is 0. */
function checkedAccess(evidence: Evidence): AccessKind {
  const access = accessOf(evidence.first);
  return { ...access, write: access.write && (access.user || evidence.flag('cr0', CR0_WP)) };
}

/** Mistake 15. */
function deniedByUpperLevel(evidence: Evidence): string | undefined {
  const { walk } = evidence;
  if (evidence.first.vector !== VECTOR_PF || walk?.physical === undefined) return undefined;
  const access = checkedAccess(evidence);
  const denied = deniedBy(walk.steps, walk.paging, access);
  const leaf = walk.steps[walk.steps.length - 1];
  if (!denied || !leaf || denied.step.leaf) return undefined;
  if (deniedBy([leaf], walk.paging, access)) return undefined;
  return `the ${levelName(leaf.level)} allows the access, but the ${stepPlace(denied.step)}, does not: ${denied.reason}; every level must grant a right`;
}

function deniedByLeaf(evidence: Evidence): string | undefined {
  const { first, walk } = evidence;
  if (first.vector !== VECTOR_PF || walk?.physical === undefined) return undefined;
  const access = checkedAccess(evidence);
  const leaf = walk.steps[walk.steps.length - 1];
  const denied = leaf && deniedBy([leaf], walk.paging, access);
  if (!denied) return undefined;
  const deed = access.fetch ? 'executed' : access.write ? 'written' : 'read';
  return `${linearText(first.cr2)}${symbolNote(evidence, first.cr2)} was ${deed} by ${access.user ? 'user code' : 'the supervisor'}, and its ${levelName(denied.step.level)} forbids it: ${denied.reason}`;
}

/** Mistake 18: the tables allow what the processor refused. */
function staleTranslation(evidence: Evidence): string | undefined {
  const { first, walk } = evidence;
  if (first.vector !== VECTOR_PF || walk?.physical === undefined || walk.stopped) return undefined;
  if (
    first.errorCode & PF_PK ||
    deniedBy(walk.steps, walk.paging, accessOf(first)) ||
    supervisorTouchesUser(evidence)
  )
    return undefined;
  return `the tables allow this access, so the processor used an older translation of ${linearText(first.cr2)}: INVLPG or a CR3 load is missing after the entry was changed`;
}

/** Mistakes 8 and 9: a selector that cannot be loaded. */
function unloadableSelector(evidence: Evidence): string | undefined {
  const { first } = evidence;
  const selector = selectorOf(first);
  if (selector === undefined || selector & 4) return undefined; // The LDT is nobody's boot mistake.
  const { base, limit } = evidence.table('gdtr');
  const name = `selector ${hex32(selector, 4)}`;
  const borrowed = evidence.timeline.some((e) => e.event === 'mode')
    ? ''
    : '; multiboot leaves GDTR undefined, so load a GDT of your own first';
  if ((selector & 0xfff8) + 7 > limit)
    return `${name} lies beyond the GDT's limit ${hex32(limit, 4)}${borrowed}`;
  const descriptor = evidence.descriptor(selector);
  if (!descriptor)
    return `the GDT at ${linearText(base)} is not mapped, so ${name} cannot be read${borrowed}`;
  const { low, high } = descriptor;
  if (low === 0 && high === 0)
    return `${name} names an empty entry of the GDT at ${linearText(base)}${borrowed}`;
  if (!(high & DESC_P)) return `the descriptor of ${name} is not present (P = 0)`;
  if (evidence.isCodeDescriptor(high) && high & DESC_L && high & DESC_DB)
    return `the code descriptor of ${name} has both L and D set: a 64-bit segment has D = 0`;
  if (!(high & DESC_S)) return undefined;
  return `the descriptor of ${name} (${linearText([low, high])}) is not of the kind that was wanted: code for CS, writable data for SS, DPL and RPL that fit`;
}

/** Mistake 19. */
function misalignedSimd(evidence: Evidence): string | undefined {
  const form = simdOf(evidence.first);
  if (evidence.first.vector !== VECTOR_GP || evidence.first.errorCode !== 0 || !form?.alignedMemory)
    return undefined;
  const rsp = evidence.register('rsp');
  const skew = rsp[0] & 15;
  const stack = skew === 0 ? '' : `; RSP ends in ${hex32(skew, 1)}: keep it 16-byte aligned at every call`;
  return `an SSE instruction that needs a 16-byte aligned operand got one that is not${stack}`;
}

function simdOf(fault: FaultRecord): SimdForm | undefined {
  return simdForm(fault.opcodeBytes, fault.mode === '64-bit');
}

/** Mistake 20. */
function simdNotEnabled(evidence: Evidence): string | undefined {
  const { first } = evidence;
  const form = simdOf(first);
  if (!form || (first.vector !== VECTOR_UD && first.vector !== VECTOR_NM)) return undefined;
  const kind = form.vex ? 'an AVX' : 'an SSE';
  if (form.vex && !evidence.flag('cr4', CR4_OSXSAVE))
    return `${kind} instruction with CR4.OSXSAVE = 0: set it, and XCR0, first`;
  if (!form.vex && !evidence.flag('cr4', CR4_OSFXSR))
    return `${kind} instruction with CR4.OSFXSR = 0: set it first`;
  if (evidence.flag('cr0', CR0_EM)) return `${kind} instruction with CR0.EM = 1: clear it first`;
  if (evidence.flag('cr0', CR0_TS)) return `${kind} instruction with CR0.TS = 1: CLTS is missing`;
  return undefined;
}

/** Mistake 16. */
function notCanonical(evidence: Evidence): string | undefined {
  const { first } = evidence;
  if (
    first.mode !== '64-bit' ||
    first.errorCode !== 0 ||
    (first.vector !== VECTOR_GP && first.vector !== VECTOR_SS)
  )
    return undefined;
  if (!isCanonical(first.rip[1], 48)) return `RIP ${linearText(first.rip)} is not canonical`;
  const names = first.vector === VECTOR_SS ? ['rsp', 'rbp'] : GPR64_NAMES;
  const odd = names.filter((name) => !isCanonical(evidence.register(name)[1], 48));
  if (odd.length === 0 || odd.length > 3) return undefined;
  const values = odd.map((name) => `${name} ${linearText(evidence.register(name))}`).join(', ');
  return `an address that is not canonical: ${values} (bits 63 to 47 must be equal)`;
}

/** Mistake 27: the interrupt controller still sends IRQ 0 as vector 8. */
function interruptAsException(evidence: Evidence): string | undefined {
  for (const [i, fault] of evidence.chain.entries()) {
    const vector = idtVectorOf(fault);
    const wanted = fault.vector === VECTOR_DF && i === 0 ? VECTOR_DF : vector;
    const external = wanted !== undefined && (fault.errorCode & 1 || fault.vector === VECTOR_DF);
    if (!external || i > 0 || wanted < 8 || wanted > 15) continue;
    return `vector ${wanted} is IRQ ${wanted - 8} of an interrupt controller that still has the BIOS's vectors, not an exception: remap the 8259 pair before STI`;
  }
  return undefined;
}

/** Mistake 7, and a stack that ran into the page below it. */
function stackUnreachable(evidence: Evidence): string | undefined {
  for (const fault of evidence.chain) {
    if (fault.vector !== VECTOR_PF || !accessOf(fault).write) continue;
    const rsp = fault.registers['rsp'];
    if (typeof rsp !== 'string') continue;
    const stack = evidence.register('rsp');
    const below = distance(fault.cr2, stack);
    if (below < 0 || below > 4096) continue;
    const mapped = rangeAt(evidence.ranges, stack);
    const what = mapped ? 'ran into the page below it, which is not mapped' : 'is not mapped';
    return `the stack at RSP ${linearText(stack)}${symbolNote(evidence, stack)} ${what}, so no exception can be delivered on it`;
  }
  return undefined;
}

/** Mistake 7: a table left behind in memory that is no longer mapped. */
function tableUnmapped(evidence: Evidence): string | undefined {
  const tr = evidence.segment('tr');
  const tables: readonly (readonly [name: string, base: Address, bytes: number])[] = [
    ['IDT', evidence.table('idtr').base, evidence.table('idtr').limit + 1],
    ['GDT', evidence.table('gdtr').base, evidence.table('gdtr').limit + 1],
    ['TSS', tr.base, tr.selector === 0 ? 0 : tr.limit + 1],
  ];
  for (const fault of evidence.chain) {
    if (fault.vector !== VECTOR_PF) continue;
    for (const [name, base, bytes] of tables) {
      if (!evidence.within(fault.cr2, base, bytes)) continue;
      return `the ${name} at ${linearText(base)}${symbolNote(evidence, base)} is not mapped (any more): move it, or map it, before the old mapping goes`;
    }
  }
  return undefined;
}

/** Mistake 28. */
function noTaskState(evidence: Evidence): string | undefined {
  const tr = evidence.segment('tr');
  if (tr.selector !== 0 && evidence.first.mode === '64-bit' && !isCanonical(tr.base[1], 48)) {
    return `the TSS base ${linearText(tr.base)} is not canonical: in IA-32e mode its descriptor has 16 bytes`;
  }
  const needed = evidence.first.cpl === 3 || evidence.chain.some((f) => f.vector === VECTOR_TS);
  if (!needed || tr.selector !== 0 || evidence.chain.length < 2) return undefined;
  return `an exception at privilege level ${evidence.first.cpl} needs a stack from the TSS, but TR is null: LTR was never executed`;
}

/** Mistake 22, told after the cause of the first fault. */
function noInterruptTable(evidence: Evidence): string | undefined {
  if (evidence.chain.length < 2) return undefined;
  const { base, limit } = evidence.table('idtr');
  const { vector, mode } = evidence.first;
  const fault = vectorText(vector);
  if (mode === 'real') return undefined;
  if (limit === 0) return `no IDT is loaded (IDTR limit 0), so the ${fault} could not be delivered`;
  const entry = evidence.isLongMode ? 16 : 8;
  if (limit === 0x3ff && base[0] === 0 && base[1] === 0) {
    return `IDTR still holds the real-mode vectors (base 0, limit 0x3ff), so the ${fault} could not be delivered`;
  }
  if (limit < (vector + 1) * entry - 1)
    return `the IDT's limit ${hex32(limit, 4)} has no room for ${fault}: entries are ${entry} bytes here`;
  return undefined;
}

/** A gate that is there but cannot be used. */
function gateUnusable(evidence: Evidence): string | undefined {
  if (noInterruptTable(evidence)) return undefined;
  for (const fault of evidence.chain) {
    const vector = idtVectorOf(fault);
    if (vector === undefined || (fault.vector !== VECTOR_NP && fault.vector !== VECTOR_GP)) continue;
    const why =
      fault.vector === VECTOR_NP ? 'is not present (P = 0)' : 'is beyond the limit, empty, or not a gate';
    return `IDT entry ${vectorText(vector)} ${why}`;
  }
  return undefined;
}
