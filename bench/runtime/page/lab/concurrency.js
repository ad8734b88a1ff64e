import { makeFeeds } from '../../../models/catalog.mjs';
import { breathe, endAll, openAll, shuffle } from './tools.js';

/**
 * Milliseconds until `burst` single predictions, all requested at once, are answered. `name:many`
 * uses predictMany().
 */
export async function concurrency({ model: name, sides: names, rounds, burst }) {
  const { model, sides, leftOut } = await openAll(names, name);
  const inputs = Array.from({ length: burst }, (_, seed) => makeFeeds(model, seed));
  const ways = sides.flatMap(({ name: of, side }) => [
    { of, all: () => Promise.all(inputs.map((feeds) => side.run(feeds))) },
    ...(side.runMany ? [{ of: `${of}:many`, all: () => side.runMany(inputs) }] : []),
  ]);
  // Twice, because batch sizes are found by measuring.
  for (let i = 0; i < 2; i += 1) for (const { all } of ways) await all();
  const ms = Object.fromEntries(ways.map(({ of }) => [of, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { of, all } of shuffle(ways)) {
      await breathe();
      const start = performance.now();
      await all();
      ms[of].push(performance.now() - start);
    }
  }
  await endAll(sides);
  return { ms, leftOut };
}
