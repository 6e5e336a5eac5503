import { readFileSync } from 'node:fs';
import { decode, NEED_MORE } from '../../src/cpu/decode/decode.ts';
import { MAP_0F } from '../../src/cpu/decode/map-0f.ts';
import { MAP_0F3A } from '../../src/cpu/decode/map-0f3a.ts';
import { MAP_0F38 } from '../../src/cpu/decode/map-0f38.ts';
import { MAP_ONE_BYTE } from '../../src/cpu/decode/map-one-byte.ts';
import { MAP_VEX_0F, MAP_VEX_0F3A, MAP_VEX_0F38 } from '../../src/cpu/decode/map-vex.ts';
import { MAP_X87 } from '../../src/cpu/decode/map-x87.ts';
import { PLAN_MODRM, PLAN_VSIB } from '../../src/cpu/decode/operands.ts';
import { OP_NAMES } from '../../src/cpu/decode/ops.ts';
import { type Row, readRows } from '../../src/cpu/decode/row.ts';
import { BY_L, BY_MOD, BY_PREFIX, BY_REG, BY_REX_B, BY_RM, BY_W } from '../../src/cpu/decode/selectors.ts';
import { missingHandlers } from '../../src/cpu/handlers.ts';
import { Instruction } from '../../src/isa/instruction.ts';
import type { Random } from './random.ts';

/** One row of an opcode map, ready to be turned into bytes. */
export interface Form {
  readonly name: string;
  readonly map: string;
  readonly row: Row;
  readonly vexMap: number;
  readonly escape: readonly number[];
}

const MAPS: readonly (readonly [name: string, text: string, vexMap: number, escape: readonly number[]])[] = [
  ['one-byte', MAP_ONE_BYTE, 0, []],
  ['x87', MAP_X87, 0, []],
  ['0F', MAP_0F, 0, [0x0f]],
  ['0F38', MAP_0F38, 0, [0x0f, 0x38]],
  ['0F3A', MAP_0F3A, 0, [0x0f, 0x3a]],
  ['VEX.0F', MAP_VEX_0F, 1, []],
  ['VEX.0F38', MAP_VEX_0F38, 2, []],
  ['VEX.0F3A', MAP_VEX_0F3A, 3, []],
];

/** Features under the names of /proc/cpuinfo, where they differ. */
const HOST_NAMES: Readonly<Record<string, string>> = {
  'sse4.1': 'sse4_1',
  'sse4.2': 'sse4_2',
  sse3: 'pni',
  lzcnt: 'abm',
  sha: 'sha_ni',
  clflush: 'clflush',
  cmov: 'cmov',
};

/**
 * What a user-mode process cannot be asked: transfers through descriptors, system calls, what the kernel or the hypervisor
 * answers in the processor's place, what reads clocks or chance, and the approximations that each processor makes its own way.
 */
const EXCLUDED = [
  /^(?:INT|INT1|INT3|INTO|IRET|SYS|RSM|HLT|UD|VM(?!OV|UL|IN|AX|ASK|PSAD)|GETSEC|MONITOR|MWAIT)/, // Vol. 3: delivered to the kernel.
  /_Mp$|_Ap$|^RET_far|^L[DEFGS]S_|_Sw|^(?:LAR|LSL|VER|ARPL|LLDT|LTR|SLDT|STR|SGDT|SIDT|LGDT|LIDT|SMSW|LMSW)/, // Descriptors.
  /^(?:CPUID|RDTSC|RDPMC|RDRAND|RDSEED|RDPID|RDPKRU|WRPKRU|XGETBV|XSETBV|XSAVE|XRSTOR|FXSAVE|FXRSTOR|RDPRU)/, // Not the same answer.
  /^(?:RD|WR)[FG]SBASE/, // The C library of the helper lives by FS.
  /^V?R(?:CP|SQRT)[PS]S/, // SDM Vol. 2B, "RCPPS": a relative error, no exact value.
  /^(?:SWAPGS|CLTS|INVD|WBINVD|WBNOINVD|INVLPG|INVPCID|RDMSR|WRMSR|STAC|CLAC|MOV_R[dq]_[CD]|MOV_[CD][dq])/, // Privileged.
  /^(?:IN|OUT)[SBWD_]/, // Ports.
  /^(?:FN?STENV|FLDENV|FN?SAVE|FRSTOR|FNENI|FNDISI|FNSETPM|WAIT)/, // FIP and FDP: the kernel's.
  /^(?:F2XM1|FYL2X|FYL2XP1|FPATAN|FPTAN|FSIN|FCOS|FSINCOS)/, // Within an error bound.
  /^(?:PREFETCH|CLFLUSH|CLWB|CLZERO|SERIALIZE)/,
];

export function hostFeatures(): ReadonlySet<string> {
  const text = readFileSync('/proc/cpuinfo', 'utf8');
  return new Set((/^flags\s*:(.*)$/m.exec(text)?.[1] ?? '').trim().split(/\s+/));
}

/** Every row that both sides can execute. */
export function usableForms(only: RegExp | undefined): Form[] {
  const host = hostFeatures();
  const missing = new Set(missingHandlers());
  const has = (feature: string | undefined) =>
    feature === undefined || host.has(HOST_NAMES[feature] ?? feature);
  const forms: Form[] = [];
  for (const [map, text, vexMap, escapeBytes] of MAPS) {
    for (const row of readRows(text)) {
      const name = row.opName;
      if (!row.in64 || missing.has(name) || EXCLUDED.some((pattern) => pattern.test(name))) continue;
      if (only && !only.test(name)) continue;
      if (!has(row.feature) || !has(row.feature256)) continue;
      // 0F 0D with a register: a NOP by Intel's map, #UD on AMD's processors.
      if (map === '0F' && row.opcode === 0x0d) continue;
      forms.push({ name, map, row, vexMap, escape: escapeBytes });
    }
  }
  return forms;
}

