/** General and segment register numbers as ModRM encodes them (SDM Vol. 2A, "Register Operand Encoding"). */

export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RSP = 4;
export const RBP = 5;
export const RSI = 6;
export const RDI = 7;
export const R8 = 8;
export const R11 = 11;

/** Stands where an address form has no base or no index register. */
export const NO_REGISTER = -1;

export const ES = 0;
export const CS = 1;
export const SS = 2;
export const DS = 3;
export const FS = 4;
export const GS = 5;
/** Not encodable in ModRM: the slots behind the six segment registers hold LDTR and TR. */
export const LDTR = 6;
export const TR = 7;

export const GPR64_NAMES = [
  'rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi',
  'r8',  'r9',  'r10', 'r11', 'r12', 'r13', 'r14', 'r15',
] as const; // biome-ignore format: the manual's rows of eight.

export const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'] as const;
