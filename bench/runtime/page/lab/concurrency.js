import { makeFeeds } from '../../../models/catalog.mjs';
import { agrees, breathe, endAll, openAll, shuffle } from './tools.js';

/**
 * Milliseconds until `burst` single predictions, all requested at once, are answered. `name:many`
 * uses predictMany(), `name:batch` one message and one run by hand.
 */
export async function concurrency({ model: name, sides: names, rounds, burst }) {
  const { model, sides, leftOut } = await openAll(names, name);
  const inputs = Array.from({ length: burst }, (_, seed) => makeFeeds(model, seed));
  const ways = sides.flatMap(({ name: of, side }) => [
    { of, all: () => Promise.all(inputs.map((feeds) => side.run(feeds))) },
    ...(side.runMany ? [{ of: `${of}:many`, all: () => side.runMany(inputs) }] : []),
    ...(side.runBatch && !model.large
      ? [{ of: `${of}:batch`, all: () => side.runBatch(inputs) }]
      : []),
  ]);
  // Twice, because batch sizes are found by measuring.
  let expected;
  for (let i = 0; i < 2; i += 1)
    for (const { of, all } of ways) {
      const answers = await all();
      expected ??= answers;
      if (answers.some(({ data }, row) => data && !agrees(data, expected[row].data)))
        throw new Error(`${of} does not give each call its own answer.`);
    }
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
