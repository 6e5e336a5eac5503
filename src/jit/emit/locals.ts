/** Numbers of locals and imported functions in every region. */
export const FUNCTION_FILL = 0;
export const FUNCTION_RUN = 1;
/** The routines in the order of `routines`, by the names under which regions import them. */
export const ROUTINE_NAMES = ['syscall', 'sysret', 'iret', 'deliver', 'divide'] as const;
export type RoutineName = (typeof ROUTINE_NAMES)[number];
const FIRST_ROUTINE = 2;

/** The imported function that is the routine. */
export function routineFunction(name: RoutineName): number {
  return FIRST_ROUTINE + ROUTINE_NAMES.indexOf(name);
}

/** The parameter: instructions that may still retire. */
export const BUDGET = 0;

// i64
export const GPR = 1;
/** Sign-extended result of the lazy flags. */
export const FLAG_RESULT = 17;
export const ADDRESS = 18;
/** Two sets of temporaries: one holds the operands of the flags while the other serves the next instruction. */
export const TEMPS_PER_SET = 5;
/** Operands of the last addition or subtraction where FLAG_KIND says that the carries are still to be computed. */
export const FLAG_A = 19;
export const FLAG_B = 20;
const WIDE_TEMPS = 21;
const WIDE_LOCALS = 20 + 2 * TEMPS_PER_SET;

// i32
const NARROW = WIDE_TEMPS + 2 * TEMPS_PER_SET;
export const FLAG_CARRY = NARROW;
export const RIP = NARROW + 1;
export const POINTER = NARROW + 2;
export const HOST = NARROW + 3;
export const SIDE = NARROW + 4;
export const STATUS = NARROW + 5;
export const FLAG_KIND = NARROW + 6;
/** MXCSR.PE as it was when it was looked at. */
export const INEXACT = NARROW + 7;
const NARROW_TEMPS = NARROW + 8;
const NARROW_LOCALS = 8 + 2 * TEMPS_PER_SET;

export const LOCALS = [
  [WIDE_LOCALS, 0x7e],
  [NARROW_LOCALS, 0x7f],
] as const;

// v128, where the region has vector instructions: the low halves of the vector registers, and temporaries.
export const XMM = NARROW + NARROW_LOCALS;
const VECTOR_TEMPS = XMM + 16;
const VECTOR_LOCALS = 22;

export const LOCALS_WITH_VECTORS = [...LOCALS, [VECTOR_LOCALS, 0x7b]] as const;

export function vectorTemp(number: number): number {
  return VECTOR_TEMPS + number;
}

export function firstTemp(wide: boolean, parity: number): number {
  return (wide ? WIDE_TEMPS : NARROW_TEMPS) + parity * TEMPS_PER_SET;
}

const NARROW_NAMES = ['$carry', '$rip', '$pointer', '$host', '$side', '$status', '$kind', '$inexact'];
const GPR_NAMES = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'];

/** For the text form. */
export function localName(index: number): string {
  if (index === BUDGET) return '$budget';
  if (index < FLAG_RESULT) return `$${GPR_NAMES[index - GPR] ?? `r${index - GPR}`}`;
  if (index === FLAG_RESULT) return '$result';
  if (index === ADDRESS) return '$address';
  if (index === FLAG_A) return '$a';
  if (index === FLAG_B) return '$b';
  if (index < NARROW) return `$q${index - WIDE_TEMPS}`;
  if (index >= VECTOR_TEMPS) return `$v${index - VECTOR_TEMPS}`;
  if (index >= XMM) return `$xmm${index - XMM}`;
  return NARROW_NAMES[index - NARROW] ?? `$d${index - NARROW_TEMPS}`;
}
