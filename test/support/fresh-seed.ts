/**
 * Where chance begins when nobody names a seed: by the clock, or with FRESH_SEED by that. Continuous integration derives
 * FRESH_SEED from the sources, so that every change meets other cases and the same change always the same ones.
 */
export function freshSeed(): number {
  const given = process.env['FRESH_SEED'];
  return given === undefined ? Date.now() & 0x7fffffff : Number(given) & 0x7fffffff;
}
