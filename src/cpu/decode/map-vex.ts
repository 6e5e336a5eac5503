/**
 * The VEX opcode maps (SDM Vol. 2D, "Opcode Maps", and the instruction pages for AVX and later). How to read a row is
 * told in `row.ts`. A feature `avx:avx2` is `avx` for 128-bit and `avx2` for 256-bit operands. Rows without W stand for
 * either, as the manual's WIG does; rows without L for both lengths, or for scalars, which ignore it. Left out, so #UD:
 * opmask instructions and AMX, which no model has.
 */

export const MAP_VEX_0F = `
10 NP         | VMOVUPS Vps,Wps                       | avx
10 66         | VMOVUPD Vpd,Wpd                       | avx
10 F3 mem     | VMOVSS Vss,Md                         | avx
10 F3 reg     | VMOVSS Vss,Hss,Uss                    | avx
10 F2 mem     | VMOVSD Vsd,Mq                         | avx
10 F2 reg     | VMOVSD Vsd,Hsd,Usd                    | avx
11 NP         | VMOVUPS Wps,Vps                       | avx
11 66         | VMOVUPD Wpd,Vpd                       | avx
11 F3 mem     | VMOVSS Md,Vss                         | avx
11 F3 reg     | VMOVSS Uss,Hss,Vss                    | avx
11 F2 mem     | VMOVSD Mq,Vsd                         | avx
11 F2 reg     | VMOVSD Usd,Hsd,Vsd                    | avx
12 NP L0 mem  | VMOVLPS Vps,Hps,Mq                    | avx
12 NP L0 reg  | VMOVHLPS Vps,Hps,Ups                  | avx
12 66 L0      | VMOVLPD Vpd,Hpd,Mq                    | avx
12 F3         | VMOVSLDUP Vps,Wps                     | avx
12 F2 L0      | VMOVDDUP Vpd,Wsd                      | avx
12 F2 L1      | VMOVDDUP Vqq,Wqq                      | avx
13 NP L0      | VMOVLPS Mq,Vps                        | avx
13 66 L0      | VMOVLPD Mq,Vpd                        | avx
14 NP         | VUNPCKLPS Vps,Hps,Wps                 | avx
14 66         | VUNPCKLPD Vpd,Hpd,Wpd                 | avx
15 NP         | VUNPCKHPS Vps,Hps,Wps                 | avx
15 66         | VUNPCKHPD Vpd,Hpd,Wpd                 | avx
16 NP L0 mem  | VMOVHPS Vps,Hps,Mq                    | avx
16 NP L0 reg  | VMOVLHPS Vps,Hps,Ups                  | avx
16 66 L0      | VMOVHPD Vpd,Hpd,Mq                    | avx
16 F3         | VMOVSHDUP Vps,Wps                     | avx
17 NP L0      | VMOVHPS Mq,Vps                        | avx
17 66 L0      | VMOVHPD Mq,Vpd                        | avx
28 NP         | VMOVAPS Vps,Wps                       | avx
28 66         | VMOVAPD Vpd,Wpd                       | avx
29 NP         | VMOVAPS Wps,Vps                       | avx
29 66         | VMOVAPD Wpd,Vpd                       | avx
2A F3         | VCVTSI2SS Vss,Hss,Ey                  | avx
2A F2         | VCVTSI2SD Vsd,Hsd,Ey                  | avx
2B NP         | VMOVNTPS Mps,Vps                      | avx
2B 66         | VMOVNTPD Mpd,Vpd                      | avx
2C F3         | VCVTTSS2SI Gy,Wss                     | avx
2C F2         | VCVTTSD2SI Gy,Wsd                     | avx
2D F3         | VCVTSS2SI Gy,Wss                      | avx
2D F2         | VCVTSD2SI Gy,Wsd                      | avx
2E NP         | VUCOMISS Vss,Wss                      | avx
2E 66         | VUCOMISD Vsd,Wsd                      | avx
2F NP         | VCOMISS Vss,Wss                       | avx
2F 66         | VCOMISD Vsd,Wsd                       | avx
50 NP         | VMOVMSKPS Gy,Ups                      | avx
50 66         | VMOVMSKPD Gy,Upd                      | avx
51 NP         | VSQRTPS Vps,Wps                       | avx
51 66         | VSQRTPD Vpd,Wpd                       | avx
51 F3         | VSQRTSS Vss,Hss,Wss                   | avx
51 F2         | VSQRTSD Vsd,Hsd,Wsd                   | avx
52 NP         | VRSQRTPS Vps,Wps                      | avx
52 F3         | VRSQRTSS Vss,Hss,Wss                  | avx
53 NP         | VRCPPS Vps,Wps                        | avx
53 F3         | VRCPSS Vss,Hss,Wss                    | avx
54 NP         | VANDPS Vps,Hps,Wps                    | avx
54 66         | VANDPD Vpd,Hpd,Wpd                    | avx
55 NP         | VANDNPS Vps,Hps,Wps                   | avx
55 66         | VANDNPD Vpd,Hpd,Wpd                   | avx
56 NP         | VORPS Vps,Hps,Wps                     | avx
56 66         | VORPD Vpd,Hpd,Wpd                     | avx
57 NP         | VXORPS Vps,Hps,Wps                    | avx
57 66         | VXORPD Vpd,Hpd,Wpd                    | avx
58 NP         | VADDPS Vps,Hps,Wps                    | avx
58 66         | VADDPD Vpd,Hpd,Wpd                    | avx
58 F3         | VADDSS Vss,Hss,Wss                    | avx
58 F2         | VADDSD Vsd,Hsd,Wsd                    | avx
59 NP         | VMULPS Vps,Hps,Wps                    | avx
59 66         | VMULPD Vpd,Hpd,Wpd                    | avx
59 F3         | VMULSS Vss,Hss,Wss                    | avx
59 F2         | VMULSD Vsd,Hsd,Wsd                    | avx
5A NP         | VCVTPS2PD Vpd,Wh                      | avx
5A 66         | VCVTPD2PS Vdq,Wpd                     | avx
5A F3         | VCVTSS2SD Vsd,Hsd,Wss                 | avx
5A F2         | VCVTSD2SS Vss,Hss,Wsd                 | avx
5B NP         | VCVTDQ2PS Vps,Wx                      | avx
5B 66         | VCVTPS2DQ Vx,Wps                      | avx
5B F3         | VCVTTPS2DQ Vx,Wps                     | avx
5C NP         | VSUBPS Vps,Hps,Wps                    | avx
5C 66         | VSUBPD Vpd,Hpd,Wpd                    | avx
5C F3         | VSUBSS Vss,Hss,Wss                    | avx
5C F2         | VSUBSD Vsd,Hsd,Wsd                    | avx
5D NP         | VMINPS Vps,Hps,Wps                    | avx
5D 66         | VMINPD Vpd,Hpd,Wpd                    | avx
5D F3         | VMINSS Vss,Hss,Wss                    | avx
5D F2         | VMINSD Vsd,Hsd,Wsd                    | avx
5E NP         | VDIVPS Vps,Hps,Wps                    | avx
5E 66         | VDIVPD Vpd,Hpd,Wpd                    | avx
5E F3         | VDIVSS Vss,Hss,Wss                    | avx
5E F2         | VDIVSD Vsd,Hsd,Wsd                    | avx
5F NP         | VMAXPS Vps,Hps,Wps                    | avx
5F 66         | VMAXPD Vpd,Hpd,Wpd                    | avx
5F F3         | VMAXSS Vss,Hss,Wss                    | avx
5F F2         | VMAXSD Vsd,Hsd,Wsd                    | avx
60 66         | VPUNPCKLBW Vx,Hx,Wx                   | avx:avx2
61 66         | VPUNPCKLWD Vx,Hx,Wx                   | avx:avx2
62 66         | VPUNPCKLDQ Vx,Hx,Wx                   | avx:avx2
63 66         | VPACKSSWB Vx,Hx,Wx                    | avx:avx2
64 66         | VPCMPGTB Vx,Hx,Wx                     | avx:avx2
65 66         | VPCMPGTW Vx,Hx,Wx                     | avx:avx2
66 66         | VPCMPGTD Vx,Hx,Wx                     | avx:avx2
67 66         | VPACKUSWB Vx,Hx,Wx                    | avx:avx2
68 66         | VPUNPCKHBW Vx,Hx,Wx                   | avx:avx2
69 66         | VPUNPCKHWD Vx,Hx,Wx                   | avx:avx2
6A 66         | VPUNPCKHDQ Vx,Hx,Wx                   | avx:avx2
6B 66         | VPACKSSDW Vx,Hx,Wx                    | avx:avx2
6C 66         | VPUNPCKLQDQ Vx,Hx,Wx                  | avx:avx2
6D 66         | VPUNPCKHQDQ Vx,Hx,Wx                  | avx:avx2
6E 66 L0 W1   | VMOVQ Vq,Eq                           | o64 avx
6E 66 L0      | VMOVD Vd,Ed                           | avx
6F 66         | VMOVDQA Vx,Wx                         | avx
6F F3         | VMOVDQU Vx,Wx                         | avx
70 66         | VPSHUFD Vx,Wx,Ib                      | avx:avx2
70 F3         | VPSHUFHW Vx,Wx,Ib                     | avx:avx2
70 F2         | VPSHUFLW Vx,Wx,Ib                     | avx:avx2
71 66 /2      | VPSRLW Hx,Ux,Ib                       | avx:avx2
71 66 /4      | VPSRAW Hx,Ux,Ib                       | avx:avx2
71 66 /6      | VPSLLW Hx,Ux,Ib                       | avx:avx2
72 66 /2      | VPSRLD Hx,Ux,Ib                       | avx:avx2
72 66 /4      | VPSRAD Hx,Ux,Ib                       | avx:avx2
72 66 /6      | VPSLLD Hx,Ux,Ib                       | avx:avx2
73 66 /2      | VPSRLQ Hx,Ux,Ib                       | avx:avx2
73 66 /3      | VPSRLDQ Hx,Ux,Ib                      | avx:avx2
73 66 /6      | VPSLLQ Hx,Ux,Ib                       | avx:avx2
73 66 /7      | VPSLLDQ Hx,Ux,Ib                      | avx:avx2
74 66         | VPCMPEQB Vx,Hx,Wx                     | avx:avx2
75 66         | VPCMPEQW Vx,Hx,Wx                     | avx:avx2
76 66         | VPCMPEQD Vx,Hx,Wx                     | avx:avx2
77 NP L0      | VZEROUPPER                            | avx
77 NP L1      | VZEROALL                              | avx
7C 66         | VHADDPD Vpd,Hpd,Wpd                   | avx
7C F2         | VHADDPS Vps,Hps,Wps                   | avx
7D 66         | VHSUBPD Vpd,Hpd,Wpd                   | avx
7D F2         | VHSUBPS Vps,Hps,Wps                   | avx
7E 66 L0 W1   | VMOVQ Eq,Vq                           | o64 avx
7E 66 L0      | VMOVD Ed,Vd                           | avx
7E F3 L0      | VMOVQ Vq,Wq                           | avx
7F 66         | VMOVDQA Wx,Vx                         | avx
7F F3         | VMOVDQU Wx,Vx                         | avx
AE NP L0 /2 mem| VLDMXCSR Md                           | avx
AE NP L0 /3 mem| VSTMXCSR Md                           | avx
C2 NP         | VCMPPS Vps,Hps,Wps,Ib                 | avx
C2 66         | VCMPPD Vpd,Hpd,Wpd,Ib                 | avx
C2 F3         | VCMPSS Vss,Hss,Wss,Ib                 | avx
C2 F2         | VCMPSD Vsd,Hsd,Wsd,Ib                 | avx
C4 66 L0 mem  | VPINSRW Vx,Hx,Mw,Ib                   | avx
C4 66 L0 reg  | VPINSRW Vx,Hx,Rd,Ib                   | avx
C5 66 L0      | VPEXTRW Gd,Ux,Ib                      | avx
C6 NP         | VSHUFPS Vps,Hps,Wps,Ib                | avx
C6 66         | VSHUFPD Vpd,Hpd,Wpd,Ib                | avx
D0 66         | VADDSUBPD Vpd,Hpd,Wpd                 | avx
D0 F2         | VADDSUBPS Vps,Hps,Wps                 | avx
D1 66         | VPSRLW Vx,Hx,Wdq                      | avx:avx2
D2 66         | VPSRLD Vx,Hx,Wdq                      | avx:avx2
D3 66         | VPSRLQ Vx,Hx,Wdq                      | avx:avx2
D4 66         | VPADDQ Vx,Hx,Wx                       | avx:avx2
D5 66         | VPMULLW Vx,Hx,Wx                      | avx:avx2
D6 66 L0      | VMOVQ Wq,Vq                           | avx
D7 66         | VPMOVMSKB Gd,Ux                       | avx:avx2
D8 66         | VPSUBUSB Vx,Hx,Wx                     | avx:avx2
D9 66         | VPSUBUSW Vx,Hx,Wx                     | avx:avx2
DA 66         | VPMINUB Vx,Hx,Wx                      | avx:avx2
DB 66         | VPAND Vx,Hx,Wx                        | avx:avx2
DC 66         | VPADDUSB Vx,Hx,Wx                     | avx:avx2
DD 66         | VPADDUSW Vx,Hx,Wx                     | avx:avx2
DE 66         | VPMAXUB Vx,Hx,Wx                      | avx:avx2
DF 66         | VPANDN Vx,Hx,Wx                       | avx:avx2
E0 66         | VPAVGB Vx,Hx,Wx                       | avx:avx2
E1 66         | VPSRAW Vx,Hx,Wdq                      | avx:avx2
E2 66         | VPSRAD Vx,Hx,Wdq                      | avx:avx2
E3 66         | VPAVGW Vx,Hx,Wx                       | avx:avx2
E4 66         | VPMULHUW Vx,Hx,Wx                     | avx:avx2
E5 66         | VPMULHW Vx,Hx,Wx                      | avx:avx2
E6 66         | VCVTTPD2DQ Vdq,Wpd                    | avx
E6 F3         | VCVTDQ2PD Vpd,Wh                      | avx
E6 F2         | VCVTPD2DQ Vdq,Wpd                     | avx
E7 66         | VMOVNTDQ Mx,Vx                        | avx
E8 66         | VPSUBSB Vx,Hx,Wx                      | avx:avx2
E9 66         | VPSUBSW Vx,Hx,Wx                      | avx:avx2
EA 66         | VPMINSW Vx,Hx,Wx                      | avx:avx2
EB 66         | VPOR Vx,Hx,Wx                         | avx:avx2
EC 66         | VPADDSB Vx,Hx,Wx                      | avx:avx2
ED 66         | VPADDSW Vx,Hx,Wx                      | avx:avx2
EE 66         | VPMAXSW Vx,Hx,Wx                      | avx:avx2
EF 66         | VPXOR Vx,Hx,Wx                        | avx:avx2
F0 F2         | VLDDQU Vx,Mx                          | avx
F1 66         | VPSLLW Vx,Hx,Wdq                      | avx:avx2
F2 66         | VPSLLD Vx,Hx,Wdq                      | avx:avx2
F3 66         | VPSLLQ Vx,Hx,Wdq                      | avx:avx2
F4 66         | VPMULUDQ Vx,Hx,Wx                     | avx:avx2
F5 66         | VPMADDWD Vx,Hx,Wx                     | avx:avx2
F6 66         | VPSADBW Vx,Hx,Wx                      | avx:avx2
F7 66 L0      | VMASKMOVDQU Vx,Ux                     | avx
F8 66         | VPSUBB Vx,Hx,Wx                       | avx:avx2
F9 66         | VPSUBW Vx,Hx,Wx                       | avx:avx2
FA 66         | VPSUBD Vx,Hx,Wx                       | avx:avx2
FB 66         | VPSUBQ Vx,Hx,Wx                       | avx:avx2
FC 66         | VPADDB Vx,Hx,Wx                       | avx:avx2
FD 66         | VPADDW Vx,Hx,Wx                       | avx:avx2
FE 66         | VPADDD Vx,Hx,Wx                       | avx:avx2
`;

