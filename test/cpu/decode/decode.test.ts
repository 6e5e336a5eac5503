import { describe, expect, test } from 'vitest';
import { decode, NEED_MORE } from '../../../src/cpu/decode/decode.ts';
import { formatInstruction } from '../../../src/cpu/decode/format.ts';
import { OP_NAMES, OP_TOO_LONG, OP_UD } from '../../../src/cpu/decode/ops.ts';
import {
  ADDRESS_ABSOLUTE,
  ADDRESS_BASE,
  ADDRESS_INDEX,
  ADDRESS_RIP,
  Instruction,
  PREFIX_REP,
  PREFIX_REPNE,
} from '../../../src/isa/instruction.ts';

type CodeSize = 16 | 32 | 64;

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.replace(/ /g, '').match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

function decodeHex(hex: string, codeSize: CodeSize): Instruction {
  const bytes = bytesOf(hex);
  const insn = decode(bytes, 0, bytes.length, codeSize);
  if (insn === NEED_MORE) throw new Error(`more bytes wanted than ${hex}`);
  return insn;
}

/** `bytes | code size | op | text`, the instruction at 0x1000. All bytes belong to it unless it is UD. */
const LINES = `
# Operand and address size
b8 34 12                         | 16 | MOV_Ew_Iw          | mov ax, 0x1234
66 b8 78 56 34 12                | 16 | MOV_Ed_Id          | mov eax, 0x12345678
b8 78 56 34 12                   | 32 | MOV_Ed_Id          | mov eax, 0x12345678
66 b8 34 12                      | 32 | MOV_Ew_Iw          | mov ax, 0x1234
b8 78 56 34 92                   | 64 | MOV_Ed_Id          | mov eax, 0x92345678
48 b8 88 77 66 55 44 33 22 11    | 64 | MOV_Eq_Iq          | mov rax, 0x1122334455667788
48 c7 c0 fe ff ff ff             | 64 | MOV_Eq_Id          | mov rax, 0xfffffffffffffffe
66 48 01 c8                      | 64 | ADD_Eq_Gq          | add rax, rcx
8b 46 05                         | 16 | MOV_Gw_Ew          | mov ax, word ptr [bp+0x5]
67 8b 46 05                      | 32 | MOV_Gd_Ed          | mov eax, dword ptr [bp+0x5]
67 8b 46 05                      | 16 | MOV_Gw_Ew          | mov ax, word ptr [esi+0x5]
67 8b 46 05                      | 64 | MOV_Gd_Ed          | mov eax, dword ptr [esi+0x5]
8b 06 34 12                      | 16 | MOV_Gw_Ew          | mov ax, word ptr [0x1234]
8b 05 10 00 00 00                | 32 | MOV_Gd_Ed          | mov eax, dword ptr [0x10]
8b 05 10 00 00 00                | 64 | MOV_Gd_Ed          | mov eax, dword ptr [rip+0x10] ; 0x1016
8b 04 25 10 00 00 80             | 64 | MOV_Gd_Ed          | mov eax, dword ptr [0xffffffff80000010]
42 8b 04 25 10 00 00 00          | 64 | MOV_Gd_Ed          | mov eax, dword ptr [r12+0x10]
4b 8d 44 ac f8                   | 64 | LEA_Gq_M           | lea rax, [r12+r13*4-0x8]
41 8b 45 00                      | 64 | MOV_Gd_Ed          | mov eax, dword ptr [r13]
a1 34 12                         | 16 | MOV_Gw_Ew          | mov ax, word ptr [0x1234]
a2 78 56 34 12                   | 32 | MOV_Eb_Gb          | mov byte ptr [0x12345678], al
48 a1 88 77 66 55 44 33 22 11    | 64 | MOV_Gq_Eq          | mov rax, qword ptr [0x1122334455667788]
67 a1 78 56 34 92                | 64 | MOV_Gd_Ed          | mov eax, dword ptr [0x92345678]
# Byte registers
88 e0                            | 64 | MOV_Eb_Gb          | mov al, ah
40 88 e0                         | 64 | MOV_Eb_Gb          | mov al, spl
44 88 c7                         | 64 | MOV_Eb_Gb          | mov dil, r8b
b4 12                            | 64 | MOV_Eb_Ib          | mov ah, 0x12
40 b4 12                         | 64 | MOV_Eb_Ib          | mov spl, 0x12
# Segment overrides: the last wins; 64-bit mode knows FS and GS
26 2e 8b 00                      | 32 | MOV_Gd_Ed          | mov eax, dword ptr cs:[eax]
64 8b 00                         | 64 | MOV_Gd_Ed          | mov eax, dword ptr fs:[rax]
64 65 8b 00                      | 64 | MOV_Gd_Ed          | mov eax, dword ptr gs:[rax]
64 3e 8b 00                      | 64 | MOV_Gd_Ed          | mov eax, dword ptr fs:[rax]
2e 8b 00                         | 64 | MOV_Gd_Ed          | mov eax, dword ptr [rax]
65 a4                            | 32 | MOVSB              | gs movsb
# REX counts only before the opcode
48 66 01 c8                      | 64 | ADD_Ew_Gw          | add ax, cx
48 2e 01 c8                      | 64 | ADD_Ed_Gd          | add eax, ecx
48 41 01 c8                      | 64 | ADD_Ed_Gd          | add r8d, ecx
40                               | 32 | INC_Ed             | inc eax
# Folded forms
83 c0 ff                         | 16 | ADD_Ew_Iw          | add ax, 0xffff
83 c0 ff                         | 32 | ADD_Ed_Id          | add eax, 0xffffffff
48 83 c0 ff                      | 64 | ADD_Eq_Id          | add rax, 0xffffffffffffffff
48 05 00 00 00 80                | 64 | ADD_Eq_Id          | add rax, 0xffffffff80000000
d1 e0                            | 32 | SHL_Ed_Ib          | shl eax, 0x1
c1 f0 03                         | 32 | SHL_Ed_Ib          | shl eax, 0x3
d2 c8                            | 32 | ROR_Eb_CL          | ror al, cl
91                               | 32 | XCHG_Ed_Gd         | xchg ecx, eax
90                               | 64 | NOP                | nop
48 90                            | 64 | NOP                | nop
49 90                            | 64 | XCHG_Eq_Gq         | xchg r8, rax
f3 90                            | 32 | PAUSE              | pause
f2 0f 01 fc                      | 64 | CLZERO             | clzero
f3 66 0f 01 fc                   | 64 | CLZERO             | clzero
f3 41 90                         | 64 | XCHG_Ed_Gd         | xchg r8d, eax
6a 80                            | 64 | PUSH_Iq            | push 0xffffffffffffff80
68 00 00 00 80                   | 64 | PUSH_Iq            | push 0xffffffff80000000
66 68 00 80                      | 64 | PUSH_Iw            | push 0x8000
0f c9                            | 32 | BSWAP_Ed           | bswap ecx
0f a0                            | 64 | PUSH_Sw            | push fs
06                               | 32 | PUSH_Sw            | push es
6b c1 fe                         | 32 | IMUL_Gd_Ed_Id      | imul eax, ecx, 0xfffffffe
# Branches
eb fe                            | 32 | JMP_J              | jmp 0x1000
e8 fb ff                         | 16 | CALL_J             | call 0xffe
66 e8 fb ff ff ff                | 64 | CALL_J             | call 0x1001
74 10                            | 64 | JZ_J               | je 0x1012
0f 85 f0 ff ff ff                | 64 | JNZ_J              | jne 0xff6
66 74 f0                         | 32 | JZ_J               | je 0xff3
ff d0                            | 64 | CALL_E             | call rax
66 ff e0                         | 64 | JMP_E              | jmp rax
ff 2b                            | 32 | JMP_Mp             | jmp far ptr [ebx]
ea 78 56 34 12 08 00             | 32 | JMP_Ap             | jmp 0x8:0x12345678
c2 10 00                         | 64 | RET_near_Iw        | ret 0x10
48 cf                            | 64 | IRET_q             | iretq
cf                               | 64 | IRET_d             | iretd
# Stack operations default to 64 bits there
50                               | 64 | PUSH_Eq            | push rax
66 41 57                         | 64 | PUSH_Ew            | push r15w
8f 00                            | 64 | POP_Eq             | pop qword ptr [rax]
9c                               | 64 | PUSHF_q            | pushfq
c9                               | 64 | LEAVE_q            | leave
c8 10 00 02                      | 32 | ENTER_d            | enter 0x10, 0x2
60                               | 16 | PUSHA_w            | pusha
# Invalid in 64-bit mode, or only there
60                               | 64 | UD                 | ud
06                               | 64 | UD                 | ud
27                               | 64 | UD                 | ud
82 c0 01                         | 64 | UD                 | ud
82 c0 01                         | 32 | ADD_Eb_Ib          | add al, 0x1
d4 0a                            | 64 | UD                 | ud
9a 00 00 00 00 00 00             | 64 | UD                 | ud
63 c8                            | 64 | MOVSXD_Gd_Ed       | movsxd ecx, eax
48 63 c8                         | 64 | MOVSXD_Gq_Ed       | movsxd rcx, eax
63 c8                            | 32 | ARPL_Ew_Gw         | arpl ax, cx
0f 01 f8                         | 64 | SWAPGS             | swapgs
0f 01 f8                         | 32 | UD                 | ud
# LOCK
f0 01 08                         | 32 | ADD_Ed_Gd          | lock add dword ptr [eax], ecx
f0 01 c8                         | 32 | UD                 | ud
f0 03 08                         | 32 | UD                 | ud
f0 39 08                         | 32 | UD                 | ud
f0 87 08                         | 32 | XCHG_Ed_Gd         | lock xchg dword ptr [eax], ecx
f0 f7 10                         | 32 | NOT_Ed             | lock not dword ptr [eax]
f0 0f ba 20 01                   | 32 | UD                 | ud
f0 0f ba 28 01                   | 32 | BTS_Ed_Ib          | lock bts dword ptr [eax], 0x1
f0 48 0f c7 08                   | 64 | CMPXCHG16B         | lock cmpxchg16b xmmword ptr [rax]
f0 90                            | 32 | UD                 | ud
f0 0f 20 c0                      | 32 | UD                 | ud
# Mandatory prefixes: F2 and F3 over 66, the last of them wins
0f 10 c1                         | 32 | MOVUPS_Vps_Wps     | movups xmm0, xmm1
66 0f 10 c1                      | 32 | MOVUPD_Vpd_Wpd     | movupd xmm0, xmm1
66 f3 0f 10 c1                   | 32 | MOVSS_Vss_Wss      | movss xmm0, xmm1
f3 66 0f 10 c1                   | 32 | MOVSS_Vss_Wss      | movss xmm0, xmm1
f3 f2 0f 10 c1                   | 32 | MOVSD_Vsd_Wsd      | movsd xmm0, xmm1
f2 f3 0f 10 c1                   | 32 | MOVSS_Vss_Wss      | movss xmm0, xmm1
f3 0f b8 c1                      | 32 | POPCNT_Gd_Ed       | popcnt eax, ecx
66 f3 0f bc c1                   | 32 | TZCNT_Gw_Ew        | tzcnt ax, cx
0f b8 c1                         | 32 | UD                 | ud
f2 0f 38 f1 c1                   | 32 | CRC32_Gd_Ed        | crc32 eax, ecx
66 f2 0f 38 f1 c1                | 32 | CRC32_Gd_Ew        | crc32 eax, cx
0f 38 f0 01                      | 32 | MOVBE_Gd_Md        | movbe eax, dword ptr [ecx]
f3 ab                            | 32 | STOSD              | rep stosd
f2 a6                            | 32 | CMPSB              | repne cmpsb
f3 a6                            | 32 | CMPSB              | repe cmpsb
# System registers: mod does not matter, registers that do not exist
0f 20 c0                         | 32 | MOV_Rd_Cd          | mov eax, cr0
0f 22 18                         | 64 | MOV_Cq_Rq          | mov cr3, rax
44 0f 22 c0                      | 64 | MOV_Cq_Rq          | mov cr8, rax
66 0f 20 e0                      | 16 | MOV_Rd_Cd          | mov eax, cr4
0f 20 c8                         | 32 | UD                 | ud
0f 21 f8                         | 32 | MOV_Rd_Dd          | mov eax, dr7
44 0f 21 c0                      | 64 | UD                 | ud
8e d8                            | 16 | MOV_Sw_Ew          | mov ds, ax
8e c8                            | 32 | UD                 | ud
8e f0                            | 32 | UD                 | ud
8c c8                            | 32 | MOV_Ed_Sw          | mov eax, cs
44 8c 18                         | 64 | MOV_Ed_Sw          | mov word ptr [rax], ds
# Groups
0f 01 38                         | 32 | INVLPG             | invlpg byte ptr [eax]
0f 01 d0                         | 32 | XGETBV             | xgetbv
0f 01 10                         | 64 | LGDT               | lgdt [rax]
0f ae f0                         | 32 | MFENCE             | mfence
0f ae 38                         | 32 | CLFLUSH            | clflush byte ptr [eax]
f3 48 0f ae d0                   | 64 | WRFSBASE_Rq        | wrfsbase rax
f3 0f ae d0                      | 32 | UD                 | ud
0f c7 f0                         | 32 | RDRAND_Rd          | rdrand eax
0f c7 c8                         | 32 | UD                 | ud
ff f8                            | 32 | UD                 | ud
8d c0                            | 32 | UD                 | ud
0f ff c0                         | 32 | UD0                | ud0 eax, eax
f3 0f 1e fa                      | 64 | NOP_E              | nop edx
# VEX and what it took the place of
c5 f8 28 c1                      | 32 | VMOVAPS_Vps_Wps    | vmovaps xmm0, xmm1
c5 fc 28 c1                      | 32 | VMOVAPS_Vps_Wps    | vmovaps ymm0, ymm1
c4 e2 f8 f2 c1                   | 64 | ANDN_Gq_Bq_Eq      | andn rax, rax, rcx
c4 e2 f8 f2 c1                   | 32 | ANDN_Gd_Bd_Ed      | andn eax, eax, ecx
c4 c1 7a 6f 04 24                | 64 | VMOVDQU_Vx_Wx      | vmovdqu xmm0, xmmword ptr [r12]
c4 e3 71 4a c2 30                | 32 | VBLENDVPS_Vps_Hps_Wps_Lx | vblendvps xmm0, xmm1, xmm2, xmm3
c4 e2 71 90 04 92                | 64 | VPGATHERDD_Vx_Mvd_Hx | vpgatherdd xmm0, dword ptr [rdx+xmm2*4], xmm1
c5 08                            | 32 | LDS_Gd_Mp          | lds ecx, far ptr [eax]
c4 08                            | 16 | LES_Gw_Mp          | les cx, far ptr [bx+si]
62 08                            | 32 | BOUND_Gd_Ma        | bound ecx, [eax]
62 c8                            | 32 | UD                 | ud
62 08                            | 64 | UD                 | ud
66 c5 f8 28 c1                   | 32 | UD                 | ud
f0 c5 f8 28 c1                   | 32 | UD                 | ud
48 c5 f8 28 c1                   | 64 | UD                 | ud
c5 f0 28 c1                      | 32 | UD                 | ud
c4 e4 78 28 c1                   | 32 | UD                 | ud
# x87
d8 c1                            | 32 | FADD_ST_STi        | fadd st, st(1)
de c1                            | 32 | FADDP_STi_ST       | faddp st(1), st
db 28                            | 32 | FLD_Mt             | fld tbyte ptr [eax]
d9 f2                            | 32 | FPTAN              | fptan
d9 d1                            | 32 | UD                 | ud
df e0                            | 32 | FNSTSW_AX          | fnstsw ax
`;

