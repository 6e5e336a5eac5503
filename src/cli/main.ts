#!/usr/bin/env node
import packageJson from '../../package.json' with { type: 'json' };
import { nodeIo } from './node-io.ts';
import { main } from './program.ts';

process.exitCode = await main(process.argv.slice(2), nodeIo(), packageJson.version);
