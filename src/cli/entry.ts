/** The program, for `main.ts` to load. */
import { nodeIo } from './node-io.ts';
import { main } from './program.ts';

/** Runs the command line of the process and answers the exit status. */
export function run(version: string): Promise<number> {
  return main(process.argv.slice(2), nodeIo(), version);
}
