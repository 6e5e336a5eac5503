import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOptions } from './options.ts';
import { Session } from './session.ts';

/**
 * Privileged and mode-dependent behaviour against QEMU, Bochs and unicorn.
 *
 *     node test/references/run.mjs [--scenarios N] [--seed S] [--only REGEXP] [--show N] [--no-shrink] [--strict] [--bochs WHICH]
 */
const [folder = '', ...words] = process.argv.slice(2);
const read = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
const programs = { rom: read('rom.bin'), harness: read('harness.bin'), folder };
const failures = await new Session(readOptions(words), programs).run();
process.exitCode = failures === 0 ? 0 : 1;
