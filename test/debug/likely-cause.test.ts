import { describe, expect, test } from 'vitest';
import { addressFromText } from '../../src/debug/address.ts';
import { likelyCauses } from '../../src/debug/likely-cause.ts';
import {
  CR0_EM,
  CR0_PE,
  CR0_PG,
  CR0_WP,
  CR4_OSFXSR,
  CR4_PAE,
  CR4_SMAP,
  CR4_SMEP,
  EFER_LMA,
  EFER_LME,
} from '../../src/isa/control.ts';
import { DESC_CODE, DESC_DB, DESC_P, DESC_S } from '../../src/isa/descriptors.ts';
import { CS, TR } from '../../src/isa/registers.ts';
import {
  PF_ID,
  PF_P,
  PF_PK,
  PF_RSVD,
  PF_WR,
  VECTOR_DF,
  VECTOR_GP,
  VECTOR_NM,
  VECTOR_NP,
  VECTOR_PF,
  VECTOR_TS,
  VECTOR_UD,
} from '../../src/isa/vectors.ts';
import {
  STATE_CPL,
  STATE_CR0,
  STATE_CR3,
  STATE_CR4,
  STATE_EFER,
  STATE_GDTR,
  STATE_IDTR,
  STATE_PDPTE,
} from '../../src/state/layout.ts';
import { KERNEL, LOADER, PD, PDPT, PML4, PT, Scene } from './scene.ts';

const KERNEL_START = '0xffffffff80390000';
const causes = (scene: Scene): string[] => likelyCauses(scene.evidence());
const first = (scene: Scene): string => causes(scene)[0] ?? '(none)';
const mapped = (): Scene => new Scene().mapKernel(64);
/** A page fault that reads, writes or fetches `cr2`. */
const pageFault = (scene: Scene, cr2: string, error: number, rip = '0xffffffff80000100'): Scene =>
  scene.fault(VECTOR_PF, { cr2, error, rip });

describe('CR0.PG set without what it needs', () => {
  const movCr0 = [0x0f, 0x22, 0xc0];
  const setting = (cr4: number, efer: number, value: bigint): Scene =>
    new Scene()
      .set(STATE_CR0, CR0_PE)
      .set(STATE_CR4, cr4)
      .set(STATE_EFER, efer)
      .segment(CS, 8, 0, -1, DESC_P | DESC_S | DESC_CODE | DESC_DB)
      .register(0, value)
      .fault(VECTOR_GP, { error: 0, rip: '0x100000', code: movCr0 });

  test.each([
    ['LME without PAE', 0, EFER_LME, 0x80000001n, 'set CR4.PAE first'],
    ['PAE without LME', CR4_PAE, 0, 0x80000001n, 'the PML4 was read as a PDPT of PAE paging'],
    ['PG without PE', CR4_PAE, EFER_LME, 0x80000000n, 'paging needs protected mode'],
  ])('%s', (_what, cr4, efer, value, text) => {
    expect(first(setting(cr4, efer, value))).toContain(text);
  });

  test('another value of CR0 is not of this rule', () => {
    expect(first(setting(0, EFER_LME, 0x11n))).toBe('(none)');
  });
});

describe('reserved bits', () => {
  const reserved = (entry: bigint, at = PT + 8): Scene =>
    pageFault(mapped().write(at, entry), '0xffffffff80001000', PF_P | PF_RSVD);

  test('XD with EFER.NXE clear', () => {
    const scene = mapped()
      .write(PT + 8, 0x8000000000001003n)
      .set(STATE_EFER, EFER_LME | EFER_LMA);
    expect(first(pageFault(scene, '0xffffffff80001000', PF_P | PF_RSVD))).toBe(
      'the PTE (level 1), entry 1 of the table at 0x00004000, has bit 63 (XD) set while EFER.NXE = 0: set EFER.NXE before such entries are used',
    );
  });

  test.each([
    ['an unaligned 2 MiB page', 0x2083n, PD, 'must be a multiple of 2 MiB'],
    ['a sign-extended address', 0xffffffff80001003n, PT + 8, 'a sign-extended or linear address'],
    ['two 4-byte entries', 0x0000200300001003n, PT + 8, 'entries are 8 bytes wide'],
    ['garbage', 0x1b5c7f39a2b4d6e1n, PT + 8, 'never cleared'],
    ['one address bit too many', 0x0000100000001003n, PT + 8, 'bit 44 is set'],
    ['PS in a PML4 entry', BigInt(PDPT) | 0x83n, PML4 + 511 * 8, 'which cannot map a page'],
  ])('%s', (_what, entry, at, text) => {
    expect(first(reserved(entry, at))).toContain(text);
  });

  test('1 GiB pages without the CPUID bit', () => {
    const scene = new Scene({ pages1g: false }).mapKernel(1).write(PDPT + 510 * 8, 0x83n);
    expect(first(pageFault(scene, '0xffffffff80001000', PF_P | PF_RSVD))).toContain('no 1 GiB pages');
  });
});

