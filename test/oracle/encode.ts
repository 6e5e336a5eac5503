import { decode, NEED_MORE } from '../../src/cpu/decode/decode.ts';
import { PLAN_MODRM, PLAN_VSIB } from '../../src/cpu/decode/operands.ts';
import { OP_NAMES } from '../../src/cpu/decode/ops.ts';
import { BY_L, BY_MOD, BY_PREFIX, BY_REG, BY_REX_B, BY_RM, BY_W } from '../../src/cpu/decode/selectors.ts';
import type { Form } from './forms.ts';
import { PlacedInstruction } from './protocol.ts';
import type { Random } from './random.ts';

const PREFIX_BYTES = [0, 0x66, 0xf3, 0xf2];

function chooseBit(random: Random, mask: number, limit: number): number {
  for (;;) {
    const value = random.below(limit);
    if ((mask >> value) & 1) return value;
  }
}

const scratch = new Uint8Array(32);

/**
 * Random bytes of this form, into `bytes` from `at`; the decoded instruction, or undefined when they turned out to be another one.
 * RIP-relative and absolute displacements are aimed at `target` from code whose first byte is at `rip`.
 */
export function encode(
  form: Form,
  random: Random,
  bytes: Uint8Array,
  at: number,
  rip: number,
  target: number,
): PlacedInstruction | undefined {
  const insn = choose(form, random, rip + at, target);
  if (insn) bytes.set(scratch.subarray(0, insn.length), at);
  return insn;
}

function choose(form: Form, random: Random, rip: number, target: number): PlacedInstruction | undefined {
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
    // 0F 0D with a register: a NOP by Intel's map, #UD on AMD's processors.
    const isPrefetch = form.map === '0F' && row.opcode === 0x0d;
    const isRegister = chooseBit(random, row.masks[BY_MOD]!, 2) === 1 && !isPrefetch;
    const mod = isRegister ? 3 : random.below(3);
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
        return finish(form);
      }
      for (let n = 0; n < bytesOfDisplacement; n++) scratch[at + n] = random.below(256);
      if (absolute) putWord(at, target);
      at += bytesOfDisplacement;
    }
  }
  fillTail(random, at);
  return finish(form);
}

function fillTail(random: Random, from: number): void {
  const small = random.chance(0.2);
  for (let n = from; n < 20; n++) scratch[n] = random.below(256);
  if (small) scratch[from] = random.below(4) * 85;
}

function putWord(at: number, value: number): void {
  for (let n = 0; n < 4; n++) scratch[at + n] = (value >> (8 * n)) & 0xff;
}

function finish(form: Form): PlacedInstruction | undefined {
  const insn = new PlacedInstruction();
  const isWhole = decode(scratch, 0, 15, 64, insn) !== NEED_MORE;
  return isWhole && OP_NAMES[insn.op] === form.name ? insn : undefined;
}
