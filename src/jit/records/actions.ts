import { CONDITION_NAMES } from '../emit/condition.ts';
import { LANE_SHIFTS, LANES } from './lanes.ts';

export type Bits = 8 | 16 | 32 | 64;
/** Of a stack and of near branches: as wide as the code segment. And of what is seldom done with bytes and words. */
export type CodeBits = 32 | 64;
export type Arithmetic = 'ADD' | 'ADC' | 'SUB' | 'SBB' | 'AND' | 'OR' | 'XOR' | 'CMP' | 'TEST';
/** `E,G`: destination or first operand E, second G. */
export type Operands = 'E,G' | 'G,E' | 'E,I';

export type BitTest = 'BT' | 'BTS' | 'BTR' | 'BTC';

/** What an instruction does, besides its operands. `isMemory`: of E, where that makes a difference. */
export type Action =
  | { do: 'arithmetic'; what: Arithmetic; bits: Bits; operands: Operands; isMemory: boolean }
  | { do: 'step'; down: boolean; bits: Bits; isMemory: boolean }
  | { do: 'negate' | 'complement'; bits: Bits; isMemory: boolean }
  | { do: 'shift'; what: 'SHL' | 'SHR' | 'SAR'; bits: Bits; isMemory: boolean }
  | { do: 'rotate'; left: boolean; bits: CodeBits; isMemory: boolean }
  | { do: 'double shift'; left: boolean; bits: CodeBits; isMemory: boolean }
  | { do: 'multiply'; bits: CodeBits; by: 'E' | 'I' }
  | { do: 'multiply wide'; signed: boolean; bits: CodeBits }
  | { do: 'divide'; signed: boolean; bits: CodeBits }
  | { do: 'test bit'; what: BitTest; bits: CodeBits; isString: boolean; isMemory: boolean }
  | { do: 'scan'; reverse: boolean; bits: CodeBits }
  | { do: 'count'; what: 'TZCNT' | 'LZCNT' | 'POPCNT'; bits: CodeBits }
  | { do: 'exchange' | 'exchange and add' | 'compare and exchange'; bits: Bits; isMemory: boolean }
  | { do: 'disable interrupts' }
  | { do: 'lanes' | 'shift lanes'; name: string }
  | { do: 'lanes and not' | 'shuffle' | 'mask' }
  | { do: 'move vector'; to: 'G' | 'E'; isAligned: boolean }
  | { do: 'into vector'; bits: CodeBits }
  | { do: 'from vector'; bits: CodeBits; isMemory: boolean }
  | { do: 'load wide' }
  | { do: 'widen' | 'spread sign'; bits: Bits }
  | { do: 'swap bytes'; bits: CodeBits }
  | { do: 'move'; bits: Bits; operands: Operands; isMemory: boolean }
  | { do: 'extend'; from: Bits; to: Bits; signed: boolean }
  | { do: 'address'; bits: Bits }
  | { do: 'push'; operand: 'E' | 'I' | 'F'; bits: CodeBits }
  | { do: 'pop' | 'leave' | 'return'; bits: CodeBits }
  | { do: 'nothing' }
  | { do: 'jump' | 'call'; indirect: boolean; bits: CodeBits }
  | { do: 'branch' | 'set'; condition: number }
  | { do: 'choose'; condition: number; bits: Bits };

const BITS: Readonly<Record<string, Bits>> = { b: 8, w: 16, d: 32, q: 64 };
const CONDITION = CONDITION_NAMES.join('|');
const condition = (name: string) => (CONDITION_NAMES as readonly string[]).indexOf(name);

