/**
 * One of the names, with the probabilities given.
 * @template {string} Name
 * @param {() => number} random
 * @param {Readonly<Record<Name, number>>} shares in percent, which sum to 100
 * @returns {Name}
 */
export function drawWeighted(random, shares) {
  const names = /** @type {Name[]} */ (Object.keys(shares));
  let left = random() * 100;
  const drawn = names.find((name) => (left -= shares[name]) < 0) ?? names.at(-1);
  if (drawn === undefined) throw new Error('There is nothing to draw from.');
  return drawn;
}
