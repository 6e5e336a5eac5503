/**
 * A font for text modes: what a video BIOS loads into plane 2. Letters and digits are 5 dots wide and 7 high, with two more
 * below the line; lines and blocks of code page 437 follow from what they join.
 */
import { cp437 } from './cp437.ts';

export const FONT_BYTES_PER_CHARACTER = 32;
export const FONT_HEIGHT = 16;

const FIRST = 0x21;
/** From 21h to 7Eh, nine rows each, five bits a row. */
// biome-ignore format: four characters a line.
const GLYPHS = [
  '040404040400040000 0a0a0a000000000000 0a0a1f0a1f0a0a0000 040f140e051e040000', // ! " # $
  '181902040813030000 0c12140815120d0000 040408000000000000 020408080804020000', // % & ' (
  '080402020204080000 0004150e1504000000 0004041f0404000000 00000000000c040800', // ) * + ,
  '0000001f0000000000 00000000000c0c0000 000102040810000000 0e11131519110e0000', // - . / 0
  '040c040404040e0000 0e11010204081f0000 1f02040201110e0000 02060a121f02020000', // 1 2 3 4
  '1f101e0101110e0000 0608101e11110e0000 1f0102040808080000 0e11110e11110e0000', // 5 6 7 8
  '0e11110f01020c0000 000c0c000c0c000000 000c0c000c04080000 020408100804020000', // 9 : ; <
  '00001f001f00000000 080402010204080000 0e1101020400040000 0e11010d15150e0000', // = > ? @
  '0e11111f1111110000 1e11111e11111e0000 0e11101010110e0000 1c12111111121c0000', // A B C D
  '1f10101e10101f0000 1f10101e1010100000 0e11101711110f0000 1111111f1111110000', // E F G H
  '0e04040404040e0000 0702020202120c0000 111214181412110000 1010101010101f0000', // I J K L
  '111b15151111110000 111119151311110000 0e11111111110e0000 1e11111e1010100000', // M N O P
  '0e11111115120d0000 1e11111e1412110000 0f10100e01011e0000 1f0404040404040000', // Q R S T
  '1111111111110e0000 11111111110a040000 1111111515150a0000 11110a040a11110000', // U V W X
  '1111110a0404040000 1f01020408101f0000 0e08080808080e0000 001008040201000000', // Y Z [ \
  '0e02020202020e0000 040a11000000000000 000000000000001f00 080402000000000000', // ] ^ _ `
  '00000e010f110f0000 1010161911111e0000 00000e1010110e0000 01010d1311110f0000', // a b c d
  '00000e111f100e0000 0609081c0808080000 00000d1311130d010e 101016191111110000', // e f g h
  '04000c0404040e0000 02000602020202120c 101012141814120000 0c04040404040e0000', // i j k l
  '00001a151511110000 000016191111110000 00000e1111110e0000 000016191119161010', // m n o p
  '00000d1311130d0101 000016191010100000 00000e100e011e0000 08081c080809060000', // q r s t
  '0000111111130d0000 00001111110a040000 0000111115150a0000 0000110a040a110000', // u v w x
  '0000111111130d010e 00001f0204081f0000 020404080404020000 040404040404040000', // y z { |
  '080404020404080000 000008150200000000', // } ~
].join(' ').split(' ');

/** Scan lines of the rows: seven above the base line, taller than wide, and two below it. */
const ROW_OF_LINE = [-1, -1, 0, 0, 1, 1, 2, 2, 3, 4, 4, 5, 6, 7, 7, 8];
/** Letters with marks are drawn without. */
const PLAIN: Readonly<Record<string, string>> = {
  Ç: 'C', ü: 'u', é: 'e', â: 'a', ä: 'a', à: 'a', å: 'a', ç: 'c', ê: 'e', ë: 'e', è: 'e', ï: 'i', î: 'i', ì: 'i', Ä: 'A',
  Å: 'A', É: 'E', ô: 'o', ö: 'o', ò: 'o', û: 'u', ù: 'u', ÿ: 'y', Ö: 'O', Ü: 'U', á: 'a', í: 'i', ó: 'o', ú: 'u', ñ: 'n',
  Ñ: 'N', '·': '.', '∙': '.', '►': '>', '◄': '<', '▲': '^', '▼': 'v', '↑': '^', '↓': 'v', '→': '>', '←': '<', '•': '*',
}; // biome-ignore format: pairs.

