import { CODE_S, DATA, LANDING, SEL, TSS, WINDOW_LONG, WINDOW_PT } from './layout.ts';
import { CR4, EFER, FLAG, finish, inMode, iopl, type ModeName, type Paging, patch, setCode, word16, word32, word64 } from './modes.ts'; // biome-ignore format: one line.
import type { Scenario } from './scenario.ts';

/** Scenarios that every run begins with: orders of mode switches, and corners that a dice seldom meets. */

const MOV_CR0_EAX = [0x0f, 0x22, 0xc0];
const MOV_EAX_CR0 = [0x0f, 0x20, 0xc0];
const MOV_CR3_EAX = [0x0f, 0x22, 0xd8];
const MOV_EAX_CR4 = [0x0f, 0x20, 0xe0];
const MOV_CR4_EAX = [0x0f, 0x22, 0xe0];
const mov32 = (register: number, value: number) => [0xb8 + register, ...word32(value)];
const or32 = (value: number) => [0x0d, ...word32(value)];
const and32 = (value: number) => [0x25, ...word32(value)];
const SET_LME = [...mov32(1, 0xc0000080), 0x0f, 0x32, ...or32(EFER.LME), 0x0f, 0x30];
const SET_PAE = [...MOV_EAX_CR4, ...or32(CR4.PAE), ...MOV_CR4_EAX];
const SET_PG = [...MOV_EAX_CR0, ...or32(0x80000000), ...MOV_CR0_EAX];

function scenario(
  family: string,
  mode: ModeName,
  paging: Paging,
  text: string,
  bytes: readonly number[],
  change?: (s: Scenario) => void,
): Scenario {
  const s = inMode(mode, paging);
  s.family = family;
  setCode(s, mode, { text, bytes });
  change?.(s);
  return finish(s);
}

const MODE = 'mode switches';
const HAND = 'written by hand';

