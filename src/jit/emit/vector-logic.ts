import { V128_AND, V128_ANDNOT, V128_OR, V128_XOR } from '../wasm/simd.ts';
import { avx, bothForms, type LaneEmit, lanes, sse, type VectorEmitters } from './vector-operand.ts';

/** `~a & b`; WebAssembly complements the second operand. */
const andNot: LaneEmit = ({ code }, a, b) => {
  code.get(b);
  code.get(a);
  code.simd(V128_ANDNOT);
};

const OPERATIONS: Readonly<Record<string, LaneEmit>> = {
  AND: lanes(V128_AND),
  ANDN: andNot,
  OR: lanes(V128_OR),
  XOR: lanes(V128_XOR),
};

export const VECTOR_LOGIC: VectorEmitters = Object.assign(
  {},
  ...Object.entries(OPERATIONS).map(([name, operation]) => ({
    ...bothForms({ [`P${name}`]: operation }),
    [`${name}PS_Vps_Wps`]: sse(operation),
    [`${name}PD_Vpd_Wpd`]: sse(operation),
    [`V${name}PS_Vps_Hps_Wps`]: avx(operation),
    [`V${name}PD_Vpd_Hpd_Wpd`]: avx(operation),
  })),
);
