/** A cpio archive in the "newc" format (070701), as the kernel's Documentation/driver-api/early-userspace names it. */

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const S_IFCHR = 0o020000;

export const folder = (name) => ({ name, mode: S_IFDIR | 0o755, data: new Uint8Array(0) });
export const program = (name, data) => ({ name, mode: S_IFREG | 0o755, data: Buffer.from(data) });
export const link = (name, target) => ({ name, mode: S_IFLNK | 0o777, data: Buffer.from(target) });
export const characterDevice = (name, major, minor) => ({
  name,
  mode: S_IFCHR | 0o600,
  data: new Uint8Array(0),
  device: [major, minor],
});

/** The archive of `entries`, folders before what lies in them. Times and numbers are fixed: same input, same bytes. */
export function cpioArchive(entries) {
  const parts = [];
  let length = 0;
  const add = (bytes) => {
    parts.push(bytes);
    length += bytes.length;
    const padding = (4 - (length % 4)) % 4;
    parts.push(Buffer.alloc(padding));
    length += padding;
  };
  const hex = (value) => value.toString(16).padStart(8, '0');
  const entry = ({ name, mode, data, device = [0, 0] }, inode) => {
    const links = (mode & 0o170000) === S_IFDIR ? 2 : 1;
    const fields = [inode, mode, 0, 0, links, 0, data.length, 0, 0, ...device, name.length + 1, 0];
    add(Buffer.from(`070701${fields.map(hex).join('')}${name}\0`));
    add(Buffer.from(data));
  };
  entries.forEach((each, index) => {
    entry(each, index + 1);
  });
  entry({ name: 'TRAILER!!!', mode: 0, data: new Uint8Array(0) }, 0);
  return Buffer.concat([...parts, Buffer.alloc((512 - (length % 512)) % 512)]);
}
