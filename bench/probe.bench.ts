import { TranslationRig } from './support/translation-rig.ts';

const MiB = 1 << 20;
function time(label: string, run: (n: number) => number, slice: number, total: number): void {
  let best = 0;
  const deadline = performance.now() + total;
  while (performance.now() < deadline) {
    const t0 = performance.now();
    const n = run(slice);
    best = Math.max(best, n / (performance.now() - t0) / 1000);
  }
  console.log(label.padEnd(40), best.toFixed(1), 'M/s', (1000 / best).toFixed(2), 'ns');
}
const only = process.argv[2];
for (const size of ['4K', '2M', '1G'] as const) {
  if (only && only !== size) continue;
  const rig = new TranslationRig(size, 1024 * MiB);
  time(`${size} hit`, (n) => rig.hits(n), 200000, 600);
  rig.sequential(1024 * MiB, 300000);
  time(`${size} cold`, (n) => rig.cold(n), 16384, 1000);
  for (const ws of [1 * MiB, 16 * MiB, 256 * MiB, 1024 * MiB]) {
    rig.random(ws, 4e6);
    const view = rig.space.view;
    const mask = (ws - 1) & ~3;
    const raw = (count: number) => {
      let state = 12345 + count, sum = 0;
      for (let n = 0; n < count; n++) {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        sum = (sum + view.getInt32((((state >>> 2) ^ (state << 14)) & mask) + 0x44000000, true)) | 0;
      }
      rig.sum ^= sum;
      return count;
    };
    time(`${size} raw random ${ws / MiB} MiB`, raw, 20000, 400);
    time(`${size} random ${ws / MiB} MiB`, (n) => rig.random(ws, n), 20000, 600);
    time(`${size} sequential ${ws / MiB} MiB`, (n) => rig.sequential(ws, n), 20000, 400);
  }
}
