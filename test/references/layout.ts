/** Where everything lies in memory: the same numbers as in harness.asm, and what the two baselines put into the arena. */

export const HARNESS = 0x20000;
/** What a scenario may change; its baseline is copied over it, and what differs afterwards is reported. */
export const ARENA = 0xf000;
export const ARENA_BYTES = 0x20000 - ARENA;
export const BASELINES = 0x100000;
/** The interrupt vectors of real mode, which the harness copies to address 0. */
export const VECTORS = 0x130000;
export const SCENARIOS = 0x140000;

export const GDT = 0x10000;
export const LDT = 0x10400;
export const TABLE_LIMIT = 0x3ff;
export const IDT = 0x11000;
export const TSS = 0x12000;
export const TSS_OTHER = 0x12400;
export const TSS_DOUBLE_FAULT = 0x12800;
export const TSS16 = 0x12c00;
/** Software-interrupt redirection bitmap and I/O permission bitmap in `TSS`, and the limit that covers both. */
export const REDIRECTION = TSS + 0x68;
export const IO_BITMAP = REDIRECTION + 32;
export const TSS_LIMIT = 0x68 + 32 + 128;

/** Paging structures: one place each for what the formats of paging call them. */
export const PD32 = 0x13000;
export const PT32 = 0x14000;
export const WINDOW_PT32 = 0x15000;
export const PDPT_PAE = 0x16000;
export const PD_PAE = 0x17000;
export const PT_PAE = 0x18000;
export const WINDOW_PD_PAE = 0xf000;
export const WINDOW_PT_PAE = 0x19000;
export const PML5 = 0xf000;
export const PML4 = 0x13000;
export const PDPT = 0x14000;
export const PD = 0x15000;
export const PT = 0x16000;
export const WINDOW_PDPT = 0x17000;
export const WINDOW_PD = 0x18000;
export const WINDOW_PT = 0x19000;

/** The low 2 MiB once more, through tables of their own, for scenarios to spoil. */
export const WINDOW_LEGACY = 0x40000000n;
export const WINDOW_LONG = 0x8000000000n;

/** One page of each kind. "U": open to user mode; "S": not. */
export const CODE_U = 0x1a000;
export const CODE_S = 0x1b000;
export const DATA = 0x1c000;
export const DATA2 = 0x1d000;
export const STACK_S = 0x1e000;
export const STACK_U = 0x1f000;
/** Within the code pages: where the scenario's code begins, and places for transfers to go to. */
export const ENTRY = 0x100;
export const LANDING = 0x400;

/** Selectors of the harness's own descriptors and of those that scenarios start from. Add RPL. */
export const SEL = {
  homeCode: 0x08, homeData: 0x10, homeCode64: 0x18, harness32: 0x20, harness16: 0x28, homeData16: 0x30,
  code32k: 0x38, data32k: 0x40, code32u: 0x48, data32u: 0x50, code64u: 0x58, code64k: 0x60,
  code16k: 0x68, data16k: 0x70, code16u: 0x78, data16u: 0x80, code32r1: 0x88, data32r1: 0x90,
  tss: 0x98, ldt: 0xa8, tssOther: 0xb8, tss16: 0xc8, tssDouble: 0xd8,
  conforming: 0xe8, code32r2: 0xf0, data32r2: 0xf8, star: 0x100, free: 0x140,
} as const; // biome-ignore format: a map.
/** Selectors from `free` on that scenarios fill as they like. */
export const FREE_ENTRIES = 24;

const ACCESS = { code: 0x9b, data: 0x93, conforming: 0x9f } as const;

/** A descriptor of two words. `flags` are G, D/B, L and AVL, as 8, 4, 2 and 1. */
export function descriptor(base: number, limit: number, access: number, flags: number): bigint {
  const lo = ((limit & 0xffff) | ((base & 0xffff) << 16)) >>> 0;
  const hi =
    (((base >>> 16) & 0xff) | (access << 8) | (limit & 0xf0000) | (flags << 20) | (base & 0xff000000)) >>> 0;
  return (BigInt(hi) << 32n) | BigInt(lo);
}

/** A call, interrupt or trap gate of two words; `count` is the parameter count or the IST. */
export function gate(selector: number, offset: number, access: number, count = 0): bigint {
  const lo = ((offset & 0xffff) | (selector << 16)) >>> 0;
  const hi = ((offset & 0xffff0000) | (access << 8) | (count & 0xff)) >>> 0;
  return (BigInt(hi) << 32n) | BigInt(lo);
}

