import { spawnSync } from 'node:child_process';
import type { Random } from '../oracle/random.ts';
import { CODE_S, DATA, ENTRY, STACK_S } from './layout.ts';
import { Longmode } from './longmode.ts';
import { finish, inMode, type ModeName, patch, setCode } from './modes.ts';
import type { Outcome } from './record.ts';
import { type Programs, runAll } from './reference.ts';
import type { Scenario } from './scenario.ts';

/**
 * Instructions whose meaning depends on the code size, on ring 0 in 64- and 32-bit code, on unicorn and here. Unicorn
 * has no IDT, so only what an instruction does and whether it faults are compared, not where the fault goes.
 */

/** The interpreter of Debian's own packages, whatever else is called python3. */
const PYTHON = '/usr/bin/python3';
const STACK_TOP = STACK_S + 0xc00;

interface Case {
  readonly bits: 32 | 64;
  readonly code: string;
  readonly codeAt: number;
  readonly dataAt: number;
  readonly data: string;
  readonly gpr: readonly string[];
  readonly rflags: number;
}

interface Answer {
  readonly vector: number;
  readonly error: number;
  readonly gpr: readonly string[];
  readonly rflags: number;
  readonly rip: number;
  readonly data: string;
}

// biome-ignore format: a table of instructions: operands in rAX, rCX, rDX, memory at rBX, strings at rSI and rDI.
const INSTRUCTIONS: readonly (readonly number[])[] = [
  [0x40, 0x90], [0x48, 0x90], [0x41, 0x50], [0x50], [0x58], [0x66, 0x50], [0x66, 0x58], [0x6a, 0x80], [0x68, 1, 2, 3, 4], [0x66, 0x68, 1, 2], [0x9c], [0x66, 0x9c], [0x9d],
  [0x54], [0xff, 0x33], [0x8f, 0x03], [0x66, 0xff, 0x33], [0xc9], [0xc8, 8, 0, 0], [0xc8, 16, 0, 1], [0xc8, 16, 0, 3], [0x60], [0x61], [0x66, 0x60], [0x06], [0x16], [0x0e],
  [0x98], [0x48, 0x98], [0x66, 0x98], [0x99], [0x48, 0x99], [0x63, 0xc8], [0x48, 0x63, 0xc8], [0x8d, 0x44, 0x8b, 0x7f], [0x67, 0x8d, 0x44, 0x4b, 0x7f], [0x66, 0x8d, 0x04, 0x4b], [0x48, 0x8d, 0x04, 0x4b],
  [0xa4], [0xa5], [0x48, 0xa5], [0x66, 0xa5], [0x67, 0xa4], [0xaa], [0xab], [0x48, 0xab], [0xac], [0xad], [0xae], [0xaf], [0xa6], [0xa7], [0xd7], [0x67, 0xd7],
  [0xe3, 0], [0x67, 0xe3, 0], [0xe2, 0], [0x67, 0xe2, 0], [0xe1, 0], [0xe0, 0], [0x0f, 0xc7, 0x0b], [0x48, 0x0f, 0xc7, 0x0b], [0x0f, 0xb1, 0x0b], [0x48, 0x0f, 0xb1, 0x0b], [0x0f, 0xc1, 0x0b],
  [0x87, 0x0b], [0x86, 0x0b], [0x01, 0x0b], [0x48, 0x01, 0x0b], [0x0f, 0xb6, 0x0b], [0x48, 0x0f, 0xbf, 0x0b], [0x0f, 0xc8], [0x48, 0x0f, 0xc8], [0x88, 0xe0], [0x40, 0x88, 0xe0], [0x8a, 0x3b], [0xfe, 0xc4],
  [0x27], [0x2f], [0x37], [0x3f], [0xd4, 10], [0xd5, 10], [0xd6], [0xce], [0x82, 0xc0, 1], [0xc4, 0x03], [0x62, 0x03], [0x9e], [0x9f], [0xfa], [0xfb], [0xfc], [0xfd], [0xf5],
  [0x0f, 0x06], [0x0f, 0x08], [0x0f, 0x09], [0x0f, 0x01, 0x3b], [0x0f, 0x0b], [0x0f, 0xff, 0xc0], [0xf0, 0x01, 0xc0], [0xf0, 0x01, 0x0b], [0xf6, 0x33], [0x48, 0xf7, 0xfb],
]; // 0F FF is UD0, C4 and 62 are LES and BOUND or prefixes of other maps.

/** Their flags are partly undefined: the defined ones are left (SDM Vol. 2, the instructions' own pages). */
const UNDEFINED_FLAGS = new Map<number, number>([
  [0x27, 0x800], [0x2f, 0x800], [0x37, 0x8c4], [0x3f, 0x8c4], [0xd4, 0x811], [0xd5, 0x811], [0xf6, 0x8d5], [0xf7, 0x8d5],
]); // biome-ignore format: a table.

