import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { encodePng } from '../../src/cli/png.ts';
import { openScreen } from '../../src/cli/screen.ts';
import { createMachine } from '../../src/index.ts';
import { KERNEL, LOADER, longmode, recordingIo } from './recording-io.ts';

const image = (path: string) => ({ name: path, bytes: new Uint8Array(readFileSync(path)) });

describe('--screen', () => {
  it('text: the characters, without the blanks around them', () => {
    const pc = createMachine({ kernel: image(LOADER), modules: [image(KERNEL)] });
    for (const [i, character] of [...'Hello, screen'].entries())
      pc.space.write16(0xb8000 + 160 + i * 2, 0x0700 | character.charCodeAt(0));
    const io = recordingIo();
    openScreen(io, 'text')!.show(pc);
    expect(io.err()).toBe('\nHello, screen\n');
  });

  it('png: a file that other programs read', async () => {
    const io = recordingIo();
    const status = await longmode(
      io,
      'run',
      LOADER,
      '--module',
      KERNEL,
      '--serial',
      'none',
      '--screen',
      'png:/somewhere/shot.png',
    );
    expect(status & 1, 'the guest has ended the run itself').toBe(1);
    expect(io.written.get('/somewhere/shot.png')).toContain('\x89PNG\r\n\x1a\n');
  });

  it.each(['png', 'png:', 'picture'])('refuses %s with one line', async (value) => {
    const io = recordingIo();
    expect(await longmode(io, 'run', LOADER, '--screen', value)).toBe(2);
    expect(io.err()).toBe(`longmode: --screen is ${value}, expected text or png:FILE\n`);
  });
});

describe('PNG', () => {
  it('holds lines of pixels behind a filter byte, and check sums', () => {
    const rgba = Uint8Array.from({ length: 2 * 3 * 4 }, (_, i) => i * 10);
    const png = encodePng({ width: 2, height: 3, rgba });
    const view = new DataView(png.buffer);
    expect([view.getUint32(16), view.getUint32(20)]).toEqual([2, 3]);
    const data = png.subarray(41, 41 + view.getUint32(33));
    const lines = [0, 1, 2].flatMap((y) => [0, ...rgba.subarray(y * 8, y * 8 + 8)]);
    expect([...inflateSync(data)]).toEqual(lines);
    // The check sum of an empty IEND chunk is the same in every PNG file.
    expect(view.getUint32(png.length - 4)).toBe(0xae426082);
  });
});
