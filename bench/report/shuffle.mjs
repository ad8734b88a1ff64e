/**
 * A list in random order, so that no side always runs after the same neighbour.
 * @template Item
 * @param {readonly Item[]} items
 * @returns {Item[]}
 */
export function shuffle(items) {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