export const HANDWRITTEN: readonly Scenario[] = [
  scenario(MODE, '32-0', '32', 'LME while paging is on', SET_LME),
  scenario(MODE, '32-0', 'off', 'LME, then PG without PAE', [...SET_LME, ...SET_PG]),
  scenario(MODE, '32-0', 'off', 'PAE, then PG, then LME', [...SET_PAE, ...mov32(0, 0x16000), ...MOV_CR3_EAX, ...SET_PG, ...SET_LME]),
  scenario(MODE, '32-0', 'off', 'PAE paging on', [...SET_PAE, ...mov32(0, 0x16000), ...MOV_CR3_EAX, ...SET_PG]),
  scenario(MODE, '32-0', 'pae', 'PAE off while paging is on', [...MOV_EAX_CR4, ...and32(~CR4.PAE), ...MOV_CR4_EAX]),
  scenario(MODE, '32-0', '32', 'PAE on while 32-bit paging is on', SET_PAE),
  scenario(MODE, '32-0', 'pae', 'PDPTE with reserved bits', MOV_CR3_EAX, (s) => {
    s.gpr[0] = 0x16000n;
    patch(s, 0x16010, word64(0x1e7n), 'third PDPTE');
  }),
  scenario(MODE, '64-0', '4', 'PAE off in 64-bit mode', [...MOV_EAX_CR4, ...and32(~CR4.PAE), ...MOV_CR4_EAX]),
  scenario(MODE, '64-0', '4', 'LA57 on in 64-bit mode', [...MOV_EAX_CR4, ...or32(CR4.LA57), ...MOV_CR4_EAX]),
  scenario(MODE, '64-0', '4', 'LME off in 64-bit mode', [...mov32(1, 0xc0000080), 0x0f, 0x32, ...and32(~EFER.LME), 0x0f, 0x30]),
  scenario(MODE, '32-0', 'off', 'PG without PE', [...MOV_EAX_CR0, ...and32(~1), ...or32(0x80000000), ...MOV_CR0_EAX]),
  scenario(MODE, '32-0', 'off', 'NW without CD', [...MOV_EAX_CR0, ...or32(1 << 29), ...MOV_CR0_EAX]),
  scenario(MODE, '32-0', 'off', 'NX of EFER, read back', [...mov32(1, 0xc0000080), 0x0f, 0x32, ...or32(EFER.NXE), 0x0f, 0x30, 0x0f, 0x32]),
  scenario(HAND, '64-0', '4', 'CMPXCHG16B across 16 bytes', [0x48, 0x0f, 0xc7, 0x0b], (s) => {
    s.gpr[3] = BigInt(DATA + 8);
  }),
  scenario(HAND, '64-0', '4', 'a write to a page without W, WP clear', [0x89, 0x03, 0x8b, 0x0b], (s) => {
    s.cr0 = (s.cr0 & ~0x10000) >>> 0;
    s.gpr[3] = WINDOW_LONG + BigInt(DATA);
    patch(s, WINDOW_PT + (DATA >> 12) * 8, word64(BigInt(DATA | 5)), 'PTE');
  }),
  scenario(HAND, '64-0', '4', 'a stale translation until INVLPG', [0x8b, 0x03, 0x48, 0x89, 0x0a, 0x8b, 0x33, 0x0f, 0x01, 0x3b, 0x8b, 0x3b], (s) => {
    s.gpr[3] = WINDOW_LONG + BigInt(DATA);
    s.gpr[2] = BigInt(WINDOW_PT + (DATA >> 12) * 8);
    s.gpr[1] = 0n;
  }),
  scenario(HAND, '64-3', '4', 'IRETQ to RIP that is not canonical', [0x48, 0xcf], (s) => {
    s.rsp -= 40n;
    const frame = [0x800000000000n, BigInt(SEL.code64u | 3), 2n, 0x1fa00n, BigInt(SEL.data32u | 3)];
    patch(s, Number(s.rsp), frame.flatMap(word64), 'frame');
  }),
  scenario(HAND, '64-0', '4', 'IRETQ to a 16-bit stack', [0x48, 0xcf], (s) => {
    s.rsp -= 40n;
    const frame = [0xa400n, BigInt(SEL.code16u | 3), 2n, 0x1234fa00n, BigInt(SEL.data16u | 3)];
    patch(s, Number(s.rsp), frame.flatMap(word64), 'frame');
  }),
  scenario(HAND, '32-0', 'off', 'IRET to virtual-8086 mode', [0xcf], (s) => {
    s.rsp -= 36n;
    const frame = [0xa400, 0x1000, 2 | FLAG.VM | iopl(3), 0xfa00, 0x1000, 0x1000, 0x1c00, 0x1d00, 0];
    patch(s, Number(s.rsp), frame.flatMap(word32), 'frame');
  }),
  scenario(HAND, 'v86', 'off', 'INT through a trap gate out of virtual-8086 mode', [0xcd, 0x20], (s) => {
    s.rflags |= iopl(3);
    patch(s, 0x11000 + 0x100, word64((BigInt(CODE_S + LANDING) & 0xffffn) | (BigInt(SEL.homeCode) << 16n) | (0xefn << 40n) | (1n << 48n)), 'trap gate');
  }),
  scenario(HAND, '32-3', 'off', 'OUT at the last bit of the I/O bitmap', [0xee], (s) => {
    s.gpr[2] = 0x3f8n;
    patch(s, TSS + 0x66, word16(0x88), 'bitmap');
  }),
  scenario(HAND, '64-3', '4', 'SYSCALL, flags masked', [0x0f, 0x05], (s) => {
    s.rflags |= FLAG.DF | FLAG.AC | 1;
    s.msrs.push([0xc0000081, 0x0110010000000000n], [0xc0000082, BigInt(CODE_S + LANDING)], [0xc0000084, 0x40400n]);
  }),
  scenario(HAND, '64-0', '4', 'fifteen bytes', [...new Array<number>(14).fill(0x66), 0x90]),
  scenario(HAND, '64-0', '4', 'sixteen bytes', [...new Array<number>(15).fill(0x66), 0x90]),
  scenario(HAND, '64-0', '4', 'SWAPGS', [0x0f, 0x01, 0xf8], (s) => {
    s.msrs.push([0xc0000102, 0xffff800012345678n], [0xc0000101, 0x1000n]);
  }),
  scenario(HAND, '32-0', 'off', 'MOV SS shadows a single step', [0x9c, 0x83, 0x0c, 0x24, 0x00, 0x81, 0x0c, 0x24, 0, 1, 0, 0, 0x9d, 0x8e, 0xd0, 0x90, 0x90], (s) => {
    s.gpr[0] = BigInt(SEL.data32k);
  }),
]; // biome-ignore format: a table.
