import type { Difference } from './compare.ts';
import { ARENA, PDPT_PAE, STACK_S } from './layout.ts';
import { CR0, CR4, FLAG } from './modes.ts';
import type { Outcome } from './record.ts';
import type { Scenario } from './scenario.ts';

/** What a rule sees: everything about one scenario on two processors. */
export interface Case {
  readonly s: Scenario;
  readonly ours: Outcome;
  readonly theirs: Outcome;
  readonly all: readonly Difference[];
}

/**
 * A known difference. docs/manual-errata.md has a paragraph of the same name, with the manual's words. One that only a
 * whole outcome shows counts only where Bochs does as longmode does.
 */
export interface Rule {
  readonly name: string;
  readonly reference: 'QEMU' | 'Bochs';
  /** Whether one difference by itself is this one. */
  readonly part?: (d: Difference, c: Case) => boolean;
  /** Whether the outcomes differ as a whole because of this one. */
  readonly whole?: (c: Case) => boolean;
}

const both = (d: Difference): d is Difference & { ours: bigint; theirs: bigint } =>
  typeof d.ours === 'bigint' && typeof d.theirs === 'bigint';
const bitsOf = (d: Difference) => (both(d) ? d.ours ^ d.theirs : -1n);
const isMemory = (d: Difference) => d.where.startsWith('memory ');
const addressOf = (d: Difference) => (isMemory(d) ? Number.parseInt(d.where.slice(7), 16) : 0);
const isTable = (d: Difference) => {
  const at = addressOf(d);
  return (at >= ARENA && at < 0x10000) || (at >= 0x13000 && at < 0x1a000);
};
const vector = (o: Outcome) => (o.end === 'event' ? Number(o.fields.get('vector')) : -1);
const extra = (d: Difference, bits: bigint) =>
  both(d) && d.ours !== d.theirs && (d.theirs & ~d.ours & ~bits) === 0n && (d.ours & ~d.theirs) === 0n;
/** The type of a system descriptor that a patch tells, else -1. */
const gateType = (what: string) => {
  const value = BigInt(/= (0x[0-9a-f]+)/.exec(what)?.[1] ?? 0);
  return value & (1n << 44n) ? -1 : Number((value >> 40n) & 15n);
};
const isHarness = (value: bigint) =>
  (value >= 0x20000n && value < 0x30000n) || (value >= 0x100000n && value < 0x400000n);
const isStack = (d: Difference) => isMemory(d) && addressOf(d) >= STACK_S;
const isDescriptor = (d: Difference) => isMemory(d) && addressOf(d) >= 0x10000 && addressOf(d) < 0x10800;

