import { readdirSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { setFlagsFromString } from 'node:v8';

/** From this version on V8 reads branch hints by itself, and knows no flag for it. */
const HINTS_BY_DEFAULT = [13, 7] as const;

/**
 * How much bytecode V8 inlines into one function that it optimizes. A miss of the TLB or a page fault goes through a dozen
 * methods, each with a few lines; with V8's own limit of 920 half of them are calls, which cost more than what they do.
 */
const INLINED_BYTECODE = 2000;
export const INLINING_FLAG = '--max-inlined-bytecode-size-cumulative';

/** What V8's other threads are nicer by. */
export const COMPILERS_NICE = 5;

/** Whether a version of V8, such as `11.3.244.8`, reads the branch hints of WebAssembly behind a flag only. */
export function needsFlagForHints(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < HINTS_BY_DEFAULT[0] || (major === HINTS_BY_DEFAULT[0] && minor < HINTS_BY_DEFAULT[1]);
}

/**
 * Has V8 read the branch hints of compiled code ("Branch Hinting", a proposal for WebAssembly): without it code that
 * misses of the TLB alone enter takes registers from what runs all the time. And has it inline more.
 */
export function tuneEngine(): void {
  setFlagsFromString(`${INLINING_FLAG}=${INLINED_BYTECODE}`);
  if (needsFlagForHints(process.versions.v8)) setFlagsFromString('--experimental-wasm-branch-hinting');
}

/**
 * Lets V8's compilers, of which it has four however many processors there are, give way to the thread that the guest runs on:
 * on two processors a boot of Linux waits a fifth of its time for them. They still get a quarter of what an ordinary thread gets where
 * all processors are busy. Linux alone lets a process say so of its threads one by one; elsewhere nothing is done.
 */
export function yieldToGuest(): void {
  if (process.platform !== 'linux') return;
  try {
    const nice = Math.min(getPriority() + COMPILERS_NICE, constants.priority.PRIORITY_LOW);
    for (const name of readdirSync('/proc/self/task')) {
      const thread = Number(name);
      if (thread !== process.pid) setPriority(thread, nice);
    }
  } catch {
    // It is for speed only.
  }
}