function makeCase(random: Random): { c: Case; s: Scenario } {
  const mode: ModeName = random.chance(0.6) ? '64-0' : '32-0';
  const bits = mode === '64-0' ? 64 : 32;
  const bytes = random.pick(INSTRUCTIONS);
  // What is a REX prefix in 64-bit code is an instruction by itself elsewhere.
  const isOther = (bytes[0]! & 0xf0) === 0x40 || (bytes[0] === 0x67 && bytes[1] === 0x8d);
  if (bits === 32 && isOther && bytes.length > 1) return makeCase(random);
  const s = inMode(mode, bits === 64 ? '4' : 'off');
  const value = () => {
    const full = (BigInt(random.word() >>> 0) << 32n) | BigInt(random.word() >>> 0);
    const some = random.chance(0.4) ? BigInt(random.below(256)) : full;
    return bits === 64 ? some : some & 0xffffffffn;
  };
  for (let n = 0; n < (bits === 64 ? 16 : 8); n++) s.gpr[n] = value();
  s.gpr[3] = BigInt(DATA + 0x10);
  s.gpr[5] = BigInt(STACK_TOP + 0x20);
  s.gpr[6] = BigInt(DATA);
  s.gpr[7] = BigInt(DATA + 0x20);
  if (bytes.includes(0xd7)) s.gpr[0] = BigInt(random.below(16));
  s.rflags |= random.word() & 0x8d5;
  const data = Array.from({ length: 64 }, () => random.below(256));
  patch(s, DATA, data, 'data');
  setCode(s, mode, { text: Buffer.from(bytes).toString('hex'), bytes });
  s.gpr[4] = s.rsp;
  const c: Case = {
    bits,
    code: Buffer.from(bytes).toString('hex'),
    codeAt: CODE_S + ENTRY,
    dataAt: DATA,
    data: Buffer.from(data).toString('hex'),
    gpr: s.gpr.slice(0, bits === 64 ? 16 : 8).map((v) => v.toString(16)),
    rflags: s.rflags,
  };
  return { c, s: finish(s) };
}

/** What differs, as a line for people; undefined where nothing does. */
function differs(c: Case, s: Scenario, ours: Outcome, theirs: Answer): string | undefined {
  const field = (name: string) => ours.fields.get(name) ?? 0n;
  const frame = Number(field('rsp'));
  const byte = (address: number) => ((ours.memory.get(address & ~3) ?? 0) >>> ((address & 3) * 8)) & 0xff;
  const word = (at: number) => BigInt([0, 1, 2, 3].reduce((sum, n) => sum + byte(at + n) * 2 ** (8 * n), 0));
  const vector = Number(field('vector'));
  const hasCode = [8, 10, 11, 12, 13, 14, 17].includes(vector);
  const step = c.bits === 64 ? 8 : 4;
  const at = frame + (hasCode ? step : 0);
  const rip = Number(word(at)) - c.codeAt;
  const failed = theirs.error !== 0 || theirs.vector >= 0;
  const completed = vector === 6 && rip === c.code.length / 2;
  if (completed === failed)
    return `${s.text}: longmode vector ${vector} at +${rip}, unicorn error ${theirs.error} vector ${theirs.vector}`;
  if (!completed) return undefined;
  const notes: string[] = [];
  const rsp = c.bits === 64 ? word(at + 24) : BigInt(at + 12);
  const names = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ');
  for (const [n, text] of theirs.gpr.entries()) {
    const mine = n === 4 ? rsp : field(names[n]!);
    if (mine !== BigInt(text)) notes.push(`${names[n]} 0x${mine.toString(16)}/${text}`);
  }
  const last =
    c.code.startsWith('48') || c.code.startsWith('66')
      ? Number.parseInt(c.code.slice(2, 4), 16)
      : Number.parseInt(c.code.slice(0, 2), 16);
  const ignored = (UNDEFINED_FLAGS.get(last) ?? 0) | 0x10000;
  const flags = Number(word(at + 2 * step));
  if ((flags ^ theirs.rflags) & ~ignored)
    notes.push(`rflags 0x${flags.toString(16)}/0x${theirs.rflags.toString(16)}`);
  for (let n = 0; n < 64; n += 4) {
    const expected = Buffer.from(theirs.data, 'hex').readUInt32LE(n);
    const mine = (ours.memory.get(c.dataAt + n) ?? -1) >>> 0;
    if (ours.memory.has(c.dataAt + n) && mine !== expected)
      notes.push(`memory +${n} 0x${mine.toString(16)}/0x${expected.toString(16)}`);
  }
  return notes.length > 0 ? `${s.text}: longmode/unicorn ${notes.join(', ')}` : undefined;
}

/** Runs `count` instructions on both and answers a line for each that differs. */
export async function compareUnicorn(random: Random, programs: Programs, count: number): Promise<string[]> {
  const cases = Array.from({ length: count }, () => makeCase(random));
  const input = cases.map(({ c }) => JSON.stringify(c)).join('\n');
  const run = spawnSync(PYTHON, [`${programs.folder}/unicorn-runner.py`], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (run.status !== 0) throw new Error(`unicorn: ${run.error?.message ?? run.stderr}`);
  const answers = run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
  const list = cases.map(({ s }) => s);
  const ours = await runAll(new Longmode(false), programs, list);
  return cases.flatMap(({ c, s }, n) => differs(c, s, ours[n]!, answers[n]!) ?? []);
}
