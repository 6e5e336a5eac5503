/**
 * Cases and outcomes as text, one line each: `bytes | ops | what is not at rest before | what is different after`. The
 * lines of test/vectors/oracle.txt are read back by oracle.test.ts, without the processor that wrote them.
 */
import { decode, NEED_MORE } from '../../src/cpu/decode/decode.ts';
import { OP_NAMES } from '../../src/cpu/decode/ops.ts';
import { GPR64_NAMES } from '../../src/isa/registers.ts';
import { 
  type Case, CHANGES, CODE, emptyCase, emptyOutcome, NO_VECTOR, type Outcome, PlacedInstruction,type Registers,
} from './protocol.ts'; // biome-ignore format: a list of nouns.

const HALF = 64;
/** Registers of the FPU and MXCSR, with their values at rest. */
const CONTROL = [['fcw', 0x37f], ['fsw', 0], ['ftw', 0], ['mxcsr', 0x1f80]] as const; // biome-ignore format: pairs.

export const hex = (word: number, digits = 8): string => (word >>> 0).toString(16).padStart(digits, '0');
export const pair = (lo: number, hi: number): string => hex(hi) + hex(lo);

export function vectorText(words: Int32Array, register: number): string {
  let text = '';
  for (let n = 3; n >= 0; n--) text += hex(words[HALF + register * 4 + n]!);
  for (let n = 3; n >= 0; n--) text += hex(words[register * 4 + n]!);
  return text;
}

export function stText(words: Int32Array, register: number): string {
  return `${hex(words[register * 4 + 2]! & 0xffff, 4)}:${pair(words[register * 4]!, words[register * 4 + 1]!)}`;
}

export function changesText(o: Outcome): string {
  const shown = Math.min(o.changedBytes, CHANGES);
  return `${hex(o.changedFrom, 4)}+${Buffer.from(o.changed.subarray(0, shown)).toString('hex')}`;
}

/** `name=value` of every register in which `state` is not as `rest`. */
function registersText(state: Registers, rest: Registers): string[] {
  const parts: string[] = [];
  const note = (name: string, value: string, known: string) => {
    if (value !== known) parts.push(`${name}=${value}`);
  };
  const gpr = (r: Registers, n: number) => pair(r.gpr[n * 2]!, r.gpr[n * 2 + 1]!);
  for (const [n, name] of GPR64_NAMES.entries()) note(name, gpr(state, n), gpr(rest, n));
  for (let n = 0; n < 16; n++) note(`ymm${n}`, vectorText(state.vectors, n), vectorText(rest.vectors, n));
  for (let n = 0; n < 8; n++) note(`st${n}`, stText(state.st, n), stText(rest.st, n));
  for (const [name] of CONTROL) note(name, hex(state[name], 4), hex(rest[name], 4));
  return parts;
}

/** What a case starts from. `rest`: the registers that need not be told. */
export function caseText(c: Case, patternSeed: number, vendor: string): string {
  const parts = [`${vendor} pattern=${hex(patternSeed)}`];
  if (c.rflags !== 0) parts.push(`rflags=${hex(c.rflags, 5)}`);
  parts.push(...registersText(c, emptyCase()));
  if (c.flags !== 0) parts.push('step');
  return `${Buffer.from(c.bytes.subarray(0, c.length)).toString('hex')} | ${c.names.join(' ')} | ${parts.join(' ')}`;
}

export function outcomeText(c: Case, o: Outcome): string {
  const parts = [`rip=${pair(o.ripLo, o.ripHi)}`, `rflags=${hex(o.rflags, 5)}`];
  if (o.vector !== NO_VECTOR)
    parts.push(`vector=${hex(o.vector, 2)}`, `error=${hex(o.error, 2)}`, `cr2=${pair(o.cr2Lo, o.cr2Hi)}`);
  parts.push(...registersText(o, c));
  if (o.bases.some((word) => word !== 0))
    parts.push(`fsbase=${pair(o.bases[0]!, o.bases[1]!)}`, `gsbase=${pair(o.bases[2]!, o.bases[3]!)}`);
  if (o.changedBytes > 0) parts.push(`bytes=${hex(o.changedBytes, 4)}`, `memory=${changesText(o)}`);
  return parts.join(' ');
}

