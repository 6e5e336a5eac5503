/** Multiboot2 Specification version 2.0: the header in the image. (`multiboot2-information.ts` has the other half.) */
import { hex32, hexNumber } from '../bits/hex.ts';
import { BootError } from './boot-error.ts';
import type { AddressFields } from './kernel-image.ts';
import type { ScreenRequest } from './screen.ts';

export const MULTIBOOT2_SEARCH_BYTES = 32768;
/** What EAX holds at entry. */
export const MULTIBOOT2_BOOTLOADER_MAGIC = 0x36d76289;

const HEADER_MAGIC = 0xe85250d6;
const ARCHITECTURE_I386 = 0;
const FIXED_BYTES = 16;

const TAG_END = 0;
const TAG_INFORMATION_REQUEST = 1;
const TAG_ADDRESS = 2;
const TAG_ENTRY_ADDRESS = 3;
const TAG_CONSOLE_FLAGS = 4;
const TAG_FRAMEBUFFER = 5;
const TAG_MODULE_ALIGN = 6;
const TAG_EFI_BOOT_SERVICES = 7;
const TAG_ENTRY_EFI_I386 = 8;
const TAG_ENTRY_EFI_AMD64 = 9;
const TAG_RELOCATABLE = 10;
const FLAG_OPTIONAL = 1;
/** The image load base address: the highest boot information tag that version 2.0 defines. */
const HIGHEST_INFORMATION_TAG = 21;
const INFORMATION_FRAMEBUFFER = 8;
const CONSOLE_REQUIRED = 1 << 0;
const CONSOLE_EGA_TEXT = 1 << 1;
const MOST_COLUMNS = 132;

interface RelocatableTag {
  readonly lowest: number;
  /** The image may not reach above this address. */
  readonly highest: number;
  readonly alignment: number;
  readonly prefer: 'low' | 'high';
}

export interface Multiboot2Header {
  readonly fileOffset: number;
  readonly addresses: AddressFields | undefined;
  readonly entry: number | undefined;
  readonly pageAlignModules: boolean;
  readonly screen: ScreenRequest | undefined;
  readonly relocatable: RelocatableTag | undefined;
}

/** The header, undefined when the image has none. A header that cannot be honoured is an error. */
export function findMultiboot2Header(file: Uint8Array, name: string): Multiboot2Header | undefined {
  const view = new DataView(file.buffer, file.byteOffset, Math.min(file.length, MULTIBOOT2_SEARCH_BYTES));
  let refused: BootError | undefined;
  for (let at = 0; at + FIXED_BYTES <= view.byteLength; at += 8) {
    if (view.getUint32(at, true) !== HEADER_MAGIC) continue;
    const architecture = view.getUint32(at + 4, true);
    const headerBytes = view.getUint32(at + 8, true);
    const checksum = view.getUint32(at + 12, true);
    const expected = -(HEADER_MAGIC + architecture + headerBytes) >>> 0;
    const where = `at ${hex32(at, 1)}`;
    if (checksum !== expected) {
      const reason = `${hex32(expected)} for architecture ${architecture} and length ${headerBytes}`;
      refused ??= new BootError(name, `multiboot 2 checksum ${where}`, hex32(checksum), reason);
    } else if (architecture !== ARCHITECTURE_I386) {
      const value = `${architecture}${architecture === 4 ? ' (MIPS)' : ''}`;
      refused ??= new BootError(name, `multiboot 2 architecture ${where}`, value, '0 (i386, protected mode)');
    } else {
      return new HeaderReader(view, at, headerBytes, name).read();
    }
  }
  if (refused) throw refused;
  return undefined;
}

interface Tag {
  readonly at: number;
  readonly type: number;
  readonly optional: boolean;
  readonly bytes: number;
}

class HeaderReader {
  readonly #view: DataView;
  readonly #start: number;
  readonly #end: number;
  readonly #name: string;
  #addresses: AddressFields | undefined;
  #entry: number | undefined;
  #pageAlignModules = false;
  #wantsScreen = false;
  #graphics: ScreenRequest | undefined;
  #consoleFlags = 0;
  #relocatable: RelocatableTag | undefined;

  constructor(view: DataView, start: number, headerBytes: number, name: string) {
    this.#view = view;
    this.#start = start;
    this.#end = start + headerBytes;
    this.#name = name;
    if (headerBytes < FIXED_BYTES + 8 || this.#end > view.byteLength) {
      const expected = `24 to ${view.byteLength - start}, so that the header lies in the searched part of the file`;
      this.#fail('header_length', `${headerBytes}`, expected);
    }
  }

  read(): Multiboot2Header {
    for (let at = this.#start + FIXED_BYTES; ; ) {
      const tag = this.#tag(at);
      if (tag.type === TAG_END) break;
      this.#readTag(tag);
      at += Math.ceil(tag.bytes / 8) * 8;
    }
    this.#checkConsole();
    if (this.#addresses && this.#entry === undefined) {
      this.#fail('address tag', 'alone', 'an entry address tag (type 3) beside it');
    }
    return {
      fileOffset: this.#start,
      addresses: this.#addresses,
      entry: this.#entry,
      pageAlignModules: this.#pageAlignModules,
      screen: this.#graphics ?? (this.#wantsScreen ? 'text' : undefined),
      relocatable: this.#relocatable,
    };
  }

