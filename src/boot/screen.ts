/** Which screen a kernel gets that asks a multiboot loader for one, and how it is told. */
import { ascii, ByteWriter } from './byte-writer.ts';

/** Text, or a frame buffer of about so many pixels and bits: 0 where the kernel has no preference. */
export type ScreenRequest =
  | 'text'
  | { readonly width: number; readonly height: number; readonly depth: number };

/** Video memory that the display adapter shows flat. */
export interface VideoMemory {
  readonly address: number;
  readonly bytes: number;
}

const RGB = 1;
const EGA = 2;

/** In cells for text and in pixels otherwise; `type` as in both multiboot specifications. */
export interface Screen {
  readonly address: number;
  readonly pitch: number;
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly type: typeof RGB | typeof EGA;
}

/** 80 columns of 25 lines: what a kernel finds that does not ask for another screen. */
const TEXT: Screen = { address: 0xb8000, pitch: 160, width: 80, height: 25, bits: 16, type: EGA };

/** What the adapter has with direct colours, the usual one first, and how wide and high it can be. */
const DEPTHS = [32, 24, 16, 15];
const MOST_WIDTH = 2560;
const MOST_HEIGHT = 1600;
const DEFAULT = { width: 1024, height: 768, depth: 32 };

/**
 * The screen for a request. "The bootloader may choose other mode": one of direct colours when the wanted depth has none,
 * the default when the adapter cannot show so much, text when it has no flat memory.
 */
export function chooseScreen(request: ScreenRequest, memory: VideoMemory | undefined): Screen {
  if (request === 'text' || !memory) return TEXT;
  const bits = DEPTHS.includes(request.depth) ? request.depth : DEFAULT.depth;
  const screen = (width: number, height: number): Screen => {
    const pitch = width * Math.ceil(bits / 8);
    return { address: memory.address, pitch, width, height, bits, type: RGB };
  };
  const { width, height } = request;
  const wanted = screen(width, height);
  const isPossible =
    width > 0 && width % 8 === 0 && width <= MOST_WIDTH && height > 0 && height <= MOST_HEIGHT;
  if (isPossible && wanted.pitch * height <= memory.bytes) return wanted;
  return screen(DEFAULT.width, DEFAULT.height);
}

/** Sets the adapter to a frame buffer; text is what it shows before. */
export function showScreen(
  vbe: { setMode(width: number, height: number, bits: number): void },
  { width, height, bits, type }: Screen,
): void {
  if (type === RGB) vbe.setMode(width, height, bits);
}

/** Position and size of red, green and blue; nothing for text. */
export function colourFields({ bits, type }: Screen): readonly number[] {
  if (type !== RGB) return [];
  if (bits === 15) return [10, 5, 5, 5, 0, 5];
  return bits === 16 ? [11, 5, 5, 6, 0, 5] : [16, 8, 8, 8, 0, 8];
}

/** A mode that no list has, flat. */
export const VBE_MODE = 0x41ff;
const VBE_VERSION = 0x0300;
const CONTROL_BYTES = 512;
const MODE_BYTES = 256;
/** In the part of the block that is reserved. */
const MODE_LIST = 0x22;
/** Supported, with all of this information, colour, graphics, flat. */
const MODE_ATTRIBUTES = 0x9b;
const DIRECT_COLOUR = 6;

/**
 * VBE Core Functions Standard 3.0, "VbeInfoBlock", as it shall lie at `base`, and "ModeInfoBlock"; undefined for text. The
 * list of modes has a real-mode address: a block without a place below 1 MiB points to none.
 */
export function vbeBlocks(
  screen: Screen,
  bytes: number,
  base?: number,
): [Uint8Array, Uint8Array] | undefined {
  if (screen.type !== RGB) return undefined;
  const list = base === undefined ? 0 : base + MODE_LIST;
  const control = new ByteWriter().bytes(ascii('VESA'));
  control.u16(VBE_VERSION).u32(0).u32(1);
  control
    .u16(list & 15)
    .u16(list >>> 4)
    .u16(bytes / 65536);
  control.bytes(new Uint8Array(MODE_LIST - control.length));
  control.u16(VBE_MODE & 0x1ff).u16(0xffff);
  const fields = colourFields(screen);
  const colours = [fields[1]!, fields[0]!, fields[3]!, fields[2]!, fields[5]!, fields[4]!];
  const mode = new ByteWriter().u16(MODE_ATTRIBUTES).u8(7).u8(0).u16(64).u16(64).u16(0xa000).u16(0).u32(0);
  mode.u16(screen.pitch).u16(screen.width).u16(screen.height).u8(8).u8(16).u8(1).u8(screen.bits).u8(1);
  mode.u8(DIRECT_COLOUR).u8(0).u8(0).u8(1).bytes(Uint8Array.from(colours)).u8(0).u8(0).u8(0);
  mode.u32(screen.address).u32(0).u16(0);
  mode.u16(screen.pitch).u8(0).u8(0).bytes(Uint8Array.from(colours));
  const whole = (writer: ByteWriter, size: number) =>
    writer.bytes(new Uint8Array(size - writer.length)).finish();
  return [whole(control, CONTROL_BYTES), whole(mode, MODE_BYTES)];
}
