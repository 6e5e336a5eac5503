import { readFileSync, writeFileSync } from 'node:fs';
import { INSTRUCTIONS_FILE, instructionRows, instructionsText } from './instruction-table.ts';

/** `npm run docs:instructions -- [--check]` */
const text = instructionsText(instructionRows());
if (process.argv[2] !== '--check') writeFileSync(INSTRUCTIONS_FILE, text);
else if (readFileSync(INSTRUCTIONS_FILE, 'utf8') !== text) {
  console.error('docs/instructions.md is stale: npm run docs:instructions');
  process.exitCode = 1;
}
