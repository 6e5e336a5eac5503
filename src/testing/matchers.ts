/** What the matchers say of a machine, as functions from a machine to a verdict: `index.ts` hands them to vitest. */
import { addressFromText, linearText, physicalText, sizeText } from '../debug/address.ts';
import { walkLines } from '../debug/walk-text.ts';
import type { Address, ExitResult, Machine } from '../index.ts';

/** What `toMap` checks; what is left out is not looked at. */
export interface ExpectedMapping {
  /** Physical address of that byte: a number or a `0x` string. */
  readonly physical?: number | string;
  /** Bytes, or `4K`, `2M`, `4M`, `1G`. */
  readonly pageSize?: number | '4K' | '2M' | '4M' | '1G';
  readonly writable?: boolean;
  readonly user?: boolean;
  readonly executable?: boolean;
  readonly global?: boolean;
}

export interface Verdict {
  readonly pass: boolean;
  readonly message: () => string;
}

/** The members that the matchers use. */
export type TestedMachine = Pick<Machine, 'mode' | 'instructions' | 'timeline' | 'exit' | 'translate'> & {
  readonly serial: Pick<Machine['serial'], 'text'>;
};

const SIZES: Readonly<Record<string, number>> = {
  '4K': 0x1000,
  '2M': 0x200000,
  '4M': 0x400000,
  '1G': 0x40000000,
};

/** 64-bit mode itself, not compatibility mode. */
export function toBeInLongMode(machine: TestedMachine): Verdict {
  const pass = machine.mode === '64-bit';
  return {
    pass,
    message: () =>
      pass
        ? `the processor is in 64-bit mode after ${machine.instructions} instructions, and should not be`
        : `the processor is in ${machine.mode} mode after ${machine.instructions} instructions, not in 64-bit mode\n${history(machine)}`,
  };
}

function history(machine: TestedMachine): string {
  const modes = machine.timeline.filter((entry) => entry.event === 'mode');
  if (modes.length === 0) return 'its mode never changed';
  const last = modes.slice(-5).map((e) => `${e.to} (instruction ${e.instruction}, ${e.cause})`);
  return `its last modes: ${last.join(' -> ')}`;
}

/** The page tables translate `linear` as expected. The TLB is not asked. */
export function toMap(machine: TestedMachine, linear: Address, expected: ExpectedMapping = {}): Verdict {
  const walk = machine.translate(linear);
  const address = linearText(walk.linear);
  const { translation } = walk;
  const told = (): string =>
    walkLines(walk)
      .map((line) => `  ${line}`)
      .join('\n');
  if (!translation) return { pass: false, message: () => `${address} is not mapped\n${told()}` };
  const wrong = differences(translation, expected);
  return {
    pass: wrong.length === 0,
    message: () =>
      wrong.length === 0
        ? `${address} is mapped as described, and should not be\n${told()}`
        : `${address} is mapped, but ${wrong.join(', and ')}\n${told()}`,
  };
}

type Translation = NonNullable<ReturnType<TestedMachine['translate']>['translation']>;

function differences(is: Translation, expected: ExpectedMapping): string[] {
  const wrong: string[] = [];
  if (expected.physical !== undefined) {
    const physical = physicalNumber(expected.physical);
    if (is.physical !== physical)
      wrong.push(`to physical ${physicalText(is.physical)}, not ${physicalText(physical)}`);
  }
  if (expected.pageSize !== undefined) {
    const bytes = typeof expected.pageSize === 'string' ? SIZES[expected.pageSize]! : expected.pageSize;
    if (is.pageSize !== bytes) wrong.push(`by a ${sizeText(is.pageSize)} page, not a ${sizeText(bytes)} one`);
  }
  for (const right of ['writable', 'user', 'executable', 'global'] as const) {
    const wanted = expected[right];
    if (wanted === undefined || is[right] === wanted) continue;
    wrong.push(wanted ? `it is not ${RIGHT_NAMES[right]}` : `it is ${RIGHT_NAMES[right]}`);
  }
  return wrong;
}

const RIGHT_NAMES = {
  writable: 'writable',
  user: 'a user page',
  executable: 'executable',
  global: 'global',
} as const;

function physicalNumber(physical: number | string): number {
  if (typeof physical === 'number') return physical;
  const [lo, hi] = addressFromText(physical);
  return (hi >>> 0) * 4294967296 + (lo >>> 0);
}

/** The run is over with this exit status. Takes a machine, or what `run` answered. */
export function toHaveExited(received: TestedMachine | ExitResult, status: number): Verdict {
  const result = 'reason' in received ? received : received.exit;
  const serial = 'serial' in received ? lastLines(received.serial.text) : '';
  if (!result) {
    return {
      pass: false,
      message: () =>
        `the run has not ended, after ${'instructions' in received ? received.instructions : 0} instructions${serial}`,
    };
  }
  const pass = result.status === status;
  return {
    pass,
    message: () =>
      pass
        ? `the run ended with status ${status} (${result.reason}), and should not have`
        : `the run ended with status ${result.status} (${result.reason}: ${result.detail}), not ${status}${serial}`,
  };
}

function lastLines(text: string): string {
  const lines = text.trimEnd().split('\n').slice(-10);
  return text === ''
    ? '\nthe guest printed nothing'
    : `\nthe guest's last lines:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
