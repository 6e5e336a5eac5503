import { BootError } from '../../src/boot/boot-error.ts';

/** The message of the BootError that `run` throws; anything else is thrown on. */
export function bootErrorOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof BootError) return error.message;
    throw error;
  }
  throw new Error('no BootError was thrown');
}
