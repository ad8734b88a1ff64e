// Checks inferred shapes against those of onnxruntime-node. Runs calls together wherever the rows
// of a random graph are inferred to be independent:
// npm run fuzz:shapes -- --seed 1 --cases 5000 [--seconds 120]
import { parseArgs } from 'node:util';
import { ALL_KINDS, describeCase, makeCase } from './cases.mjs';
import { describeGraph } from './graphs.mjs';
import { checkGraph } from './rows.mjs';
import { checkShapes } from './shapes.mjs';

const MOST_SHOWN = 20;
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    cases: { type: 'string', default: '5000' },
    seconds: { type: 'string' },
  },
});
const [seed, cases, seconds] = [
  Number(values.seed),
  Number(values.cases),
  Number(values.seconds ?? Infinity),
];
if (!Number.isSafeInteger(seed) || !(cases > 0) || !(seconds > 0)) {
  console.error('Usage: --seed <whole number> --cases <number> [--seconds <number>]');
  process.exit(2);
}

/** @type {Record<'shapes' | 'rows', Record<string, number>>} */
const counts = { shapes: {}, rows: {} };
const until = Date.now() + seconds * 1_000;
let shown = 0;
/**
 * @param {'shapes' | 'rows'} kind
 * @param {string} verdict
 * @param {() => string} text
 */
const note = (kind, verdict, text) => {
  counts[kind][verdict] = (counts[kind][verdict] ?? 0) + 1;
  if (verdict === 'different' && shown++ < MOST_SHOWN) console.log(text());
};
for (let i = 0; i < cases && Date.now() < until; i += 1) {
  const one = makeCase(seed + i, ALL_KINDS);
  const { verdict, how } = await checkShapes(one);
  note('shapes', verdict, () => `${describeCase(one)}\n  → ${how}`);
  const graph = await checkGraph(seed + i);
  note('rows', graph.verdict, () => `${describeGraph(graph.made)}\n  → ${graph.how}`);
}
console.log(
  `seed ${seed}: shapes ${JSON.stringify(counts.shapes)}, rows ${JSON.stringify(counts.rows)}`,
);
process.exit(counts.shapes.different || counts.rows.different ? 1 : 0);