export interface Vector {
  readonly case: Case;
  readonly outcome: Outcome;
  readonly patternSeed: number;
  readonly vendor: string;
}

function word(text: string): number {
  return Number.parseInt(text, 16) | 0;
}

function assign(into: Registers, name: string, value: string): void {
  const register = GPR64_NAMES.indexOf(name as never);
  const numbered = /^(ymm|st)(\d+)$/.exec(name);
  if (register >= 0) {
    into.gpr[register * 2] = word(value.slice(8));
    into.gpr[register * 2 + 1] = word(value.slice(0, 8));
  } else if (numbered) {
    const at = Number(numbered[2]) * 4;
    if (numbered[1] === 'ymm') {
      for (let n = 0; n < 8; n++)
        into.vectors[(n < 4 ? 0 : HALF) + at + (n & 3)] = word(value.slice(56 - n * 8, 64 - n * 8));
    } else {
      into.st[at] = word(value.slice(13));
      into.st[at + 1] = word(value.slice(5, 13));
      into.st[at + 2] = word(value.slice(0, 4));
    }
  } else if (name === 'rflags') into.rflags = word(value);
  else {
    const control = CONTROL.find(([known]) => known === name);
    if (!control) throw new Error(`what is ${name}?`);
    into[control[0]] = word(value);
  }
}

/** The instructions of `c.bytes`, decoded, and their names. */
export function decodeCase(c: Case): void {
  const insns: PlacedInstruction[] = [];
  for (let at = 0; at < c.length; ) {
    const insn = new PlacedInstruction();
    if (decode(c.bytes, at, 15, 64, insn) === NEED_MORE) throw new Error('the case has no end');
    insn.start = at;
    at += insn.length;
    insns.push(insn);
  }
  c.insns = insns;
  c.names = insns.map((insn) => OP_NAMES[insn.op]!);
}

export function parseVector(line: string): Vector {
  const [bytes = '', , before = '', after = ''] = line.split(' | ');
  const c = emptyCase();
  const o = emptyOutcome();
  c.length = bytes.length / 2;
  c.bytes.set(Buffer.from(bytes, 'hex'));
  decodeCase(c);
  const [vendor = '', pattern = '', ...inputs] = before.split(' ');
  for (const input of inputs) {
    const [name = '', value = ''] = input.split('=');
    if (name === 'step') c.flags = 1;
    else assign(c, name, value);
  }
  o.gpr.set(c.gpr);
  o.vectors.set(c.vectors);
  o.st.set(c.st);
  Object.assign(o, { fcw: c.fcw, fsw: c.fsw, ftw: c.ftw, mxcsr: c.mxcsr, ripLo: CODE + c.length });
  for (const output of after.split(' ')) {
    const [name = '', value = ''] = output.split('=');
    if (name === 'vector') o.vector = word(value);
    else if (name === 'error') o.error = word(value);
    else if (name === 'bytes') o.changedBytes = word(value);
    else if (name === 'fsbase') o.bases.set([word(value.slice(8)), word(value.slice(0, 8))]);
    else if (name === 'gsbase') o.bases.set([word(value.slice(8)), word(value.slice(0, 8))], 2);
    else if (name === 'rip' || name === 'cr2') {
      o[`${name}Lo`] = word(value.slice(8));
      o[`${name}Hi`] = word(value.slice(0, 8));
    } else if (name === 'memory') {
      o.changedFrom = word(value.split('+')[0]!);
      o.changed.set(Buffer.from(value.split('+')[1]!, 'hex'));
    } else assign(o, name, value);
  }
  return { case: c, outcome: o, patternSeed: word(pattern.split('=')[1]!), vendor };
}