describe('addresses that are not mapped', () => {
  test('cut to 32 bits, by symbol and by mapping', () => {
    const scene = mapped().image(KERNEL);
    expect(first(pageFault(scene, '0x80390004', 0, '0x80390004'))).toBe(
      '0x0000000080390004 is 0xffffffff80390004 (kernel_start) cut to 32 bits',
    );
    expect(first(pageFault(mapped(), '0x80001000', 0))).toContain('cut to 32 bits');
    expect(first(pageFault(mapped(), '0x90001000', 0))).not.toContain('cut to 32 bits');
  });

  test('in compatibility mode, the missing L bit is named', () => {
    const scene = mapped()
      .image(KERNEL)
      .segment(CS, 8, 0, -1, DESC_P | DESC_S | DESC_CODE | DESC_DB);
    expect(first(pageFault(scene, '0x80390000', PF_ID, '0x80390000'))).toContain(
      'CS needs a descriptor with L = 1',
    );
  });

  test('the code that sets PG is not identity-mapped', () => {
    const scene = mapped().image(LOADER);
    scene.timeline.push({
      instruction: 999,
      rip: addressFromText('0x100200'),
      event: 'cr0',
      from: '0x00000011',
      to: '0x80000011',
      mode: 'compatibility32',
      cause: 'mov cr0, eax',
    });
    expect(first(pageFault(scene, '0x100203', PF_ID, '0x100203'))).toBe(
      'the code that set CR0.PG runs at 0x0000000000100203, enter_kernel+0x3 (loader.elf), and is not mapped there: identity-map it',
    );
  });

  test('link address against load address: the image, where its bytes lie, and what is mapped nearby', () => {
    const scene = pageFault(mapped().image(KERNEL), KERNEL_START, PF_ID, KERNEL_START);
    expect(first(scene)).toBe(
      "0xffffffff80390000 (kernel_start) is where kernel.elf is linked, but nothing is mapped there; the image's own bytes for it lie at physical 0x00021000; the nearest mapping is 0xffffffff80000000-0xffffffff8003ffff (physical 0x00000000), which ends 3392 KiB below it",
    );
  });

  test('linked there, mapped to other memory: the processor runs through what lies there', () => {
    const scene = mapped()
      .image(KERNEL)
      .write(PD + 8, 0x200083n);
    scene.fault(VECTOR_UD, { rip: '0xffffffff80390000', code: [0, 0, 0, 0] });
    expect(first(scene)).toContain('but it is mapped to physical 0x00390000; the image');
  });

  test('a null pointer', () => {
    expect(first(pageFault(mapped(), '0x18', PF_WR))).toBe(
      '0x0000000000000018: an access through a null pointer',
    );
    expect(first(pageFault(mapped(), '0x0', PF_ID, '0x0'))).toContain('a call, jump or return through');
  });

  test('a module that was overwritten', () => {
    const scene = new Scene().mapKernel(64).image({
      ...KERNEL,
      elf: {
        ...KERNEL.elf!,
        segments: [{ ...KERNEL.elf!.segments[0]!, virtual: addressFromText('0xffffffff80021000') }],
      },
    });
    scene.placed.push({
      physical: 0x20000,
      bytes: new Uint8Array(0x1800).fill(0x90),
      what: 'module kernel.elf',
    });
    scene.write(0x21000, 0x1003n);
    expect(first(scene.fault(VECTOR_UD, { rip: '0xffffffff80021000' }))).toContain(
      'bytes of module kernel.elf at physical 0x00021000 were overwritten',
    );
  });

  test('zeros, where no image says what should be there', () => {
    expect(
      first(mapped().fault(VECTOR_GP, { error: 0, rip: '0xffffffff80002000', code: [0, 0, 0, 0] })),
    ).toBe('RIP 0xffffffff80002000 (physical 0x00002000) runs through zeros: no code was loaded there');
  });

  test('PAE paging where 4 levels were meant', () => {
    const scene = new Scene()
      .set(STATE_CR0, CR0_PE | CR0_PG)
      .set(STATE_EFER, 0)
      .set(STATE_CR3, PDPT)
      .set(STATE_PDPTE, PD | 1);
    scene.segment(CS, 8, 0, -1, DESC_P | DESC_S | DESC_CODE | DESC_DB).image(KERNEL);
    expect(causes(pageFault(scene, '0x200000', PF_WR)).join()).toContain('set EFER.LME first');
  });
});

