/** Lists of mappings: merged, compared, searched for two linear ranges that reach the same bytes, shown as a table. */
import type { Mapping } from '../mmu/mappings.ts';
import { type Address, add, compare, distance, linearText, physicalText, sizeText } from './address.ts';

/** The range that maps `address`; undefined where nothing does. */
export function rangeAt(ranges: readonly Mapping[], address: Address): Mapping | undefined {
  return ranges.find((range) => {
    const offset = distance(range.linear, address);
    return offset >= 0 && offset < range.bytes;
  });
}

/** `rwxu g`-like letters as `ls` would print them: read, write, execute, user or supervisor, global. */
function rightsText(range: Pick<Mapping, 'writable' | 'user' | 'executable' | 'global'>): string {
  const rights = `r${range.writable ? 'w' : '-'}${range.executable ? 'x' : '-'}`;
  return `${rights} ${range.user ? 'user' : 'supervisor'}${range.global ? ' global' : ''}`;
}

function sameRights(a: Mapping, b: Mapping): boolean {
  return (
    a.pageSize === b.pageSize &&
    a.writable === b.writable &&
    a.user === b.user &&
    a.executable === b.executable &&
    a.global === b.global &&
    a.protectionKey === b.protectionKey
  );
}

function continues(a: Mapping, b: Mapping): boolean {
  return a.physical + a.bytes === b.physical && compare(add(a.linear, a.bytes), b.linear) === 0;
}

/** One line a range, columns aligned: first and last linear address, size, page size, rights, physical range. */
export function rangeTable(ranges: readonly Mapping[]): string[] {
  const rows = ranges.map((r) => [
    `${linearText(r.linear)}-${linearText(add(r.linear, r.bytes - 1))}`,
    sizeText(r.bytes),
    `${sizeText(r.pageSize)} pages`,
    rightsText(r),
    `${physicalText(r.physical)}-${physicalText(r.physical + r.bytes - 1)}`,
  ]);
  const [, sizes = 0, pages = 0, rights = 0] = columnWidths(rows);
  return rows.map(
    ([linear, size, page, right, physical]) =>
      `${linear}  ${size!.padStart(sizes)}  ${page!.padEnd(pages)}  ${right!.padEnd(rights)}  -> ${physical}`,
  );
}

function columnWidths(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  return widths;
}

/** Bytes of physical memory that more than one linear range reaches. */
export interface Alias {
  readonly physical: number;
  readonly bytes: number;
  /** In linear order, each cut to the bytes in question; two or more. */
  readonly views: readonly Mapping[];
  /** One view may write what another may execute. */
  readonly writableAndExecutable: boolean;
}

/** Every physical range that is mapped at more than one linear address: a sweep over the ends of all ranges. */
export function findAliases(ranges: readonly Mapping[]): Alias[] {
  const starts = [...ranges].sort((a, b) => a.physical - b.physical);
  const edges = [...new Set(starts.flatMap((r) => [r.physical, r.physical + r.bytes]))].sort((a, b) => a - b);
  const aliases: Alias[] = [];
  let active: Mapping[] = [];
  let next = 0;
  for (let i = 0; i + 1 < edges.length; i++) {
    const [start, end] = [edges[i]!, edges[i + 1]!];
    active = active.filter((r) => r.physical + r.bytes > start);
    while (next < starts.length && starts[next]!.physical <= start) active.push(starts[next++]!);
    if (active.length < 2) continue;
    const views = active
      .map((r) => cut(r, start - r.physical, end - start))
      .sort((a, b) => compare(a.linear, b.linear));
    const last = aliases[aliases.length - 1];
    if (last && last.physical + last.bytes === start && sameViews(last.views, views)) {
      aliases[aliases.length - 1] = {
        ...last,
        bytes: last.bytes + (end - start),
        views: last.views.map((v) => ({ ...v, bytes: v.bytes + (end - start) })),
      };
      continue;
    }
    const writable = views.filter((v) => v.writable);
    const executable = views.filter((v) => v.executable);
    const writableAndExecutable = writable.some((w) => executable.some((x) => x !== w));
    aliases.push({ physical: start, bytes: end - start, views, writableAndExecutable });
  }
  return aliases;
}

function sameViews(a: readonly Mapping[], b: readonly Mapping[]): boolean {
  return a.length === b.length && a.every((view, i) => sameRights(view, b[i]!) && continues(view, b[i]!));
}

