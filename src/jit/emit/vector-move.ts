import type { Instruction } from '../../isa/instruction.ts';
import * as simd from '../wasm/simd.ts';
import { ACCESS_READ, ACCESS_WRITE, type Emitter } from './emitter.ts';
import type { Emit } from './form.ts';
import { HOST, vectorTemp } from './locals.ts';
import {
  clearUpper,
  narrowSource,
  pushUpper,
  requireAvx,
  requireSse,
  setUpper,
  setXmm,
  source,
  source256,
  splat,
  type VectorEmitters,
  xmm,
} from './vector-operand.ts';

const SECOND = 16;
/** Bytes of two quadwords by number; those of the second operand are 2 and 3. */
function quadwords(low: number, high: number): number[] {
  return [low, high].flatMap((n) => Array.from({ length: 8 }, (_, byte) => n * 8 + byte));
}
const LOW_DOUBLEWORD = Array.from({ length: 16 }, (_, byte) => (byte < 4 ? byte + SECOND : byte));

function load(isAligned: boolean): Emit {
  return (e, insn) => {
    requireSse(e);
    e.code.get(source(e, insn, isAligned));
    setXmm(e, insn.reg);
  };
}

/** Proves the write of a memory operand of so many bytes, and pushes where it is. */
function openMemory(e: Emitter, insn: Instruction, bytes: number, isAligned = false): void {
  e.address(insn);
  e.probe(ACCESS_WRITE, bytes, isAligned);
  e.code.get(HOST);
}

function store(isAligned: boolean): Emit {
  return (e, insn) => {
    requireSse(e);
    const value = xmm(e, insn.reg);
    if (insn.isMemory) {
      openMemory(e, insn, 16, isAligned);
      e.code.get(value);
      e.code.simdMemory(simd.V128_STORE);
    } else {
      e.code.get(value);
      setXmm(e, insn.rm);
    }
  };
}

/** MOVSS and MOVSD: from memory the rest of the register is cleared, from a register it stays. */
function loadScalar(bytes: 4 | 8): Emit {
  return (e, insn) => {
    requireSse(e);
    const value = narrowSource(e, insn, bytes);
    if (insn.isMemory) e.code.get(value);
    else mergeLow(e, insn.reg, value, bytes);
    setXmm(e, insn.reg);
  };
}

/** Pushes a register with its low lane from another vector. */
function mergeLow(e: Emitter, register: number, value: number, bytes: 4 | 8): void {
  e.code.get(xmm(e, register));
  e.code.get(value);
  e.code.simd(simd.I8X16_SHUFFLE, bytes === 8 ? quadwords(2, 1) : LOW_DOUBLEWORD);
}

function storeScalar(bytes: 4 | 8): Emit {
  return (e, insn) => {
    requireSse(e);
    const value = xmm(e, insn.reg);
    if (insn.isMemory) storeLane(e, insn, bytes, value, 0);
    else {
      mergeLow(e, insn.rm, value, bytes);
      setXmm(e, insn.rm);
    }
  };
}

function storeLane(e: Emitter, insn: Instruction, bytes: 4 | 8, value: number, lane: number): void {
  openMemory(e, insn, bytes);
  e.code.get(value);
  e.code.simdMemory(bytes === 8 ? simd.V128_STORE64_LANE : simd.V128_STORE32_LANE, 0, lane);
}

/** MOVQ: the upper half of the register is cleared in every form. */
const loadQuadword: Emit = (e, insn) => {
  requireSse(e);
  const value = narrowSource(e, insn, 8);
  if (insn.isMemory) e.code.get(value);
  else pushLowQuadword(e, value);
  setXmm(e, insn.reg);
};

function pushLowQuadword(e: Emitter, value: number): void {
  e.code.get(value);
  splat(e, 0);
  e.code.simd(simd.I8X16_SHUFFLE, quadwords(0, 2));
}

const storeQuadword: Emit = (e, insn) => {
  requireSse(e);
  const value = xmm(e, insn.reg);
  if (insn.isMemory) storeLane(e, insn, 8, value, 0);
  else {
    pushLowQuadword(e, value);
    setXmm(e, insn.rm);
  }
};

/** MOVLPS and MOVHPS from memory: the other half stays. */
function loadHalf(lane: 0 | 1): Emit {
  return (e, insn) => {
    requireSse(e);
    e.address(insn);
    e.probe(ACCESS_READ, 8);
    e.code.get(HOST);
    e.code.get(xmm(e, insn.reg));
    e.code.simdMemory(simd.V128_LOAD64_LANE, 0, lane);
    setXmm(e, insn.reg);
  };
}

function storeHalf(lane: 0 | 1): Emit {
  return (e, insn) => {
    requireSse(e);
    storeLane(e, insn, 8, xmm(e, insn.reg), lane);
  };
}

/** MOVHLPS and MOVLHPS. */
function moveHalf(pattern: readonly number[]): Emit {
  return (e, insn) => {
    requireSse(e);
    e.code.get(xmm(e, insn.reg));
    e.code.get(xmm(e, insn.rm));
    e.code.simd(simd.I8X16_SHUFFLE, pattern);
    setXmm(e, insn.reg);
  };
}

// AVX. Of 256 bits in memory the alignment is the handler's.

function loadAvx(isAligned: boolean): Emit {
  return (e, insn) => {
    if (isAligned && insn.isMemory && insn.vectorLength !== 0) {
      e.callHandler();
      return;
    }
    requireAvx(e);
    if (insn.vectorLength === 0) {
      e.code.get(source(e, insn, isAligned));
      setXmm(e, insn.reg);
      clearUpper(e, insn.reg);
      return;
    }
    const { low, upper } = source256(e, insn);
    e.code.get(low);
    setXmm(e, insn.reg);
    setUpper(e, insn.reg, () => e.code.get(upper));
  };
}