/** How the action of an op is made of its name. */
const PATTERNS: readonly (readonly [
  RegExp,
  (m: readonly string[], isMemory: boolean, code: CodeBits) => Action | undefined,
])[] = [
  [
    /^(ADD|ADC|SUB|SBB|AND|OR|XOR|CMP|TEST)_(E|G)([bwdq])_(G|E|I)[bwdq]$/,
    ([, what, first, size, second], isMemory) => ({
      do: 'arithmetic',
      what: what as Arithmetic,
      bits: BITS[size!]!,
      operands: `${first},${second}` as Operands,
      isMemory,
    }),
  ],
  [
    /^SH(L|R)D_E([dq])_G[dq]_(Ib|CL)$/,
    ([, to, size], isMemory) => ({
      do: 'double shift',
      left: to === 'L',
      bits: BITS[size!] as CodeBits,
      isMemory,
    }),
  ],
  [
    /^IMUL_G([dq])_E[dq](_I)?/,
    ([, size, immediate]) => ({ do: 'multiply', bits: BITS[size!] as CodeBits, by: immediate ? 'I' : 'E' }),
  ],
  [
    /^(I?)MUL_E([dq])$/,
    ([, sign, size]) => ({ do: 'multiply wide', signed: sign !== '', bits: BITS[size!] as CodeBits }),
  ],
  [
    /^(I?)DIV_E([dq])$/,
    ([, sign, size]) => ({ do: 'divide', signed: sign !== '', bits: BITS[size!] as CodeBits }),
  ],
  [
    /^(BT[SRC]?)_E([dq])_(G|I)[bdq]$/,
    ([, what, size, by], isMemory) => ({
      do: 'test bit',
      what: what as BitTest,
      bits: BITS[size!] as CodeBits,
      isString: isMemory && by === 'G',
      isMemory: isMemory && what !== 'BT',
    }),
  ],
  [
    /^BS(F|R)_G([dq])_E/,
    ([, way, size]) => ({ do: 'scan', reverse: way === 'R', bits: BITS[size!] as CodeBits }),
  ],
  [
    /^(TZCNT|LZCNT|POPCNT)_G([dq])_E/,
    ([, what, size]) => ({ do: 'count', what: what as 'TZCNT', bits: BITS[size!] as CodeBits }),
  ],
  [/^XCHG_E([bwdq])_G/, ([, size], isMemory) => ({ do: 'exchange', bits: BITS[size!]!, isMemory })],
  [/^XADD_E([bwdq])_G/, ([, size], isMemory) => ({ do: 'exchange and add', bits: BITS[size!]!, isMemory })],
  [
    /^CMPXCHG_E([bwdq])_G/,
    ([, size], isMemory) => ({ do: 'compare and exchange', bits: BITS[size!]!, isMemory }),
  ],
  [/^CLI$/, () => ({ do: 'disable interrupts' })],
  // Legacy SSE: V is G, and W and U are E.
  [new RegExp(`^(${[...LANES.keys()].join('|')})_Vx_Wx$`), ([, name]) => ({ do: 'lanes', name: name! })],
  [/^(AND|OR|XOR)P[SD]_V/, ([, name]) => ({ do: 'lanes', name: `P${name}` })],
  [
    /^UNPCK(H|L)P(S|D)_V/,
    ([, half, size]) => ({ do: 'lanes', name: `PUNPCK${half}${size === 'S' ? 'DQ' : 'QDQ'}` }),
  ],
  [/^(PANDN_Vx|ANDNPS_V|ANDNPD_V)/, () => ({ do: 'lanes and not' })],
  [
    new RegExp(`^(${[...LANE_SHIFTS.keys()].join('|')})_Ux_Ib$`),
    ([, name]) => ({ do: 'shift lanes', name: name! }),
  ],
  [/^PSHUFD_Vx/, () => ({ do: 'shuffle' })],
  [/^PMOVMSKB_Gd_Ux/, () => ({ do: 'mask' })],
  [/^(MOVU|MOVDQU|LDDQU)\w*_V\w+_[WM]/, () => ({ do: 'move vector', to: 'G', isAligned: false })],
  [/^(MOVU|MOVDQU)\w*_W\w+_V/, () => ({ do: 'move vector', to: 'E', isAligned: false })],
  [/^(MOVA|MOVDQA|MOVNTDQA)\w*_V\w+_[WM]/, () => ({ do: 'move vector', to: 'G', isAligned: true })],
  [/^(MOVA|MOVDQA|MOVNTP|MOVNTDQ)\w*_[WM]\w+_V/, () => ({ do: 'move vector', to: 'E', isAligned: true })],
  [/^MOV(D|Q)_V[dq]_[EW][dq]$/, ([, size]) => ({ do: 'into vector', bits: size === 'D' ? 32 : 64 })],
  [
    /^MOV(D|Q)_E[dq]_V[dq]$/,
    ([, size], isMemory) => ({ do: 'from vector', bits: size === 'D' ? 32 : 64, isMemory }),
  ],
  // Between registers these leave something of the destination, or clear it.
  [
    /^MOVS(S|D)_V\w+_W/,
    ([, size], isMemory) => (isMemory ? { do: 'into vector', bits: size === 'S' ? 32 : 64 } : undefined),
  ],
  [
    /^MOV(SS|SD|Q)_W\w+_V/,
    ([, size], isMemory) =>
      isMemory ? { do: 'from vector', bits: size === 'SS' ? 32 : 64, isMemory } : undefined,
  ],
  [/^MOV_Eq_Iq$/, () => ({ do: 'load wide' })],
  [
    /^MOV_(E|G)([bwdq])_(G|E|I)[bwdq]$/,
    ([, first, size, second], isMemory) => ({
      do: 'move',
      bits: BITS[size!]!,
      operands: `${first},${second}` as Operands,
      isMemory,
    }),
  ],
  [
    /^(INC|DEC)_E([dq])$/,
    ([, name, size], isMemory) => ({ do: 'step', down: name === 'DEC', bits: BITS[size!]!, isMemory }),
  ],
  [/^NEG_E([dq])$/, ([, size], isMemory) => ({ do: 'negate', bits: BITS[size!]!, isMemory })],
  [/^NOT_E([dq])$/, ([, size], isMemory) => ({ do: 'complement', bits: BITS[size!]!, isMemory })],
  [
    /^(SHL|SHR|SAR)_E([bwdq])_(Ib|CL)$/,
    ([, what, size], isMemory) => ({
      do: 'shift',
      what: what as 'SHL',
      bits: BITS[size!]!,
      isMemory,
    }),
  ],
  [
    /^RO(L|R)_E([dq])_(Ib|CL)$/,
    ([, to, size], isMemory) => ({
      do: 'rotate',
      left: to === 'L',
      bits: BITS[size!] as CodeBits,
      isMemory,
    }),
  ],
  [/^(CBW|CWDE|CDQE)$/, ([name]) => ({ do: 'widen', bits: name === 'CBW' ? 16 : name === 'CWDE' ? 32 : 64 })],
  [
    /^(CWD|CDQ|CQO)$/,
    ([name]) => ({ do: 'spread sign', bits: name === 'CWD' ? 16 : name === 'CDQ' ? 32 : 64 }),
  ],
  [/^BSWAP_E([dq])$/, ([, size]) => ({ do: 'swap bytes', bits: BITS[size!] as CodeBits })],
  [
    /^MOV(ZX|SX|SXD)_G([dq])_E([bwd])$/,
    ([, kind, to, from]) => ({ do: 'extend', from: BITS[from!]!, to: BITS[to!]!, signed: kind !== 'ZX' }),
  ],
  [/^LEA_G([dq])_M$/, ([, size]) => ({ do: 'address', bits: BITS[size!]! })],
  [
    /^PUSH_(E|I)([dq])$/,
    ([, operand, size], _, bits) =>
      BITS[size!] === bits ? { do: 'push', operand: operand as 'E' | 'I', bits } : undefined,
  ],
  [
    /^PUSHF_([dq])$/,
    ([, size], _, bits) => (BITS[size!] === bits ? { do: 'push', operand: 'F', bits } : undefined),
  ],
  [
    /^POP_E([dq])$/,
    ([, size], isMemory, bits) => (isMemory || BITS[size!] !== bits ? undefined : { do: 'pop', bits }),
  ],
  [/^LEAVE_([dq])$/, ([, size], _, bits) => (BITS[size!] === bits ? { do: 'leave', bits } : undefined)],
  [/^RET_near$/, (_, _isMemory, bits) => ({ do: 'return', bits })],
  [
    /^(JMP|CALL)_(J|E)$/,
    ([, name, to], _, bits) => ({ do: name === 'JMP' ? 'jump' : 'call', indirect: to === 'E', bits }),
  ],
  [new RegExp(`^J(${CONDITION})_J$`), ([, name]) => ({ do: 'branch', condition: condition(name!) })],
  [new RegExp(`^SET(${CONDITION})_Eb$`), ([, name]) => ({ do: 'set', condition: condition(name!) })],
  [
    new RegExp(`^CMOV(${CONDITION})_G([dq])_E[dq]$`),
    ([, name, size]) => ({ do: 'choose', condition: condition(name!), bits: BITS[size!]! }),
  ],
  [/^(NOP(_E)?|PAUSE|PREFETCH|[LMS]FENCE)$/, () => ({ do: 'nothing' })],
];

