import { describe, expect, test } from 'vitest';
import { Binding } from '../../src/cpu/binding.ts';
import { decode } from '../../src/cpu/decode/decode.ts';
import { OP_NAMES, OP_UD, opFallback, opFeature } from '../../src/cpu/decode/ops.ts';
import { createCpuModel } from '../../src/cpu/execute/cpu-model.ts';
import { HANDLERS } from '../../src/cpu/handlers.ts';
import {
  CR4_DE, CR4_FSGSBASE, CR4_LA57, CR4_MCE, CR4_OSFXSR, CR4_OSXMMEXCPT, CR4_OSXSAVE, CR4_PAE, CR4_PCIDE, CR4_PGE,
  CR4_PKE, CR4_PSE, CR4_PVI, CR4_SMAP, CR4_SMEP, CR4_TSD, CR4_UMIP, CR4_VME, EFER_FFXSR, EFER_LME, EFER_NXE, EFER_SCE,
} from '../../src/isa/control.ts'; // biome-ignore format: a list of nouns.
import { CPUID_FEATURES } from '../../src/isa/cpuid.ts';
import { Instruction } from '../../src/isa/instruction.ts';
import {
  IA32_ARCH_CAPABILITIES, IA32_EFER, IA32_LSTAR, IA32_MCG_CAP, IA32_MTRRCAP, IA32_PAT, IA32_STAR, IA32_SYSENTER_CS,
  IA32_TSC, IA32_TSC_ADJUST, IA32_TSC_AUX, IA32_TSC_DEADLINE, IA32_XSS,
} from '../../src/isa/msr.ts'; // biome-ignore format: a list of nouns.
import { RAX, RCX, RDX, RSP } from '../../src/isa/registers.ts';
import { VECTOR_GP, VECTOR_UD } from '../../src/isa/vectors.ts';
import { STATE_CR4, STATE_CR8 } from '../../src/state/layout.ts';
import { CODE, STACK, SystemHarness } from '../support/system-harness.ts';

/** Everything that can be had at once. */
const ALL = `max,${CPUID_FEATURES.map((f) => `+${f.name}`).join(',')}`;
const UD = { vector: VECTOR_UD, errorCode: undefined };
const GP0 = { vector: VECTOR_GP, errorCode: 0 };

/** One encoding of every op and vector length that a walk over the maps meets. */
function encodings(): Instruction[] {
  const found: Instruction[] = [];
  const seen = new Uint8Array(OP_NAMES.length * 2);
  const scratch = new Instruction();
  const bytes = new Uint8Array(16);
  const take = (codeSize: 32 | 64, ...parts: readonly (readonly number[])[]) => {
    let at = 0;
    for (const part of parts) for (const byte of part) bytes[at++] = byte;
    bytes.fill(0, at);
    const insn = decode(bytes, 0, 15, codeSize, scratch);
    if (!insn || insn.op === OP_UD) return;
    const key = insn.op * 2 + insn.vectorLength;
    if (seen[key]) return;
    seen[key] = 1;
    found.push(decode(bytes, 0, 15, codeSize)!);
  };
  const prefixes = [[], [0x66], [0xf3], [0xf2], [0x66, 0xf3], [0x66, 0xf2]];
  const legacy = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
  for (let opcode = 0; opcode < 256; opcode++) {
    for (let reg = 0; reg < 8; reg++) {
      // Memory at [RAX]; registers; memory with SIB, as a gather wants it.
      const operands = [[reg << 3], [0xc0 | (reg << 3)]];
      const gather = [(reg << 3) | 4, 0x08];
      const more = Array.from({ length: 7 }, (_, rm) => [0xc1 + ((reg << 3) | rm)]);
      for (const map of legacy) {
        const all = map.length === 0 ? opcode >> 3 === 0x1b : map.length === 1 && opcode === 1;
        for (const prefix of prefixes) {
          for (const modrm of all ? [...operands, ...more] : operands) {
            take(64, prefix, map, [opcode], modrm);
            take(64, prefix, [0x48], map, [opcode], modrm);
            take(32, prefix, map, [opcode], modrm);
          }
        }
      }
      for (let map = 1; map <= 3; map++) {
        for (let last = 0; last < 16; last++) {
          // pp in bits 1:0, L in bit 2, W in bit 7; vvvv 1111, then 1101 for those that have the operand.
          const tail = (last & 7) | ((last & 8) << 4);
          for (const vvvv of [0x78, 0x68])
            for (const modrm of [...operands, gather])
              take(64, [0xc4, 0xe0 | map, tail | vvvv, opcode], modrm);
        }
      }
    }
  }
  return found;
}

const ENCODINGS = encodings();
const featureOf = (insn: Instruction) => opFeature(insn.op, insn.vectorLength);

test('the walk meets every op', () => {
  const met = new Set(ENCODINGS.map((insn) => insn.op));
  expect(OP_NAMES.filter((name, op) => !met.has(op) && name !== 'UD' && name !== 'TOO_LONG')).toEqual([]);
});

