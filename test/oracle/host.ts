import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { CASE_BYTES, type Case, DATA_BYTES, RESULT_BYTES, writeCase } from './protocol.ts';

/** The helper that runs cases on this machine's processor. */
export class Host {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  #received: Buffer[] = [];
  #length = 0;
  #wanted = 0;
  #resolve: ((data: Buffer) => void) | undefined;
  #ended: string | undefined;
  #reject: ((error: Error) => void) | undefined;

  constructor(program: string) {
    this.#child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout.on('data', (data: Buffer) => {
      this.#received.push(data);
      this.#length += data.length;
      this.#settle();
    });
    this.#child.on('exit', (code, signal) => {
      this.#ended = `the helper ended: ${signal ?? code}`;
      this.#reject?.(new Error(this.#ended));
    });
    this.#child.stdin.on('error', () => {});
  }

  #settle(): void {
    if (!this.#resolve || this.#length < this.#wanted) return;
    const all = Buffer.concat(this.#received);
    this.#received = [];
    this.#length = 0;
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve(all);
  }

  /** Runs the first `count` cases; the results in the order of the cases, as `readResult` reads them. */
  async run(pattern: Uint8Array, cases: readonly Case[], count: number): Promise<Int32Array> {
    if (this.#ended) throw new Error(this.#ended);
    const bytes = new Uint8Array(8 + DATA_BYTES + count * CASE_BYTES);
    const words = new Int32Array(bytes.buffer);
    words[1] = count;
    bytes.set(pattern, 8);
    for (let n = 0; n < count; n++) writeCase(cases[n]!, bytes, words, 8 + DATA_BYTES + n * CASE_BYTES);
    this.#wanted = count * RESULT_BYTES;
    const answer = new Promise<Buffer>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#child.stdin.write(bytes.subarray(4));
    const data = await answer;
    const aligned = new Uint8Array(data.length);
    aligned.set(data);
    return new Int32Array(aligned.buffer);
  }

  close(): void {
    this.#child.stdin.end();
  }
}
