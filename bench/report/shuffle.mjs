/** In random order, so that nobody always comes after the same neighbour. */
export function shuffle(items) {
  return items.map((item) => [Math.random(), item]).sort(([a], [b]) => a - b).map(([, item]) => item);
}
