import { ACTIVATIONS } from './generators/activations.mjs';
import { DENSE } from './generators/dense.mjs';
import { ELEMENTWISE } from './generators/elementwise.mjs';
import { LAYOUT } from './generators/layout.mjs';
import { ML } from './generators/ml.mjs';
import { OTHERS } from './generators/others.mjs';
import { REDUCE } from './generators/reduce.mjs';
import { SPATIAL } from './generators/spatial.mjs';
import { TREES } from './generators/trees.mjs';
import { check, show } from './compare.mjs';
import { Random } from './random.mjs';

/** @typedef {import('./types.d.ts').Case} Case */

/** @type {Readonly<Record<string, import('./types.d.ts').Generator>>} */
const GENERATORS = {
  ...ACTIVATIONS,
  ...DENSE,
  ...ELEMENTWISE,
  ...LAYOUT,
  ...ML,
  ...REDUCE,
  ...SPATIAL,
  ...TREES,
};

/** Names of the kinds of cases. */
export const KINDS = Object.keys(GENERATORS);
/** All kinds, including operators that the instant engine does not have. */
export const ALL_KINDS = [...KINDS, ...Object.keys(OTHERS)];

/**
 * The case of a seed. The kinds take turns. The same seed and kind always give the same case.
 * @param {number} seed
 * @param {readonly string[]} [kinds]
 * @returns {Case}
 */
export function makeCase(seed, kinds = KINDS) {
  const kind = kinds[seed % kinds.length];
  const random = new Random(Math.imul(seed, 0x9e3779b1));
  const style = random.pick(['proto2', 'proto3']);
  return { seed, kind, style, opset: 17, ...(GENERATORS[kind] ?? OTHERS[kind])(random) };
}

/**
 * Checks a number of cases, beginning with a seed.
 * @param {object} options
 * @param {number} options.seed
 * @param {number} options.cases
 * @param {readonly string[]} [options.kinds]
 * @param {number} [options.until] time at which to stop, in milliseconds
 * @param {(one: Case, how: string) => void} [options.onDifference] called with each difference
 */
export async function fuzz({
  seed,
  cases,
  kinds = KINDS,
  until = Infinity,
  onDifference = () => undefined,
}) {
  const counts = { cases: 0, agreed: 0, refused: 0, unchecked: 0, different: 0 };
  /** @type {Map<string, string>} */
  const reasons = new Map();
  for (let i = 0; i < cases && Date.now() < until; i += 1) {
    const one = makeCase(seed + i, kinds);
    const { verdict, how } = await check(one);
    counts.cases += 1;
    counts[verdict] += 1;
    if (verdict === 'different') onDifference(one, how ?? '');
    else if (how) reasons.set(`${verdict} ${one.kind}`, how);
  }
  return { counts, reasons };
}

/**
 * A readable description of a case.
 * @param {Case} one
 */
export function describeCase({
  seed,
  kind,
  op,
  domain,
  opset,
  style,
  attributes = {},
  inputs,
  constants = [],
}) {
  const given = JSON.stringify(attributes, (_, value) =>
    typeof value === 'bigint'
      ? `${value}n`
      : ArrayBuffer.isView(value)
        ? Array.from(/** @type {Uint8Array} */ (value), String)
        : value,
  );
  const values = inputs.map(
    (input, i) => `${constants.includes(i) ? 'weight ' : ''}${input ? show(input) : 'left out'}`,
  );
  return (
    `seed ${seed}, ${kind}: ${domain ? `${domain}.` : ''}${op} (opset ${opset}, ${style}) ` +
    `${given.length > 400 ? `${given.slice(0, 400)}…` : given}\n    ${values.join('\n    ')}`
  );
}
