import { warmUpCalls } from '../../../models/catalog.mjs';
import { breathe, endAll, openAll, shuffle } from './tools.js';

/**
 * Milliseconds of every call, and of the run inside it where a worker times that. The sides take
 * random turns, so that a slow moment of the machine affects all of them.
 */
export async function latency({ model: name, sides: names, rounds, calls }) {
  const { model, feeds, sides, leftOut } = await openAll(names, name);
  const ms = Object.fromEntries(sides.map(({ name: of }) => [of, []]));
  const inside = Object.fromEntries(sides.map(({ name: of }) => [of, []]));
  for (const { side } of sides)
    for (let i = 0; i < warmUpCalls(model); i += 1) await side.run(feeds);
  for (let round = 0; round < rounds; round += 1) {
    for (const { name: of, side } of shuffle(sides)) {
      await breathe();
      for (let i = 0; i < calls; i += 1) {
        const start = performance.now();
        const answer = await side.run(feeds);
        ms[of].push(performance.now() - start);
        if (answer.ms !== undefined) inside[of].push(answer.ms);
      }
    }
  }
  const inPlace = sides.filter(({ side }) => side.model?.inPlace).map(({ name: of }) => of);
  await endAll(sides);
  return { ms, inside, leftOut, inPlace };
}