export const MAP_VEX_0F38 = `
00 66         | VPSHUFB Vx,Hx,Wx                      | avx:avx2
01 66         | VPHADDW Vx,Hx,Wx                      | avx:avx2
02 66         | VPHADDD Vx,Hx,Wx                      | avx:avx2
03 66         | VPHADDSW Vx,Hx,Wx                     | avx:avx2
04 66         | VPMADDUBSW Vx,Hx,Wx                   | avx:avx2
05 66         | VPHSUBW Vx,Hx,Wx                      | avx:avx2
06 66         | VPHSUBD Vx,Hx,Wx                      | avx:avx2
07 66         | VPHSUBSW Vx,Hx,Wx                     | avx:avx2
08 66         | VPSIGNB Vx,Hx,Wx                      | avx:avx2
09 66         | VPSIGNW Vx,Hx,Wx                      | avx:avx2
0A 66         | VPSIGND Vx,Hx,Wx                      | avx:avx2
0B 66         | VPMULHRSW Vx,Hx,Wx                    | avx:avx2
0C 66 W0      | VPERMILPS Vps,Hps,Wps                 | avx
0D 66 W0      | VPERMILPD Vpd,Hpd,Wpd                 | avx
0E 66 W0      | VTESTPS Vps,Wps                       | avx
0F 66 W0      | VTESTPD Vpd,Wpd                       | avx
13 66 W0      | VCVTPH2PS Vps,Wh                      | f16c
16 66 W0 L1   | VPERMPS Vps,Hps,Wps                   | avx2
17 66         | VPTEST Vx,Wx                          | avx
18 66 W0 mem  | VBROADCASTSS Vps,Md                   | avx
18 66 W0 reg  | VBROADCASTSS Vps,Uss                  | avx2
19 66 W0 L1 mem| VBROADCASTSD Vpd,Mq                   | avx
19 66 W0 L1 reg| VBROADCASTSD Vpd,Usd                  | avx2
1A 66 W0 L1   | VBROADCASTF128 Vqq,Mdq                | avx
1C 66         | VPABSB Vx,Wx                          | avx:avx2
1D 66         | VPABSW Vx,Wx                          | avx:avx2
1E 66         | VPABSD Vx,Wx                          | avx:avx2
20 66         | VPMOVSXBW Vx,Wh                       | avx:avx2
21 66         | VPMOVSXBD Vx,Wf                       | avx:avx2
22 66         | VPMOVSXBQ Vx,We                       | avx:avx2
23 66         | VPMOVSXWD Vx,Wh                       | avx:avx2
24 66         | VPMOVSXWQ Vx,Wf                       | avx:avx2
25 66         | VPMOVSXDQ Vx,Wh                       | avx:avx2
28 66         | VPMULDQ Vx,Hx,Wx                      | avx:avx2
29 66         | VPCMPEQQ Vx,Hx,Wx                     | avx:avx2
2A 66         | VMOVNTDQA Vx,Mx                       | avx:avx2
2B 66         | VPACKUSDW Vx,Hx,Wx                    | avx:avx2
2C 66 W0      | VMASKMOVPS Vps,Hps,Mps                | avx
2D 66 W0      | VMASKMOVPD Vpd,Hpd,Mpd                | avx
2E 66 W0      | VMASKMOVPS Mps,Hps,Vps                | avx
2F 66 W0      | VMASKMOVPD Mpd,Hpd,Vpd                | avx
30 66         | VPMOVZXBW Vx,Wh                       | avx:avx2
31 66         | VPMOVZXBD Vx,Wf                       | avx:avx2
32 66         | VPMOVZXBQ Vx,We                       | avx:avx2
33 66         | VPMOVZXWD Vx,Wh                       | avx:avx2
34 66         | VPMOVZXWQ Vx,Wf                       | avx:avx2
35 66         | VPMOVZXDQ Vx,Wh                       | avx:avx2
36 66 W0 L1   | VPERMD Vqq,Hqq,Wqq                    | avx2
37 66         | VPCMPGTQ Vx,Hx,Wx                     | avx:avx2
38 66         | VPMINSB Vx,Hx,Wx                      | avx:avx2
39 66         | VPMINSD Vx,Hx,Wx                      | avx:avx2
3A 66         | VPMINUW Vx,Hx,Wx                      | avx:avx2
3B 66         | VPMINUD Vx,Hx,Wx                      | avx:avx2
3C 66         | VPMAXSB Vx,Hx,Wx                      | avx:avx2
3D 66         | VPMAXSD Vx,Hx,Wx                      | avx:avx2
3E 66         | VPMAXUW Vx,Hx,Wx                      | avx:avx2
3F 66         | VPMAXUD Vx,Hx,Wx                      | avx:avx2
40 66         | VPMULLD Vx,Hx,Wx                      | avx:avx2
41 66 L0      | VPHMINPOSUW Vx,Wx                     | avx
45 66 W0      | VPSRLVD Vx,Hx,Wx                      | avx2
45 66 W1      | VPSRLVQ Vx,Hx,Wx                      | avx2
46 66 W0      | VPSRAVD Vx,Hx,Wx                      | avx2
47 66 W0      | VPSLLVD Vx,Hx,Wx                      | avx2
47 66 W1      | VPSLLVQ Vx,Hx,Wx                      | avx2
58 66 W0      | VPBROADCASTD Vx,Wd                    | avx2
59 66 W0      | VPBROADCASTQ Vx,Wq                    | avx2
5A 66 W0 L1   | VBROADCASTI128 Vqq,Mdq                | avx2
78 66 W0      | VPBROADCASTB Vx,Wb                    | avx2
79 66 W0      | VPBROADCASTW Vx,Ww                    | avx2
8C 66 W0      | VPMASKMOVD Vx,Hx,Mx                   | avx2
8C 66 W1      | VPMASKMOVQ Vx,Hx,Mx                   | avx2
8E 66 W0      | VPMASKMOVD Mx,Hx,Vx                   | avx2
8E 66 W1      | VPMASKMOVQ Mx,Hx,Vx                   | avx2
90 66 W0      | VPGATHERDD Vx,Mvd,Hx                  | avx2 distinct
90 66 W1      | VPGATHERDQ Vx,Mvq,Hx                  | avx2 distinct
91 66 W0      | VPGATHERQD Vdq,Mvd,Hdq                | avx2 distinct
91 66 W1      | VPGATHERQQ Vx,Mvq,Hx                  | avx2 distinct
92 66 W0      | VGATHERDPS Vps,Mvd,Hps                | avx2 distinct
92 66 W1      | VGATHERDPD Vpd,Mvq,Hpd                | avx2 distinct
93 66 W0      | VGATHERQPS Vdq,Mvd,Hdq                | avx2 distinct
93 66 W1      | VGATHERQPD Vpd,Mvq,Hpd                | avx2 distinct
96 66 W0      | VFMADDSUB132PS Vps,Hps,Wps            | fma
96 66 W1      | VFMADDSUB132PD Vpd,Hpd,Wpd            | fma
97 66 W0      | VFMSUBADD132PS Vps,Hps,Wps            | fma
97 66 W1      | VFMSUBADD132PD Vpd,Hpd,Wpd            | fma
98 66 W0      | VFMADD132PS Vps,Hps,Wps               | fma
98 66 W1      | VFMADD132PD Vpd,Hpd,Wpd               | fma
99 66 W0      | VFMADD132SS Vss,Hss,Wss               | fma
99 66 W1      | VFMADD132SD Vsd,Hsd,Wsd               | fma
9A 66 W0      | VFMSUB132PS Vps,Hps,Wps               | fma
9A 66 W1      | VFMSUB132PD Vpd,Hpd,Wpd               | fma
9B 66 W0      | VFMSUB132SS Vss,Hss,Wss               | fma
9B 66 W1      | VFMSUB132SD Vsd,Hsd,Wsd               | fma
9C 66 W0      | VFNMADD132PS Vps,Hps,Wps              | fma
9C 66 W1      | VFNMADD132PD Vpd,Hpd,Wpd              | fma
9D 66 W0      | VFNMADD132SS Vss,Hss,Wss              | fma
9D 66 W1      | VFNMADD132SD Vsd,Hsd,Wsd              | fma
9E 66 W0      | VFNMSUB132PS Vps,Hps,Wps              | fma
9E 66 W1      | VFNMSUB132PD Vpd,Hpd,Wpd              | fma
9F 66 W0      | VFNMSUB132SS Vss,Hss,Wss              | fma
9F 66 W1      | VFNMSUB132SD Vsd,Hsd,Wsd              | fma
A6 66 W0      | VFMADDSUB213PS Vps,Hps,Wps            | fma
A6 66 W1      | VFMADDSUB213PD Vpd,Hpd,Wpd            | fma
A7 66 W0      | VFMSUBADD213PS Vps,Hps,Wps            | fma
A7 66 W1      | VFMSUBADD213PD Vpd,Hpd,Wpd            | fma
A8 66 W0      | VFMADD213PS Vps,Hps,Wps               | fma
A8 66 W1      | VFMADD213PD Vpd,Hpd,Wpd               | fma
A9 66 W0      | VFMADD213SS Vss,Hss,Wss               | fma
A9 66 W1      | VFMADD213SD Vsd,Hsd,Wsd               | fma
AA 66 W0      | VFMSUB213PS Vps,Hps,Wps               | fma
AA 66 W1      | VFMSUB213PD Vpd,Hpd,Wpd               | fma
AB 66 W0      | VFMSUB213SS Vss,Hss,Wss               | fma
AB 66 W1      | VFMSUB213SD Vsd,Hsd,Wsd               | fma
AC 66 W0      | VFNMADD213PS Vps,Hps,Wps              | fma
AC 66 W1      | VFNMADD213PD Vpd,Hpd,Wpd              | fma
AD 66 W0      | VFNMADD213SS Vss,Hss,Wss              | fma
AD 66 W1      | VFNMADD213SD Vsd,Hsd,Wsd              | fma
AE 66 W0      | VFNMSUB213PS Vps,Hps,Wps              | fma
AE 66 W1      | VFNMSUB213PD Vpd,Hpd,Wpd              | fma
AF 66 W0      | VFNMSUB213SS Vss,Hss,Wss              | fma
AF 66 W1      | VFNMSUB213SD Vsd,Hsd,Wsd              | fma
B6 66 W0      | VFMADDSUB231PS Vps,Hps,Wps            | fma
B6 66 W1      | VFMADDSUB231PD Vpd,Hpd,Wpd            | fma
B7 66 W0      | VFMSUBADD231PS Vps,Hps,Wps            | fma
B7 66 W1      | VFMSUBADD231PD Vpd,Hpd,Wpd            | fma
B8 66 W0      | VFMADD231PS Vps,Hps,Wps               | fma
B8 66 W1      | VFMADD231PD Vpd,Hpd,Wpd               | fma
B9 66 W0      | VFMADD231SS Vss,Hss,Wss               | fma
B9 66 W1      | VFMADD231SD Vsd,Hsd,Wsd               | fma
BA 66 W0      | VFMSUB231PS Vps,Hps,Wps               | fma
BA 66 W1      | VFMSUB231PD Vpd,Hpd,Wpd               | fma
BB 66 W0      | VFMSUB231SS Vss,Hss,Wss               | fma
BB 66 W1      | VFMSUB231SD Vsd,Hsd,Wsd               | fma
BC 66 W0      | VFNMADD231PS Vps,Hps,Wps              | fma
BC 66 W1      | VFNMADD231PD Vpd,Hpd,Wpd              | fma
BD 66 W0      | VFNMADD231SS Vss,Hss,Wss              | fma
BD 66 W1      | VFNMADD231SD Vsd,Hsd,Wsd              | fma
BE 66 W0      | VFNMSUB231PS Vps,Hps,Wps              | fma
BE 66 W1      | VFNMSUB231PD Vpd,Hpd,Wpd              | fma
BF 66 W0      | VFNMSUB231SS Vss,Hss,Wss              | fma
BF 66 W1      | VFNMSUB231SD Vsd,Hsd,Wsd              | fma
CF 66 W0      | VGF2P8MULB Vx,Hx,Wx                   | gfni
DB 66 L0      | VAESIMC Vx,Wx                         | aes
DC 66         | VAESENC Vx,Hx,Wx                      | aes:vaes
DD 66         | VAESENCLAST Vx,Hx,Wx                  | aes:vaes
DE 66         | VAESDEC Vx,Hx,Wx                      | aes:vaes
DF 66         | VAESDECLAST Vx,Hx,Wx                  | aes:vaes
F2 NP L0      | ANDN Gy,By,Ey                         | bmi1
F3 NP L0 /1   | BLSR By,Ey                            | bmi1
F3 NP L0 /2   | BLSMSK By,Ey                          | bmi1
F3 NP L0 /3   | BLSI By,Ey                            | bmi1
F5 NP L0      | BZHI Gy,Ey,By                         | bmi2
F5 F3 L0      | PEXT Gy,By,Ey                         | bmi2
F5 F2 L0      | PDEP Gy,By,Ey                         | bmi2
F6 F2 L0      | MULX Gy,By,Ey                         | bmi2
F7 NP L0      | BEXTR Gy,Ey,By                        | bmi1
F7 66 L0      | SHLX Gy,Ey,By                         | bmi2
F7 F3 L0      | SARX Gy,Ey,By                         | bmi2
F7 F2 L0      | SHRX Gy,Ey,By                         | bmi2
`;