function actionOf(name: string, isMemory: boolean, code: CodeBits): Action | undefined {
  for (const [pattern, make] of PATTERNS) {
    const found = pattern.exec(name);
    if (found) return make(found, isMemory, code);
  }
  return undefined;
}

/** Of memory and of registers the code is one, but for a doubleword that is written: a register loses its upper half. */
function shared(action: Action): Action {
  if (!('isMemory' in action) || (action.bits === 32 && accessOf(action)[1])) return action;
  return { ...action, isMemory: false };
}

/** All actions that `numberOf` has met. The number of an action is its index and one more. */
export const ACTIONS: Action[] = [];
const numbers = new Map<string, number>();

/** The number of the action of an op, 0 for none. */
export function numberOf(name: string, isMemory: boolean, code: CodeBits): number {
  const made = actionOf(name, isMemory, code);
  if (!made) return 0;
  const action = shared(made);
  const key = JSON.stringify(action);
  let number = numbers.get(key);
  if (number === undefined) {
    number = ACTIONS.push(action);
    numbers.set(key, number);
  }
  return number;
}

/** Bytes that the action accesses at its address, and whether it writes there. */
export function accessOf(action: Action): readonly [bytes: number, write: boolean] {
  switch (action.do) {
    case 'arithmetic':
      return [action.bits >> 3, action.operands !== 'G,E' && action.what !== 'CMP' && action.what !== 'TEST'];
    case 'move':
      return [action.bits >> 3, action.operands !== 'G,E'];
    case 'step':
    case 'negate':
    case 'complement':
    case 'shift':
    case 'rotate':
    case 'double shift':
    case 'exchange':
    case 'exchange and add':
    case 'compare and exchange':
      return [action.bits >> 3, true];
    case 'extend':
      return [action.from >> 3, false];
    case 'set':
      return [1, true];
    case 'lanes':
    case 'lanes and not':
    case 'shuffle':
      return [16, false];
    case 'move vector':
      return [16, action.to === 'E'];
    case 'into vector':
      return [action.bits >> 3, false];
    case 'from vector':
      return [action.bits >> 3, true];
    case 'test bit':
      // Of a bit string it depends on the number of the bit where that is.
      return [action.isString ? 0 : action.bits >> 3, action.what !== 'BT'];
    case 'multiply':
    case 'multiply wide':
    case 'divide':
    case 'scan':
    case 'count':
    case 'choose':
    case 'push':
      return [action.bits >> 3, false];
    case 'jump':
    case 'call':
      return [action.bits >> 3, false];
    default:
      return [0, false];
  }
}