describe('decode', () => {
  const cases = LINES.split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('|').map((column) => column.trim()));

  test.each(cases)('%s in %s-bit code is %s', (hex, codeSize, name, text) => {
    const insn = decodeHex(hex!, Number(codeSize) as CodeSize);
    expect(OP_NAMES[insn.op]).toBe(name);
    expect(formatInstruction(insn, 0x1000, 0)).toBe(text);
    if (insn.op !== OP_UD) expect(insn.length).toBe(bytesOf(hex!).length);
  });

  test('a gather whose destination, index and mask are not three registers is #UD', () => {
    expect(OP_NAMES[decodeHex('c4 e2 71 90 04 92', 64).op]).toBe('VPGATHERDD_Vx_Mvd_Hx');
    expect(decodeHex('c4 e2 71 90 04 82', 64).op).toBe(OP_UD);
    expect(decodeHex('c4 e2 71 90 00', 64).op).toBe(OP_UD);
  });
});

describe('how an instruction ends', () => {
  test.each(
    LINES.split('\n')
      .filter((line) => line.includes('|'))
      .map((line) => line.split('|')[0]!.trim()),
  )('%s wants exactly its own bytes', (hex) => {
    for (const codeSize of [16, 32, 64] as const) {
      const bytes = new Uint8Array(16);
      bytes.set(bytesOf(hex));
      const whole = decode(bytes, 0, 15, codeSize)!;
      expect(decode(bytes, 0, whole.length, codeSize)).not.toBe(NEED_MORE);
      if (whole.op === OP_UD) continue;
      for (let short = 0; short < whole.length; short++)
        expect(decode(bytes, 0, short, codeSize)).toBe(NEED_MORE);
    }
  });

  test('fifteen bytes are an instruction, sixteen are too many', () => {
    const fits = decodeHex(`${'66 '.repeat(13)} 89 c8 00`, 32);
    expect([OP_NAMES[fits.op], fits.length]).toEqual(['MOV_Ew_Gw', 15]);
    const tooLong = decodeHex(`${'66 '.repeat(14)} 89 c8`, 32);
    expect([tooLong.op, tooLong.length]).toEqual([OP_TOO_LONG, 15]);
    expect(decodeHex('66 '.repeat(15), 32).op).toBe(OP_TOO_LONG);
  });

  test('fourteen bytes of prefixes leave open what comes', () => {
    const bytes = bytesOf('66 '.repeat(14));
    expect(decode(bytes, 0, 14, 32)).toBe(NEED_MORE);
    expect(decode(bytes, 0, 0, 32)).toBe(NEED_MORE);
  });

  test('a used Instruction is filled anew', () => {
    const insn = new Instruction();
    const first = bytesOf('65 4b 8b 84 ac 78 56 34 12');
    decode(first, 0, first.length, 64, insn);
    decode(bytesOf('c3'), 0, 1, 64, insn);
    expect(insn).toEqual(Object.assign(decodeHex('c3', 64), {}));
  });
});

