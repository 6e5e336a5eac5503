/**
 * The one-byte opcode map (SDM Vol. 2D, "One-Byte Opcode Map"). How to read a row is told in `row.ts`.
 * Prefix bytes, the escape 0F, REX and VEX are not rows: `decode.ts` takes them before it looks here.
 */
export const MAP_ONE_BYTE = `
00            | ADD Eb,Gb                           | lock
01            | ADD Ev,Gv                           | lock
02            | ADD Gb,Eb                           |
03            | ADD Gv,Ev                           |
04            | ADD AL,Ib =>ADD_Eb_Ib               |
05            | ADD rAX,Iz =>ADD_Ev_Iz              |
06            | PUSH ES =>PUSH_Sw                   | i64
07            | POP ES =>POP_Sw                     | i64 end
08            | OR Eb,Gb                            | lock
09            | OR Ev,Gv                            | lock
0A            | OR Gb,Eb                            |
0B            | OR Gv,Ev                            |
0C            | OR AL,Ib =>OR_Eb_Ib                 |
0D            | OR rAX,Iz =>OR_Ev_Iz                |
0E            | PUSH CS =>PUSH_Sw                   | i64
10            | ADC Eb,Gb                           | lock
11            | ADC Ev,Gv                           | lock
12            | ADC Gb,Eb                           |
13            | ADC Gv,Ev                           |
14            | ADC AL,Ib =>ADC_Eb_Ib               |
15            | ADC rAX,Iz =>ADC_Ev_Iz              |
16            | PUSH SS =>PUSH_Sw                   | i64
17            | POP SS =>POP_Sw                     | i64 end
18            | SBB Eb,Gb                           | lock
19            | SBB Ev,Gv                           | lock
1A            | SBB Gb,Eb                           |
1B            | SBB Gv,Ev                           |
1C            | SBB AL,Ib =>SBB_Eb_Ib               |
1D            | SBB rAX,Iz =>SBB_Ev_Iz              |
1E            | PUSH DS =>PUSH_Sw                   | i64
1F            | POP DS =>POP_Sw                     | i64 end
20            | AND Eb,Gb                           | lock
21            | AND Ev,Gv                           | lock
22            | AND Gb,Eb                           |
23            | AND Gv,Ev                           |
24            | AND AL,Ib =>AND_Eb_Ib               |
25            | AND rAX,Iz =>AND_Ev_Iz              |
27            | DAA                                 | i64
28            | SUB Eb,Gb                           | lock
29            | SUB Ev,Gv                           | lock
2A            | SUB Gb,Eb                           |
2B            | SUB Gv,Ev                           |
2C            | SUB AL,Ib =>SUB_Eb_Ib               |
2D            | SUB rAX,Iz =>SUB_Ev_Iz              |
2F            | DAS                                 | i64
30            | XOR Eb,Gb                           | lock
31            | XOR Ev,Gv                           | lock
32            | XOR Gb,Eb                           |
33            | XOR Gv,Ev                           |
34            | XOR AL,Ib =>XOR_Eb_Ib               |
35            | XOR rAX,Iz =>XOR_Ev_Iz              |
37            | AAA                                 | i64
38            | CMP Eb,Gb                           |
39            | CMP Ev,Gv                           |
3A            | CMP Gb,Eb                           |
3B            | CMP Gv,Ev                           |
3C            | CMP AL,Ib =>CMP_Eb_Ib               |
3D            | CMP rAX,Iz =>CMP_Ev_Iz              |
3F            | AAS                                 | i64
40+           | INC Zv =>INC_Ev                     | i64
48+           | DEC Zv =>DEC_Ev                     | i64
50+           | PUSH Zv =>PUSH_Ev                   | d64
58+           | POP Zv =>POP_Ev                     | d64
60            | PUSHA =>PUSHA_v                     | i64
61            | POPA =>POPA_v                       | i64
62            | BOUND Gv,Ma                         | i64
63            | ARPL Ew,Gw                          | i64
63            | MOVSXD Gv,Ed                        | o64
68            | PUSH Iz =>PUSH_Iv                   | d64
69            | IMUL Gv,Ev,Iz                       |
6A            | PUSH sIb =>PUSH_Iv                  | d64
6B            | IMUL Gv,Ev,sIb =>IMUL_Gv_Ev_Iz      |
6C            | INSB Yb,DX =>INSB                   | end
6D o16        | INSW Yw,DX =>INSW                   | end
6D            | INSD Yd,DX =>INSD                   | end
6E            | OUTSB DX,Xb =>OUTSB                 | end
6F o16        | OUTSW DX,Xw =>OUTSW                 | end
6F            | OUTSD DX,Xd =>OUTSD                 | end
70            | JO Jb =>JO_J                        | n64 end
71            | JNO Jb =>JNO_J                      | n64 end
72            | JB Jb =>JB_J                        | n64 end
73            | JAE Jb =>JNB_J                      | n64 end
74            | JE Jb =>JZ_J                        | n64 end
75            | JNE Jb =>JNZ_J                      | n64 end
76            | JBE Jb =>JBE_J                      | n64 end
77            | JA Jb =>JNBE_J                      | n64 end
78            | JS Jb =>JS_J                        | n64 end
79            | JNS Jb =>JNS_J                      | n64 end
7A            | JP Jb =>JP_J                        | n64 end
7B            | JNP Jb =>JNP_J                      | n64 end
7C            | JL Jb =>JL_J                        | n64 end
7D            | JGE Jb =>JNL_J                      | n64 end
7E            | JLE Jb =>JLE_J                      | n64 end
7F            | JG Jb =>JNLE_J                      | n64 end
80 /0         | ADD Eb,Ib                           | lock
80 /1         | OR Eb,Ib                            | lock
80 /2         | ADC Eb,Ib                           | lock
80 /3         | SBB Eb,Ib                           | lock
80 /4         | AND Eb,Ib                           | lock
80 /5         | SUB Eb,Ib                           | lock
80 /6         | XOR Eb,Ib                           | lock
80 /7         | CMP Eb,Ib                           |
81 /0         | ADD Ev,Iz                           | lock
81 /1         | OR Ev,Iz                            | lock
81 /2         | ADC Ev,Iz                           | lock
81 /3         | SBB Ev,Iz                           | lock
81 /4         | AND Ev,Iz                           | lock
81 /5         | SUB Ev,Iz                           | lock
81 /6         | XOR Ev,Iz                           | lock
81 /7         | CMP Ev,Iz                           |
82 /0         | ADD Eb,Ib                           | i64 lock
82 /1         | OR Eb,Ib                            | i64 lock
82 /2         | ADC Eb,Ib                           | i64 lock
82 /3         | SBB Eb,Ib                           | i64 lock
82 /4         | AND Eb,Ib                           | i64 lock
82 /5         | SUB Eb,Ib                           | i64 lock
82 /6         | XOR Eb,Ib                           | i64 lock
82 /7         | CMP Eb,Ib                           | i64
83 /0         | ADD Ev,sIb =>ADD_Ev_Iz              | lock
83 /1         | OR Ev,sIb =>OR_Ev_Iz                | lock
83 /2         | ADC Ev,sIb =>ADC_Ev_Iz              | lock
83 /3         | SBB Ev,sIb =>SBB_Ev_Iz              | lock
83 /4         | AND Ev,sIb =>AND_Ev_Iz              | lock
83 /5         | SUB Ev,sIb =>SUB_Ev_Iz              | lock
83 /6         | XOR Ev,sIb =>XOR_Ev_Iz              | lock
83 /7         | CMP Ev,sIb =>CMP_Ev_Iz              |
84            | TEST Eb,Gb                          |
85            | TEST Ev,Gv                          |
86            | XCHG Eb,Gb                          | lock
87            | XCHG Ev,Gv                          | lock
88            | MOV Eb,Gb                           |
89            | MOV Ev,Gv                           |
8A            | MOV Gb,Eb                           |
8B            | MOV Gv,Ev                           |
8C            | MOV Ev,Sw                           |
8D            | LEA Gv,M                            |
8E            | MOV Sw,Ew                           | end
8F /0         | POP Ev                              | d64
90 B1         | XCHG Zv,rAX =>XCHG_Ev_Gv            | o64
90 F3         | PAUSE                               |
90            | NOP                                 |
91            | XCHG Zv,rAX =>XCHG_Ev_Gv            |
92            | XCHG Zv,rAX =>XCHG_Ev_Gv            |
93            | XCHG Zv,rAX =>XCHG_Ev_Gv            |
94            | XCHG Zv,rAX =>XCHG_Ev_Gv            |
95            | XCHG Zv,rAX =>XCHG_Ev_Gv            |
96            | XCHG Zv,rAX =>XCHG_Ev_Gv            |
97            | XCHG Zv,rAX =>XCHG_Ev_Gv            |
98 o16        | CBW                                 |
98 o32        | CWDE                                |
98 o64        | CDQE                                |
99 o16        | CWD                                 |
99 o32        | CDQ                                 |
99 o64        | CQO                                 |
9A            | CALL Ap                             | i64 end
9B            | WAIT                                | fpu
9C o16        | PUSHF =>PUSHF_w                     | d64
9C o32        | PUSHFD =>PUSHF_d                    | d64
9C o64        | PUSHFQ =>PUSHF_q                    | d64
9D o16        | POPF =>POPF_w                       | d64 end
9D o32        | POPFD =>POPF_d                      | d64 end
9D o64        | POPFQ =>POPF_q                      | d64 end
9E            | SAHF                                |
9F            | LAHF                                |
A0            | MOV AL,Ob =>MOV_Gb_Eb               |
A1            | MOV rAX,Ov =>MOV_Gv_Ev              |
A2            | MOV Ob,AL =>MOV_Eb_Gb               |
A3            | MOV Ov,rAX =>MOV_Ev_Gv              |
A4            | MOVSB Yb,Xb =>MOVSB                 |
A5 o16        | MOVSW Yw,Xw =>MOVSW                 |
A5 o32        | MOVSD Yd,Xd =>MOVSD                 |
A5 o64        | MOVSQ Yq,Xq =>MOVSQ                 |
A6            | CMPSB Xb,Yb =>CMPSB                 |
A7 o16        | CMPSW Xw,Yw =>CMPSW                 |
A7 o32        | CMPSD Xd,Yd =>CMPSD                 |
A7 o64        | CMPSQ Xq,Yq =>CMPSQ                 |
A8            | TEST AL,Ib =>TEST_Eb_Ib             |
A9            | TEST rAX,Iz =>TEST_Ev_Iz            |
AA            | STOSB Yb,AL =>STOSB                 |
AB o16        | STOSW Yw,AX =>STOSW                 |
AB o32        | STOSD Yd,EAX =>STOSD                |
AB o64        | STOSQ Yq,RAX =>STOSQ                |
AC            | LODSB AL,Xb =>LODSB                 |
AD o16        | LODSW AX,Xw =>LODSW                 |
AD o32        | LODSD EAX,Xd =>LODSD                |
AD o64        | LODSQ RAX,Xq =>LODSQ                |
AE            | SCASB AL,Yb =>SCASB                 |
AF o16        | SCASW AX,Yw =>SCASW                 |
AF o32        | SCASD EAX,Yd =>SCASD                |
AF o64        | SCASQ RAX,Yq =>SCASQ                |
B0+           | MOV Zb,Ib =>MOV_Eb_Ib               |
B8+           | MOV Zv,Iv =>MOV_Ev_Iv               |
C0 /0         | ROL Eb,Ib                           |
C0 /1         | ROR Eb,Ib                           |
C0 /2         | RCL Eb,Ib                           |
C0 /3         | RCR Eb,Ib                           |
C0 /4         | SHL Eb,Ib                           |
C0 /5         | SHR Eb,Ib                           |
C0 /6         | SHL Eb,Ib                           |
C0 /7         | SAR Eb,Ib                           |
C1 /0         | ROL Ev,Ib                           |
C1 /1         | ROR Ev,Ib                           |
C1 /2         | RCL Ev,Ib                           |
C1 /3         | RCR Ev,Ib                           |
C1 /4         | SHL Ev,Ib                           |
C1 /5         | SHR Ev,Ib                           |
C1 /6         | SHL Ev,Ib                           |
C1 /7         | SAR Ev,Ib                           |
C2            | RET Iw =>RET_near_Iw                | n64 end
C3            | RET =>RET_near                      | n64 end
C4            | LES Gv,Mp                           | i64 end
C5            | LDS Gv,Mp                           | i64 end
C6 /0         | MOV Eb,Ib                           |
C6:F8         | XABORT Ib                           | rtm end
C7 /0         | MOV Ev,Iz                           |
C7:F8         | XBEGIN Jz =>XBEGIN_J                | rtm end
C8            | ENTER Iw,Ib =>ENTER_v               | d64
C9            | LEAVE =>LEAVE_v                     | d64
CA            | RETF Iw =>RET_far_Iw                | end
CB            | RETF =>RET_far                      | end
CC            | INT3                                | end
CD            | INT Ib                              | end
CE            | INTO                                | i64 end
CF o16        | IRET =>IRET_w                       | end
CF o32        | IRETD =>IRET_d                      | end
CF o64        | IRETQ =>IRET_q                      | end
D0 /0         | ROL Eb,1 =>ROL_Eb_Ib                |
D0 /1         | ROR Eb,1 =>ROR_Eb_Ib                |
D0 /2         | RCL Eb,1 =>RCL_Eb_Ib                |
D0 /3         | RCR Eb,1 =>RCR_Eb_Ib                |
D0 /4         | SHL Eb,1 =>SHL_Eb_Ib                |
D0 /5         | SHR Eb,1 =>SHR_Eb_Ib                |
D0 /6         | SHL Eb,1 =>SHL_Eb_Ib                |
D0 /7         | SAR Eb,1 =>SAR_Eb_Ib                |
D1 /0         | ROL Ev,1 =>ROL_Ev_Ib                |
D1 /1         | ROR Ev,1 =>ROR_Ev_Ib                |
D1 /2         | RCL Ev,1 =>RCL_Ev_Ib                |
D1 /3         | RCR Ev,1 =>RCR_Ev_Ib                |
D1 /4         | SHL Ev,1 =>SHL_Ev_Ib                |
D1 /5         | SHR Ev,1 =>SHR_Ev_Ib                |
D1 /6         | SHL Ev,1 =>SHL_Ev_Ib                |
D1 /7         | SAR Ev,1 =>SAR_Ev_Ib                |
D2 /0         | ROL Eb,CL                           |
D2 /1         | ROR Eb,CL                           |
D2 /2         | RCL Eb,CL                           |
D2 /3         | RCR Eb,CL                           |
D2 /4         | SHL Eb,CL                           |
D2 /5         | SHR Eb,CL                           |
D2 /6         | SHL Eb,CL                           |
D2 /7         | SAR Eb,CL                           |
D3 /0         | ROL Ev,CL                           |
D3 /1         | ROR Ev,CL                           |
D3 /2         | RCL Ev,CL                           |
D3 /3         | RCR Ev,CL                           |
D3 /4         | SHL Ev,CL                           |
D3 /5         | SHR Ev,CL                           |
D3 /6         | SHL Ev,CL                           |
D3 /7         | SAR Ev,CL                           |
D4            | AAM Ib =>AAM                        | i64
D5            | AAD Ib =>AAD                        | i64
D6            | SALC                                | i64
D7            | XLATB =>XLAT                        |
E0            | LOOPNE Jb =>LOOPNE_J                | n64 end
E1            | LOOPE Jb =>LOOPE_J                  | n64 end
E2            | LOOP Jb =>LOOP_J                    | n64 end
E3            | JCXZ Jb =>JCXZ_J                    | n64 end
E4            | IN AL,Ib                            | end
E5 o16        | IN AX,Ib                            | end
E5            | IN EAX,Ib                           | end
E6            | OUT Ib,AL                           | end
E7 o16        | OUT Ib,AX                           | end
E7            | OUT Ib,EAX                          | end
E8            | CALL Jz =>CALL_J                    | n64 end
E9            | JMP Jz =>JMP_J                      | n64 end
EA            | JMP Ap                              | i64 end
EB            | JMP Jb =>JMP_J                      | n64 end
EC            | IN AL,DX                            | end
ED o16        | IN AX,DX                            | end
ED            | IN EAX,DX                           | end
EE            | OUT DX,AL                           | end
EF o16        | OUT DX,AX                           | end
EF            | OUT DX,EAX                          | end
F1            | INT1                                | end
F4            | HLT                                 | end
F5            | CMC                                 |
F6 /0         | TEST Eb,Ib                          |
F6 /1         | TEST Eb,Ib                          |
F6 /2         | NOT Eb                              | lock
F6 /3         | NEG Eb                              | lock
F6 /4         | MUL Eb                              |
F6 /5         | IMUL Eb                             |
F6 /6         | DIV Eb                              |
F6 /7         | IDIV Eb                             |
F7 /0         | TEST Ev,Iz                          |
F7 /1         | TEST Ev,Iz                          |
F7 /2         | NOT Ev                              | lock
F7 /3         | NEG Ev                              | lock
F7 /4         | MUL Ev                              |
F7 /5         | IMUL Ev                             |
F7 /6         | DIV Ev                              |
F7 /7         | IDIV Ev                             |
F8            | CLC                                 |
F9            | STC                                 |
FA            | CLI                                 | end
FB            | STI                                 | end
FC            | CLD                                 |
FD            | STD                                 |
FE /0         | INC Eb                              | lock
FE /1         | DEC Eb                              | lock
FF /0         | INC Ev                              | lock
FF /1         | DEC Ev                              | lock
FF /2         | CALL Ev =>CALL_E                    | n64 end
FF /3         | CALL Mp                             | end
FF /4         | JMP Ev =>JMP_E                      | n64 end
FF /5         | JMP Mp                              | end
FF /6         | PUSH Ev                             | d64
`;
