/** `--cpu help`: the processor models and the features that can be added and taken away. */
import { CPU_MODEL_NAMES, MODELS } from '../cpu/execute/cpu-models.ts';
import { CPUID_ABSENT, CPUID_FEATURES } from '../isa/cpuid.ts';

const WIDTH = 100;

export function cpuListText(): string {
  const widest = Math.max(...CPU_MODEL_NAMES.map((name) => name.length));
  return [
    'Processor models, with capitals, spaces and hyphens as you like:',
    ...CPU_MODEL_NAMES.map((name) => `  ${name.padEnd(widest)}  ${MODELS[name]!.about}`),
    'Features, for MODEL,+FEATURE,-FEATURE:',
    ...wrapped(CPUID_FEATURES.map((feature) => feature.name)),
    'Features that no model has here, whatever the real processor has:',
    ...wrapped(CPUID_ABSENT),
    '',
  ].join('\n');
}

function wrapped(words: readonly string[]): string[] {
  const lines: string[] = [];
  for (const word of [...words].sort()) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > WIDTH) lines.push(`  ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
