/** What the user gave cannot be used: one line on standard error, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** `--memory is abc, expected a size such as 64M`: what, value, expectation, in the shape of every such message. */
export function badValue(what: string, value: string, expected: string): UsageError {
  return new UsageError(`${what} is ${value === '' ? 'empty' : value}, expected ${expected}`);
}