export const RULES: readonly Rule[] = [
  {
    name: 'RF in the image that a fault pushes',
    reference: 'QEMU',
    part: (d) => isMemory(d) && bitsOf(d) === BigInt(FLAG.RF) && both(d) && (d.ours & BigInt(FLAG.RF)) !== 0n,
  },
  {
    name: 'The accessed bit of a PDPTE of PAE paging',
    reference: 'QEMU',
    part: (d, { s }) =>
      s.world === 'legacy' && addressOf(d) >= PDPT_PAE && addressOf(d) < PDPT_PAE + 32 && extra(d, 0x20n),
  },
  {
    name: 'Accessed bits of a walk that ends in a fault',
    reference: 'QEMU',
    part: (d) => isTable(d) && extra(d, 0x20n),
  },
  {
    name: 'Bits 19:16 of what LAR answers',
    reference: 'QEMU',
    part: (d, { s }) => d.where === 'rcx' && / lar /.test(s.text) && (bitsOf(d) & ~0xf0000n) === 0n,
  },
  {
    name: 'The base of a null FS or GS outside IA-32e mode',
    reference: 'Bochs',
    part: (d, { s }) => (d.where === 'FS_BASE' || d.where === 'GS_BASE') && s.world === 'legacy',
  },
  {
    name: 'Accessed bits of code descriptors',
    reference: 'QEMU',
    part: (d) => isDescriptor(d) && bitsOf(d) === 0x100n && both(d) && (d.ours & 0x100n) !== 0n,
  },
  {
    name: 'VIF and VIP outside virtual-8086 mode',
    reference: 'QEMU',
    part: (d, { s }) =>
      (d.where === 'handlerFlags' || isStack(d) || d.where === 'rcx') &&
      (s.rflags & FLAG.VM) === 0 &&
      (bitsOf(d) & ~BigInt(FLAG.VIF | FLAG.VIP | FLAG.RF)) === 0n,
  },
  {
    name: 'Reserved bits of CR0, DR6 and DR7',
    reference: 'QEMU',
    part: (d) =>
      (d.where === 'cr0' && (bitsOf(d) & ~0x1ffaffc0n) === 0n) ||
      ((d.where === 'dr6' || d.where === 'dr7' || d.where === 'rcx') && (bitsOf(d) & ~0xd800n) === 0n),
  },
  {
    name: 'W and P of page-fault error codes',
    reference: 'QEMU',
    part: (d, { ours, theirs }) =>
      vector(ours) === 14 &&
      vector(theirs) === 14 &&
      isStack(d) &&
      both(d) &&
      d.ours < 0x40n &&
      [1n, 2n, 3n].includes(bitsOf(d)) &&
      (d.theirs & ~d.ours) === 0n,
  },
  ...(['QEMU', 'Bochs'] as const).map(
    (reference): Rule => ({
      name: 'Unused bits of IA32_SYSENTER_CS',
      reference,
      part: (d, { s }) => /wrmsr 0x174 /.test(s.text) && ['SYSENTER_CS', 'rdx', 'rax'].includes(d.where),
    }),
  ),
  {
    name: 'Reserved bits of CR4',
    reference: 'QEMU',
    whole: ({ s, ours }) => vector(ours) === 13 && / mov cr4/.test(s.text),
  },
  {
    name: 'Alignment checks of MOVUPS',
    reference: 'Bochs',
    whole: ({ s, ours }) => vector(ours) === 17 && /(movups|fld tword)/.test(s.text),
  },
  // The harness itself was interrupted: its addresses are those of its place in the list.
  ...(['QEMU', 'Bochs'] as const).map(
    (reference): Rule => ({
      name: 'Registers of the harness',
      reference,
      part: (d) => both(d) && /^r[a-z]+$/.test(d.where) && isHarness(d.ours) && isHarness(d.theirs),
    }),
  ),
  {
    name: 'Virtual-8086 mode extensions',
    reference: 'Bochs',
    whole: ({ s, ours }) => (s.rflags & FLAG.VM) !== 0 && (s.cr4 & CR4.VME) !== 0 && vector(ours) === 14,
  },
  {
    name: 'Reserved bits of DR7',
    reference: 'Bochs',
    part: (d) => (d.where === 'dr7' || d.where === 'rcx') && bitsOf(d) === 0x800n,
  },
  {
    name: 'RF in the image that a double fault pushes',
    reference: 'Bochs',
    part: (d, { ours }) => isMemory(d) && bitsOf(d) === BigInt(FLAG.RF) && vector(ours) === 8,
  },
  {
    name: 'Reserved halves of IA32_FMASK and IA32_TSC_AUX',
    reference: 'QEMU',
    whole: ({ s }) => /wrmsr 0xc0000(084|103)/.test(s.text),
  },
  {
    name: 'Reserved halves of IA32_FMASK and IA32_TSC_AUX',
    reference: 'Bochs',
    whole: ({ s }) => /wrmsr 0xc0000(084|103)/.test(s.text),
  },
  {
    name: 'Which of several accesses faults first',
    reference: 'Bochs',
    whole: ({ ours, theirs, s }) =>
      vector(ours) === 14 && vector(theirs) === 14 && / (retf|iret|popa|pusha)/.test(s.text),
  },
  {
    name: 'Ten bytes in two accesses',
    reference: 'Bochs',
    whole: ({ s }) => /fld tword/.test(s.text),
  },
  {
    name: 'SYSCALL and SYSRET outside 64-bit mode',
    reference: 'QEMU',
    whole: ({ s }) =>
      /^(?!64-).*(syscall|sysret)/.test(s.text) || ((s.efer & 1) === 0 && /sys(call|ret)/.test(s.text)),
  },
  {
    name: 'Upper halves of registers after a switch to a 16-bit task',
    reference: 'QEMU',
    whole: ({ ours }) => ours.end === 'event' && (ours.fields.get('rax')! & 0xffffffffn) >= 0xffff0000n,
  },
  {
    name: 'SS of an interrupt through IST at the same level',
    reference: 'QEMU',
    whole: ({ ours, s, all }) =>
      s.world === 'long' && ours.end === 'event' && all.some((d) => d.where === 'ss' || isStack(d)),
  },
  {
    name: 'Virtual-8086 mode extensions',
    reference: 'QEMU',
    whole: ({ s }) => (s.rflags & FLAG.VM) !== 0 && (s.cr4 & CR4.VME) !== 0,
  },
  {
    name: 'Control registers that do not exist',
    reference: 'QEMU',
    whole: ({ s }) => /cr[15](,| |$)/.test(s.text),
  },
  {
    name: 'EMMS and XSAVE with CR0.TS, FXSAVE without CR4.OSFXSR, the reserved words of FNSTENV',
    reference: 'QEMU',
    whole: ({ s }) => /(emms|fxsave|fxrstor|xsave|fnstenv)/.test(s.text),
  },
  {
    name: 'Single steps over STI and SYSCALL, and what DR6 then says',
    reference: 'QEMU',
    whole: ({ s, ours }) => vector(ours) === 1 && (s.rflags & FLAG.TF) !== 0,
  },
  {
    name: 'Offsets of 16-bit gates',
    reference: 'QEMU',
    whole: ({ s }) => s.patches.some((p) => /DT\[/.test(p.what) && [4, 6, 7].includes(gateType(p.what))),
  },
  {
    name: 'INT1',
    reference: 'QEMU',
    whole: ({ s }) => /int1/.test(s.text),
  },
  {
    name: 'INT1',
    reference: 'Bochs',
    whole: ({ s }) => /int1/.test(s.text) && s.world === 'long',
  },
  {
    name: 'Segment overrides in 64-bit mode',
    reference: 'QEMU',
    whole: ({ s }) => /^64.*probe/.test(s.text),
  },
  {
    name: 'The frame that RETF reads',
    reference: 'QEMU',
    whole: ({ s, ours }) => vector(ours) === 14 && / retf/.test(s.text),
  },
  {
    name: 'Faults behind the commit point of a task switch',
    reference: 'QEMU',
    whole: ({ ours, theirs }) => vector(ours) === 8 && [10, 11, 12].includes(vector(theirs)),
  },
  {
    name: 'Faults behind the commit point of a task switch',
    reference: 'Bochs',
    whole: ({ ours, theirs }) => vector(ours) === 8 && [10, 11, 12].includes(vector(theirs)),
  },
  {
    name: 'Pushes of segment registers with 32-bit operands',
    reference: 'Bochs',
    whole: ({ s }) => / push [fg]s/.test(s.text),
  },
  {
    name: 'XINUSE',
    reference: 'QEMU',
    whole: ({ s }) => /xgetbv/.test(s.text),
  },
  {
    name: 'The trap bit of a TSS',
    reference: 'QEMU',
    whole: ({ s, ours }) => vector(ours) === 1 && s.patches.some((p) => p.what === 'T bit'),
  },
  {
    name: 'Which of several accesses faults first',
    reference: 'QEMU',
    whole: ({ ours, theirs }) => vector(ours) === 14 && vector(theirs) === 14,
  },
  {
    name: 'Illegal values of control registers and of IA32_EFER',
    reference: 'QEMU',
    whole: ({ s, ours }) => vector(ours) === 13 && /^(mode switches|control registers|MSRs)$/.test(s.family),
  },
  {
    name: 'Segment limits and rights',
    reference: 'QEMU',
    whole: ({ ours }) => [8, 10, 12, 13].includes(vector(ours)) || ours.end === 'shutdown',
  },
  {
    name: 'Alignment checks',
    reference: 'QEMU',
    whole: ({ ours, s }) => vector(ours) === 17 && (s.cr0 & CR0.AM) !== 0,
  },
];

/** The names of the rules that explain the differences, and what none of them explains. */
export function explainParts(
  reference: 'QEMU' | 'Bochs',
  c: Case,
): { names: Set<string>; rest: Difference[] } {
  const names = new Set<string>();
  const rest = c.all.filter((d) => {
    const rule = RULES.find((r) => r.reference === reference && r.part?.(d, c));
    if (rule) names.add(rule.name);
    return !rule;
  });
  return { names, rest };
}

/** The rule for an outcome that differs as a whole. */
export const explainWhole = (reference: 'QEMU' | 'Bochs', c: Case): string | undefined =>
  RULES.find((r) => r.reference === reference && r.whole?.(c))?.name;