function storeAvx(isAligned: boolean): Emit {
  return (e, insn) => {
    const { code } = e;
    const wide = insn.vectorLength !== 0;
    if (isAligned && insn.isMemory && wide) {
      e.callHandler();
      return;
    }
    requireAvx(e);
    const value = xmm(e, insn.reg);
    if (insn.isMemory) {
      openMemory(e, insn, wide ? 32 : 16, isAligned);
      code.get(value);
      code.simdMemory(simd.V128_STORE);
      if (!wide) return;
      code.get(HOST);
      pushUpper(e, insn.reg);
      code.simdMemory(simd.V128_STORE, 16);
      return;
    }
    code.get(value);
    setXmm(e, insn.rm);
    if (!wide) clearUpper(e, insn.rm);
    else setUpper(e, insn.rm, () => pushUpper(e, insn.reg));
  };
}

/** VMOVSS, VMOVSD, VMOVQ from memory: the rest of the register is cleared. */
function loadScalarAvx(bytes: 4 | 8): Emit {
  return (e, insn) => {
    if (!insn.isMemory) {
      e.callHandler();
      return;
    }
    requireAvx(e);
    e.code.get(narrowSource(e, insn, bytes));
    setXmm(e, insn.reg);
    clearUpper(e, insn.reg);
  };
}

function storeScalarAvx(bytes: 4 | 8): Emit {
  return (e, insn) => {
    if (!insn.isMemory) {
      e.callHandler();
      return;
    }
    requireAvx(e);
    storeLane(e, insn, bytes, xmm(e, insn.reg), 0);
  };
}

const clearAllUppers: Emit = (e) => {
  requireAvx(e);
  for (let register = 0; register < 16; register++) {
    setUpper(e, register, () => {
      if (register === 0) {
        splat(e, 0);
        e.code.tee(vectorTemp(0));
      } else e.code.get(vectorTemp(0));
    });
  }
};

export const VECTOR_MOVE: VectorEmitters = {
  MOVUPS_Vps_Wps: load(false),
  MOVUPD_Vpd_Wpd: load(false),
  MOVDQU_Vx_Wx: load(false),
  LDDQU_Vx_Mx: load(false),
  MOVUPS_Wps_Vps: store(false),
  MOVUPD_Wpd_Vpd: store(false),
  MOVDQU_Wx_Vx: store(false),
  MOVAPS_Vps_Wps: load(true),
  MOVAPD_Vpd_Wpd: load(true),
  MOVDQA_Vx_Wx: load(true),
  MOVNTDQA_Vx_Mx: load(true),
  MOVAPS_Wps_Vps: store(true),
  MOVAPD_Wpd_Vpd: store(true),
  MOVDQA_Wx_Vx: store(true),
  MOVNTPS_Mps_Vps: store(true),
  MOVNTPD_Mpd_Vpd: store(true),
  MOVNTDQ_Mx_Vx: store(true),
  MOVSS_Vss_Wss: loadScalar(4),
  MOVSD_Vsd_Wsd: loadScalar(8),
  MOVSS_Wss_Vss: storeScalar(4),
  MOVSD_Wsd_Vsd: storeScalar(8),
  MOVQ_Vq_Wq: loadQuadword,
  MOVQ_Wq_Vq: storeQuadword,
  MOVLPS_Vps_Mq: loadHalf(0),
  MOVLPD_Vpd_Mq: loadHalf(0),
  MOVHPS_Vps_Mq: loadHalf(1),
  MOVHPD_Vpd_Mq: loadHalf(1),
  MOVLPS_Mq_Vps: storeHalf(0),
  MOVLPD_Mq_Vpd: storeHalf(0),
  MOVHPS_Mq_Vps: storeHalf(1),
  MOVHPD_Mq_Vpd: storeHalf(1),
  MOVHLPS_Vps_Ups: moveHalf(quadwords(3, 1)),
  MOVLHPS_Vps_Ups: moveHalf(quadwords(0, 2)),
  VMOVUPS_Vps_Wps: loadAvx(false),
  VMOVUPD_Vpd_Wpd: loadAvx(false),
  VMOVDQU_Vx_Wx: loadAvx(false),
  VLDDQU_Vx_Mx: loadAvx(false),
  VMOVUPS_Wps_Vps: storeAvx(false),
  VMOVUPD_Wpd_Vpd: storeAvx(false),
  VMOVDQU_Wx_Vx: storeAvx(false),
  VMOVAPS_Vps_Wps: loadAvx(true),
  VMOVAPD_Vpd_Wpd: loadAvx(true),
  VMOVDQA_Vx_Wx: loadAvx(true),
  VMOVAPS_Wps_Vps: storeAvx(true),
  VMOVAPD_Wpd_Vpd: storeAvx(true),
  VMOVDQA_Wx_Vx: storeAvx(true),
  VMOVSS_Vss_Md: loadScalarAvx(4),
  VMOVSD_Vsd_Mq: loadScalarAvx(8),
  VMOVSS_Md_Vss: storeScalarAvx(4),
  VMOVSD_Mq_Vsd: storeScalarAvx(8),
  VMOVQ_Vq_Wq: loadScalarAvx(8),
  VMOVQ_Wq_Vq: storeScalarAvx(8),
  VZEROUPPER: clearAllUppers,
};