describe('fields', () => {
  test('REP and REPNE: the last one is kept', () => {
    expect(decodeHex('f2 f3 a4', 32).prefixes & (PREFIX_REP | PREFIX_REPNE)).toBe(PREFIX_REP);
    expect(decodeHex('f3 f2 a4', 32).prefixes & (PREFIX_REP | PREFIX_REPNE)).toBe(PREFIX_REPNE);
  });

  test('address forms', () => {
    expect(decodeHex('8b 04 8d 10 00 00 00', 32)).toMatchObject({
      addressForm: ADDRESS_INDEX,
      base: -1,
      index: 1,
      scale: 2,
    });
    expect(decodeHex('8b 05 10 00 00 00', 32)).toMatchObject({
      addressForm: ADDRESS_ABSOLUTE,
      displacement: 0x10,
    });
    expect(decodeHex('8b 05 f0 ff ff ff', 64)).toMatchObject({
      addressForm: ADDRESS_RIP,
      displacement: -16,
      displacementHigh: -1,
    });
    expect(decodeHex('8b 04 64', 32)).toMatchObject({
      addressForm: ADDRESS_BASE,
      base: 4,
      index: -1,
      segment: 2,
    });
    expect(decodeHex('8b 45 00', 32)).toMatchObject({ addressForm: ADDRESS_BASE, base: 5, segment: 2 });
    expect(decodeHex('3e 8b 45 00', 32)).toMatchObject({ base: 5, segment: 3 });
    expect(decodeHex('8b 02', 16)).toMatchObject({ base: 5, index: 6, segment: 2 });
  });

  test('immediates are unsigned to 16 bits, sign-extended from 32', () => {
    expect(decodeHex('80 c0 ff', 32)).toMatchObject({ immediate: 0xff, immediateHigh: 0 });
    expect(decodeHex('66 83 c0 ff', 32)).toMatchObject({ immediate: 0xffff, immediateHigh: 0 });
    expect(decodeHex('83 c0 ff', 32)).toMatchObject({ immediate: -1, immediateHigh: -1 });
    expect(decodeHex('48 83 c0 ff', 64)).toMatchObject({ immediate: -1, immediateHigh: -1 });
    expect(decodeHex('ea 34 12 00 f0', 16)).toMatchObject({ immediate: 0x1234, immediate2: 0xf000 });
  });

  test('operand size is the size as the instruction acts', () => {
    expect(decodeHex('c3', 64).operandSize).toBe(64);
    expect(decodeHex('66 c3', 64).operandSize).toBe(64);
    expect(decodeHex('66 c3', 32).operandSize).toBe(16);
    expect(decodeHex('0f 20 c0', 16).operandSize).toBe(32);
    expect(decodeHex('cb', 64).operandSize).toBe(32);
    expect(decodeHex('48 cb', 64).operandSize).toBe(64);
  });
});
