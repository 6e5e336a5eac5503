/** The packed kernel inside a bzImage (Linux/x86 boot protocol 2.08: payload_offset and payload_length). */
export function payloadOf(bzImage) {
  if (bzImage.toString('latin1', 0x202, 0x206) !== 'HdrS') throw new Error('bzImage: no HdrS at 0x202');
  const start = ((bzImage[0x1f1] || 4) + 1) * 512 + bzImage.readUInt32LE(0x248);
  return bzImage.subarray(start, start + bzImage.readUInt32LE(0x24c));
}
