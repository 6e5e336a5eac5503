import { TAG_WATCH } from './bank.ts';

/** A page in which accesses are watched: writes always, reads where `reads` says so. `lo` and `hi` are linear. */
export interface WatchedPage {
  readonly lo: number;
  readonly hi: number;
  readonly reads: boolean;
}

/** What the pages say of one page: `TAG_WATCH` for its read tag, and for its write tag. */
export function watchTags(
  pages: readonly WatchedPage[],
  lo: number,
  hi: number,
): readonly [read: number, write: number] {
  let read = 0;
  let write = 0;
  for (const page of pages) {
    if (page.lo !== lo || page.hi !== hi) continue;
    write = TAG_WATCH;
    if (page.reads) read = TAG_WATCH;
  }
  return [read, write];
}
