import { describe, expect, test } from 'vitest';
import {
  OP_BY_NAME,
  OP_NAMES,
  opEndsBlock,
  opFallback,
  opFeature,
  opIsLockable,
} from '../../../src/cpu/decode/ops.ts';

function op(name: string): number {
  const index = OP_BY_NAME.get(name);
  if (index === undefined) throw new Error(`no op ${name}`);
  return index;
}

describe('the ops that the maps give', () => {
  test('names are identifiers, and each is there once', () => {
    expect(OP_NAMES.filter((name) => !/^[A-Z][A-Za-z0-9_]*$/.test(name))).toEqual([]);
    expect(new Set(OP_NAMES).size).toBe(OP_NAMES.length);
    for (const [at, name] of OP_NAMES.entries()) expect(OP_BY_NAME.get(name)).toBe(at);
  });

  test.each([
    // name            feature      feature at 256 bits
    ['ADD_Ed_Gd',      undefined,   undefined],
    ['CMOVZ_Gd_Ed',    'cmov',      'cmov'],
    ['CMPXCHG16B',     'cx16',      'cx16'],
    ['WRFSBASE_Rq',    'fsgsbase',  'fsgsbase'],
    ['ANDN_Gd_Bd_Ed',  'bmi1',      'bmi1'],
    ['VPADDB_Vx_Hx_Wx', 'avx',      'avx2'],
  ])('%s needs %s', (name, feature, feature256) => {
    expect(opFeature(op(name))).toBe(feature);
    expect(opFeature(op(name), 1)).toBe(feature256);
  }); // biome-ignore format: a table.

  test('what an encoding means without its feature', () => {
    expect(opFallback(op('TZCNT_Gd_Ed'))).toBe(op('BSF_Gd_Ed'));
    expect(opFallback(op('LZCNT_Gq_Eq'))).toBe(op('BSR_Gq_Eq'));
    expect(opFallback(op('WBNOINVD'))).toBe(op('WBINVD'));
    expect(opFallback(op('POPCNT_Gd_Ed'))).toBe(op('UD'));
  });

  test('what ends a block', () => {
    for (const name of [
      'JZ_J',
      'JMP_J',
      'CALL_E',
      'RET_near',
      'IRET_q',
      'HLT',
      'STI',
      'CLI',
      'POPF_q',
      'MOV_Cq_Rq',
    ]) {
      expect([name, opEndsBlock(op(name))]).toEqual([name, true]);
    }
    for (const name of [
      'WRMSR',
      'INVLPG',
      'LGDT',
      'RDTSC',
      'IN_AL_DX',
      'OUT_Ib_AL',
      'SYSCALL',
      'MOV_Sw_Ew',
      'UD',
    ]) {
      expect([name, opEndsBlock(op(name))]).toEqual([name, true]);
    }
    for (const name of ['ADD_Ed_Gd', 'CPUID', 'MOVSB', 'PUSH_Eq', 'MOV_Rq_Cq', 'NOP']) {
      expect([name, opEndsBlock(op(name))]).toEqual([name, false]);
    }
  });

  test('the instructions that may carry LOCK (SDM Vol. 2A, "LOCK")', () => {
    const lockable = OP_NAMES.filter((_, at) => opIsLockable(at)).map((name) => name.replace(/_.*/, ''));
    expect([...new Set(lockable)].sort()).toEqual([
      'ADC', 'ADD', 'AND', 'BTC', 'BTR', 'BTS', 'CMPXCHG', 'CMPXCHG16B', 'CMPXCHG8B', 'DEC', 'INC', 'NEG', 'NOT', 'OR',
      'SBB', 'SUB', 'XADD', 'XCHG', 'XOR',
    ]); // biome-ignore format: the manual's list.
  });
});
