// Scenarios call functions in a page, and check their answers, with these functions.

/**
 * Calls a function in the page, which gets JSON values and returns plain data. The function is sent
 * as its source, so it uses nothing outside itself but `lab`.
 * @template {readonly unknown[]} Args
 * @template Answer
 * @param {import('./types.d.ts').Tab} tab
 * @param {(...args: Args) => Promise<Answer> | Answer} code
 * @param {Args} args
 * @returns {Promise<Answer>}
 */
export async function ask(tab, code, ...args) {
  const values = args.map((value) => JSON.stringify(value)).join(', ');
  return /** @type {Answer} */ (await tab.call(`(${code.toString()})(${values})`));
}

/**
 * @param {unknown} isRight
 * @param {string} what is wrong
 * @param {unknown} [seen]
 * @returns {asserts isRight}
 */
export function check(isRight, what, seen) {
  if (isRight) return;
  const shown = seen === undefined ? '' : `: ${JSON.stringify(seen).slice(0, 600)}`;
  throw new Error(`${what}${shown}`);
}

/**
 * @param {readonly number[]} got
 * @param {readonly number[]} expected
 */
export function checkClose(got, expected) {
  const isRight =
    got.length === expected.length &&
    got.every((value, i) => Math.abs(value - (expected[i] ?? Number.NaN)) < 1e-3);
  check(isRight, 'The numbers differ from those in Node', { got, expected });
}
