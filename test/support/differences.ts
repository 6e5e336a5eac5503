const MOST = 8;

/** The ways to what differs in two trees, at most eight of them: `expect` would print, or choke on, megabytes of arrays. */
export function differences(a: unknown, b: unknown, path = '', found: string[] = []): string[] {
  if (found.length >= MOST || Object.is(a, b)) return found;
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) {
    const [first, second] = [a as Uint8Array, b as Uint8Array];
    if (first.length !== second.length) found.push(`${path}.length ${first.length} ${second.length}`);
    const at = first.findIndex((value, i) => value !== second[i]);
    if (at >= 0) found.push(`${path}.${at} ${first[at]} ${second[at]}`);
    return found;
  }
  if (a instanceof Map && b instanceof Map) {
    for (const key of new Set([...a.keys(), ...b.keys()]))
      differences(a.get(key), b.get(key), `${path}.${String(key)}`, found);
    return found;
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    found.push(`${path} ${String(a)} ${String(b)}`);
    return found;
  }
  const [first, second] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key of new Set([...Object.keys(first), ...Object.keys(second)]))
    differences(first[key], second[key], `${path}.${key}`, found);
  return found;
}
