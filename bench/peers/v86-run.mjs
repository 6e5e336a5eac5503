/**
 * `node v86-run.mjs PACKAGE KERNEL MIB COMMAND_LINE` runs a 32-bit multiboot image under v86: its serial port on standard
 * output, its end by the last line. A process of its own, because v86 shares nothing with the runner.
 */
import { readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, kernel, mebibytes, commandLine] = process.argv.slice(2);
const { V86 } = await import(pathToFileURL(join(folder, 'build/libv86.mjs')).href);
const image = readFileSync(kernel);
const emulator = new V86({
  wasm_path: join(folder, 'build/v86.wasm'),
  multiboot: { buffer: image.buffer.slice(image.byteOffset, image.byteOffset + image.byteLength) },
  cmdline: commandLine,
  memory_size: Number(mebibytes) * 1024 * 1024,
  vga_memory_size: 1024 * 1024,
  autostart: true,
  disable_keyboard: true,
  disable_mouse: true,
  disable_speaker: true,
});

let line = '';
emulator.add_listener('serial0-output-byte', (byte) => {
  line += String.fromCharCode(byte);
  if (byte !== 0x0a) return;
  writeSync(1, line);
  if (line === 'PASS\n') process.exit(33);
  if (line === 'FAIL\n') process.exit(35);
  line = '';
});