export const MAP_VEX_0F3A = `
00 66 W1 L1   | VPERMQ Vqq,Wqq,Ib                     | avx2
01 66 W1 L1   | VPERMPD Vqq,Wqq,Ib                    | avx2
02 66 W0      | VPBLENDD Vx,Hx,Wx,Ib                  | avx2
04 66 W0      | VPERMILPS Vps,Wps,Ib                  | avx
05 66 W0      | VPERMILPD Vpd,Wpd,Ib                  | avx
06 66 W0 L1   | VPERM2F128 Vqq,Hqq,Wqq,Ib             | avx
08 66         | VROUNDPS Vps,Wps,Ib                   | avx
09 66         | VROUNDPD Vpd,Wpd,Ib                   | avx
0A 66         | VROUNDSS Vss,Hss,Wss,Ib               | avx
0B 66         | VROUNDSD Vsd,Hsd,Wsd,Ib               | avx
0C 66         | VBLENDPS Vps,Hps,Wps,Ib               | avx
0D 66         | VBLENDPD Vpd,Hpd,Wpd,Ib               | avx
0E 66         | VPBLENDW Vx,Hx,Wx,Ib                  | avx:avx2
0F 66         | VPALIGNR Vx,Hx,Wx,Ib                  | avx:avx2
14 66 L0 mem  | VPEXTRB Mb,Vx,Ib                      | avx
14 66 L0 reg  | VPEXTRB Rd,Vx,Ib                      | avx
15 66 L0 mem  | VPEXTRW Mw,Vx,Ib                      | avx
15 66 L0 reg  | VPEXTRW Rd,Vx,Ib                      | avx
16 66 L0 W1   | VPEXTRQ Eq,Vx,Ib                      | o64 avx
16 66 L0      | VPEXTRD Ed,Vx,Ib                      | avx
17 66 L0      | VEXTRACTPS Ed,Vps,Ib                  | avx
18 66 W0 L1   | VINSERTF128 Vqq,Hqq,Wdq,Ib            | avx
19 66 W0 L1   | VEXTRACTF128 Wdq,Vqq,Ib               | avx
1D 66 W0      | VCVTPS2PH Wh,Vps,Ib                   | f16c
20 66 L0 mem  | VPINSRB Vx,Hx,Mb,Ib                   | avx
20 66 L0 reg  | VPINSRB Vx,Hx,Rd,Ib                   | avx
21 66 L0      | VINSERTPS Vps,Hps,Wss,Ib              | avx
22 66 L0 W1   | VPINSRQ Vx,Hx,Eq,Ib                   | o64 avx
22 66 L0      | VPINSRD Vx,Hx,Ed,Ib                   | avx
38 66 W0 L1   | VINSERTI128 Vqq,Hqq,Wdq,Ib            | avx2
39 66 W0 L1   | VEXTRACTI128 Wdq,Vqq,Ib               | avx2
40 66         | VDPPS Vps,Hps,Wps,Ib                  | avx
41 66 L0      | VDPPD Vpd,Hpd,Wpd,Ib                  | avx
42 66         | VMPSADBW Vx,Hx,Wx,Ib                  | avx:avx2
44 66         | VPCLMULQDQ Vx,Hx,Wx,Ib                | pclmulqdq:vpclmulqdq
46 66 W0 L1   | VPERM2I128 Vqq,Hqq,Wqq,Ib             | avx2
4A 66 W0      | VBLENDVPS Vps,Hps,Wps,Lx              | avx
4B 66 W0      | VBLENDVPD Vpd,Hpd,Wpd,Lx              | avx
4C 66 W0      | VPBLENDVB Vx,Hx,Wx,Lx                 | avx:avx2
60 66 L0      | VPCMPESTRM Vx,Wx,Ib                   | avx
61 66 L0      | VPCMPESTRI Vx,Wx,Ib                   | avx
62 66 L0      | VPCMPISTRM Vx,Wx,Ib                   | avx
63 66 L0      | VPCMPISTRI Vx,Wx,Ib                   | avx
CE 66 W1      | VGF2P8AFFINEQB Vx,Hx,Wx,Ib            | gfni
CF 66 W1      | VGF2P8AFFINEINVQB Vx,Hx,Wx,Ib         | gfni
DF 66 L0      | VAESKEYGENASSIST Vx,Wx,Ib             | aes
F0 F2 L0      | RORX Gy,Ey,Ib                         | bmi2
`;