  #fail(field: string, value: string, expected: string): never {
    throw new BootError(this.#name, `multiboot 2 ${field}`, value, expected);
  }

  #tag(at: number): Tag {
    if (at + 8 > this.#end) {
      this.#fail(
        'header tags',
        'not terminated',
        `an end tag (type 0, size 8) before ${hex32(this.#end, 1)}`,
      );
    }
    const type = this.#view.getUint16(at, true);
    const bytes = this.#view.getUint32(at + 4, true);
    if (bytes < 8 || at + bytes > this.#end) {
      const expected = `8 to ${this.#end - at}, so that the tag ends inside the header`;
      this.#fail(`tag type ${type} at ${hex32(at, 1)} size`, `${bytes}`, expected);
    }
    return { at, type, optional: (this.#view.getUint16(at + 2, true) & FLAG_OPTIONAL) !== 0, bytes };
  }

  /** The field at `offset` of a tag that must be `needed` bytes long to have it. */
  #field(tag: Tag, offset: number, needed: number): number {
    if (tag.bytes < needed) this.#fail(`tag type ${tag.type} size`, `${tag.bytes}`, `at least ${needed}`);
    return this.#view.getUint32(tag.at + offset, true);
  }

  #readTag(tag: Tag): void {
    switch (tag.type) {
      case TAG_INFORMATION_REQUEST:
        this.#readRequests(tag);
        return;
      case TAG_ADDRESS:
        this.#readAddresses(tag);
        return;
      case TAG_ENTRY_ADDRESS:
        this.#entry = this.#field(tag, 8, 12);
        return;
      case TAG_CONSOLE_FLAGS:
        this.#consoleFlags = this.#field(tag, 8, 12);
        return;
      case TAG_FRAMEBUFFER:
        this.#readFramebuffer(tag);
        return;
      case TAG_MODULE_ALIGN:
        this.#pageAlignModules = true;
        return;
      case TAG_EFI_BOOT_SERVICES:
      case TAG_ENTRY_EFI_I386:
      case TAG_ENTRY_EFI_AMD64:
        return; // "Taken into account only on EFI platforms", mandatory or not.
      case TAG_RELOCATABLE:
        this.#readRelocatable(tag);
        return;
      default:
        if (!tag.optional)
          this.#fail('mandatory header tag', `type ${tag.type}`, 'types 0 to 10 or the optional flag');
    }
  }

  /** Known information is given if there is any; only unknown kinds, asked for without the optional flag, refuse. */
  #readRequests(tag: Tag): void {
    for (let offset = 8; offset + 4 <= tag.bytes; offset += 4) {
      const type = this.#view.getUint32(tag.at + offset, true);
      if (type === INFORMATION_FRAMEBUFFER) this.#wantsScreen = true;
      if (type > HIGHEST_INFORMATION_TAG && !tag.optional) {
        const expected = `types up to ${HIGHEST_INFORMATION_TAG} or the optional flag`;
        this.#fail('information request', `type ${type}`, expected);
      }
    }
  }

  /** A load_addr of FFFFFFFFh means from the start of the file. */
  #readAddresses(tag: Tag): void {
    const headerAddress = this.#field(tag, 8, 24);
    const loadAddress = this.#field(tag, 12, 24);
    const fromStart = headerAddress - this.#start;
    if (loadAddress === 0xffffffff && fromStart < 0) {
      const expected = `at least ${hex32(this.#start, 1)}, the header's offset in the file`;
      this.#fail('header_addr', hexNumber(headerAddress), expected);
    }
    this.#addresses = {
      headerAddress,
      loadAddress: loadAddress === 0xffffffff ? fromStart : loadAddress,
      loadEndAddress: this.#field(tag, 16, 24),
      bssEndAddress: this.#field(tag, 20, 24),
    };
  }

  /** A depth of zero is text, or no preference: the numbers tell which. */
  #readFramebuffer(tag: Tag): void {
    const [width, height, depth] = [8, 12, 16].map((at) => this.#field(tag, at, 20)) as [
      number,
      number,
      number,
    ];
    if (depth === 0 && width > 0 && width <= MOST_COLUMNS) this.#wantsScreen = true;
    else this.#graphics = { width, height, depth };
  }

  /** A console that is required is text, or the frame buffer that another tag asks for. */
  #checkConsole(): void {
    const flags = this.#consoleFlags;
    if (flags & CONSOLE_EGA_TEXT) this.#wantsScreen = true;
    else if (flags & CONSOLE_REQUIRED && !this.#graphics) {
      const expected = 'EGA text support (bit 1) or a framebuffer tag where a console is required (bit 0)';
      this.#fail('console_flags', hex32(flags), expected);
    }
  }

  #readRelocatable(tag: Tag): void {
    const alignment = this.#field(tag, 16, 24);
    if (alignment !== 0 && (alignment & (alignment - 1)) !== 0) {
      this.#fail('relocatable tag align', hexNumber(alignment), 'a power of two');
    }
    this.#relocatable = {
      lowest: this.#field(tag, 8, 24),
      highest: this.#field(tag, 12, 24),
      alignment: Math.max(alignment, 1),
      prefer: this.#field(tag, 20, 24) === 2 ? 'high' : 'low',
    };
  }
}
