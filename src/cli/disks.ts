/** Disk images that the guest may write to: in memory, or with --commit in the file itself. */
import type { DiskFile, Pc } from '../index.ts';
import { exitResult } from '../machine/exit.ts';
import { hostReason, readInput } from './files.ts';
import type { DiskWriter, Io } from './io.ts';
import { UsageError } from './usage-error.ts';

export class Disks {
  readonly #io: Io;
  readonly #commit: boolean;
  readonly #writers: DiskWriter[] = [];
  #machine: Pc | undefined;
  #failure: UsageError | undefined;

  /** `commit`: what the guest writes is written to the files at once. */
  constructor(io: Io, commit: boolean) {
    this.#io = io;
    this.#commit = commit;
  }

  /** @throws UsageError when the image cannot be read, or be written although it is to be */
  open(path: string): DiskFile {
    const image = { name: path, bytes: readInput(this.#io, path, 'a disk image') };
    if (!this.#commit) return image;
    let writer: DiskWriter;
    try {
      writer = this.#io.openDisk(path);
    } catch (error) {
      throw new UsageError(
        `${path}: file ${hostReason(error)}, expected a disk image that --commit can write`,
      );
    }
    this.#writers.push(writer);
    return { ...image, onWrite: (offset, bytes) => this.#write(path, writer, offset, bytes) };
  }

  /** The machine that a write which fails ends. */
  attach(machine: Pc): void {
    this.#machine = machine;
  }

  /** @throws UsageError when a write failed during the run */
  close(): void {
    for (const writer of this.#writers) writer.close();
    if (this.#failure) throw this.#failure;
  }

  /** The guest cannot be told in the middle of its instruction; so the run is asked to end. */
  #write(path: string, writer: DiskWriter, offset: number, bytes: Uint8Array): void {
    if (this.#failure) return;
    try {
      writer.write(offset, bytes);
    } catch (error) {
      this.#failure = new UsageError(
        `${path}: ${hostReason(error)}, expected a disk image that --commit can write`,
      );
      this.#machine?.requestExit(exitResult('stopped', 'a disk image cannot be written'));
    }
  }
}