const PREFIX_BYTES = [0, 0x66, 0xf3, 0xf2];

function chooseBit(random: Random, mask: number, limit: number): number {
  for (;;) {
    const value = random.below(limit);
    if ((mask >> value) & 1) return value;
  }
}

const scratch = new Uint8Array(32);

/**
 * Random bytes of this form, into `bytes`; the decoded instruction, or undefined when they turned out to be another one.
 * RIP-relative and absolute displacements are aimed at `target` from code at `rip`.
 */
export function encode(
  form: Form,
  random: Random,
  bytes: Uint8Array,
  rip: number,
  target: number,
): Instruction | undefined {
  const { row } = form;
  let at = 0;
  let prefix = 0;
  if (row.masks[BY_PREFIX] !== 0xf) prefix = chooseBit(random, row.masks[BY_PREFIX]!, 4);
  let rex = random.chance(0.5) ? random.below(16) : 0;
  const w = row.masks[BY_W] === 3 ? random.below(2) : row.masks[BY_W]! >> 1;
  rex = (rex & 7) | (random.chance(0.4) || row.masks[BY_W] === 2 ? w << 3 : 0);
  if (row.masks[BY_REX_B] === 2) rex |= 1;
  const isString = /^(?:MOVS|CMPS|STOS|LODS|SCAS)[BWDQ]$/.test(form.name);
  const isBranch = /_J$|^(?:JMP|CALL)_E$|^RET_near/.test(form.name);
  if (random.chance(0.04)) scratch[at++] = 0x67;
  if (random.chance(0.02)) scratch[at++] = 0x65;
  if (form.vexMap === 0) {
    if (prefix > 1 && /_[GE]w/.test(form.name)) scratch[at++] = 0x66;
    if (prefix !== 0) scratch[at++] = PREFIX_BYTES[prefix]!;
    else if (row.masks[BY_PREFIX] === 0xf) {
      if (isString && random.chance(0.6)) scratch[at++] = random.chance(0.5) ? 0xf3 : 0xf2;
      // An operand-size prefix on a near branch is ignored by Intel's processors and obeyed by AMD's (SDM Vol. 2A, "JMP").
      if (!isBranch && random.chance(0.25)) scratch[at++] = 0x66;
    }
    if (row.lockable && random.chance(0.05)) scratch[at++] = 0xf0;
    if (rex !== 0 || random.chance(0.1)) scratch[at++] = 0x40 | rex;
    for (const byte of form.escape) scratch[at++] = byte;
  } else {
    const l = row.masks[BY_L] === 3 ? random.below(2) : row.masks[BY_L]! >> 1;
    const vvvv = random.chance(0.9) && !/_[HB]|_H/.test(form.name) ? 15 : random.below(16);
    scratch[at++] = 0xc4;
    scratch[at++] = (((~rex & 4) << 5) | ((~rex & 2) << 5) | ((~rex & 1) << 5) | form.vexMap) & 0xff;
    scratch[at++] = (w << 7) | (vvvv << 3) | (l << 2) | prefix;
  }
  scratch[at++] = row.opcode;
  if (row.plan & PLAN_MODRM) {
    const mod = chooseBit(random, row.masks[BY_MOD]!, 2) === 1 ? 3 : random.below(3);
    const reg = chooseBit(random, row.masks[BY_REG]!, 8);
    let rm = chooseBit(random, row.masks[BY_RM]!, 8);
    if (mod !== 3 && row.plan & PLAN_VSIB) rm = 4;
    scratch[at++] = (mod << 6) | (reg << 3) | rm;
    if (mod !== 3) {
      let bytesOfDisplacement = mod === 0 ? 0 : mod === 1 ? 1 : 4;
      let absolute = false;
      if (rm === 4) {
        const sib = random.below(256);
        scratch[at++] = sib;
        if ((sib & 7) === 5 && mod === 0) {
          bytesOfDisplacement = 4;
          absolute = ((sib >> 3) & 7) === 4 && (rex & 2) === 0;
        }
      } else if (rm === 5 && mod === 0) bytesOfDisplacement = -4;
      if (bytesOfDisplacement === -4) {
        // RIP-relative: the length is not known yet. Corrected below, once the decoder has told it.
        bytesOfDisplacement = 4;
        for (let n = 0; n < 4; n++) scratch[at + n] = 0;
        const place = at;
        fillTail(random, at + 4);
        const probe = decode(scratch, 0, 15, 64);
        if (probe !== NEED_MORE) putWord(place, target - rip - probe.length);
        return finish(form, bytes);
      }
      for (let n = 0; n < bytesOfDisplacement; n++) scratch[at + n] = random.below(256);
      if (absolute) putWord(at, target);
      at += bytesOfDisplacement;
    }
  }
  fillTail(random, at);
  return finish(form, bytes);
}

function fillTail(random: Random, from: number): void {
  const small = random.chance(0.2);
  for (let n = from; n < 20; n++) scratch[n] = random.below(256);
  if (small) scratch[from] = random.below(4) * 85;
}

function putWord(at: number, value: number): void {
  for (let n = 0; n < 4; n++) scratch[at + n] = (value >> (8 * n)) & 0xff;
}

function finish(form: Form, bytes: Uint8Array): Instruction | undefined {
  const insn = decode(scratch, 0, 15, 64, new Instruction());
  if (insn === NEED_MORE || OP_NAMES[insn.op] !== form.name) return undefined;
  bytes.fill(0);
  bytes.set(scratch.subarray(0, insn.length));
  return insn;
}
