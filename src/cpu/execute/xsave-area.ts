/**
 * Where the components of the XSAVE area lie (SDM Vol. 1, "Standard Format of Extended Region", "Compacted Format of
 * Extended Region"): x87 and SSE in the legacy region, AVX and PKRU behind the header.
 */
export const XCR0_X87 = 1 << 0;
export const XCR0_SSE = 1 << 1;
export const XCR0_YMM = 1 << 2;
export const XCR0_PKRU = 1 << 9;

/** The legacy region and the header. */
export const XSAVE_BASE_BYTES = 576;
export const XSAVE_OFFSET_AVX = 576;
const AVX_BYTES = 256;
const PKRU_BYTES = 8;

/** Where PKRU lies: behind AVX, whose room is left out of the compacted format when `format` has no AVX. */
export function offsetOfPkru(format: number, compacted: boolean): number {
  return compacted && (format & XCR0_YMM) === 0 ? XSAVE_OFFSET_AVX : XSAVE_OFFSET_AVX + AVX_BYTES;
}

/** Bytes of an area that holds these components. */
export function xsaveBytes(components: number, compacted: boolean): number {
  if (components & XCR0_PKRU) return offsetOfPkru(components, compacted) + PKRU_BYTES;
  return components & XCR0_YMM ? XSAVE_OFFSET_AVX + AVX_BYTES : XSAVE_BASE_BYTES;
}