/** From B3h to DAh: how many strokes lead up, down, left and right. */
const BOX_FIRST = 0xb3;
// biome-ignore format: eight characters a line.
const BOXES = [
  '1100', '1110', '1120', '2210', '0210', '0120', '2220', '2200',
  '0220', '2020', '2010', '1020', '0110', '1001', '1011', '0111',
  '1101', '0011', '1111', '1102', '2201', '2002', '0202', '2022',
  '0222', '2202', '0022', '2222', '1022', '2011', '0122', '0211',
  '2001', '1002', '0102', '0201', '2211', '1122', '1010', '0101',
];
/** Dots of single and double strokes across and along a cell of 8 by 16. */
const STROKES = [[], [[3, 7]], [[2, 6], [5, 9]]] as const; // biome-ignore format: one line.
const SHADES: Readonly<Record<string, readonly [even: number, odd: number]>> = {
  '░': [0x22, 0x88],
  '▒': [0x55, 0xaa],
  '▓': [0xdd, 0x77],
  '█': [0xff, 0xff],
  '▌': [0xf0, 0xf0],
  '▐': [0x0f, 0x0f],
};
const BLANK = ' ';

/** All 256 characters. */
export function textFont(): Uint8Array {
  const font = new Uint8Array(256 * FONT_BYTES_PER_CHARACTER);
  for (let code = 0; code < 256; code++) font.set(characterLines(code), code * FONT_BYTES_PER_CHARACTER);
  return font;
}

function characterLines(code: number): number[] {
  const character = cp437(code);
  const strokes = BOXES[code - BOX_FIRST];
  if (strokes) return boxLines(strokes);
  const shade = SHADES[character];
  const lines = Array.from({ length: FONT_HEIGHT }, (_, line) => line);
  if (shade) return lines.map((line) => shade[line & 1]!);
  if (character === '▀' || character === '▄')
    return lines.map((line) => (line < 8 === (character === '▀') ? 0xff : 0));
  if (character === BLANK) return lines.map(() => 0);
  const glyph = GLYPHS[(PLAIN[character] ?? character).charCodeAt(0) - FIRST];
  // What has no form of its own is a frame.
  if (!glyph)
    return lines.map((line) => (line < 2 || line > 12 ? 0 : line === 2 || line === 12 ? 0x7c : 0x44));
  return ROW_OF_LINE.map((row) =>
    row < 0 ? 0 : Number.parseInt(glyph.slice(row * 2, row * 2 + 2), 16) << 2,
  );
}

function boxLines(strokes: string): number[] {
  const [up, down, left, right] = [...strokes].map(Number) as [number, number, number, number];
  const lines = new Array<number>(FONT_HEIGHT).fill(0);
  const across = Math.max(left, right);
  const along = Math.max(up, down);
  const last = (list: readonly (readonly [number, number])[], at: 0 | 1, otherwise: number) =>
    list.at(-1)?.[at] ?? otherwise;
  const horizontal = STROKES[across as 0 | 1 | 2];
  const vertical = STROKES[along as 0 | 1 | 2];
  const dot = (x: number, y: number) => {
    lines[y]! |= 0x80 >> x;
  };
  for (const [, y] of horizontal) {
    const from = left > 0 ? 0 : (vertical[0]?.[0] ?? 3);
    const to = right > 0 ? 7 : last(vertical, 0, 3);
    for (let x = from; x <= to; x++) dot(x, y);
  }
  for (const [x] of vertical) {
    const from = up > 0 ? 0 : (horizontal[0]?.[1] ?? 7);
    const to = down > 0 ? FONT_HEIGHT - 1 : last(horizontal, 1, 7);
    for (let y = from; y <= to; y++) dot(x, y);
  }
  return lines;
}