/** The addresses that the harness tells at its beginning. */
export interface HarnessTable {
  readonly stubs32: number;
  readonly stubs64: number;
  readonly stubs16: number;
  readonly stub32Bytes: number;
  readonly stub64Bytes: number;
  readonly stub16Bytes: number;
  /** Addresses of the IRETD and the IRETQ that launch a scenario. */
  readonly launched: number;
  readonly launched64: number;
}

export function readTable(harness: Uint8Array): HarnessTable {
  const view = new DataView(harness.buffer, harness.byteOffset, harness.byteLength);
  const at = (n: number) => view.getUint32(8 + n * 4, true);
  return {
    stubs32: at(0),
    stubs64: at(1),
    stubs16: at(2),
    stub32Bytes: at(3),
    stub64Bytes: at(4),
    stub16Bytes: at(5),
    launched: at(6),
    launched64: at(7),
  };
}

export type World = 'legacy' | 'long';

/** The arena as every scenario of a world finds it. */
export function baseline(world: World, table: HarnessTable): Uint8Array {
  const bytes = new Uint8Array(ARENA_BYTES);
  const view = new DataView(bytes.buffer);
  const put16 = (at: number, value: number) => view.setUint16(at - ARENA, value, true);
  const put32 = (at: number, value: number) => view.setUint32(at - ARENA, value, true);
  const put64 = (at: number, value: bigint) => view.setBigUint64(at - ARENA, value, true);
  const long = world === 'long';
  const dpl = (access: number, level: number) => access | (level << 5);

  const code = (base: number, level: number, flags: number, limit = 0xfffff) =>
    descriptor(base, limit, dpl(ACCESS.code, level), flags);
  const data = (base: number, level: number, flags: number, limit = 0xfffff) =>
    descriptor(base, limit, dpl(ACCESS.data, level), flags);
  const at = (selector: number, value: bigint) => put64(GDT + selector, value);
  at(SEL.homeCode, code(0, 0, 12));
  at(SEL.homeData, data(0, 0, 12));
  at(SEL.homeCode64, code(0, 0, 10));
  at(SEL.harness32, code(HARNESS, 0, 4, 0xffff));
  at(SEL.harness16, code(HARNESS, 0, 0, 0xffff));
  at(SEL.homeData16, data(0, 0, 0, 0xffff));
  at(SEL.code32k, code(0, 0, 12));
  at(SEL.data32k, data(0, 0, 12));
  at(SEL.code32u, code(0, 3, 12));
  at(SEL.data32u, data(0, 3, 12));
  at(SEL.code64u, code(0, 3, 10));
  at(SEL.code64k, code(0, 0, 10));
  at(SEL.code16k, code(0x10000, 0, 0, 0xffff));
  at(SEL.data16k, data(0x10000, 0, 0, 0xffff));
  at(SEL.code16u, code(0x10000, 3, 0, 0xffff));
  at(SEL.data16u, data(0x10000, 3, 0, 0xffff));
  at(SEL.code32r1, code(0, 1, 12));
  at(SEL.data32r1, data(0, 1, 12));
  at(SEL.conforming, descriptor(0, 0xfffff, ACCESS.conforming, long ? 10 : 12));
  at(SEL.code32r2, code(0, 2, 12));
  at(SEL.data32r2, data(0, 2, 12));
  // What STAR may name: kernel code and stack, then user code 32, stack, code 64.
  at(SEL.star, code(0, 0, 10));
  at(SEL.star + 8, data(0, 0, 12));
  at(SEL.star + 16, code(0, 3, 12));
  at(SEL.star + 24, data(0, 3, 12));
  at(SEL.star + 32, code(0, 3, 10));
  at(SEL.tss, descriptor(TSS, TSS_LIMIT, 0x89, 0));
  at(SEL.ldt, descriptor(LDT, TABLE_LIMIT, 0x82, 0));
  at(SEL.tssOther, descriptor(TSS_OTHER, 0x67, 0x89, 0));
  at(SEL.tss16, descriptor(TSS16, 0x2b, long ? 0 : 0x81, 0));
  at(SEL.tssDouble, descriptor(TSS_DOUBLE_FAULT, 0x67, 0x89, 0));
  for (let n = 1; n < 16; n++) put64(LDT + n * 8, n & 1 ? data(0, 3, 12) : code(0, 3, 12));

  for (let vector = 0; vector < 32; vector++) {
    const level = vector === 3 || vector === 4 ? 0x60 : 0;
    if (long) {
      const ist = vector === 8 ? 1 : 0;
      put64(
        IDT + vector * 16,
        gate(SEL.homeCode64, table.stubs64 + vector * table.stub64Bytes, 0x8e | level, ist),
      );
    } else if (vector === 8) put64(IDT + 64, gate(SEL.tssDouble, 0, 0x85));
    else
      put64(IDT + vector * 8, gate(SEL.homeCode, table.stubs32 + vector * table.stub32Bytes, 0x8e | level));
  }

  if (long) {
    for (const [level, top] of [STACK_S + 0x400, STACK_U + 0x400, STACK_U + 0x600].entries())
      put64(TSS + 4 + level * 8, BigInt(top));
    for (let ist = 0; ist < 7; ist++) put64(TSS + 0x24 + ist * 8, BigInt(STACK_S + 0x600 + ist * 0x80));
  } else {
    const tops = [STACK_S + 0x400, STACK_U + 0x400, STACK_U + 0x600];
    const stacks = [SEL.data32k, SEL.data32r1 | 1, SEL.data32r2 | 2];
    for (const tss of [TSS, TSS_OTHER, TSS_DOUBLE_FAULT])
      for (let level = 0; level < 3; level++) {
        put32(tss + 4 + level * 8, tops[level]!);
        put16(tss + 8 + level * 8, stacks[level]!);
      }
    // The other tasks: ring 0, and UD2 to begin with; that of #DF is a stub of the harness.
    for (const [tss, eip, esp] of [
      [TSS_OTHER, CODE_S + LANDING, STACK_S + 0xa00],
      [TSS_DOUBLE_FAULT, table.stubs32 + 8 * table.stub32Bytes, STACK_S + 0x700],
    ] as const) {
      put32(tss + 0x20, eip);
      put32(tss + 0x24, 2);
      for (let n = 0; n < 8; n++) put32(tss + 0x28 + n * 4, n === 4 ? esp : 0x1111 * n);
      for (let n = 0; n < 6; n++) put16(tss + 0x48 + n * 4, n === 1 ? SEL.homeCode : SEL.data32k);
      put16(tss + 0x66, 0x68);
    }
    put16(TSS16 + 2, STACK_S + 0x400 - 0x10000);
    put16(TSS16 + 4, SEL.data16k);
    put16(TSS16 + 14, CODE_S + LANDING - 0x10000);
    put16(TSS16 + 16, 2);
    for (let n = 0; n < 8; n++) put16(TSS16 + 18 + n * 2, n === 4 ? STACK_S + 0xb00 - 0x10000 : 0x101 * n);
    for (let n = 0; n < 4; n++) put16(TSS16 + 34 + n * 2, n === 1 ? SEL.code16k : SEL.data16k);
  }
  put16(TSS + 0x66, IO_BITMAP - TSS);
  put32(IO_BITMAP + 128 - 3, 0xffffffff);

  const user = (page: number) =>
    page === 0 || [CODE_U, DATA, DATA2, STACK_U].includes(page * 0x1000) ? 4 : 0;
  if (long) {
    put64(PML5, BigInt(PML4 | 7));
    put64(PML4, BigInt(PDPT | 7));
    put64(PDPT, BigInt(PD | 7));
    put64(PD, BigInt(PT | 7));
    put64(PML4 + 8, BigInt(WINDOW_PDPT | 7));
    put64(WINDOW_PDPT, BigInt(WINDOW_PD | 7));
    put64(WINDOW_PD, BigInt(WINDOW_PT | 7));
    for (let n = 0; n < 512; n++) {
      put64(PT + n * 8, BigInt((n << 12) | 3 | user(n)));
      put64(WINDOW_PT + n * 8, BigInt((n << 12) | 7));
    }
  } else {
    put32(PD32, PT32 | 7);
    put32(PD32 + 0x400, WINDOW_PT32 | 7);
    put64(PDPT_PAE, BigInt(PD_PAE | 1));
    put64(PDPT_PAE + 8, BigInt(WINDOW_PD_PAE | 1));
    put64(PD_PAE, BigInt(PT_PAE | 7));
    put64(WINDOW_PD_PAE, BigInt(WINDOW_PT_PAE | 7));
    for (let n = 0; n < 512; n++) {
      put32(PT32 + n * 4, (n << 12) | 3 | user(n));
      put32(WINDOW_PT32 + n * 4, (n << 12) | 7);
      put64(PT_PAE + n * 8, BigInt((n << 12) | 3 | user(n)));
      put64(WINDOW_PT_PAE + n * 8, BigInt((n << 12) | 7));
    }
  }
  for (let n = 0; n < 0x1000; n += 2) {
    put16(CODE_U + n, 0x0b0f);
    put16(CODE_S + n, 0x0b0f);
    put16(DATA + n, (n * 0x9d5 + 0x1234) & 0xffff);
    put16(DATA2 + n, (n * 0x7b3 + 0x4321) & 0xffff);
  }
  return bytes;
}
