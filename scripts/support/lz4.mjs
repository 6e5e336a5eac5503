/**
 * The legacy frame of lz4 ("LZ4 Frame Format", "Legacy frame"): magic number, then blocks of at most 8 MiB unpacked,
 * each behind its packed size. It is what the kernel's build packs a bzImage with, followed by the unpacked size.
 */
const LEGACY_MAGIC = 0x184c2102;
const MAX_BLOCK = 8 << 20;

/** Unpacks a legacy frame; bytes behind its last block are left alone. @throws Error where the data is damaged. */
export function unpackLegacyLz4(packed) {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  if (packed.length < 8 || view.getUint32(0, true) !== LEGACY_MAGIC)
    throw new Error('no lz4 legacy frame: the magic number 0x184c2102 is missing');
  const blocks = [];
  for (let at = 4; at + 4 <= packed.length; ) {
    const size = view.getUint32(at, true);
    at += 4;
    if (size === LEGACY_MAGIC) continue;
    if (at + size > packed.length) break; // The unpacked size, or padding: the frame has no end mark.
    const block = unpackBlock(packed.subarray(at, at + size));
    blocks.push(block);
    at += size;
    if (block.length < MAX_BLOCK) break;
  }
  return Buffer.concat(blocks);
}

/** One block: sequences of literals and matches ("LZ4 Block Format"). */
function unpackBlock(packed) {
  const out = new Uint8Array(MAX_BLOCK);
  let to = 0;
  const lengthAt = (at, length) => {
    let byte = 255;
    while (byte === 255) {
      byte = packed[at++];
      if (byte === undefined) throw new Error('lz4 block: a length runs past the end');
      length += byte;
    }
    return [at, length];
  };
  for (let at = 0; at < packed.length; ) {
    const token = packed[at++];
    let literals = token >>> 4;
    if (literals === 15) [at, literals] = lengthAt(at, literals);
    if (at + literals > packed.length || to + literals > MAX_BLOCK)
      throw new Error('lz4 block: literals run past the end');
    out.set(packed.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    if (at >= packed.length) break; // The last sequence has no match.
    const offset = packed[at] | (packed[at + 1] << 8);
    at += 2;
    let match = token & 15;
    if (match === 15) [at, match] = lengthAt(at, match);
    match += 4;
    if (offset === 0 || offset > to || to + match > MAX_BLOCK)
      throw new Error('lz4 block: a match lies outside the data');
    if (offset >= match) {
      out.copyWithin(to, to - offset, to - offset + match);
      to += match;
    } else {
      for (const end = to + match; to < end; to++) out[to] = out[to - offset];
    }
  }
  return out.subarray(0, to);
}
