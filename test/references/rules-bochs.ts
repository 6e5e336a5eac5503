import { bitsOf, both, type Case, cplOf, errorCode, firstByte, isCode64, isErrorCode, isInLegacyArea, isLong, isNullStackOfAnotherLevel, isReturnAstray, isStack, isTable, isTask, isV86, msrOf, pushedRip, type Rule, valueIn, vector } from './case.ts'; // biome-ignore format: one line.
import type { Difference } from './compare.ts';
import { CR0, CR4, FLAG } from './modes.ts';
import { isHarnessRegister, isNullBase, isUpperHalfBad } from './rules-qemu.ts';

const within = (d: Difference, bits: bigint) => both(d) && (bitsOf(d) & ~bits) === 0n;
const went = (c: Case, ...vectors: number[]) => vectors.includes(vector(c.ours));

export const BOCHS_RULES: readonly Rule[] = [
  {
    name: 'Returns to RIP that is not canonical',
    whole: (c) => isCode64(c.s) && went(c, 13) && /: retf/.test(c.s.text) && isReturnAstray(c.s),
  },
  {
    name: 'The base of a null FS or GS outside IA-32e mode',
    part: isNullBase,
  },
  {
    name: 'Registers of the harness',
    part: (d, { s }) =>
      isHarnessRegister(d) && s.patches.some((p) => /^(GDT|IDT|PDE|PML|third|TSS)/.test(p.what)),
  },
  {
    name: 'Reserved bits of DR7',
    part: (d, { s }) =>
      (d.where === 'dr7' || (d.where === 'rcx' && /dr[57]/.test(s.text))) && bitsOf(d) === 0x800n,
  },
  {
    name: 'RF in the image that a double fault pushes',
    part: (d, { ours }) => (isStack(d) || isTask(d)) && bitsOf(d) === BigInt(FLAG.RF) && vector(ours) === 8,
  },
  {
    name: 'Protection keys of supervisor pages',
    part: (d, { s, ours, theirs }) =>
      (s.cr4 & CR4.PKE) !== 0 &&
      vector(ours) === 14 &&
      vector(theirs) === 14 &&
      isErrorCode(d, ours) &&
      bitsOf(d) === 0x20n,
  },
  {
    name: 'Pages that FXSAVE and XSAVE touch',
    part: (d, { s }) =>
      /: (fx|x)(save|rstor)/.test(s.text) &&
      isTable(d) &&
      both(d) &&
      within(d, 0x60n) &&
      (d.theirs & ~d.ours) === 0n,
  },
  {
    name: 'Which of several accesses faults first',
    part: (d, { s, ours }) =>
      [12, 13, 14].includes(vector(ours)) &&
      /: (retf|iret|popa|pusha|l[gi]dt)/.test(s.text) &&
      isTable(d) &&
      within(d, 0x60n),
  },
  {
    name: 'Alignment checks',
    part: (d, { s, ours }) => vector(ours) === 17 && /lfs/.test(s.text) && isTable(d) && within(d, 0x20n),
  },
  {
    name: 'The upper half of a 16-byte descriptor',
    whole: (c) => isLong(c.s) && /: (ltr|lldt)/.test(c.s.text) && went(c, 13) && isUpperHalfBad(c),
  },
  {
    name: 'Protection keys of supervisor pages',
    whole: ({ s }) => (s.cr4 & CR4.PKE) !== 0 && s.family === 'page walks' && isSupervisorPage(s.text),
  },
  {
    name: 'Protected-mode virtual interrupts',
    whole: (c) =>
      isLong(c.s) &&
      (c.s.cr4 & CR4.PVI) !== 0 &&
      cplOf(c.s) === 3 &&
      /: (cli|sti)/.test(c.s.text) &&
      vector(c.theirs) === 13,
  },
  {
    name: 'ENTER with 66 in 64-bit mode',
    whole: (c) => isCode64(c.s) && firstByte(c.s) === 0x66 && /: enter/.test(c.s.text),
  },
  {
    name: 'Alignment checks of MOVUPS',
    whole: (c) => went(c, 17) && /(movups|fld tword)/.test(c.s.text) && (c.s.cr0 & CR0.AM) !== 0,
  },
  {
    name: 'Virtual-8086 mode extensions',
    whole: (c) => isV86(c.s) && (c.s.cr4 & CR4.VME) !== 0 && went(c, 14) && /: (int|iret)/.test(c.s.text),
  },
  {
    name: 'Reserved halves of IA32_FMASK and IA32_TSC_AUX',
    whole: (c) => went(c, 13) && /wrmsr 0xc0000(084|103)/.test(c.s.text) && valueIn(c.s) >> 32n !== 0n,
  },
  {
    name: 'Which of several accesses faults first',
    whole: (c) =>
      went(c, 12, 14) &&
      [12, 14].includes(vector(c.theirs)) &&
      /: (retf|iret|popa|pusha)/.test(c.s.text) &&
      c.all.every(
        (d) =>
          ['vector', 'cr2', 'rsp'].includes(d.where) || isTable(d) || isErrorCode(d, c.ours) || isStack(d),
      ),
  },
  {
    name: 'Ten bytes in two accesses',
    whole: (c) => /fld tword/.test(c.s.text) && went(c, 12, 13, 14),
  },
  {
    name: 'INT1',
    whole: ({ s }) =>
      /: int1/.test(s.text) && isLong(s) && s.patches.some((p) => p.what.startsWith('IDT[0x1]')),
  },
  {
    name: 'Faults behind the commit point of a task switch',
    whole: (c) => went(c, 8) && [10, 11, 12].includes(vector(c.theirs)),
  },
  {
    name: 'Pushes of segment registers with 32-bit operands',
    whole: (c) =>
      /: push [fg]s/.test(c.s.text) &&
      (went(c, 12) ||
        c.all.every((d) => isStack(d) && both(d) && (d.theirs & 0xffffn) === (d.ours & 0xffffn))),
  },
  {
    name: 'The stack of a handler at the level of the program',
    whole: (c) =>
      isLong(c.s) &&
      cplOf(c.s) === 3 &&
      (/: (int|call)/.test(c.s.text) || c.s.patches.some(({ what }) => what.startsWith('IDT['))) &&
      ((went(c, 14) && (errorCode(c.ours) & 6) === 6) || (went(c, 8) && c.theirs.end === 'shutdown')),
  },
  {
    name: 'Code across the end of 4 GiB',
    whole: (c) =>
      /: sysenter/.test(c.s.text) && went(c, 13) && (msrOf(c.s, 0x176) & 0xffffffffn) === 0xffffffffn,
  },
  {
    name: 'A handler that is not canonical',
    whole: (c) =>
      isLong(c.s) &&
      went(c, 13) &&
      [13, 14].includes(vector(c.theirs)) &&
      c.s.patches.some((p) => p.what === 'upper half of the offset'),
  },
  {
    name: 'A null SS of another level',
    whole: (c) => isNullStackOfAnotherLevel(c) && vector(c.theirs) !== 13,
  },
  {
    name: 'Code that runs on into the legacy area',
    whole: (c) => isInLegacyArea(pushedRip(c.ours)) && went(c, 6),
  },
  {
    name: 'IRETD to compatibility code with a null SS',
    whole: (c) =>
      isCode64(c.s) &&
      /: iret/.test(c.s.text) &&
      went(c, 13) &&
      errorCode(c.ours) === 0 &&
      vector(c.theirs) === 6,
  },
];

/** Some entry on the way to the page of a walk lacks U/S. */
function isSupervisorPage(text: string): boolean {
  return [...text.matchAll(/(?:PML4E|PDPTE|PDE|PTE) (0x[0-9a-f]+)/g)].some(
    ([, value]) => (BigInt(value!) & 4n) === 0n,
  );
}
