/** Bad input on the way to the first guest instruction: exit status 2, told in one line. */

const CONTROL_CHARACTERS = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

/** The same text with line breaks and other control characters spelled out, so that a message stays one line. */
function oneLine(text: string): string {
  return text.replace(
    CONTROL_CHARACTERS,
    (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  );
}

export class BootError extends Error {
  override readonly name = 'BootError';
  /** The display name of the file (or of the option) that is to blame. */
  readonly file: string;
  readonly field: string;
  readonly value: string;
  readonly expected: string;

  constructor(file: string, field: string, value: string, expected: string) {
    super(oneLine(`${file}: ${field} is ${value}, expected ${expected}`));
    this.file = file;
    this.field = field;
    this.value = value;
    this.expected = expected;
  }
}