test('no op needs a feature that CPUID could not tell, unless no processor here has it', () => {
  const known = new Set(CPUID_FEATURES.map((f) => f.name));
  const unknown = new Set(ENCODINGS.map(featureOf).filter((f) => f !== undefined && !known.has(f)));
  expect([...unknown].sort()).toEqual([
    'cet_ss', 'pconfig', 'ptwrite', 'rtm', 'sgx', 'smx', 'svm', 'tsxldtrk', 'vmx', 'waitpkg',
  ]); // biome-ignore format: words.
});

describe('without a feature its instructions are #UD', () => {
  const { core } = new SystemHarness('long');
  const full = new Binding(createCpuModel(ALL));
  const udOf = (binding: Binding) => (insn: Instruction) => {
    try {
      binding.handlerOf(insn)(core, insn);
      return false;
    } catch (thrown) {
      return thrown === core.fault && core.fault.vector === VECTOR_UD;
    }
  };
  const named = (insns: readonly Instruction[]) =>
    insns.map((insn) => `${OP_NAMES[insn.op]} ${insn.vectorLength}`);

  test.each(
    CPUID_FEATURES.map((f) => f.name).filter((name) => ENCODINGS.some((insn) => featureOf(insn) === name)),
  )('%s', (feature) => {
    const mine = ENCODINGS.filter((insn) => featureOf(insn) === feature);
    const lacking = new Binding(createCpuModel(`${ALL},-${feature}`));
    const plain = mine.filter((insn) => opFallback(insn.op) === OP_UD);
    expect(named(plain.filter((insn) => !udOf(lacking)(insn)))).toEqual([]);
    // TZCNT, LZCNT and WBNOINVD are then what their bytes were before.
    for (const insn of mine.filter((i) => opFallback(i.op) !== OP_UD)) {
      expect(lacking.handlerOf(insn)).toBe(HANDLERS[opFallback(insn.op)]);
    }
    // With it nothing is left to the handler of bytes that mean nothing.
    expect(named(mine.filter((insn) => full.handlerOf(insn) === HANDLERS[OP_UD]))).toEqual([]);
  });
});

describe('without a feature its bits are reserved', () => {
  const run = (model: string, register: number, lo: number, ...bytes: number[]) => {
    const m = new SystemHarness('protected', model);
    m.setReg(RCX, register);
    m.setReg(RAX, lo);
    m.setReg(RDX, 0);
    return m.execute(...bytes);
  };
  const writeCr4 = (model: string, bit: number) => run(model, 0, bit, 0x0f, 0x22, 0xe0);
  const writeEfer = (model: string, bit: number) => run(model, IA32_EFER, bit, 0x0f, 0x30);

  test.each([
    ['vme', CR4_VME], ['vme', CR4_PVI], ['tsc', CR4_TSD], ['de', CR4_DE], ['pse', CR4_PSE], ['pae', CR4_PAE],
    ['mce', CR4_MCE], ['pge', CR4_PGE], ['fxsr', CR4_OSFXSR], ['sse', CR4_OSXMMEXCPT], ['umip', CR4_UMIP],
    ['la57', CR4_LA57], ['fsgsbase', CR4_FSGSBASE], ['xsave', CR4_OSXSAVE], ['smep', CR4_SMEP], ['smap', CR4_SMAP],
    ['pku', CR4_PKE],
  ])('%s: CR4 %i', (feature, bit) => {
    expect([writeCr4('max', bit), writeCr4(`max,-${feature}`, bit)]).toEqual([undefined, GP0]);
  }); // biome-ignore format: a table.

  test('pcid: CR4.PCIDE', () => {
    const set = (model: string) => {
      const m = new SystemHarness('long', model);
      m.setReg(RAX, m.word(STATE_CR4) | CR4_PCIDE);
      return m.execute(0x0f, 0x22, 0xe0);
    };
    expect([set('max'), set('max,-pcid')]).toEqual([undefined, GP0]);
  });

  test.each([['syscall', EFER_SCE], ['lm', EFER_LME], ['nx', EFER_NXE], ['fxsr-opt', EFER_FFXSR]])('%s: EFER %i', (feature, bit) => {
    expect([writeEfer('zen5', bit), writeEfer(`zen5,-${feature}`, bit)]).toEqual([undefined, GP0]);
  }); // biome-ignore format: a table.

  test.each([['avx', 7], ['pku', 0x203]])('%s: XCR0 %i', (feature, value) => {
    const set = (model: string) => {
      const m = new SystemHarness('protected', model);
      m.setWord(STATE_CR4, CR4_OSXSAVE);
      m.setReg(RAX, value);
      m.setReg(RDX, 0);
      return m.execute(0x0f, 0x01, 0xd1);
    };
    expect([set('max'), set(`max,-${feature}`)]).toEqual([undefined, GP0]);
  }); // biome-ignore format: a table.

  test.each([
    ['tsc', IA32_TSC], ['tsc-adjust', IA32_TSC_ADJUST], ['mtrr', IA32_MTRRCAP], ['pat', IA32_PAT], ['mca', IA32_MCG_CAP],
    ['arch-capabilities', IA32_ARCH_CAPABILITIES], ['xsaves', IA32_XSS], ['syscall', IA32_STAR], ['lm', IA32_LSTAR],
    ['sysenter', IA32_SYSENTER_CS], ['rdtscp,-rdpid', IA32_TSC_AUX],
  ])('%s: MSR %i', (feature, index) => {
    const read = (model: string) => run(model, index, 0, 0x0f, 0x32);
    expect([read('max'), read(`max,-${feature}`)]).toEqual([undefined, GP0]);
  }); // biome-ignore format: a table.

  test('tsc-deadline: its MSR, though the APIC would have it', () => {
    const read = (model: string) => {
      const m = new SystemHarness('protected', model);
      m.core.msrDevice = { readMsr: () => [0, 0], writeMsr: () => true };
      m.setReg(RCX, IA32_TSC_DEADLINE);
      return [m.execute(0x0f, 0x32), m.execute(0x0f, 0x30)];
    };
    expect([read('max'), read('max,-tsc-deadline')]).toEqual([
      [undefined, undefined],
      [GP0, GP0],
    ]);
  });

  test('LAHF and SAHF in 64-bit mode', () => {
    for (const opcode of [0x9e, 0x9f]) {
      expect(new SystemHarness('long', 'x86-64-v1').execute(opcode)).toEqual(UD);
      expect(new SystemHarness('compatibility', 'x86-64-v1').execute(opcode)).toBeUndefined();
      expect(new SystemHarness('long', 'max').execute(opcode)).toBeUndefined();
    }
  });
});

