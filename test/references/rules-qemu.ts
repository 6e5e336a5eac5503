import {
  addressOf, bitsOf, both, type Case, cplOf, errorCode, firstByte, frameOf, frameWords, 
  gateType, hasIst, isCanonical, isCode64, isDescriptor, isErrorCode, isInLegacyArea, isLong,isNullStackOfAnotherLevel, isOnesAgainstZeros, isRegister, isReturnAstray, isStack, isTable, isTask, isV86, msrOf, pushedRip, type Rule, shiftIn, valueIn, vector,
} from './case.ts'; // biome-ignore format: a list of nouns.
import type { Difference } from './compare.ts';
import { PDPT_PAE } from './layout.ts';
import { CR0, CR4, FLAG } from './modes.ts';

/** Bits of EFLAGS that TCG treats in its own way, as the upper half has them. */
const UPPER = BigInt((FLAG.VIF | FLAG.VIP | FLAG.RF) >>> 16);
const STATUS = 0x8d5n;

/** Only bits that `theirs` has and `ours` has not, and only of these. */
const extra = (d: Difference, bits: bigint) =>
  both(d) && d.ours !== d.theirs && (d.theirs & ~d.ours & ~bits) === 0n && (d.ours & ~d.theirs) === 0n;
const within = (d: Difference, bits: bigint) => both(d) && (bitsOf(d) & ~bits) === 0n;
const hasFlags = (d: Difference) => d.where === 'handlerFlags' || d.where === 'rcx' || d.where === 'r11';
const went = (c: Case, ...vectors: number[]) => vectors.includes(vector(c.ours));
const QEMU_WENT_ON = new Set([1, 3, 4, 5, 6, 7, 14, -1]);

/** Families whose instructions access memory through segments, or use a descriptor to go somewhere. */
const BY_SEGMENTS =
  /^(segment loads|segment limits|stack edges|strings|far transfers|far returns|interrupts|descriptor tables|single steps)$/;
