import { ARENA_BYTES, BASELINES, baseline, HARNESS, readTable, SCENARIOS, VECTORS } from './layout.ts';
import { decodeRecords, type Outcome } from './record.ts';
import { encodeAll, type Scenario } from './scenario.ts';

/** The built programs, and the baselines that belong to them. */
export interface Programs {
  readonly rom: Uint8Array;
  readonly harness: Uint8Array;
  /** A folder for the files of one run. */
  readonly folder: string;
}

/** One run of an image from power-on: what came out of port E9, and how it ended. */
export interface RawRun {
  readonly output: Uint8Array;
  readonly end: 'finished' | 'shutdown' | 'hang' | 'unimplemented';
  readonly detail?: string;
}

/** A processor that runs images. `load` says which bytes lie where in RAM. */
export interface Processor {
  readonly name: string;
  run(programs: Programs, load: readonly (readonly [address: number, bytes: Uint8Array])[]): Promise<RawRun>;
}

/** What must lie in RAM for a list of scenarios. */
export function imageOf(
  programs: Programs,
  scenarios: readonly Scenario[],
  ids: readonly number[],
): [address: number, bytes: Uint8Array][] {
  const table = readTable(programs.harness);
  const baselines = new Uint8Array(VECTORS - BASELINES + 1024);
  baselines.set(baseline('legacy', table));
  baselines.set(baseline('long', table), ARENA_BYTES);
  const vectors = new DataView(baselines.buffer, VECTORS - BASELINES);
  for (let n = 0; n < 256; n++) {
    vectors.setUint16(n * 4, table.stubs16 + n * table.stub16Bytes, true);
    vectors.setUint16(n * 4 + 2, HARNESS >> 4, true);
  }
  return [
    [HARNESS, programs.harness],
    [BASELINES, baselines],
    [SCENARIOS, encodeAll(scenarios, ids)],
  ];
}

/** Runs all scenarios; after one that ends the machine, those behind it on a new one. */
export async function runAll(
  processor: Processor,
  programs: Programs,
  scenarios: readonly Scenario[],
): Promise<Outcome[]> {
  const results: Outcome[] = new Array(scenarios.length);
  let first = 0;
  let barren = 0;
  while (first < scenarios.length) {
    const rest = scenarios.slice(first);
    const run = await processor.run(
      programs,
      imageOf(
        programs,
        rest,
        rest.map((_, n) => first + n),
      ),
    );
    const outcomes = decodeRecords(run.output);
    for (const [id, outcome] of outcomes) results[id] = outcome;
    let done = first;
    while (results[done]) done++;
    if (done >= scenarios.length) break;
    // What ended here may be the work of an earlier scenario's stray writes: it has another try with memory as it should be.
    if (done > first) {
      first = done;
      continue;
    }
    results[done] = {
      // Ended in order, but not with this scenario: it has taken the harness away.
      end: run.end === 'finished' ? 'shutdown' : run.end,
      fields: new Map(),
      memory: new Map(),
      ...(run.detail === undefined ? {} : { detail: run.detail }),
    };
    first = done + 1;
    if (outcomes.size > 0) barren = 0;
    else if (++barren > 40)
      throw new Error(`${processor.name}: the harness does not run: ${run.detail ?? run.end}`);
  }
  return results;
}