describe('66 on near branches of 64-bit code: nothing to Intel, 16 bits to AMD', () => {
  // What an AMD Zen 3 does: the displacement shrinks to 16 bits, RIP is cut to 16 bits, the stack moves by 2.
  test.each([
    //                 bytes                                    Intel RIP           AMD RIP           stack
    ['JMP rel32',      [0x66, 0xe9, 0x10, 0, 0, 0],             CODE + 6 + 0x10,    (CODE + 4 + 0x10) & 0xffff, 0, 0],
    ['JMP rel8',       [0x66, 0xeb, 0x10],                      CODE + 3 + 0x10,    (CODE + 3 + 0x10) & 0xffff, 0, 0],
    ['JZ rel32',       [0x66, 0x0f, 0x85, 0x10, 0, 0, 0],       CODE + 7 + 0x10,    (CODE + 5 + 0x10) & 0xffff, 0, 0],
    ['CALL rel32',     [0x66, 0xe8, 0x10, 0, 0, 0],             CODE + 6 + 0x10,    (CODE + 4 + 0x10) & 0xffff, -8, -2],
    ['CALL RAX',       [0x66, 0xff, 0xd0],                      0x12345,            0x2345,                     -8, -2],
    ['JMP RAX',        [0x66, 0xff, 0xe0],                      0x12345,            0x2345,                     0, 0],
    ['RET',            [0x66, 0xc3],                            0x54321,            0x4321,                     8, 2],
    ['with REX.W',     [0x66, 0x48, 0xe9, 0x10, 0, 0, 0],       CODE + 7 + 0x10,    CODE + 7 + 0x10,            0, 0],
    ['not taken',      [0x66, 0x74, 0x10],                      CODE + 3,           CODE + 3,                   0, 0],
  ] as const)('%s', (_name, bytes, intel, amd, intelStack, amdStack) => {
    for (const [model, rip, moved] of [['skylake', intel, intelStack], ['zen2', amd, amdStack]] as const) {
      const m = new SystemHarness('long', model);
      m.setReg(RAX, 0x12345);
      m.write32(STACK, 0x54321, 0);
      expect(m.execute(...bytes)).toBeUndefined();
      expect([model, m.rip, m.reg(RSP) - STACK]).toEqual([model, rip, moved]);
    }
  }); // biome-ignore format: a table.
});

describe('LOCK MOV CR0 is MOV CR8 where CPUID tells of it', () => {
  test.each(['protected', 'long'] as const)('%s', (mode) => {
    const m = new SystemHarness(mode, 'zen2');
    m.setReg(RAX, 9);
    expect(m.execute(0xf0, 0x0f, 0x22, 0xc0)).toBeUndefined();
    expect(m.word(STATE_CR8)).toBe(9);
    expect(m.execute(0xf0, 0x0f, 0x20, 0xc1)).toBeUndefined();
    expect(m.reg(RCX)).toBe(9);
    expect(m.execute(0xf0, 0x0f, 0x20, 0xd8)).toEqual(UD); // CR3.
    for (const model of ['skylake', 'zen2,-cr8-legacy'])
      expect(new SystemHarness(mode, model).execute(0xf0, 0x0f, 0x20, 0xc0)).toEqual(UD);
  });
});
