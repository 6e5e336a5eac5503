import type { AddressSpace } from '../../bus/address-space.ts';
import { STATE_MONITOR, STATE_MONITOR_LINE } from '../../state/layout.ts';
import type { Core } from './core.ts';

/*
 * The monitor of MONITOR and MWAIT (SDM Vol. 3A, "MONITOR/MWAIT Instructions"). A store to the line by anybody ends the wait. Stores
 * are not watched here: what the line holds is kept, and compared whenever a waiting processor might go on. A store that
 * changes nothing goes unseen, and ends no wait.
 */

const LINE_BYTES = 64;
const LINE_WORDS = LINE_BYTES >> 2;
const MONITOR = STATE_MONITOR >> 2;
const LINE = STATE_MONITOR_LINE >> 2;

/** Watches the line of a linear address that was just read; no line where there is no memory. */
export function armMonitor(core: Core, lo: number, hi: number): void {
  const { words, space, mmu } = core;
  const host = mmu.hostForRead(lo, hi);
  if (host < 0) {
    words[MONITOR] = 0;
    return;
  }
  const line = host - (host % LINE_BYTES);
  words[MONITOR] = line;
  for (let i = 0; i < LINE_WORDS; i++) words[LINE + i] = space.view.getInt32(line + i * 4, true);
}

/** Whether the line that the processor of this state page watches has changed. Without a line it does not wait. */
export function isMonitorTriggered(words: Int32Array, space: AddressSpace): boolean {
  const line = words[MONITOR]! >>> 0;
  if (line === 0) return true;
  for (let i = 0; i < LINE_WORDS; i++) {
    if (words[LINE + i] !== space.view.getInt32(line + i * 4, true)) return true;
  }
  return false;
}
