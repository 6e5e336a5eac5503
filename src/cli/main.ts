#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { readBranchHints } from './engine.ts';
import { nodeIo } from './node-io.ts';
import { main } from './program.ts';

/** Relative to dist/cli.js, which is what runs. */
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

readBranchHints();
process.exitCode = await main(process.argv.slice(2), nodeIo(), version);
