import { breathe, endAll, openAll, shuffle } from './tools.js';

/**
 * The cost of carrying 602 KB to a worker and a little back: the round trip less the run of the
 * model, which the worker times itself. Microsecond clocks need a cross-origin isolated page.
 */
export async function carry({ model: name, sides: names, rounds, calls }) {
  const { feeds, sides, leftOut } = await openAll(names, name);
  const ways = sides.flatMap(({ name: of, side }) => [
    { of, run: side.run },
    ...Object.entries(side.carrying ?? {}).map(([way, run]) => ({ of: `${of}:${way}`, run })),
  ]);
  const rows = Object.fromEntries(
    ways.map(({ of }) => [of, { roundTrip: [], carried: [], sending: [] }]),
  );
  const before = Object.values(feeds)[0].data.slice();
  for (let round = -10; round < rounds; round += 1) {
    for (const { of, run } of shuffle(ways)) {
      await breathe();
      for (let i = 0; i < calls; i += 1) {
        const start = performance.now();
        const answer = run(feeds);
        const sent = performance.now();
        const { ms } = await answer;
        const total = performance.now() - start;
        if (round < 0) continue;
        rows[of].roundTrip.push(total);
        rows[of].carried.push(total - ms);
        rows[of].sending.push(sent - start);
      }
    }
  }
  const { data } = Object.values(feeds)[0];
  if (data.length !== before.length || data.some((value, i) => value !== before[i]))
    throw new Error("A side changed or detached the caller's array.");
  await endAll(sides);
  return { rows, leftOut };
}
