import type { Vga } from './vga.ts';

/** A picture of what a display shows: four bytes a pixel, red first. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

const PLANAR_CELLS = 65_536;
const ATTRIBUTE_GRAPHICS_LINE = 0x04;
const ATTRIBUTE_BLINK = 0x08;
const ATTRIBUTE_8BIT_COLOR = 0x40;

/** The picture as it is now. Nothing of the VGA changes; blinking things are shown. */
export function renderVga(vga: Vga): Picture {
  if (vga.vbe.isEnabled) return renderVbe(vga);
  return vga.isTextMode ? renderText(vga) : renderPlanar(vga);
}

function blank(width: number, height: number): Picture {
  return { width, height, rgba: new Uint8Array(width * height * 4) };
}

/** A DAC entry as red, green and blue of eight bits. */
function dacColor(vga: Vga, index: number): readonly [number, number, number] {
  const at = (index & vga.pixelMask) * 3;
  const component = (i: number) => {
    const value = vga.dac[at + i]!;
    return vga.vbe.has8BitDac ? value : (value << 2) | (value >>> 4);
  };
  return [component(0), component(1), component(2)];
}

/** Four bits through the palette and the colour select register ("Attribute Controller"). */
function paletteColor(vga: Vga, index: number): readonly [number, number, number] {
  const entry = vga.attribute[index & 15]!;
  const select = vga.attribute[0x14]!;
  const replacesBits54 = (vga.attribute[0x10]! & 0x80) !== 0;
  const low = replacesBits54 ? (entry & 0x0f) | ((select & 3) << 4) : entry & 0x3f;
  return dacColor(vga, low | ((select & 0x0c) << 4));
}

function put(picture: Picture, x: number, y: number, color: readonly [number, number, number]): void {
  const at = (y * picture.width + x) * 4;
  picture.rgba[at] = color[0];
  picture.rgba[at + 1] = color[1];
  picture.rgba[at + 2] = color[2];
  picture.rgba[at + 3] = 0xff;
}

/** Characters from the font in plane 2; without the ninth dot's gap nobody could read line graphics. */
function renderText(vga: Vga): Picture {
  const dots = vga.sequencer[1]! & 1 ? 8 : 9;
  const height = vga.characterHeight;
  const picture = blank(vga.textColumns * dots, vga.textRows * height);
  const mode = vga.attribute[0x10]!;
  const colors = Array.from({ length: 16 }, (_, i) => paletteColor(vga, i));
  const select = vga.sequencer[3]!;
  // Bits of the two font selectors: 8 KiB each, in the order in which the hardware numbers them.
  const fontA = (((select >>> 2) & 3) * 2 + ((select >>> 5) & 1)) * 0x2000;
  const fontB = ((select & 3) * 2 + ((select >>> 4) & 1)) * 0x2000;
  for (let row = 0; row < vga.textRows; row++) {
    for (let column = 0; column < vga.textColumns; column++) {
      const { character, attribute } = vga.textCell(column, row);
      const foreground = colors[attribute & 15]!;
      const background = colors[mode & ATTRIBUTE_BLINK ? (attribute >>> 4) & 7 : attribute >>> 4]!;
      const font = (attribute & 8 ? fontA : fontB) + character * 32;
      const isLine = (mode & ATTRIBUTE_GRAPHICS_LINE) !== 0 && character >= 0xc0 && character <= 0xdf;
      for (let y = 0; y < height; y++) {
        const bits = vga.memory[((font + y) & (PLANAR_CELLS - 1)) * 4 + 2]!;
        for (let x = 0; x < dots; x++) {
          const on = x < 8 ? (bits >>> (7 - x)) & 1 : isLine ? bits & 1 : 0;
          put(picture, column * dots + x, row * height + y, on ? foreground : background);
        }
      }
    }
  }
  return picture;
}

/** Sixteen colours from four planes, 256 from chained ones, and the CGA's two- and four-colour layouts. */
function renderPlanar(vga: Vga): Picture {
  const is256 = (vga.graphics[5]! & 0x40) !== 0 || (vga.attribute[0x10]! & ATTRIBUTE_8BIT_COLOR) !== 0;
  const isCga = (vga.graphics[5]! & 0x20) !== 0;
  const cellPixels = is256 ? 4 : 8;
  const cells = vga.textColumns;
  const repeat = ((vga.crtc[9]! & 0x1f) + 1) << (vga.crtc[9]! >>> 7);
  const isInterleaved = !(vga.crtc[0x17]! & 1); // CGA: odd lines 8 KiB further on.
  const lines = Math.floor(vga.displayedLines / (isInterleaved ? repeat / 2 || 1 : repeat));
  const width = is256 ? cells * 4 : cells * 8;
  const picture = blank(width, lines);
  const colors = Array.from({ length: 16 }, (_, i) => paletteColor(vga, i));
  const rowCells = vga.crtc[0x13]! * 2;
  for (let y = 0; y < lines; y++) {
    const row = isInterleaved ? (y >>> 1) * rowCells + (y & 1) * 0x2000 : y * rowCells;
    for (let cell = 0; cell < width / cellPixels; cell++) {
      const at = ((vga.startAddress + row + cell) & (PLANAR_CELLS - 1)) * 4;
      for (let i = 0; i < cellPixels; i++) {
        const x = cell * cellPixels + i;
        if (is256) put(picture, x, y, dacColor(vga, vga.memory[at + i]!));
        else if (isCga) {
          const pair = (vga.memory[at + (i >>> 2)]! >>> (6 - 2 * (i & 3))) & 3;
          put(picture, x, y, colors[pair]!);
        } else {
          let index = 0;
          for (let plane = 0; plane < 4; plane++)
            index |= ((vga.memory[at + plane]! >>> (7 - i)) & 1) << plane;
          put(picture, x, y, colors[index & vga.attribute[0x12]!]!);
        }
      }
    }
  }
  return picture;
}

function renderVbe(vga: Vga): Picture {
  const { width, height, bitsPerPixel, stride, displayStart } = vga.vbe;
  const picture = blank(width, height);
  const bytes = Math.ceil(bitsPerPixel / 8);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = displayStart + y * stride + (bitsPerPixel === 4 ? (x >>> 3) << 2 : x * bytes);
      put(picture, x, y, vbeColor(vga, at, bitsPerPixel, x));
    }
  }
  return picture;
}

function vbeColor(vga: Vga, at: number, bitsPerPixel: number, x: number): readonly [number, number, number] {
  const { memory } = vga;
  const word = (memory[at] ?? 0) | ((memory[at + 1] ?? 0) << 8);
  const five = (shift: number) => scale((word >>> shift) & 31, 5);
  switch (bitsPerPixel) {
    case 4: {
      let index = 0;
      for (let plane = 0; plane < 4; plane++)
        index |= (((memory[at + plane] ?? 0) >>> (7 - (x & 7))) & 1) << plane;
      return paletteColor(vga, index);
    }
    case 8:
      return dacColor(vga, memory[at] ?? 0);
    case 15:
      return [five(10), five(5), five(0)];
    case 16:
      return [five(11), scale((word >>> 5) & 63, 6), five(0)];
    default:
      return [memory[at + 2] ?? 0, memory[at + 1] ?? 0, memory[at] ?? 0];
  }
}

/** A component of five or six bits as one of eight. */
function scale(value: number, bits: 5 | 6): number {
  return (value << (8 - bits)) | (value >>> (2 * bits - 8));
}
