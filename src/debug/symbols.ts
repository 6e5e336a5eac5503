/** Names for linear addresses, from the symbol tables of the loaded images. */
import { hexNumber } from '../bits/hex.ts';
import { type Address, add, compare, distance } from './address.ts';

/** What is needed of an image; the boot floor's loaded images fit. */
export interface SymbolImage {
  readonly name: string;
  readonly symbols: readonly ImageSymbol[];
}

interface ImageSymbol {
  readonly name: string;
  readonly address: Address;
  readonly size: number;
  /** STT_FUNC is 2. */
  readonly type?: number;
}

/** A linear address seen from a symbol. */
export interface SymbolPlace {
  readonly name: string;
  /** Bytes from the symbol to the address. */
  readonly offset: number;
  /** Name of the image as it was given. */
  readonly image: string;
  readonly address: Address;
  /** False when the address lies behind the end of the symbol, so that it is only the nearest one. */
  readonly inside: boolean;
  /** Other names of the same symbol. */
  readonly aliases: readonly string[];
}

/** An address this far behind the last symbol of an image is still told as an offset from it. */
const SLACK = 0x10000;
/** A label without a size is taken to reach the next symbol, but no further than this. */
const LABEL_REACH = 0x10000;
const STT_FUNC = 2;

interface Group {
  readonly address: Address;
  /** The largest size among the names at this address; 0 for labels. */
  readonly size: number;
  readonly names: readonly string[];
}

interface Table {
  readonly image: SymbolImage;
  /** By address. */
  readonly groups: readonly Group[];
  /** For each group the index of the one before it that reaches furthest, so that nested labels find their function. */
  readonly covering: readonly number[];
}

export class Symbols {
  readonly #tables: readonly Table[];

  constructor(images: readonly SymbolImage[]) {
    this.#tables = images.map(tableOf);
  }

  /**
   * The symbol an address lies in, or the nearest one before it. Of several images the one wins whose symbol contains
   * the address; failing that, the one whose symbol is nearest.
   */
  nearest(address: Address): SymbolPlace | undefined {
    let best: SymbolPlace | undefined;
    for (const table of this.#tables) {
      const place = placeIn(table, address);
      if (place && (!best || isBetter(place, best))) best = place;
    }
    return best;
  }

  /** `kernel_main+0x12 (kernel.elf)`; undefined when nothing is near. */
  describe(address: Address): string | undefined {
    const place = this.nearest(address);
    return place && placeText(place);
  }

  /** Address of the first symbol of that name, in the order of the images. */
  find(name: string): Address | undefined {
    for (const { image } of this.#tables) {
      const symbol = image.symbols.find((s) => s.name === name);
      if (symbol) return symbol.address;
    }
    return undefined;
  }

  /** Up to `limit` names that resemble `name`, for a message about a name that does not exist. */
  similar(name: string, limit = 3): string[] {
    const wanted = name.toLowerCase();
    const found = new Set<string>();
    for (const { image } of this.#tables) {
      for (const symbol of image.symbols) {
        const other = symbol.name.toLowerCase();
        if (other.includes(wanted) || (other.length > 3 && wanted.includes(other))) found.add(symbol.name);
      }
    }
    return [...found]
      .sort((a, b) => Math.abs(a.length - name.length) - Math.abs(b.length - name.length))
      .slice(0, limit);
  }
}

function placeText(place: SymbolPlace): string {
  const offset = place.offset === 0 ? '' : `+${hexNumber(place.offset)}`;
  return `${place.name}${offset} (${place.image})`;
}

function tableOf(image: SymbolImage): Table {
  const byAddress = new Map<string, { address: Address; size: number; symbols: ImageSymbol[] }>();
  for (const symbol of image.symbols) {
    const key = `${symbol.address[1]}:${symbol.address[0]}`;
    const group = byAddress.get(key);
    if (group) {
      group.symbols.push(symbol);
      group.size = Math.max(group.size, symbol.size);
    } else byAddress.set(key, { address: symbol.address, size: symbol.size, symbols: [symbol] });
  }
  const groups = [...byAddress.values()]
    .sort((a, b) => compare(a.address, b.address))
    .map(({ address, size, symbols }) => ({ address, size, names: namesOf(symbols) }));
  const covering: number[] = [];
  let furthest = -1;
  groups.forEach((group, index) => {
    covering.push(furthest);
    if (group.size === 0) return;
    if (furthest < 0 || compare(endOf(groups[furthest]!), endOf(group)) <= 0) furthest = index;
  });
  return { image, groups, covering };
}

/**
 * The name to show first: one with a size before a label, a function before other things, a plain name before
 * `.Llocal`, `$d` or `__reserved`. Of equals the last of the file: ELF puts global symbols behind local ones.
 */
function namesOf(symbols: readonly ImageSymbol[]): string[] {
  const rank = (symbol: ImageSymbol): number =>
    (symbol.size === 0 ? 8 : 0) +
    (symbol.type === STT_FUNC ? 0 : 4) +
    (/^[.$]/.test(symbol.name) ? 2 : 0) +
    (symbol.name.startsWith('__') ? 1 : 0);
  const ranked = [...symbols].reverse().sort((a, b) => rank(a) - rank(b)); // Array.prototype.sort is stable.
  return [...new Set(ranked.map((s) => s.name))];
}

function endOf(group: Group): Address {
  return add(group.address, group.size);
}

function placeIn(table: Table, address: Address): SymbolPlace | undefined {
  const at = lastNotAfter(table.groups, address);
  if (at < 0) return undefined;
  const near = table.groups[at]!;
  const exact = compare(near.address, address) === 0;
  const outer = table.groups[table.covering[at]!];
  // A label inside a function is told as an offset into the function, except exactly at the label.
  if (outer && !exact && !contains(near, address)) {
    if (contains(outer, address)) return placeOf(table, outer, address, true);
    if (near.size === 0 && contains(outer, near.address)) return placeOf(table, outer, address, false);
  }
  const next = table.groups[at + 1];
  const reach =
    near.size > 0 ? near.size : Math.min(next ? distance(near.address, next.address) : 1, LABEL_REACH);
  const offset = distance(near.address, address);
  if (offset < reach) return placeOf(table, near, address, true);
  return offset < Math.max(reach, 1) + SLACK ? placeOf(table, near, address, false) : undefined;
}

function contains(group: Group, address: Address): boolean {
  return distance(group.address, address) < group.size;
}

function placeOf(table: Table, group: Group, address: Address, inside: boolean): SymbolPlace {
  return {
    name: group.names[0]!,
    offset: distance(group.address, address),
    image: table.image.name,
    address: group.address,
    inside,
    aliases: group.names.slice(1),
  };
}

function isBetter(place: SymbolPlace, than: SymbolPlace): boolean {
  if (place.inside !== than.inside) return place.inside;
  return place.offset < than.offset;
}

function lastNotAfter(groups: readonly Group[], address: Address): number {
  let low = 0;
  let high = groups.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(groups[middle]!.address, address) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
