// node models/digits/reference.mjs: makes reference.json from reference-rows.csv of each version.
// Drift of drawn digits is measured against it.
import { readFileSync, writeFileSync } from 'node:fs';
import { buildReference } from '@perigee/profile';

const FEATURES = ['brightness', 'contrast', 'edges', 'centerX', 'centerY'];
const labels = JSON.parse(readFileSync(new URL('labels.json', import.meta.url), 'utf8'));

for (const version of ['1.0.0', '1.1.0', '1.1.1']) {
  const folder = new URL(`versions/${version}/`, import.meta.url);
  const [, ...lines] = readFileSync(new URL('reference-rows.csv', folder), 'utf8')
    .trim()
    .split('\n');
  const rows = lines.map((line) => line.split(',').map(Number));
  const reference = buildReference({
    features: FEATURES.map((name, column) => ({
      name,
      kind: 'numeric',
      values: rows.map((row) => row[column]),
    })),
    output: {
      labels,
      predictions: rows.map((row) => ({
        labelIndex: row[FEATURES.length],
        score: row[FEATURES.length + 1],
      })),
    },
  });
  writeFileSync(new URL('reference.json', folder), `${JSON.stringify(reference)}\n`);
  console.log(`${version}: ${reference.rows} rows`);
}
