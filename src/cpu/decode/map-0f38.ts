/** The three-byte opcode map 0F 38 (SDM Vol. 2D, "Three-Byte Opcode Map"). How to read a row is told in `row.ts`. */
export const MAP_0F38 = `
00 NP         | PSHUFB Pq,Qq                          | ssse3
00 66         | PSHUFB Vx,Wx                          | ssse3
01 NP         | PHADDW Pq,Qq                          | ssse3
01 66         | PHADDW Vx,Wx                          | ssse3
02 NP         | PHADDD Pq,Qq                          | ssse3
02 66         | PHADDD Vx,Wx                          | ssse3
03 NP         | PHADDSW Pq,Qq                         | ssse3
03 66         | PHADDSW Vx,Wx                         | ssse3
04 NP         | PMADDUBSW Pq,Qq                       | ssse3
04 66         | PMADDUBSW Vx,Wx                       | ssse3
05 NP         | PHSUBW Pq,Qq                          | ssse3
05 66         | PHSUBW Vx,Wx                          | ssse3
06 NP         | PHSUBD Pq,Qq                          | ssse3
06 66         | PHSUBD Vx,Wx                          | ssse3
07 NP         | PHSUBSW Pq,Qq                         | ssse3
07 66         | PHSUBSW Vx,Wx                         | ssse3
08 NP         | PSIGNB Pq,Qq                          | ssse3
08 66         | PSIGNB Vx,Wx                          | ssse3
09 NP         | PSIGNW Pq,Qq                          | ssse3
09 66         | PSIGNW Vx,Wx                          | ssse3
0A NP         | PSIGND Pq,Qq                          | ssse3
0A 66         | PSIGND Vx,Wx                          | ssse3
0B NP         | PMULHRSW Pq,Qq                        | ssse3
0B 66         | PMULHRSW Vx,Wx                        | ssse3
10 66         | PBLENDVB Vx,Wx,XMM0                   | sse4.1
14 66         | BLENDVPS Vps,Wps,XMM0                 | sse4.1
15 66         | BLENDVPD Vpd,Wpd,XMM0                 | sse4.1
17 66         | PTEST Vx,Wx                           | sse4.1
1C NP         | PABSB Pq,Qq                           | ssse3
1C 66         | PABSB Vx,Wx                           | ssse3
1D NP         | PABSW Pq,Qq                           | ssse3
1D 66         | PABSW Vx,Wx                           | ssse3
1E NP         | PABSD Pq,Qq                           | ssse3
1E 66         | PABSD Vx,Wx                           | ssse3
20 66         | PMOVSXBW Vx,Wq                        | sse4.1
21 66         | PMOVSXBD Vx,Wd                        | sse4.1
22 66         | PMOVSXBQ Vx,Ww                        | sse4.1
23 66         | PMOVSXWD Vx,Wq                        | sse4.1
24 66         | PMOVSXWQ Vx,Wd                        | sse4.1
25 66         | PMOVSXDQ Vx,Wq                        | sse4.1
28 66         | PMULDQ Vx,Wx                          | sse4.1
29 66         | PCMPEQQ Vx,Wx                         | sse4.1
2A 66         | MOVNTDQA Vx,Mx                        | sse4.1
2B 66         | PACKUSDW Vx,Wx                        | sse4.1
30 66         | PMOVZXBW Vx,Wq                        | sse4.1
31 66         | PMOVZXBD Vx,Wd                        | sse4.1
32 66         | PMOVZXBQ Vx,Ww                        | sse4.1
33 66         | PMOVZXWD Vx,Wq                        | sse4.1
34 66         | PMOVZXWQ Vx,Wd                        | sse4.1
35 66         | PMOVZXDQ Vx,Wq                        | sse4.1
37 66         | PCMPGTQ Vx,Wx                         | sse4.2
38 66         | PMINSB Vx,Wx                          | sse4.1
39 66         | PMINSD Vx,Wx                          | sse4.1
3A 66         | PMINUW Vx,Wx                          | sse4.1
3B 66         | PMINUD Vx,Wx                          | sse4.1
3C 66         | PMAXSB Vx,Wx                          | sse4.1
3D 66         | PMAXSD Vx,Wx                          | sse4.1
3E 66         | PMAXUW Vx,Wx                          | sse4.1
3F 66         | PMAXUD Vx,Wx                          | sse4.1
40 66         | PMULLD Vx,Wx                          | sse4.1
41 66         | PHMINPOSUW Vx,Wx                      | sse4.1
80 66         | INVEPT Gy,Mdq                         | vmx m64 end
81 66         | INVVPID Gy,Mdq                        | vmx m64 end
82 66         | INVPCID Gy,Mdq =>INVPCID              | invpcid m64 end
C8 NP         | SHA1NEXTE Vx,Wx                       | sha
C9 NP         | SHA1MSG1 Vx,Wx                        | sha
CA NP         | SHA1MSG2 Vx,Wx                        | sha
CB NP         | SHA256RNDS2 Vx,Wx,XMM0                | sha
CC NP         | SHA256MSG1 Vx,Wx                      | sha
CD NP         | SHA256MSG2 Vx,Wx                      | sha
CF 66         | GF2P8MULB Vx,Wx                       | gfni
DB 66         | AESIMC Vx,Wx                          | aes
DC 66         | AESENC Vx,Wx                          | aes
DD 66         | AESENCLAST Vx,Wx                      | aes
DE 66         | AESDEC Vx,Wx                          | aes
DF 66         | AESDECLAST Vx,Wx                      | aes
F0 F2         | CRC32 Gy,Eb                           | sse4.2
F0 NP 66      | MOVBE Gv,Mv                           | movbe
F1 F2         | CRC32 Gy,Ev                           | sse4.2
F1 NP 66      | MOVBE Mv,Gv                           | movbe
F5 66         | WRUSS My,Gy                           | cet_ss
F6 NP mem     | WRSS My,Gy                            | cet_ss
F6 66         | ADCX Gy,Ey                            | adx
F6 F3         | ADOX Gy,Ey                            | adx
F8 66         | MOVDIR64B Gy,M =>MOVDIR64B            | movdir64b
F9 NP         | MOVDIRI My,Gy                         | movdiri
`;