describe('rights', () => {
  test('an upper level denies what the leaf allows', () => {
    const scene = mapped().write(PD, BigInt(PT) | 1n);
    expect(first(pageFault(scene, '0xffffffff80001000', PF_P | PF_WR))).toBe(
      'the PTE allows the access, but the PDE (level 2), entry 0 of the table at 0x00003000, does not: R/W = 0: it is read-only; every level must grant a right',
    );
  });

  test('the leaf denies', () => {
    const scene = mapped().write(PT + 8, 0x8000000000001001n);
    expect(first(pageFault(scene, '0xffffffff80001000', PF_P | PF_WR))).toContain(
      'was written by the supervisor, and its PTE forbids it: R/W = 0',
    );
    expect(
      first(pageFault(mapped().write(PT + 8, 0x8000000000001001n), '0xffffffff80001000', PF_P | PF_ID)),
    ).toContain('XD = 1');
  });

  test('SMEP, SMAP, protection keys', () => {
    const user = (): Scene => {
      const scene = mapped();
      for (const [at, entry] of [
        [PML4 + 511 * 8, PDPT],
        [PDPT + 510 * 8, PD],
        [PD, PT],
      ] as const)
        scene.write(at, BigInt(entry) | 7n);
      return scene.write(PT + 8, 0x1007n).set(STATE_CR4, CR4_PAE | CR4_SMEP | CR4_SMAP);
    };
    expect(first(pageFault(user(), '0xffffffff80001000', PF_P | PF_ID))).toContain('CR4.SMEP');
    expect(first(pageFault(user(), '0xffffffff80001000', PF_P))).toContain('CR4.SMAP');
    expect(first(pageFault(user(), '0xffffffff80001000', PF_P | PF_PK))).toContain('PKRU');
  });

  test('a stale translation: the tables allow it', () => {
    expect(first(pageFault(mapped(), '0xffffffff80001000', PF_P | PF_WR))).toContain('INVLPG');
    expect(first(pageFault(mapped().set(STATE_CR0, CR0_PE | CR0_PG), '0xffffffff80001000', PF_WR))).toContain(
      'INVLPG',
    );
  });
});

describe('selectors', () => {
  const gdt = (...entries: bigint[]): Scene => mapped().write(0x6000, ...entries);
  const load = (scene: Scene, selector: number): string => first(scene.fault(VECTOR_GP, { error: selector }));

  test.each([
    ['L with D', 0x00609b0000000000n, 'both L and D'],
    ['not present', 0x00201b0000000000n, 'not present'],
    ['empty', 0n, 'an empty entry of the GDT at 0xffffffff80006000; multiboot leaves GDTR undefined'],
    ['a data segment for CS', 0x00cf93000000ffffn, 'not of the kind that was wanted'],
  ])('%s', (_what, descriptor, text) => {
    expect(load(gdt(0n, descriptor), 8)).toContain(text);
  });

  test('beyond the limit, and a GDT that is not mapped', () => {
    expect(load(gdt(), 0x48)).toContain("beyond the GDT's limit 0x003f");
    expect(load(mapped().table(STATE_GDTR, 0x6000n, 0x3f), 0x10)).toContain(
      'the GDT at 0x0000000000006000 is not mapped',
    );
  });
});

