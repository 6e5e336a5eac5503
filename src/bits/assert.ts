/** A broken promise between parts of the emulator itself: never caused by guest bytes, exit status 8. */
export class InternalError extends Error {
  override readonly name = 'InternalError';
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InternalError(message);
}