function cut(range: Mapping, offset: number, bytes: number): Mapping {
  return { ...range, linear: add(range.linear, offset), physical: range.physical + offset, bytes };
}

/** The alias report for people. */
export function aliasLines(aliases: readonly Alias[]): string[] {
  return aliases.flatMap(({ physical, bytes, views, writableAndExecutable }) => {
    const note = writableAndExecutable ? ': writable at one address, executable at another' : '';
    const where = `${physicalText(physical)}-${physicalText(physical + bytes - 1)}`;
    return [
      `physical ${where} (${sizeText(bytes)}) has ${views.length} linear addresses${note}`,
      ...views.map((v) => `  ${linearText(v.linear)}  ${sizeText(v.pageSize)} pages  ${rightsText(v)}`),
    ];
  });
}

/** What differs between two lists of mappings. */
export interface RangeDifference {
  readonly kind: 'added' | 'removed' | 'changed';
  readonly before: Mapping | undefined;
  readonly after: Mapping | undefined;
}

/** Compares two lists piece by piece; pieces that differ in the same way and continue each other are joined. */
export function diff(before: readonly Mapping[], after: readonly Mapping[]): RangeDifference[] {
  const old = spans(before);
  const now = spans(after);
  const edges = [...new Set([...old, ...now].flatMap((span) => [span.start, span.end]))].sort(bigOrder);
  const differences: RangeDifference[] = [];
  let o = 0;
  let n = 0;
  for (let i = 0; i + 1 < edges.length; i++) {
    const [start, end] = [edges[i]!, edges[i + 1]!];
    while (o < old.length && old[o]!.end <= start) o++;
    while (n < now.length && now[n]!.end <= start) n++;
    const [was, is] = [pieceOf(old[o], start, end), pieceOf(now[n], start, end)];
    if (was && is && sameRights(was, is) && was.physical === is.physical) continue;
    if (was || is) join(differences, was, is);
  }
  return differences;
}

/** The difference for people, one line a piece. */
export function differenceLines(differences: readonly RangeDifference[]): string[] {
  const where = (r: Mapping): string => `${linearText(r.linear)}-${linearText(add(r.linear, r.bytes - 1))}`;
  const what = (r: Mapping): string =>
    `${physicalText(r.physical)} ${sizeText(r.pageSize)} pages ${rightsText(r)}`;
  return differences.map(({ before, after }) => {
    if (!before) return `+ ${where(after!)}  ${what(after!)}`;
    if (!after) return `- ${where(before)}  ${what(before)}`;
    return `! ${where(before)}  ${what(before)}  =>  ${what(after)}`;
  });
}

/** A range with its ends as integers; `end` is exclusive and may be 2^64. */
interface Span {
  readonly start: bigint;
  readonly end: bigint;
  readonly range: Mapping;
}

function spans(ranges: readonly Mapping[]): Span[] {
  return ranges
    .map((range) => {
      const start = (BigInt(range.linear[1] >>> 0) << 32n) | BigInt(range.linear[0] >>> 0);
      return { start, end: start + BigInt(range.bytes), range };
    })
    .sort((a, b) => bigOrder(a.start, b.start));
}

function bigOrder(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function pieceOf(span: Span | undefined, start: bigint, end: bigint): Mapping | undefined {
  if (!span || span.start > start) return undefined;
  return cut(span.range, Number(start - span.start), Number(end - start));
}

function join(differences: RangeDifference[], before: Mapping | undefined, after: Mapping | undefined): void {
  const last = differences[differences.length - 1];
  const before2 = last && joined(last.before, before);
  const after2 = last && joined(last.after, after);
  if (before2 !== undefined && after2 !== undefined) {
    differences[differences.length - 1] = {
      kind: last!.kind,
      before: before2 || undefined,
      after: after2 || undefined,
    };
    return;
  }
  differences.push({ kind: before ? (after ? 'changed' : 'removed') : 'added', before, after });
}

/** The two pieces as one; false when both are absent, undefined when they do not continue each other. */
function joined(a: Mapping | undefined, b: Mapping | undefined): Mapping | false | undefined {
  if (!a && !b) return false;
  return a && b && sameRights(a, b) && continues(a, b) ? { ...a, bytes: a.bytes + b.bytes } : undefined;
}
