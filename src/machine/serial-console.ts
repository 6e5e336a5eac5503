export interface SavedConsole {
  readonly bytes: Uint8Array;
  readonly cursor: number;
}

/** What a guest has written to a serial port or the debug console, with a cursor for expectations. */
export class SerialConsole {
  #text = '';
  readonly #bytes: number[] = [];
  #cursor = 0;
  /** Called with every byte the guest sends. */
  onByte: ((byte: number) => void) | undefined;
  /** Set by the board: takes bytes for the guest to receive. */
  sink: ((bytes: Uint8Array) => void) | undefined;

  /** One byte from the guest. Bytes above 0x7f count as Latin-1, so text offsets equal byte offsets. */
  accept(byte: number): void {
    this.#bytes.push(byte);
    this.#text += String.fromCharCode(byte);
    this.onByte?.(byte);
  }

  save(): SavedConsole {
    return { bytes: this.bytes, cursor: this.#cursor };
  }

  /** Nobody is told of the bytes: whoever listens has had them, or has not asked for them. */
  restore(saved: SavedConsole): void {
    this.#bytes.length = 0;
    this.#text = '';
    for (const byte of saved.bytes) {
      this.#bytes.push(byte);
      this.#text += String.fromCharCode(byte);
    }
    this.#cursor = saved.cursor;
  }

  /** Everything so far. */
  get text(): string {
    return this.#text;
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  /** What lies behind the cursor, the part no expectation has consumed. */
  get unread(): string {
    return this.#text.slice(this.#cursor);
  }

  /**
   * Looks for `pattern` behind the cursor and moves the cursor behind the match. Matches against the whole stream, so
   * text that arrived before the call is never missed.
   * @throws Error that quotes the unread text when there is no match.
   */
  expect(pattern: RegExp | string): RegExpMatchArray {
    const match = this.tryExpect(pattern);
    if (!match) throw new Error(`serial output has no ${String(pattern)} in ${JSON.stringify(this.unread)}`);
    return match;
  }

  /** As `expect`, but answers undefined and leaves the cursor when there is no match. */
  tryExpect(pattern: RegExp | string): RegExpMatchArray | undefined {
    const regex =
      typeof pattern === 'string'
        ? new RegExp(pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        : new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
    const match = regex.exec(this.unread);
    if (!match) return undefined;
    this.#cursor += match.index + match[0].length;
    return match;
  }

  /** Sends text (Latin-1) or bytes to the guest. */
  send(data: string | Uint8Array): void {
    const bytes = typeof data === 'string' ? Uint8Array.from(data, (c) => c.charCodeAt(0) & 0xff) : data;
    this.sink?.(bytes);
  }
}