describe('SSE', () => {
  const movaps = [0x0f, 0x29, 0x04, 0x24];
  test('a misaligned stack', () => {
    const scene = mapped().register(4, 0xffffffff80008008n).fault(VECTOR_GP, { error: 0, code: movaps });
    expect(first(scene)).toContain('RSP ends in 0x8: keep it 16-byte aligned');
  });

  test('not enabled', () => {
    expect(first(mapped().fault(VECTOR_UD, { code: movaps }))).toContain('CR4.OSFXSR = 0');
    const em = mapped()
      .set(STATE_CR4, CR4_PAE | CR4_OSFXSR)
      .set(STATE_CR0, CR0_PE | CR0_PG | CR0_EM);
    expect(first(em.fault(VECTOR_UD, { code: movaps }))).toContain('CR0.EM = 1');
    const ts = mapped()
      .set(STATE_CR4, CR4_PAE | CR4_OSFXSR)
      .set(STATE_CR0, CR0_PE | CR0_PG | CR0_WP | 8);
    expect(first(ts.fault(VECTOR_NM, { code: movaps }))).toContain('CLTS is missing');
    expect(first(mapped().fault(VECTOR_UD, { code: [0xc5, 0xf8, 0x28, 0xc1] }))).toContain('CR4.OSXSAVE = 0');
  });
});

test('an address that is not canonical', () => {
  const scene = mapped()
    .register(3, 0x0000ff7fbfdfe000n)
    .fault(VECTOR_GP, { error: 0, code: [0x48, 0x8b, 0x03] });
  expect(first(scene)).toContain('rbx 0x0000ff7fbfdfe000');
});

describe('what kept an exception from being delivered', () => {
  const ud2 = { code: [0x0f, 0x0b] };
  test('IRQ 0 as vector 8', () => {
    expect(first(mapped().fault(VECTOR_GP, { error: 0x43 }))).toContain('vector 8 is IRQ 0');
    expect(first(mapped().fault(VECTOR_DF, { error: 0x43 }))).toContain('remap the 8259');
  });

  test('no IDT, the real-mode one, one that is too short', () => {
    const twice = (scene: Scene): string =>
      causes(scene.fault(VECTOR_UD, ud2).fault(VECTOR_GP, { error: 0x33 })).join('\n');
    expect(twice(mapped().table(STATE_IDTR, 0n, 0))).toContain(
      'no IDT is loaded (IDTR limit 0), so the #UD (6) could not be delivered',
    );
    expect(twice(mapped().table(STATE_IDTR, 0n, 0x3ff))).toContain('real-mode vectors');
    expect(twice(mapped().table(STATE_IDTR, 0xffffffff80005000n, 0x2f))).toContain('has no room for #UD (6)');
    expect(twice(mapped())).toContain('IDT entry #UD (6) is beyond the limit, empty, or not a gate');
  });

  test('a gate that is not present', () => {
    const scene = mapped().fault(VECTOR_UD, ud2).fault(VECTOR_NP, { error: 0x33 });
    expect(first(scene)).toBe('IDT entry #UD (6) is not present (P = 0)');
  });

  test('an IDT in memory that is no longer mapped', () => {
    const scene = mapped().table(STATE_IDTR, 0x5000n, 0xfff).fault(VECTOR_UD, ud2);
    expect(causes(pageFault(scene, '0x5060', 0)).join()).toContain(
      'the IDT at 0x0000000000005000 is not mapped (any more)',
    );
  });

  test('a stack that is not mapped, and one that ran over', () => {
    const low = mapped().register(4, 0x9000n).fault(VECTOR_UD, ud2);
    expect(causes(pageFault(low, '0x8ff8', PF_WR)).join()).toContain(
      'the stack at RSP 0x0000000000009000 is not mapped',
    );
    const over = mapped()
      .write(PT + 7 * 8, 0n)
      .fault(VECTOR_UD, ud2);
    expect(causes(pageFault(over, '0xffffffff80007ff8', PF_WR)).join()).toContain(
      'ran into the page below it',
    );
  });

  test('no TSS, and one whose descriptor has 8 bytes', () => {
    const user = mapped().set(STATE_CPL, 3).fault(VECTOR_UD, ud2).fault(VECTOR_TS, { error: 0 });
    expect(causes(user).join()).toContain('LTR was never executed');
    const short = mapped().segment(TR, 0x28, 0x1000, 0x67, 0);
    short.state.words[(0xa0 + 7 * 32 + 4) / 4] = 0x00cf9b00;
    expect(causes(short.fault(VECTOR_UD, ud2)).join()).toContain('its descriptor has 16 bytes');
  });
});

test('nothing is said where nothing fits', () => {
  expect(causes(mapped().fault(VECTOR_UD, { code: [0x0f, 0x0b] }))).toEqual([]);
});
