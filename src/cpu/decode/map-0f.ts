/**
 * The two-byte opcode map (SDM Vol. 2D, "Two-Byte Opcode Map"). How to read a row is told in `row.ts`.
 * Left out, so #UD: 3DNow! (0F 0F, 0E), VIA PadLock (A6, A7), the test registers (24, 26), Itanium's JMPE (B8).
 */
export const MAP_0F = `
# System
00 /0         | SLDT Ev =>SLDT_E                      |
00 /1         | STR Ev =>STR_E                        |
00 /2         | LLDT Ew                               | end
00 /3         | LTR Ew                                | end
00 /4         | VERR Ew                               |
00 /5         | VERW Ew                               |
01 /0 mem     | SGDT Ms =>SGDT                        | f64
01 /1 mem     | SIDT Ms =>SIDT                        | f64
01 /2 mem     | LGDT Ms =>LGDT                        | f64 end
01 /3 mem     | LIDT Ms =>LIDT                        | f64 end
01 /4         | SMSW Ev =>SMSW_E                      |
01 /6         | LMSW Ew                               | end
01 /7 mem     | INVLPG Mb =>INVLPG                    | end
01:C0 NP      | ENCLV                                 | sgx end
01:C1 NP      | VMCALL                                | vmx end
01:C2 NP      | VMLAUNCH                              | vmx end
01:C3 NP      | VMRESUME                              | vmx end
01:C4 NP      | VMXOFF                                | vmx end
01:C5 NP      | PCONFIG                               | pconfig end
01:C8 NP      | MONITOR                               | monitor
01:C9 NP      | MWAIT                                 | monitor end
01:CA NP      | CLAC                                  | smap end
01:CB NP      | STAC                                  | smap end
01:CF NP      | ENCLS                                 | sgx end
01:D0 NP      | XGETBV                                | xsave
01:D1 NP      | XSETBV                                | xsave end
01:D4 NP      | VMFUNC                                | vmx end
01:D5 NP      | XEND                                  | rtm end
01:D6 NP      | XTEST                                 | rtm
01:D7 NP      | ENCLU                                 | sgx end
01:D8         | VMRUN                                 | svm end
01:D9 NP 66   | VMMCALL                               | svm end
01:DA         | VMLOAD                                | svm end
01:DB         | VMSAVE                                | svm end
01:DC         | STGI                                  | svm end
01:DD         | CLGI                                  | svm end
01:DE         | SKINIT                                | svm end
01:DF         | INVLPGA                               | svm end
01:E8 NP      | SERIALIZE                             | serialize end
01:E8 F2      | XSUSLDTRK                             | tsxldtrk
01:E9 F2      | XRESLDTRK                             | tsxldtrk
01:E8 F3      | SETSSBSY                              | cet_ss end
01:EA F3      | SAVEPREVSSP                           | cet_ss end
01 F3 /5 mem  | RSTORSSP Mq                           | cet_ss end
01:EE NP      | RDPKRU                                | pku
01:EF NP      | WRPKRU                                | pku end
01:F8         | SWAPGS                                | o64
01:F9         | RDTSCP                                | rdtscp end
01:FA NP      | MONITORX                              | monitorx
01:FB NP      | MWAITX                                | monitorx end
01:FC         | CLZERO                                | clzero
01:FD NP      | RDPRU                                 | rdpru end
02            | LAR Gv,Ew                             |
03            | LSL Gv,Ew                             |
05            | SYSCALL                               | syscall end
06            | CLTS                                  | end
07            | SYSRET                                | syscall end
08            | INVD                                  | end
09 F3         | WBNOINVD                              | wbnoinvd else=WBINVD end
09            | WBINVD                                | end
0B            | UD2                                   | end
0D /0 mem     | PREFETCH Mb =>PREFETCH                |
0D /1 mem     | PREFETCHW Mb =>PREFETCH               |
0D /2 mem     | PREFETCHWT1 Mb =>PREFETCH             |
0D mem        | PREFETCH Mb =>PREFETCH                |
0D            | NOP Ev =>NOP_E                        |
# SSE moves
10 NP         | MOVUPS Vps,Wps                        | sse
10 66         | MOVUPD Vpd,Wpd                        | sse2
10 F3         | MOVSS Vss,Wss                         | sse
10 F2         | MOVSD Vsd,Wsd                         | sse2
11 NP         | MOVUPS Wps,Vps                        | sse
11 66         | MOVUPD Wpd,Vpd                        | sse2
11 F3         | MOVSS Wss,Vss                         | sse
11 F2         | MOVSD Wsd,Vsd                         | sse2
12 NP mem     | MOVLPS Vps,Mq                         | sse
12 NP reg     | MOVHLPS Vps,Ups                       | sse
12 66         | MOVLPD Vpd,Mq                         | sse2
12 F3         | MOVSLDUP Vps,Wps                      | sse3
12 F2         | MOVDDUP Vpd,Wsd                       | sse3
13 NP         | MOVLPS Mq,Vps                         | sse
13 66         | MOVLPD Mq,Vpd                         | sse2
14 NP         | UNPCKLPS Vps,Wps                      | sse
14 66         | UNPCKLPD Vpd,Wpd                      | sse2
15 NP         | UNPCKHPS Vps,Wps                      | sse
15 66         | UNPCKHPD Vpd,Wpd                      | sse2
16 NP mem     | MOVHPS Vps,Mq                         | sse
16 NP reg     | MOVLHPS Vps,Ups                       | sse
16 66         | MOVHPD Vpd,Mq                         | sse2
16 F3         | MOVSHDUP Vps,Wps                      | sse3
17 NP         | MOVHPS Mq,Vps                         | sse
17 66         | MOVHPD Mq,Vpd                         | sse2
# Hints: what they name on newer processors is a NOP on older ones
18 /0 mem     | PREFETCHNTA Mb =>PREFETCH             |
18 /1 mem     | PREFETCHT0 Mb =>PREFETCH              |
18 /2 mem     | PREFETCHT1 Mb =>PREFETCH              |
18 /3 mem     | PREFETCHT2 Mb =>PREFETCH              |
18            | NOP Ev =>NOP_E                        |
19            | NOP Ev =>NOP_E                        |
1A            | NOP Ev =>NOP_E                        |
1B            | NOP Ev =>NOP_E                        |
1C            | NOP Ev =>NOP_E                        |
1D            | NOP Ev =>NOP_E                        |
1E            | NOP Ev =>NOP_E                        |
1F            | NOP Ev =>NOP_E                        |
20            | MOV Rd,Cd                             | i64 m64
20            | MOV Rq,Cq                             | o64 m64
21            | MOV Rd,Dd                             | i64 m64
21            | MOV Rq,Dq                             | o64 m64
22            | MOV Cd,Rd                             | i64 m64 end
22            | MOV Cq,Rq                             | o64 m64 end
23            | MOV Dd,Rd                             | i64 m64 end
23            | MOV Dq,Rq                             | o64 m64 end
# SSE moves and conversions
28 NP         | MOVAPS Vps,Wps                        | sse
28 66         | MOVAPD Vpd,Wpd                        | sse2
29 NP         | MOVAPS Wps,Vps                        | sse
29 66         | MOVAPD Wpd,Vpd                        | sse2
2A NP         | CVTPI2PS Vps,Qq                       | sse
2A 66         | CVTPI2PD Vpd,Qq                       | sse2
2A F3         | CVTSI2SS Vss,Ey                       | sse
2A F2         | CVTSI2SD Vsd,Ey                       | sse2
2B NP         | MOVNTPS Mps,Vps                       | sse
2B 66         | MOVNTPD Mpd,Vpd                       | sse2
2B F3         | MOVNTSS Md,Vss                        | sse4a
2B F2         | MOVNTSD Mq,Vsd                        | sse4a
2C NP         | CVTTPS2PI Pq,Wq                       | sse
2C 66         | CVTTPD2PI Pq,Wpd                      | sse2
2C F3         | CVTTSS2SI Gy,Wss                      | sse
2C F2         | CVTTSD2SI Gy,Wsd                      | sse2
2D NP         | CVTPS2PI Pq,Wq                        | sse
2D 66         | CVTPD2PI Pq,Wpd                       | sse2
2D F3         | CVTSS2SI Gy,Wss                       | sse
2D F2         | CVTSD2SI Gy,Wsd                       | sse2
2E NP         | UCOMISS Vss,Wss                       | sse
2E 66         | UCOMISD Vsd,Wsd                       | sse2
2F NP         | COMISS Vss,Wss                        | sse
2F 66         | COMISD Vsd,Wsd                        | sse2
# System
30            | WRMSR                                 | msr end
31            | RDTSC                                 | tsc end
32            | RDMSR                                 | msr end
33            | RDPMC                                 | end
34            | SYSENTER                              | sysenter end
35            | SYSEXIT                               | sysenter end
37 NP         | GETSEC                                | smx end
40            | CMOVO Gv,Ev =>CMOVO_Gv_Ev             | cmov
41            | CMOVNO Gv,Ev =>CMOVNO_Gv_Ev           | cmov
42            | CMOVB Gv,Ev =>CMOVB_Gv_Ev             | cmov
43            | CMOVAE Gv,Ev =>CMOVNB_Gv_Ev           | cmov
44            | CMOVE Gv,Ev =>CMOVZ_Gv_Ev             | cmov
45            | CMOVNE Gv,Ev =>CMOVNZ_Gv_Ev           | cmov
46            | CMOVBE Gv,Ev =>CMOVBE_Gv_Ev           | cmov
47            | CMOVA Gv,Ev =>CMOVNBE_Gv_Ev           | cmov
48            | CMOVS Gv,Ev =>CMOVS_Gv_Ev             | cmov
49            | CMOVNS Gv,Ev =>CMOVNS_Gv_Ev           | cmov
4A            | CMOVP Gv,Ev =>CMOVP_Gv_Ev             | cmov
4B            | CMOVNP Gv,Ev =>CMOVNP_Gv_Ev           | cmov
4C            | CMOVL Gv,Ev =>CMOVL_Gv_Ev             | cmov
4D            | CMOVGE Gv,Ev =>CMOVNL_Gv_Ev           | cmov
4E            | CMOVLE Gv,Ev =>CMOVLE_Gv_Ev           | cmov
4F            | CMOVG Gv,Ev =>CMOVNLE_Gv_Ev           | cmov
# SSE arithmetic
50 NP         | MOVMSKPS Gy,Ups                       | sse
50 66         | MOVMSKPD Gy,Upd                       | sse2
51 NP         | SQRTPS Vps,Wps                        | sse
51 66         | SQRTPD Vpd,Wpd                        | sse2
51 F3         | SQRTSS Vss,Wss                        | sse
51 F2         | SQRTSD Vsd,Wsd                        | sse2
52 NP         | RSQRTPS Vps,Wps                       | sse
52 F3         | RSQRTSS Vss,Wss                       | sse
53 NP         | RCPPS Vps,Wps                         | sse
53 F3         | RCPSS Vss,Wss                         | sse
54 NP         | ANDPS Vps,Wps                         | sse
54 66         | ANDPD Vpd,Wpd                         | sse2
55 NP         | ANDNPS Vps,Wps                        | sse
55 66         | ANDNPD Vpd,Wpd                        | sse2
56 NP         | ORPS Vps,Wps                          | sse
56 66         | ORPD Vpd,Wpd                          | sse2
57 NP         | XORPS Vps,Wps                         | sse
57 66         | XORPD Vpd,Wpd                         | sse2
58 NP         | ADDPS Vps,Wps                         | sse
58 66         | ADDPD Vpd,Wpd                         | sse2
58 F3         | ADDSS Vss,Wss                         | sse
58 F2         | ADDSD Vsd,Wsd                         | sse2
59 NP         | MULPS Vps,Wps                         | sse
59 66         | MULPD Vpd,Wpd                         | sse2
59 F3         | MULSS Vss,Wss                         | sse
59 F2         | MULSD Vsd,Wsd                         | sse2
5A NP         | CVTPS2PD Vpd,Wq                       | sse2
5A 66         | CVTPD2PS Vps,Wpd                      | sse2
5A F3         | CVTSS2SD Vsd,Wss                      | sse2
5A F2         | CVTSD2SS Vss,Wsd                      | sse2
5B NP         | CVTDQ2PS Vps,Wx                       | sse2
5B 66         | CVTPS2DQ Vx,Wps                       | sse2
5B F3         | CVTTPS2DQ Vx,Wps                      | sse2
5C NP         | SUBPS Vps,Wps                         | sse
5C 66         | SUBPD Vpd,Wpd                         | sse2
5C F3         | SUBSS Vss,Wss                         | sse
5C F2         | SUBSD Vsd,Wsd                         | sse2
5D NP         | MINPS Vps,Wps                         | sse
5D 66         | MINPD Vpd,Wpd                         | sse2
5D F3         | MINSS Vss,Wss                         | sse
5D F2         | MINSD Vsd,Wsd                         | sse2
5E NP         | DIVPS Vps,Wps                         | sse
5E 66         | DIVPD Vpd,Wpd                         | sse2
5E F3         | DIVSS Vss,Wss                         | sse
5E F2         | DIVSD Vsd,Wsd                         | sse2
5F NP         | MAXPS Vps,Wps                         | sse
5F 66         | MAXPD Vpd,Wpd                         | sse2
5F F3         | MAXSS Vss,Wss                         | sse
5F F2         | MAXSD Vsd,Wsd                         | sse2
# MMX and SSE2 integers
60 NP         | PUNPCKLBW Pq,Qd                       | mmx
60 66         | PUNPCKLBW Vx,Wx                       | sse2
61 NP         | PUNPCKLWD Pq,Qd                       | mmx
61 66         | PUNPCKLWD Vx,Wx                       | sse2
62 NP         | PUNPCKLDQ Pq,Qd                       | mmx
62 66         | PUNPCKLDQ Vx,Wx                       | sse2
63 NP         | PACKSSWB Pq,Qq                        | mmx
63 66         | PACKSSWB Vx,Wx                        | sse2
64 NP         | PCMPGTB Pq,Qq                         | mmx
64 66         | PCMPGTB Vx,Wx                         | sse2
65 NP         | PCMPGTW Pq,Qq                         | mmx
65 66         | PCMPGTW Vx,Wx                         | sse2
66 NP         | PCMPGTD Pq,Qq                         | mmx
66 66         | PCMPGTD Vx,Wx                         | sse2
67 NP         | PACKUSWB Pq,Qq                        | mmx
67 66         | PACKUSWB Vx,Wx                        | sse2
68 NP         | PUNPCKHBW Pq,Qq                       | mmx
68 66         | PUNPCKHBW Vx,Wx                       | sse2
69 NP         | PUNPCKHWD Pq,Qq                       | mmx
69 66         | PUNPCKHWD Vx,Wx                       | sse2
6A NP         | PUNPCKHDQ Pq,Qq                       | mmx
6A 66         | PUNPCKHDQ Vx,Wx                       | sse2
6B NP         | PACKSSDW Pq,Qq                        | mmx
6B 66         | PACKSSDW Vx,Wx                        | sse2
6C 66         | PUNPCKLQDQ Vx,Wx                      | sse2
6D 66         | PUNPCKHQDQ Vx,Wx                      | sse2
6E NP W1      | MOVQ Pq,Eq                            | mmx o64
6E NP         | MOVD Pq,Ed                            | mmx
6E 66 W1      | MOVQ Vq,Eq                            | sse2 o64
6E 66         | MOVD Vd,Ed                            | sse2
6F NP         | MOVQ Pq,Qq                            | mmx
6F 66         | MOVDQA Vx,Wx                          | sse2
6F F3         | MOVDQU Vx,Wx                          | sse2
70 NP         | PSHUFW Pq,Qq,Ib                       | sse
70 66         | PSHUFD Vx,Wx,Ib                       | sse2
70 F3         | PSHUFHW Vx,Wx,Ib                      | sse2
70 F2         | PSHUFLW Vx,Wx,Ib                      | sse2
71 NP /2      | PSRLW Nq,Ib                           | mmx
71 66 /2      | PSRLW Ux,Ib                           | sse2
71 NP /4      | PSRAW Nq,Ib                           | mmx
71 66 /4      | PSRAW Ux,Ib                           | sse2
71 NP /6      | PSLLW Nq,Ib                           | mmx
71 66 /6      | PSLLW Ux,Ib                           | sse2
72 NP /2      | PSRLD Nq,Ib                           | mmx
72 66 /2      | PSRLD Ux,Ib                           | sse2
72 NP /4      | PSRAD Nq,Ib                           | mmx
72 66 /4      | PSRAD Ux,Ib                           | sse2
72 NP /6      | PSLLD Nq,Ib                           | mmx
72 66 /6      | PSLLD Ux,Ib                           | sse2
73 NP /2      | PSRLQ Nq,Ib                           | mmx
73 66 /2      | PSRLQ Ux,Ib                           | sse2
73 66 /3      | PSRLDQ Ux,Ib                          | sse2
73 NP /6      | PSLLQ Nq,Ib                           | mmx
73 66 /6      | PSLLQ Ux,Ib                           | sse2
73 66 /7      | PSLLDQ Ux,Ib                          | sse2
74 NP         | PCMPEQB Pq,Qq                         | mmx
74 66         | PCMPEQB Vx,Wx                         | sse2
75 NP         | PCMPEQW Pq,Qq                         | mmx
75 66         | PCMPEQW Vx,Wx                         | sse2
76 NP         | PCMPEQD Pq,Qq                         | mmx
76 66         | PCMPEQD Vx,Wx                         | sse2
77 NP         | EMMS                                  | mmx
78 NP         | VMREAD Ey,Gy                          | vmx m64 end
78 66 /0      | EXTRQ Ux,Ib,Ib                        | sse4a
78 F2         | INSERTQ Vx,Ux,Ib,Ib                   | sse4a
79 NP         | VMWRITE Gy,Ey                         | vmx m64 end
79 66         | EXTRQ Vx,Ux                           | sse4a
79 F2         | INSERTQ Vx,Ux                         | sse4a
7C 66         | HADDPD Vpd,Wpd                        | sse3
7C F2         | HADDPS Vps,Wps                        | sse3
7D 66         | HSUBPD Vpd,Wpd                        | sse3
7D F2         | HSUBPS Vps,Wps                        | sse3
7E NP W1      | MOVQ Eq,Pq                            | mmx o64
7E NP         | MOVD Ed,Pq                            | mmx
7E 66 W1      | MOVQ Eq,Vq                            | sse2 o64
7E 66         | MOVD Ed,Vd                            | sse2
7E F3         | MOVQ Vq,Wq                            | sse2
7F NP         | MOVQ Qq,Pq                            | mmx
7F 66         | MOVDQA Wx,Vx                          | sse2
7F F3         | MOVDQU Wx,Vx                          | sse2
# Integer and system
80            | JO Jz =>JO_J                          | n64 end
81            | JNO Jz =>JNO_J                        | n64 end
82            | JB Jz =>JB_J                          | n64 end
83            | JAE Jz =>JNB_J                        | n64 end
84            | JE Jz =>JZ_J                          | n64 end
85            | JNE Jz =>JNZ_J                        | n64 end
86            | JBE Jz =>JBE_J                        | n64 end
87            | JA Jz =>JNBE_J                        | n64 end
88            | JS Jz =>JS_J                          | n64 end
89            | JNS Jz =>JNS_J                        | n64 end
8A            | JP Jz =>JP_J                          | n64 end
8B            | JNP Jz =>JNP_J                        | n64 end
8C            | JL Jz =>JL_J                          | n64 end
8D            | JGE Jz =>JNL_J                        | n64 end
8E            | JLE Jz =>JLE_J                        | n64 end
8F            | JG Jz =>JNLE_J                        | n64 end
90            | SETO Eb =>SETO_Eb                     |
91            | SETNO Eb =>SETNO_Eb                   |
92            | SETB Eb =>SETB_Eb                     |
93            | SETAE Eb =>SETNB_Eb                   |
94            | SETE Eb =>SETZ_Eb                     |
95            | SETNE Eb =>SETNZ_Eb                   |
96            | SETBE Eb =>SETBE_Eb                   |
97            | SETA Eb =>SETNBE_Eb                   |
98            | SETS Eb =>SETS_Eb                     |
99            | SETNS Eb =>SETNS_Eb                   |
9A            | SETP Eb =>SETP_Eb                     |
9B            | SETNP Eb =>SETNP_Eb                   |
9C            | SETL Eb =>SETL_Eb                     |
9D            | SETGE Eb =>SETNL_Eb                   |
9E            | SETLE Eb =>SETLE_Eb                   |
9F            | SETG Eb =>SETNLE_Eb                   |
A0            | PUSH FS =>PUSH_Sw                     | d64
A1            | POP FS =>POP_Sw                       | d64 end
A2            | CPUID                                 |
A3            | BT Ev,Gv                              |
A4            | SHLD Ev,Gv,Ib                         |
A5            | SHLD Ev,Gv,CL                         |
A8            | PUSH GS =>PUSH_Sw                     | d64
A9            | POP GS =>POP_Sw                       | d64 end
AA            | RSM                                   | end
AB            | BTS Ev,Gv                             | lock
AC            | SHRD Ev,Gv,Ib                         |
AD            | SHRD Ev,Gv,CL                         |
AE NP /0 mem  | FXSAVE M =>FXSAVE                     | fxsr
AE NP /1 mem  | FXRSTOR M =>FXRSTOR                   | fxsr
AE NP /2 mem  | LDMXCSR Md                            | sse
AE NP /3 mem  | STMXCSR Md                            | sse
AE NP /4 mem  | XSAVE M =>XSAVE                       | xsave
AE NP /5 mem  | XRSTOR M =>XRSTOR                     | xsave end
AE NP /6 mem  | XSAVEOPT M =>XSAVEOPT                 | xsaveopt
AE NP /7 mem  | CLFLUSH Mb =>CLFLUSH                  | clflush
AE 66 /6 mem  | CLWB Mb =>CLWB                        | clwb
AE 66 /7 mem  | CLFLUSHOPT Mb =>CLFLUSHOPT            | clflushopt
AE F3 /4      | PTWRITE Ey                            | ptwrite
AE F3 /6 mem  | CLRSSBSY Mq                           | cet_ss end
AE NP /5 reg  | LFENCE                                | sse2
AE NP /6 reg  | MFENCE                                | sse2
AE NP /7 reg  | SFENCE                                | sse
AE F3 /0 reg  | RDFSBASE Ry                           | o64 fsgsbase
AE F3 /1 reg  | RDGSBASE Ry                           | o64 fsgsbase
AE F3 /2 reg  | WRFSBASE Ry                           | o64 fsgsbase
AE F3 /3 reg  | WRGSBASE Ry                           | o64 fsgsbase
AE F3 /5 reg  | INCSSP Ry                             | cet_ss end
AE 66 /6 reg  | TPAUSE Rd                             | waitpkg end
AE F2 /6 reg  | UMWAIT Rd                             | waitpkg end
AE F3 /6 reg  | UMONITOR Rd =>UMONITOR                | waitpkg
AF            | IMUL Gv,Ev                            |
B0            | CMPXCHG Eb,Gb                         | lock
B1            | CMPXCHG Ev,Gv                         | lock
B2            | LSS Gv,Mp                             | end
B3            | BTR Ev,Gv                             | lock
B4            | LFS Gv,Mp                             | end
B5            | LGS Gv,Mp                             | end
B6            | MOVZX Gv,Eb                           |
B7            | MOVZX Gv,Ew                           |
B8 F3         | POPCNT Gv,Ev                          | popcnt
B9            | UD1 Gv,Ev =>UD1                       | end
BA /4         | BT Ev,Ib                              |
BA /5         | BTS Ev,Ib                             | lock
BA /6         | BTR Ev,Ib                             | lock
BA /7         | BTC Ev,Ib                             | lock
BB            | BTC Ev,Gv                             | lock
BC F3         | TZCNT Gv,Ev                           | bmi1 else=BSF_Gv_Ev
BC            | BSF Gv,Ev                             |
BD F3         | LZCNT Gv,Ev                           | lzcnt else=BSR_Gv_Ev
BD            | BSR Gv,Ev                             |
BE            | MOVSX Gv,Eb                           |
BF            | MOVSX Gv,Ew                           |
C0            | XADD Eb,Gb                            | lock
C1            | XADD Ev,Gv                            | lock
C2 NP         | CMPPS Vps,Wps,Ib                      | sse
C2 66         | CMPPD Vpd,Wpd,Ib                      | sse2
C2 F3         | CMPSS Vss,Wss,Ib                      | sse
C2 F2         | CMPSD Vsd,Wsd,Ib                      | sse2
C3 NP         | MOVNTI My,Gy                          | sse2
C4 NP mem     | PINSRW Pq,Mw,Ib                       | sse
C4 NP reg     | PINSRW Pq,Rd,Ib                       | sse
C4 66 mem     | PINSRW Vx,Mw,Ib                       | sse2
C4 66 reg     | PINSRW Vx,Rd,Ib                       | sse2
C5 NP         | PEXTRW Gd,Nq,Ib                       | sse
C5 66         | PEXTRW Gd,Ux,Ib                       | sse2
C6 NP         | SHUFPS Vps,Wps,Ib                     | sse
C6 66         | SHUFPD Vpd,Wpd,Ib                     | sse2
C7 /1 mem W1  | CMPXCHG16B Mdq =>CMPXCHG16B           | o64 lock cx16
C7 /1 mem     | CMPXCHG8B Mq =>CMPXCHG8B              | lock cx8
C7 NP /3 mem  | XRSTORS M =>XRSTORS                   | xsaves end
C7 NP /4 mem  | XSAVEC M =>XSAVEC                     | xsavec
C7 NP /5 mem  | XSAVES M =>XSAVES                     | xsaves
C7 NP /6 mem  | VMPTRLD Mq =>VMPTRLD                  | vmx end
C7 66 /6 mem  | VMCLEAR Mq =>VMCLEAR                  | vmx end
C7 F3 /6 mem  | VMXON Mq =>VMXON                      | vmx end
C7 NP /7 mem  | VMPTRST Mq =>VMPTRST                  | vmx end
C7 NP 66 /6 reg| RDRAND Rv                             | rdrand
C7 NP 66 /7 reg| RDSEED Rv                             | rdseed
C7 F3 /7 reg  | RDPID Rd =>RDPID                      | rdpid m64
C8+           | BSWAP Zv =>BSWAP_Ev                   |
# MMX and SSE2 integers
D0 66         | ADDSUBPD Vpd,Wpd                      | sse3
D0 F2         | ADDSUBPS Vps,Wps                      | sse3
D1 NP         | PSRLW Pq,Qq                           | mmx
D1 66         | PSRLW Vx,Wx                           | sse2
D2 NP         | PSRLD Pq,Qq                           | mmx
D2 66         | PSRLD Vx,Wx                           | sse2
D3 NP         | PSRLQ Pq,Qq                           | mmx
D3 66         | PSRLQ Vx,Wx                           | sse2
D4 NP         | PADDQ Pq,Qq                           | sse2
D4 66         | PADDQ Vx,Wx                           | sse2
D5 NP         | PMULLW Pq,Qq                          | mmx
D5 66         | PMULLW Vx,Wx                          | sse2
D6 66         | MOVQ Wq,Vq                            | sse2
D6 F3         | MOVQ2DQ Vx,Nq                         | sse2
D6 F2         | MOVDQ2Q Pq,Uq                         | sse2
D7 NP         | PMOVMSKB Gd,Nq                        | sse
D7 66         | PMOVMSKB Gd,Ux                        | sse2
D8 NP         | PSUBUSB Pq,Qq                         | mmx
D8 66         | PSUBUSB Vx,Wx                         | sse2
D9 NP         | PSUBUSW Pq,Qq                         | mmx
D9 66         | PSUBUSW Vx,Wx                         | sse2
DA NP         | PMINUB Pq,Qq                          | sse
DA 66         | PMINUB Vx,Wx                          | sse2
DB NP         | PAND Pq,Qq                            | mmx
DB 66         | PAND Vx,Wx                            | sse2
DC NP         | PADDUSB Pq,Qq                         | mmx
DC 66         | PADDUSB Vx,Wx                         | sse2
DD NP         | PADDUSW Pq,Qq                         | mmx
DD 66         | PADDUSW Vx,Wx                         | sse2
DE NP         | PMAXUB Pq,Qq                          | sse
DE 66         | PMAXUB Vx,Wx                          | sse2
DF NP         | PANDN Pq,Qq                           | mmx
DF 66         | PANDN Vx,Wx                           | sse2
E0 NP         | PAVGB Pq,Qq                           | sse
E0 66         | PAVGB Vx,Wx                           | sse2
E1 NP         | PSRAW Pq,Qq                           | mmx
E1 66         | PSRAW Vx,Wx                           | sse2
E2 NP         | PSRAD Pq,Qq                           | mmx
E2 66         | PSRAD Vx,Wx                           | sse2
E3 NP         | PAVGW Pq,Qq                           | sse
E3 66         | PAVGW Vx,Wx                           | sse2
E4 NP         | PMULHUW Pq,Qq                         | sse
E4 66         | PMULHUW Vx,Wx                         | sse2
E5 NP         | PMULHW Pq,Qq                          | mmx
E5 66         | PMULHW Vx,Wx                          | sse2
E6 66         | CVTTPD2DQ Vx,Wpd                      | sse2
E6 F3         | CVTDQ2PD Vpd,Wq                       | sse2
E6 F2         | CVTPD2DQ Vx,Wpd                       | sse2
E7 NP         | MOVNTQ Mq,Pq                          | sse
E7 66         | MOVNTDQ Mx,Vx                         | sse2
E8 NP         | PSUBSB Pq,Qq                          | mmx
E8 66         | PSUBSB Vx,Wx                          | sse2
E9 NP         | PSUBSW Pq,Qq                          | mmx
E9 66         | PSUBSW Vx,Wx                          | sse2
EA NP         | PMINSW Pq,Qq                          | sse
EA 66         | PMINSW Vx,Wx                          | sse2
EB NP         | POR Pq,Qq                             | mmx
EB 66         | POR Vx,Wx                             | sse2
EC NP         | PADDSB Pq,Qq                          | mmx
EC 66         | PADDSB Vx,Wx                          | sse2
ED NP         | PADDSW Pq,Qq                          | mmx
ED 66         | PADDSW Vx,Wx                          | sse2
EE NP         | PMAXSW Pq,Qq                          | sse
EE 66         | PMAXSW Vx,Wx                          | sse2
EF NP         | PXOR Pq,Qq                            | mmx
EF 66         | PXOR Vx,Wx                            | sse2
F0 F2         | LDDQU Vx,Mx                           | sse3
F1 NP         | PSLLW Pq,Qq                           | mmx
F1 66         | PSLLW Vx,Wx                           | sse2
F2 NP         | PSLLD Pq,Qq                           | mmx
F2 66         | PSLLD Vx,Wx                           | sse2
F3 NP         | PSLLQ Pq,Qq                           | mmx
F3 66         | PSLLQ Vx,Wx                           | sse2
F4 NP         | PMULUDQ Pq,Qq                         | sse2
F4 66         | PMULUDQ Vx,Wx                         | sse2
F5 NP         | PMADDWD Pq,Qq                         | mmx
F5 66         | PMADDWD Vx,Wx                         | sse2
F6 NP         | PSADBW Pq,Qq                          | sse
F6 66         | PSADBW Vx,Wx                          | sse2
F7 NP         | MASKMOVQ Pq,Nq                        | sse
F7 66         | MASKMOVDQU Vx,Ux                      | sse2
F8 NP         | PSUBB Pq,Qq                           | mmx
F8 66         | PSUBB Vx,Wx                           | sse2
F9 NP         | PSUBW Pq,Qq                           | mmx
F9 66         | PSUBW Vx,Wx                           | sse2
FA NP         | PSUBD Pq,Qq                           | mmx
FA 66         | PSUBD Vx,Wx                           | sse2
FB NP         | PSUBQ Pq,Qq                           | sse2
FB 66         | PSUBQ Vx,Wx                           | sse2
FC NP         | PADDB Pq,Qq                           | mmx
FC 66         | PADDB Vx,Wx                           | sse2
FD NP         | PADDW Pq,Qq                           | mmx
FD 66         | PADDW Vx,Wx                           | sse2
FE NP         | PADDD Pq,Qq                           | mmx
FE 66         | PADDD Vx,Wx                           | sse2
FF            | UD0 Gv,Ev =>UD0                       | end
`;
