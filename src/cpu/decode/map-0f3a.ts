/** The three-byte opcode map 0F 3A (SDM Vol. 2D, "Three-Byte Opcode Map"). How to read a row is told in `row.ts`. */
export const MAP_0F3A = `
08 66         | ROUNDPS Vps,Wps,Ib                    | sse4.1
09 66         | ROUNDPD Vpd,Wpd,Ib                    | sse4.1
0A 66         | ROUNDSS Vss,Wss,Ib                    | sse4.1
0B 66         | ROUNDSD Vsd,Wsd,Ib                    | sse4.1
0C 66         | BLENDPS Vps,Wps,Ib                    | sse4.1
0D 66         | BLENDPD Vpd,Wpd,Ib                    | sse4.1
0E 66         | PBLENDW Vx,Wx,Ib                      | sse4.1
0F NP         | PALIGNR Pq,Qq,Ib                      | ssse3
0F 66         | PALIGNR Vx,Wx,Ib                      | ssse3
14 66 mem     | PEXTRB Mb,Vx,Ib                       | sse4.1
14 66 reg     | PEXTRB Rd,Vx,Ib                       | sse4.1
15 66 mem     | PEXTRW Mw,Vx,Ib                       | sse4.1
15 66 reg     | PEXTRW Rd,Vx,Ib                       | sse4.1
16 66 W1      | PEXTRQ Eq,Vx,Ib                       | sse4.1 o64
16 66         | PEXTRD Ed,Vx,Ib                       | sse4.1
17 66         | EXTRACTPS Ed,Vps,Ib                   | sse4.1
20 66 mem     | PINSRB Vx,Mb,Ib                       | sse4.1
20 66 reg     | PINSRB Vx,Rd,Ib                       | sse4.1
21 66         | INSERTPS Vps,Wss,Ib                   | sse4.1
22 66 W1      | PINSRQ Vx,Eq,Ib                       | sse4.1 o64
22 66         | PINSRD Vx,Ed,Ib                       | sse4.1
40 66         | DPPS Vps,Wps,Ib                       | sse4.1
41 66         | DPPD Vpd,Wpd,Ib                       | sse4.1
42 66         | MPSADBW Vx,Wx,Ib                      | sse4.1
44 66         | PCLMULQDQ Vx,Wx,Ib                    | pclmulqdq
60 66         | PCMPESTRM Vx,Wx,Ib                    | sse4.2
61 66         | PCMPESTRI Vx,Wx,Ib                    | sse4.2
62 66         | PCMPISTRM Vx,Wx,Ib                    | sse4.2
63 66         | PCMPISTRI Vx,Wx,Ib                    | sse4.2
CC NP         | SHA1RNDS4 Vx,Wx,Ib                    | sha
CE 66         | GF2P8AFFINEQB Vx,Wx,Ib                | gfni
CF 66         | GF2P8AFFINEINVQB Vx,Wx,Ib             | gfni
DF 66         | AESKEYGENASSIST Vx,Wx,Ib              | aes
`;
