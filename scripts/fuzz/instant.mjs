// Compares the instant engine with onnxruntime-node on random models of one node:
// npm run fuzz:instant -- --seed 1 --cases 20000 [--kind Softmax] [--seconds 120] [--reasons]
import { parseArgs } from 'node:util';
import { describeCase, fuzz, KINDS } from './cases.mjs';

const MOST_SHOWN = 20;
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    cases: { type: 'string', default: '5000' },
    kind: { type: 'string', multiple: true },
    seconds: { type: 'string' },
    reasons: { type: 'boolean', default: false },
  },
});
const [seed, cases, seconds] = [
  Number(values.seed),
  Number(values.cases),
  values.seconds === undefined ? Infinity : Number(values.seconds),
];
const chosen = values.kind;
const kinds = chosen
  ? KINDS.filter((kind) => chosen.some((wanted) => kind.startsWith(wanted)))
  : KINDS;
if (!Number.isSafeInteger(seed) || !(cases > 0) || !(seconds > 0) || kinds.length === 0) {
  console.error(
    'Usage: --seed <whole number> --cases <number> [--seconds <number>] [--kind <name>]; ' +
      `kinds: ${KINDS.join(', ')}`,
  );
  process.exit(2);
}

const byKind = new Map();
const { counts, reasons } = await fuzz({
  seed,
  cases,
  kinds,
  until: Date.now() + seconds * 1_000,
  onDifference(one, how) {
    const number = (byKind.get(one.kind) ?? 0) + 1;
    byKind.set(one.kind, number);
    if (number === 1 && byKind.size <= MOST_SHOWN)
      console.log(
        `${describeCase(one)}\n  → ${how}\n  Again: npm run fuzz:instant -- --seed ` +
          `${one.seed} --cases ` +
          `1${values.kind ? values.kind.map((kind) => ` --kind "${kind}"`).join('') : ''}`,
      );
  },
});
if (values.reasons)
  for (const [kind, how] of [...reasons].sort()) console.log(`${kind}: ${how.slice(0, 200)}`);
for (const [kind, number] of byKind) console.log(`${kind}: ${number} different`);
console.log(
  `seed ${seed}: ${counts.cases} cases, ${counts.agreed} agreed, ${counts.refused} refused, ` +
    `${counts.unchecked} that ONNX Runtime does not run, ${counts.different} different`,
);
process.exit(counts.different > 0 ? 1 : 0);