/** Instructions with more than one access, or with one that may cross a page. */
const SEVERAL =
  /(retf|iret|popa|pusha|cmpxchg8b|cmpxchg|add \[|xchg|bts|rep 0x|call|enter|leave|int|movsd|mov eax|mov \[rbx\], eax|push|pop|jmp far|tss)/;

export const QEMU_RULES: readonly Rule[] = [
  {
    name: 'RF in the image that a fault pushes',
    part: (d, { ours }) => {
      if (!both(d) || (d.theirs & ~d.ours) !== 0n) return false;
      if (isStack(d) && bitsOf(d) === BigInt(FLAG.RF)) return true;
      const shift = shiftIn(d, frameOf(ours).flags + 2);
      return shift >= 0 && bitsOf(d) === 1n << BigInt(shift);
    },
  },
  {
    name: 'VIF and VIP outside virtual-8086 mode',
    part: (d, { s, ours }) => {
      if (isV86(s) && vector(ours) !== 8) return false;
      if ((hasFlags(d) || isStack(d) || isTask(d)) && within(d, UPPER << 16n)) return true;
      // The harness pushes EFLAGS below the frame.
      return [frameOf(ours).flags + 2, frameOf(ours).top - 2].some((at) => {
        const shift = shiftIn(d, at);
        return shift >= 0 && within(d, UPPER << BigInt(shift));
      });
    },
  },
  {
    name: 'The accessed bit of a PDPTE of PAE paging',
    part: (d, { s }) =>
      s.world === 'legacy' && addressOf(d) >= PDPT_PAE && addressOf(d) < PDPT_PAE + 32 && extra(d, 0x20n),
  },
  {
    name: 'Accessed bits of a walk that ends in a fault',
    part: (d) => isTable(d) && extra(d, 0x20n),
  },
  {
    name: 'Bits 19:16 of what LAR answers',
    part: (d, { s }) => d.where === 'rcx' && / lar /.test(s.text) && within(d, 0xf0000n),
  },
  {
    name: 'Accessed bits of code descriptors',
    part: (d) => isDescriptor(d) && both(d) && bitsOf(d) === 0x100n && (d.ours & 0x100n) !== 0n,
  },
  {
    name: 'Reserved bits of CR0, DR6 and DR7',
    part: (d, { s }) =>
      (d.where === 'cr0' && within(d, 0x1ffaffc0n)) ||
      ((d.where === 'dr6' || d.where === 'dr7' || (d.where === 'rcx' && /dr[4567]/.test(s.text))) &&
        within(d, 0xd800n)),
  },
  {
    name: 'W and P of page-fault error codes',
    part: (d, { ours, theirs }) =>
      vector(ours) === 14 &&
      vector(theirs) === 14 &&
      isErrorCode(d, ours) &&
      both(d) &&
      [1n, 2n, 3n].includes(bitsOf(d)) &&
      (d.theirs & ~d.ours) === 0n,
  },
  {
    name: 'Unused bits of IA32_SYSENTER_CS',
    part: (d, { s }) =>
      /wrmsr 0x174 /.test(s.text) &&
      (['SYSENTER_CS', 'rdx', 'rax'].includes(d.where) || isStack(d)) &&
      (d.where === 'rdx' || (bitsOf(d) & 0xffffn) === 0n),
  },
  {
    name: 'EXT in error codes',
    part: (d, { ours, theirs }) =>
      isErrorCode(d, ours) &&
      vector(ours) === vector(theirs) &&
      both(d) &&
      bitsOf(d) === 1n &&
      (d.ours & 1n) === 1n,
  },
  {
    name: 'Error codes that name a gate of the 64-bit IDT',
    part: (d, { s, ours }) =>
      isLong(s) &&
      isErrorCode(d, ours) &&
      both(d) &&
      (d.ours & 2n) !== 0n &&
      (d.ours >> 3n) * 16n + 2n === d.theirs,
  },
  {
    name: 'RPL of CS behind a gate',
    part: (d, { s }) =>
      /: (call|jmp)/.test(s.text) &&
      (isStack(d) || d.where === 'cs') &&
      both(d) &&
      within(d, 3n) &&
      (d.ours & 3n) === BigInt(cplOf(s)),
  },
  {
    name: 'Error codes of targets beyond the limit',
    part: (d, { s, ours, theirs }) =>
      /: (call|jmp|retf|iret)/.test(s.text) &&
      vector(ours) === 13 &&
      vector(theirs) === 13 &&
      isErrorCode(d, ours) &&
      d.ours === 0n &&
      both(d) &&
      (d.theirs & 3n) === 0n,
  },
  {
    name: 'SS of an interrupt through IST at the same level',
    part: (d, { s, ours }) =>
      isLong(s) && (d.where === 'ss' || isStack(d)) && d.theirs === 0n && (vector(ours) === 8 || hasIst(s)),
  },
  {
    name: 'Upper halves of what 32-bit instructions take',
    part: (d, { s }) =>
      (/^compat.*: (jmp rbx|fetch of data)/.test(s.text) || /^(compat|64).*: sysexit/.test(s.text)) &&
      firstByte(s) !== 0x48 &&
      isStack(d) &&
      d.ours === 0n &&
      [s.gpr[3]! >> 32n, s.gpr[1]! >> 32n, s.gpr[2]! >> 32n].includes(d.theirs as bigint),
  },
  {
    name: 'Upper halves of what 32-bit instructions take',
    whole: (c) => /^compat.*: mov cr[23]/.test(c.s.text) && valueIn(c.s) >> 32n !== 0n,
  },
  {
    name: 'RFLAGS of SYSRET',
    part: (d, { s }) =>
      /sysret/.test(s.text) &&
      (hasFlags(d) || isStack(d)) &&
      within(d, BigInt(FLAG.RF | FLAG.VM | FLAG.VIF | FLAG.VIP)),
  },
  {
    name: 'Status flags behind SYSCALL',
    part: (d, { s }) =>
      /syscall/i.test(s.text) &&
      (hasFlags(d) || isStack(d)) &&
      both(d) &&
      within(d, STATUS | BigInt(FLAG.DF) | (UPPER << 16n)) &&
      (d.theirs & ~d.ours & STATUS) === 0n,
  },
  {
    name: 'Memory where nothing answers',
    part: (d, { s }) => /^(segment limits|segment loads|page walks)$/.test(s.family) && isOnesAgainstZeros(d),
  },
  {
    name: 'Registers of the harness',
    part: (d, { s }) =>
      isHarnessRegister(d) && s.patches.some((p) => /^(GDT|IDT|PDE|PML|third|TSS)/.test(p.what)),
  },
  {
    name: 'Reserved bits of CR4',
    whole: (c) => went(c, 13) && / mov cr4/.test(c.s.text) && vector(c.theirs) !== 13,
  },
  {
    name: 'Reserved halves of IA32_FMASK and IA32_TSC_AUX',
    whole: (c) => went(c, 13) && /wrmsr 0xc0000(084|103)/.test(c.s.text) && valueIn(c.s) >> 32n !== 0n,
  },
  {
    name: 'SYSCALL and SYSRET outside 64-bit mode',
    whole: (c) => went(c, 6) && /: sys(call|ret)/.test(c.s.text) && (!isCode64(c.s) || (c.s.efer & 1) === 0),
  },
  {
    name: 'Status flags behind SYSCALL',
    whole: (c) =>
      /: sys(call|ret)/.test(c.s.text) &&
      (c.s.efer & 1) === 0 &&
      went(c, 6) &&
      c.all.every((d) => hasFlags(d) || isStack(d)),
  },
  {
    name: 'SYSENTER with a null selector',
    whole: (c) =>
      went(c, 13) &&
      /: sys(enter|exit)/.test(c.s.text) &&
      (msrOf(c.s, 0x174) & 0xfffcn) === 0n &&
      errorCode(c.ours) === 0,
  },
  {
    name: 'Targets of SYSEXIT and SYSENTER that are not canonical',
    whole: (c) =>
      isLong(c.s) &&
      /: sys(enter|exit|ret)/.test(c.s.text) &&
      (went(c, 13) || vector(c.theirs) === 13) &&
      [c.s.gpr[1]!, c.s.gpr[2]!, msrOf(c.s, 0x175), msrOf(c.s, 0x176)].some((value) => !isCanonical(value)),
  },
  {
    name: 'Upper halves of registers after a switch to a 16-bit task',
    whole: ({ s, ours, all }) =>
      (ours.fields.get('rcx') ?? 0n) === 0xffff0101n &&
      (isV86(s) || all.every((d) => !isRegister(d) || d.where === 'rsp' || (bitsOf(d) & 0xffffn) === 0n)),
  },
  {
    name: 'Virtual-8086 mode extensions',
    whole: ({ s }) =>
      isV86(s) && (s.cr4 & CR4.VME) !== 0 && /: (int|cli|sti|pushf|push eax; popf|popf|iret)/.test(s.text),
  },
  {
    name: 'Protected-mode virtual interrupts',
    whole: ({ s }) => !isV86(s) && (s.cr4 & CR4.PVI) !== 0 && /: (cli|sti)/.test(s.text) && cplOf(s) === 3,
  },
  {
    name: 'Registers that do not exist',
    whole: (c) =>
      went(c, 6) &&
      vector(c.theirs) === 13 &&
      cplOf(c.s) > 0 &&
      (/cr[1567](,| |$)/.test(c.s.text) ||
        (/dr[45](,| |$)/.test(c.s.text) && (c.s.cr4 & CR4.DE) !== 0) ||
        (/x[gs]etbv/.test(c.s.text) && (c.s.cr4 & CR4.OSXSAVE) === 0)),
  },
  {
    name: 'SSE instructions with CR0.EM and CR0.TS',
    whole: (c) =>
      went(c, 6) && vector(c.theirs) === 7 && (c.s.cr0 & CR0.EM) !== 0 && (c.s.cr0 & CR0.TS) !== 0,
  },
  {
    name: 'EMMS and XSAVE with CR0.TS, FXSAVE without CR4.OSFXSR, the reserved words of FNSTENV',
    whole: (c) =>
      (/(emms|xsave)/.test(c.s.text) && went(c, 6, 7)) ||
      (/(fxsave|fxrstor)/.test(c.s.text) && c.all.every((d) => addressOf(d) >= 0x1c000 || isTable(d))) ||
      (/fnstenv/.test(c.s.text) && c.all.every(isOnesAgainstZeros)),
  },
  {
    name: 'XINUSE',
    whole: (c) => /: (xgetbv|xsave)/.test(c.s.text) && c.all.every((d) => within(d, 7n) || isTable(d)),
  },
  {
    name: 'Single steps over STI and SYSCALL, and what DR6 then says',
    whole: (c) =>
      went(c, 1) &&
      (c.s.rflags & FLAG.TF) !== 0 &&
      (/: (sti|syscall|mov ss)/.test(c.s.text) || c.all.every((d) => d.where === 'dr6')),
  },
  {
    name: 'The trap bit of a TSS',
    whole: (c) => c.s.patches.some((p) => p.what === 'T bit') && went(c, 1),
  },
  {
    name: 'Offsets of 16-bit gates',
    whole: (c) =>
      vector(c.theirs) !== 6 &&
      c.s.patches.some(
        (p) =>
          /DT\[/.test(p.what) && [4, 6, 7].includes(gateType(p.what)) && (p.bytes[6]! | p.bytes[7]!) !== 0,
      ),
  },
  {
    name: 'INT1',
    whole: ({ s }) => /: int1/.test(s.text) && s.patches.some((p) => p.what.startsWith('IDT[0x1]')),
  },
  {
    name: 'Segment overrides in 64-bit mode',
    whole: (c) =>
      isCode64(c.s) &&
      /: .*[ecsd]s(,| ).*probe/.test(c.s.text) &&
      (vector(c.theirs) === 14 || c.all.every((d) => d.where === 'rcx' || addressOf(d) > 0)),
  },
  {
    name: 'The frame that RETF reads',
    whole: (c) => went(c, 14) && /: (retf|iret)/.test(c.s.text) && cplOf(c.s) === 3,
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
    name: '32-bit frames in 64-bit mode',
    whole: (c) =>
      isCode64(c.s) && /: (iret|retf)/.test(c.s.text) && firstByte(c.s) !== 0x48 && c.s.rsp >> 32n !== 0n,
  },
  {
    name: '66 on a near branch in 64-bit mode',
    whole: (c) => isCode64(c.s) && firstByte(c.s) === 0x66 && /: (ret|call rel)/.test(c.s.text),
  },
  {
    name: 'LSS, LFS and LGS with REX.W',
    whole: (c) => isCode64(c.s) && firstByte(c.s) === 0x48 && /: l[sfg]s rdx/.test(c.s.text),
  },
  {
    name: 'Limits of 64-bit code',
    whole: (c) =>
      isLong(c.s) &&
      /: (call|jmp|retf|iret)/.test(c.s.text) &&
      vector(c.theirs) === 13 &&
      errorCode(c.theirs) >= 0x140 &&
      c.s.patches.some(
        (p) =>
          /DT\[/.test(p.what) &&
          (p.bytes[6]! & 0x60) === 0x20 &&
          (p.bytes[5]! & 0x18) === 0x18 &&
          errorCode(c.theirs) === (Number(/\[(0x[0-9a-f]+)\]/.exec(p.what)?.[1]) & 0xfffc),
      ),
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
    name: 'Stacks that are not canonical',
    whole: (c) => isCode64(c.s) && went(c, 12) && vector(c.theirs) === 13 && errorCode(c.ours) === 0,
  },
  {
    name: 'IRETD to compatibility code with a null SS',
    whole: (c) =>
      isCode64(c.s) &&
      /: iret/.test(c.s.text) &&
      firstByte(c.s) !== 0x48 &&
      went(c, 13) &&
      errorCode(c.ours) === 0 &&
      (frameWords(c.s)[4] ?? 4n) < 4n,
  },
  {
    name: 'Returns to RIP that is not canonical',
    whole: (c) =>
      isCode64(c.s) &&
      went(c, 13) &&
      ((vector(c.theirs) === 13 && /: ret( |$)/.test(c.s.text)) || isReturnAstray(c.s)),
  },
  {
    name: 'A handler that is not canonical',
    whole: (c) =>
      isLong(c.s) && went(c, 13) && c.s.patches.some((p) => p.what === 'upper half of the offset'),
  },
  {
    name: 'L and D of one code descriptor',
    whole: (c) =>
      isLong(c.s) &&
      went(c, 13) &&
      c.s.patches.some(
        (p) =>
          /DT\[/.test(p.what) &&
          p.address > 0 &&
          (p.bytes[6]! & 0x60) === 0x60 &&
          (p.bytes[5]! & 0x18) === 0x18,
      ),
  },
  {
    name: '16-bit TSSs in IA-32e mode',
    whole: (c) =>
      isLong(c.s) &&
      /: (lar|lsl) /.test(c.s.text) &&
      c.s.patches.some((p) => /DT\[/.test(p.what) && [1, 3].includes(gateType(p.what))) &&
      c.all.every((d) => d.where === 'rcx' || within(d, BigInt(FLAG.RF) | 0x40n)),
  },
  {
    name: '16-bit TSSs in IA-32e mode',
    whole: (c) =>
      isLong(c.s) &&
      went(c, 13) &&
      /: ltr/.test(c.s.text) &&
      c.s.patches.some((p) => /DT\[/.test(p.what) && gateType(p.what) === 1),
  },
  {
    name: 'Both bounds of BOUND within the address size',
    whole: (c) =>
      /: (les.)?bound/.test(c.s.text) &&
      (c.s.gpr[3]! & 0xffffn) >= 0xfff8n &&
      (went(c, 6) || vector(c.theirs) === 6 || c.all.every(isTable)),
  },
  {
    name: 'Memory where nothing answers',
    whole: (c) =>
      c.s.family === 'segment limits' && c.s.gpr[3]! >= 0x3f00000n && c.s.gpr[3]! < 0xf0000000n && went(c, 6),
  },
  {
    name: 'The upper half of a 16-byte descriptor',
    whole: (c) => isLong(c.s) && /: (ltr|lldt)/.test(c.s.text) && went(c, 13) && isUpperHalfBad(c),
  },
  {
    name: 'Code across the end of 4 GiB',
    whole: (c) =>
      /: sysenter/.test(c.s.text) && went(c, 13) && (msrOf(c.s, 0x176) & 0xffffffffn) === 0xffffffffn,
  },
  {
    name: 'The base of a null FS or GS outside IA-32e mode',
    whole: (c) => c.all.every((d) => isNullBase(d, c)),
  },
  {
    name: 'VM in the image that IRET reads',
    whole: (c) =>
      /: iret/.test(c.s.text) &&
      (isLong(c.s) || cplOf(c.s) > 0) &&
      ((Number(frameWords(c.s)[2] ?? 0n) & FLAG.VM) !== 0 ||
        ['es', 'ds', 'fs', 'gs'].every((name) => c.theirs.fields.get(name) === 0n)),
  },
  {
    name: 'Faults behind the commit point of a task switch',
    whole: (c) => went(c, 8) && [10, 11, 12].includes(vector(c.theirs)),
  },
  {
    name: 'Faults behind the commit point of a task switch',
    whole: (c) =>
      went(c, 10, 11, 12, 13) &&
      vector(c.theirs) === vector(c.ours) &&
      c.s.patches.some((p) => /of the task$/.test(p.what)),
  },
  {
    name: 'Which of several accesses faults first',
    whole: (c) =>
      went(c, 14) &&
      vector(c.theirs) === 14 &&
      SEVERAL.test(c.s.text) &&
      c.all.every(
        (d) =>
          d.where === 'cr2' ||
          (isTable(d) && within(d, 0x60n)) ||
          isErrorCode(d, c.ours) ||
          (isStack(d) && /: pusha/.test(c.s.text)),
      ),
  },
  {
    name: 'Illegal values of control registers and of IA32_EFER',
    whole: (c) =>
      went(c, 13) &&
      vector(c.theirs) !== 13 &&
      (/^(mode switches|control registers)$/.test(c.s.family) ||
        /wrmsr 0xc0000080/.test(c.s.text) ||
        (isLong(c.s) && /: l[gi]dt/.test(c.s.text)) ||
        (/wrmsr 0x277/.test(c.s.text) && hasReservedType(valueIn(c.s))) ||
        (/(wrmsr 0x(c0000082|c0000083|c000010[012]|17[56])|wr[fg]sbase)/.test(c.s.text) &&
          !isCanonical(valueIn(c.s)))),
  },
  {
    name: 'Alignment checks',
    whole: (c) => went(c, 17) && (c.s.cr0 & CR0.AM) !== 0 && (c.s.rflags & FLAG.AC) !== 0,
  },
  {
    name: 'MXCSR bits that do not exist',
    whole: (c) => went(c, 13) && /: (ldmxcsr|fxrstor)/.test(c.s.text) && vector(c.theirs) === 6,
  },
  {
    name: 'Alignment of SSE operands and of FXSAVE',
    whole: (c) =>
      went(c, 13) &&
      errorCode(c.ours) === 0 &&
      /: (v?movaps|fxsave|fxrstor|xsave|cmpxchg16b)/.test(c.s.text) &&
      (c.s.gpr[3]! & (/xsave \[/.test(c.s.text) && !/fxsave/.test(c.s.text) ? 63n : 15n)) !== 0n,
  },
  {
    name: 'A jump through a gate to code that is not present',
    whole: (c) => went(c, 11) && vector(c.theirs) === 13 && /: jmp/.test(c.s.text),
  },
  {
    name: 'Segment limits and rights',
    whole: (c) =>
      went(c, 12, 13) &&
      errorCode(c.ours) === 0 &&
      BY_SEGMENTS.test(c.s.family) &&
      (QEMU_WENT_ON.has(vector(c.theirs)) || vector(c.theirs) !== vector(c.ours)),
  },
];

/** A PAT with a memory type that does not exist (SDM Vol. 3A, "IA32_PAT MSR"). */
function hasReservedType(value: bigint): boolean {
  for (let n = 0n; n < 64n; n += 8n)
    if (![0n, 1n, 4n, 5n, 6n, 7n].includes((value >> n) & 0xffn)) return true;
  return false;
}

const isHarness = (value: bigint) =>
  (value >= 0x20000n && value < 0x30000n) || (value >= 0x100000n && value < 0x400000n);

/** The harness itself was interrupted: its addresses are those of its place in the list. */
export const isHarnessRegister = (d: Difference): boolean =>
  both(d) && isRegister(d) && isHarness(d.ours) && isHarness(d.theirs);

/** RDMSR in a later mode shows whether a null selector has cleared the base. */
export const isNullBase = (d: Difference, { s }: Case): boolean =>
  (d.where === 'FS_BASE' || d.where === 'GS_BASE') && s.world === 'legacy' && d.ours === 0n;

/** A free slot has bits 12:8 of its last dword set, or a base that is not canonical. */
export const isUpperHalfBad = ({ s }: Case): boolean =>
  s.patches.some(
    (p) =>
      /DT\[/.test(p.what) &&
      p.bytes.length === 16 &&
      ((p.bytes[13]! & 0x1f) !== 0 ||
        !isCanonical(
          p.bytes.slice(8, 12).reduce((sum, byte, n) => sum | (BigInt(byte) << BigInt(32 + n * 8)), 0n),
        )),
  );
