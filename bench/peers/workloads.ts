/** The workloads of `guests/bench`, how much of each is run, and the rows of the table they belong to. */

export type Kind = 'compute' | 'chase' | 'storm' | 'code';

export interface Workload {
  /** What tables, charts and `--only` call it. */
  readonly name: string;
  readonly kind: Kind;
  /** What the guest is told besides the number of units. */
  readonly options: string;
  /** Units of a run under an emulator that compiles: half a second to a few seconds under QEMU. */
  readonly units: number;
  /** How many times fewer an interpreter is given. */
  readonly slower: number;
  readonly mebibytes: number;
  /** A local APIC is needed: longmode's board `pc`. */
  readonly apic: boolean;
  /** The image has a 32-bit twin of it. */
  readonly narrow: boolean;
}

const SMALL = 64;

const compute = (name: string, units: number, slower = 16): Workload => ({
  name,
  kind: 'compute',
  options: `bench=${name}`,
  units,
  slower,
  mebibytes: SMALL,
  apic: false,
  narrow: true,
});

const system = (kind: Kind, name: string, units: number, slower: number, more = {}): Workload => ({
  name,
  kind,
  options: `bench=${name}`,
  units,
  slower,
  mebibytes: SMALL,
  apic: false,
  narrow: false,
  ...more,
});

function chase(span: number, size: '4k' | '2m', units: number, slower: number): Workload {
  const mebibytes = Math.ceil(span / 256) + SMALL;
  const options = `bench=chase span=${span} pages=${size}`;
  return system('chase', `chase ${span} ${size}`, units, slower, { options, mebibytes });
}

const SPANS: readonly (readonly [span: number, units: number, slower: number])[] = [
  [32, 1200, 8],
  [1_024, 40, 2],
  [16_384, 30, 2],
  [262_144, 4, 2],
];

export const WORKLOADS: readonly Workload[] = [
  compute('mix', 16_000),
  compute('recursion', 1_600),
  compute('sieve', 800),
  compute('quicksort', 1_200),
  compute('crc', 2_500),
  compute('matrix', 5_000),
  compute('memcpy', 3_000, 8),
  compute('string', 5_000),
  compute('wide', 3_000, 8),
  compute('sse-integer', 3_000),
  compute('sse-float', 2_000),
  system('storm', 'syscall', 10_000, 40),
  system('storm', 'int', 2_500, 16),
  system('storm', 'ipi', 1_200, 16, { apic: true }),
  system('storm', 'page-fault', 2_000, 12),
  system('storm', 'cr3', 100, 2),
  system('storm', 'pcid', 100, 2),
  system('storm', 'invlpg 4k', 2_500, 12, { options: 'bench=invlpg pages=4k' }),
  system('storm', 'invlpg 2m', 800, 10, { options: 'bench=invlpg pages=2m' }),
  system('code', 'smc', 60, 2),
  system('code', 'smc-data', 400, 4),
  system('code', 'smc-generate', 60, 2),
  ...(['4k', '2m'] as const).flatMap((size) =>
    SPANS.map(([span, units, slower]) => chase(span, size, units, slower)),
  ),
];
