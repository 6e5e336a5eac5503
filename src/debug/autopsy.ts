/** Why a run ended badly: the chain of exceptions with addresses named, walks shown, and the likely cause. */
import { hexNumber } from '../bits/hex.ts';
import { GPR64_NAMES } from '../isa/registers.ts';
import { VECTOR_DF, VECTOR_PF } from '../isa/vectors.ts';
import type { ExitResult } from '../machine/exit.ts';
import type { FaultRecord } from '../machine/fault-log.ts';
import type { Registers } from '../machine/registers.ts';
import { type Address, compare, groups, linearText } from './address.ts';
import { vectorText } from './descriptors.ts';
import type { Evidence } from './evidence.ts';
import { accessOf, errorText, faultTitle } from './fault-text.ts';
import { likelyCauses } from './likely-cause.ts';
import type { Disassembler } from './trace.ts';
import { walkLines } from './walk-text.ts';

/** Only a shutdown ends because of its last exceptions; before other endings they may lie long ago. */
export function needsAutopsy(exit: ExitResult): boolean {
  return exit.reason === 'triple-fault';
}

export interface AutopsyOptions {
  /** Shows the failing instruction in words; bytes alone without it. */
  readonly disassemble?: Disassembler | undefined;
}

/** The chain of a triple fault, one block an exception, then what probably caused it. */
export function autopsyLines(evidence: Evidence, options: AutopsyOptions = {}): string[] {
  const { chain, first } = evidence;
  const count = chain.length;
  const lines = [
    `${count === 1 ? 'one exception' : `a chain of ${count} exceptions`} after ${groups(first.instruction)} instructions, in ${first.mode} mode:`,
  ];
  let shown: FaultRecord | undefined;
  for (const [i, fault] of chain.entries()) {
    lines.push('', ...faultLines(evidence, fault, i, options));
    if (!shown || !sameRegisters(shown.registers, fault.registers)) {
      lines.push(...registerLines(fault.registers).map((line) => `   ${line}`));
      shown = fault;
    }
  }
  if (chain.some((fault) => fault.vector === VECTOR_DF))
    lines.push('', 'an exception while a double fault is delivered shuts the processor down: a triple fault');
  const [cause, ...more] = likelyCauses(evidence);
  lines.push('', cause ? `likely cause: ${cause}` : 'likely cause: none of the known mistakes fits');
  lines.push(...more.slice(0, 2).map((also) => `        also: ${also}`));
  return lines;
}

function faultLines(
  evidence: Evidence,
  fault: FaultRecord,
  index: number,
  options: AutopsyOptions,
): string[] {
  const before = beforeText(fault, evidence.chain[index - 1]);
  const error = errorText(fault);
  const lines = [
    `${index + 1}. ${faultTitle(fault.vector)}${before}${error === undefined ? '' : `, error code ${error}`}`,
  ];
  const named = (label: string, address: Address): string => {
    const place = evidence.symbols.describe(address);
    return `   ${label} ${linearText(address)}${place ? `  ${place}` : ''}`;
  };
  if (fault.vector === VECTOR_PF) lines.push(named('CR2', fault.cr2));
  lines.push(`${named('RIP', fault.rip)}  CS ${hexNumber(fault.cs, 4)} CPL ${fault.cpl}`);
  lines.push(...codeLines(fault, options));
  if (fault.walk) {
    const steps = walkLines(fault.walk, accessOf(fault));
    lines.push(
      `   walk of ${linearText(fault.cr2)}, CR3 ${String(fault.registers['cr3'])}`,
      ...steps.map((line) => `     ${line}`),
    );
  }
  return lines;
}

/** What the exception interrupted. A double fault stands for the second of two that met (SDM Vol. 3A, "Interrupt 8"). */
function beforeText(fault: FaultRecord, before: FaultRecord | undefined): string {
  if (!before) return '';
  if (fault.vector === VECTOR_DF) return ` in place of ${vectorText(before.vector)}`;
  return `, while ${faultTitle(before.vector)} was delivered`;
}

function codeLines(fault: FaultRecord, { disassemble }: AutopsyOptions): string[] {
  const { opcodeBytes } = fault;
  if (opcodeBytes.length === 0) {
    const fetched = fault.vector === VECTOR_PF && compare(fault.cr2, fault.rip) === 0;
    return fetched ? [] : ['   code cannot be read there'];
  }
  const text = disassemble?.(opcodeBytes, fault.rip, codeSizeOf(fault));
  const bytes = [...opcodeBytes.subarray(0, text ? 8 : 15)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(' ');
  return [text ? `   code ${bytes}${opcodeBytes.length > 8 ? ' ...' : ''}  ${text}` : `   code ${bytes}`];
}

function codeSizeOf(fault: FaultRecord): 16 | 32 | 64 {
  if (fault.mode === '64-bit') return 64;
  return fault.mode === 'protected32' || fault.mode === 'compatibility32' ? 32 : 16;
}

function sameRegisters(a: Registers, b: Registers): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** All registers in rows: general ones by four, then RIP and RFLAGS, control, tables and segments. */
export function registerLines(registers: Registers): string[] {
  const value = (name: string): string => {
    const text = registers[name];
    return typeof text === 'string' ? text : '-';
  };
  const lines: string[] = [];
  for (let i = 0; i < GPR64_NAMES.length; i += 4) {
    lines.push(
      GPR64_NAMES.slice(i, i + 4)
        .map((name) => `${name.padEnd(3)} ${value(name)}`)
        .join('  '),
    );
  }
  lines.push(`rip ${value('rip')}  rflags ${value('rflags')}`);
  lines.push(['cr0', 'cr4', 'efer', 'cr2', 'cr3'].map((name) => `${name} ${value(name)}`).join('  '));
  lines.push(
    `gdtr ${value('gdtrBase')} limit ${value('gdtrLimit')}  idtr ${value('idtrBase')} limit ${value('idtrLimit')}`,
  );
  const segments = Object.entries(registers.segments).map(([name, s]) => `${name} ${s.selector}`);
  lines.push(segments.join('  '));
  return lines;
}
