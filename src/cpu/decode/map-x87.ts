/**
 * The escape opcodes D8 to DF (SDM Vol. 2D, "Escape Opcode Instructions"). How to read a row is told in `row.ts`.
 * The aliases that no manual names but every processor has (DC D0, DE D0, DF C8 and so on) are rows of their own.
 */
export const MAP_X87 = `
D8 /0 mem     | FADD Md                               | fpu
D8 /1 mem     | FMUL Md                               | fpu
D8 /2 mem     | FCOM Md                               | fpu
D8 /3 mem     | FCOMP Md                              | fpu
D8 /4 mem     | FSUB Md                               | fpu
D8 /5 mem     | FSUBR Md                              | fpu
D8 /6 mem     | FDIV Md                               | fpu
D8 /7 mem     | FDIVR Md                              | fpu
D8:C0+        | FADD ST,STi                           | fpu
D8:C8+        | FMUL ST,STi                           | fpu
D8:D0+        | FCOM ST,STi                           | fpu
D8:D8+        | FCOMP ST,STi                          | fpu
D8:E0+        | FSUB ST,STi                           | fpu
D8:E8+        | FSUBR ST,STi                          | fpu
D8:F0+        | FDIV ST,STi                           | fpu
D8:F8+        | FDIVR ST,STi                          | fpu
D9 /0 mem     | FLD Md                                | fpu
D9 /2 mem     | FST Md                                | fpu
D9 /3 mem     | FSTP Md                               | fpu
D9 /4 mem     | FLDENV M                              | fpu
D9 /5 mem     | FLDCW Mw                              | fpu
D9 /6 mem     | FNSTENV M                             | fpu
D9 /7 mem     | FNSTCW Mw                             | fpu
D9:C0+        | FLD STi                               | fpu
D9:C8+        | FXCH STi                              | fpu
D9:D0         | FNOP                                  | fpu
D9:D8+        | FSTP STi                              | fpu
D9:E0         | FCHS                                  | fpu
D9:E1         | FABS                                  | fpu
D9:E4         | FTST                                  | fpu
D9:E5         | FXAM                                  | fpu
D9:E8         | FLD1                                  | fpu
D9:E9         | FLDL2T                                | fpu
D9:EA         | FLDL2E                                | fpu
D9:EB         | FLDPI                                 | fpu
D9:EC         | FLDLG2                                | fpu
D9:ED         | FLDLN2                                | fpu
D9:EE         | FLDZ                                  | fpu
D9:F0         | F2XM1                                 | fpu
D9:F1         | FYL2X                                 | fpu
D9:F2         | FPTAN                                 | fpu
D9:F3         | FPATAN                                | fpu
D9:F4         | FXTRACT                               | fpu
D9:F5         | FPREM1                                | fpu
D9:F6         | FDECSTP                               | fpu
D9:F7         | FINCSTP                               | fpu
D9:F8         | FPREM                                 | fpu
D9:F9         | FYL2XP1                               | fpu
D9:FA         | FSQRT                                 | fpu
D9:FB         | FSINCOS                               | fpu
D9:FC         | FRNDINT                               | fpu
D9:FD         | FSCALE                                | fpu
D9:FE         | FSIN                                  | fpu
D9:FF         | FCOS                                  | fpu
DA /0 mem     | FIADD Md                              | fpu
DA /1 mem     | FIMUL Md                              | fpu
DA /2 mem     | FICOM Md                              | fpu
DA /3 mem     | FICOMP Md                             | fpu
DA /4 mem     | FISUB Md                              | fpu
DA /5 mem     | FISUBR Md                             | fpu
DA /6 mem     | FIDIV Md                              | fpu
DA /7 mem     | FIDIVR Md                             | fpu
DA:C0+        | FCMOVB ST,STi                         | cmov
DA:C8+        | FCMOVE ST,STi                         | cmov
DA:D0+        | FCMOVBE ST,STi                        | cmov
DA:D8+        | FCMOVU ST,STi                         | cmov
DA:E9         | FUCOMPP                               | fpu
DB /0 mem     | FILD Md                               | fpu
DB /1 mem     | FISTTP Md                             | sse3
DB /2 mem     | FIST Md                               | fpu
DB /3 mem     | FISTP Md                              | fpu
DB /5 mem     | FLD Mt                                | fpu
DB /7 mem     | FSTP Mt                               | fpu
DB:C0+        | FCMOVNB ST,STi                        | cmov
DB:C8+        | FCMOVNE ST,STi                        | cmov
DB:D0+        | FCMOVNBE ST,STi                       | cmov
DB:D8+        | FCMOVNU ST,STi                        | cmov
DB:E0         | FNENI                                 | fpu
DB:E1         | FNDISI                                | fpu
DB:E2         | FNCLEX                                | fpu
DB:E3         | FNINIT                                | fpu
DB:E4         | FNSETPM                               | fpu
DB:E8+        | FUCOMI ST,STi                         | cmov
DB:F0+        | FCOMI ST,STi                          | cmov
DC /0 mem     | FADD Mq                               | fpu
DC /1 mem     | FMUL Mq                               | fpu
DC /2 mem     | FCOM Mq                               | fpu
DC /3 mem     | FCOMP Mq                              | fpu
DC /4 mem     | FSUB Mq                               | fpu
DC /5 mem     | FSUBR Mq                              | fpu
DC /6 mem     | FDIV Mq                               | fpu
DC /7 mem     | FDIVR Mq                              | fpu
DC:C0+        | FADD STi,ST                           | fpu
DC:C8+        | FMUL STi,ST                           | fpu
DC:D0+        | FCOM ST,STi                           | fpu
DC:D8+        | FCOMP ST,STi                          | fpu
DC:E0+        | FSUBR STi,ST                          | fpu
DC:E8+        | FSUB STi,ST                           | fpu
DC:F0+        | FDIVR STi,ST                          | fpu
DC:F8+        | FDIV STi,ST                           | fpu
DD /0 mem     | FLD Mq                                | fpu
DD /1 mem     | FISTTP Mq                             | sse3
DD /2 mem     | FST Mq                                | fpu
DD /3 mem     | FSTP Mq                               | fpu
DD /4 mem     | FRSTOR M                              | fpu
DD /6 mem     | FNSAVE M                              | fpu
DD /7 mem     | FNSTSW Mw                             | fpu
DD:C0+        | FFREE STi                             | fpu
DD:C8+        | FXCH STi                              | fpu
DD:D0+        | FST STi                               | fpu
DD:D8+        | FSTP STi                              | fpu
DD:E0+        | FUCOM ST,STi              | fpu
DD:E8+        | FUCOMP ST,STi            | fpu
DE /0 mem     | FIADD Mw                              | fpu
DE /1 mem     | FIMUL Mw                              | fpu
DE /2 mem     | FICOM Mw                              | fpu
DE /3 mem     | FICOMP Mw                             | fpu
DE /4 mem     | FISUB Mw                              | fpu
DE /5 mem     | FISUBR Mw                             | fpu
DE /6 mem     | FIDIV Mw                              | fpu
DE /7 mem     | FIDIVR Mw                             | fpu
DE:C0+        | FADDP STi,ST                          | fpu
DE:C8+        | FMULP STi,ST                          | fpu
DE:D0+        | FCOMP ST,STi                          | fpu
DE:D9         | FCOMPP                                | fpu
DE:E0+        | FSUBRP STi,ST                         | fpu
DE:E8+        | FSUBP STi,ST                          | fpu
DE:F0+        | FDIVRP STi,ST                         | fpu
DE:F8+        | FDIVP STi,ST                          | fpu
DF /0 mem     | FILD Mw                               | fpu
DF /1 mem     | FISTTP Mw                             | sse3
DF /2 mem     | FIST Mw                               | fpu
DF /3 mem     | FISTP Mw                              | fpu
DF /4 mem     | FBLD Mt                               | fpu
DF /5 mem     | FILD Mq                               | fpu
DF /6 mem     | FBSTP Mt                              | fpu
DF /7 mem     | FISTP Mq                              | fpu
DF:C0+        | FFREEP STi                            | fpu
DF:C8+        | FXCH STi                              | fpu
DF:D0+        | FSTP STi                              | fpu
DF:D8+        | FSTP STi                              | fpu
DF:E0         | FNSTSW AX                             | fpu
DF:E8+        | FUCOMIP ST,STi                        | cmov
DF:F0+        | FCOMIP ST,STi                         | cmov
`;
