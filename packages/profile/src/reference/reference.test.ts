import { seededRandom } from '../statistics/seeded-random.ts';
import { expect, test } from 'vitest';
import {
  buildReference,
  createCounters,
  parseReference,
  ProfileError,
  referenceId,
} from '../index.ts';
import type { NumericReference, ProfileKey, ReferenceProfile } from '../index.ts';

const KEY: ProfileKey = {
  model: 'm',
  version: '1.0.0',
  reference: '',
  backend: 'wasm',
  browser: 'chromium',
  segment: '',
  sampling: 0,
  privacy: 0,
  group: 0,
  hour: 0,
};
const utf8 = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

const referenceOf = (values: readonly (number | null)[]): ReferenceProfile =>
  buildReference({ features: [{ name: 'x', kind: 'numeric', values }] });

function numericOf(values: readonly (number | null)[]): NumericReference {
  const [feature] = referenceOf(values).features;
  if (feature?.kind !== 'numeric') throw new Error('expected a numeric feature');
  return feature;
}

function binsOf(reference: ReferenceProfile, values: readonly number[]): number[] {
  const counters = createCounters(reference);
  for (const value of values) counters.observeFeature(0, value);
  return [...counters.snapshot(KEY).features[0]!.bins];
}

test('32 bins hold equally many values, with edges halfway between neighbours', () => {
  const { edges, counts } = numericOf(Array.from({ length: 64 }, (_, i) => i));
  expect(edges).toEqual(Array.from({ length: 31 }, (_, i) => 2 * i + 1.5));
  expect(counts).toEqual(Array.from({ length: 32 }, () => 2));
});

test('bins are lower-inclusive: a value equal to an edge opens the bin above, the number before it does not', () => {
  const reference = referenceOf(Array.from({ length: 64 }, (_, i) => i));
  const bins = binsOf(reference, [
    -Infinity,
    -1,
    1.5,
    1.4999999999999998,
    61.5,
    61.49999999999999,
    63,
    64,
  ]);
  expect([bins[0], bins[1], bins[30], bins[31]]).toEqual([2, 1, 1, 3]);
});

test('a device that counts the reference rows gets the reference, also in float32', () => {
  const next = seededRandom(8);
  const columns = [
    Array.from({ length: 500 }, () => next() * 100),
    Array.from({ length: 500 }, () => Math.floor(next() * 12) / 10),
    Array.from({ length: 500 }, () => (next() < 0.97 ? 0 : next())),
    Array.from({ length: 500 }, () => 7.1),
    Array.from({ length: 500 }, () => -0.1),
    [3, 1, 2],
    [1e308, -1e308, 0],
    [Number.MIN_VALUE, 0, Number.MIN_VALUE],
    [Number.MIN_VALUE],
    [Number.MAX_VALUE],
    [0],
  ];
  for (const values of columns) {
    const reference = referenceOf(values);
    const { counts, edges } = numericOf(values);
    expect(binsOf(reference, values)).toEqual(counts);
    expect(
      edges.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > edges[i - 1]!)),
    ).toBe(true);
    if (values.some((value) => value !== 0 && (Math.abs(value) < 1e-30 || Math.abs(value) > 1e30)))
      continue;
    // Two values as close as float32 precision may change sides, once in a thousand.
    const moved = binsOf(reference, values.map(Math.fround)).reduce(
      (sum, count, i) => sum + Math.abs(count - counts[i]!),
      0,
    );
    expect(moved).toBeLessThanOrEqual(2);
    const counters = createCounters(reference);
    for (const value of values) counters.observeFeature(0, Math.fround(value));
    expect(counters.snapshot(KEY).features[0]).toMatchObject({ below: 0, above: 0 });
  }
});

test('a constant has three bins: below, equal, above', () => {
  const reference = referenceOf([7, 7, 7]);
  expect(numericOf([7, 7, 7]).counts).toEqual([0, 3, 0]);
  expect(binsOf(reference, [6.9, 7, 7.000001, 7.1, 8])).toEqual([1, 2, 2]);
});

test('a value that most rows have gets a bin of its own', () => {
  const zeros = Array.from({ length: 990 }, () => 0);
  expect(numericOf([...zeros, ...Array.from({ length: 10 }, (_, i) => i + 1)])).toMatchObject({
    edges: [0.5],
    counts: [990, 10],
  });
  expect(numericOf([...zeros, ...Array.from({ length: 10 }, (_, i) => -1 - i)])).toMatchObject({
    edges: [-0.5],
    counts: [10, 990],
  });
  const next = seededRandom(4);
  const half = numericOf([...zeros, ...Array.from({ length: 990 }, () => next() - 0.5)]);
  expect(Math.max(...half.counts)).toBe(990);
  expect(half.counts.filter((count) => count < 990).every((count) => count <= 70)).toBe(true);
});

test('ties never make two equal edges, more than 32 bins, or lose a row', () => {
  const next = seededRandom(5);
  for (let run = 0; run < 300; run += 1) {
    const values = Array.from({ length: 1 + Math.floor(next() * 200) }, () =>
      next() < 0.1 ? null : Math.floor(next() ** 2 * 60),
    );
    if (values.every((value) => value === null)) continue;
    const { edges, counts, missing } = numericOf(values);
    expect(edges.every((edge, i) => i === 0 || edge > edges[i - 1]!)).toBe(true);
    expect(counts.length).toBe(edges.length + 1);
    expect(counts.length).toBeLessThanOrEqual(32);
    expect(counts.reduce((a, b) => a + b, 0) + missing).toBe(values.length);
  }
});

test('quantiles are those of NumPy', () => {
  expect(numericOf(Array.from({ length: 101 }, (_, i) => i)).quantiles).toEqual(
    [0.1, 25, 50, 75, 99.9].map((q) => expect.closeTo(q, 10)),
  );
});

test('the vocabulary is the most frequent words, the rest and free text are other', () => {
  const values = ['b', 'a', 'b', null, 'c', 'x'.repeat(300), 'a', 'b'];
  const [feature] = buildReference({
    features: [{ name: 'w', kind: 'categorical', values, maxVocabulary: 2 }],
  }).features;
  expect(feature).toEqual({
    kind: 'categorical',
    name: 'w',
    vocabulary: ['b', 'a'],
    counts: [3, 2, 2],
    missing: 1,
  });
});

test('columns that cannot form a reference are refused with their name', () => {
  const numeric = (name: string, values: number[]) => ({ name, kind: 'numeric', values }) as const;
  expect(() => buildReference({ features: [numeric('a', [1, 2]), numeric('b', [1])] })).toThrow(
    /"b" has 1 values/,
  );
  expect(() => buildReference({ features: [numeric('a', [Number.NaN])] })).toThrow(
    /"a" has no finite value/,
  );
  expect(() => buildReference({ features: [numeric('a', [1]), numeric('a', [2])] })).toThrow(
    /"a" twice/,
  );
  expect(() => buildReference({ features: [numeric('n'.repeat(257), [1])] })).toThrow(
    /at most 256 characters/,
  );
  const output = (labelIndex: number, score: number) => ({
    features: [],
    output: { labels: ['yes'], predictions: [{ labelIndex, score }] },
  });
  expect(() => buildReference(output(1, 0.5))).toThrow(/label index 1/);
  expect(() => buildReference(output(0, Number.NaN))).toThrow(/score NaN/);
  expect(buildReference(output(0, 1.0000001)).output?.scoreCounts.at(-1)).toBe(1);
});

const SAMPLE = buildReference({
  features: [
    {
      name: 'size',
      kind: 'numeric',
      unit: 'mm',
      values: Array.from({ length: 100 }, (_, i) => i / 7 - 3),
    },
    {
      name: '__proto__',
      kind: 'categorical',
      values: ['constructor', '__proto__', null].concat(Array.from({ length: 97 }, () => 'x')),
    },
  ],
  output: { labels: ['yes', 'no'], predictions: [{ labelIndex: 1, score: 0.25 }] },
});

test('a reference survives its JSON, and has a short name', async () => {
  const bytes = utf8(SAMPLE);
  expect(parseReference(bytes)).toEqual(SAMPLE);
  expect(await referenceId(bytes)).toMatch(/^[0-9a-f]{16}$/);
  // The first 16 digits of the SHA-256 of the empty string.
  expect(await referenceId(new Uint8Array())).toBe('e3b0c44298fc1c14');
});

/** A reference without types, for tests that damage it. */
type Loose = {
  schema: unknown;
  rows: unknown;
  features: Record<string, unknown>[];
  output: Record<string, unknown>;
};

test.each<[string, (copy: Loose) => unknown, RegExp]>([
  [
    'edges out of order',
    (r) => (r.features[0]!['edges'] = [2, 1]),
    /features\[0\]\.edges: expected increasing numbers, got \[2, 1\]/,
  ],
  [
    'a negative count',
    (r) => ((r.features[1]!['counts'] as number[])[0] = -1),
    /features\[1\]\.counts\[0\]: expected a count, got -1/,
  ],
  [
    'too few counts',
    (r) => (r.features[1]!['counts'] as number[]).pop(),
    /features\[1\]\.counts: expected a list of 4, got 3/,
  ],
  [
    'no labels',
    (r) => delete r.output['labels'],
    /output\.labels: expected a list of at most 1000, got undefined/,
  ],
  [
    'an unknown kind',
    (r) => (r.features[0]!['kind'] = 'image'),
    /features\[0\]\.kind: expected "numeric" or "categorical", got "image"/,
  ],
  [
    'another schema',
    (r) => (r.schema = 'perigee-reference/2'),
    /schema: expected "perigee-reference\/1"/,
  ],
  ['rows that are no count', (r) => (r.rows = 1.5), /rows: expected a count, got 1\.5/],
  ['a minimum above the maximum', (r) => (r.features[0]!['min'] = 1e9), /features\[0\]\.max/],
  [
    'quantiles out of order',
    (r) => (r.features[0]!['quantiles'] = [1, 2, 3, 5, 4]),
    /features\[0\]\.quantiles: expected ascending numbers, got \[1, 2, 3, 5, 4\]/,
  ],
  [
    'a word twice',
    (r) => (r.features[1]!['vocabulary'] = ['a', 'a', 'b']),
    /features\[1\]\.vocabulary: expected different words, got "a twice"/,
  ],
  [
    'a feature twice',
    (r) => (r.features[1]!['name'] = 'size'),
    /features: expected different names/,
  ],
  [
    'a long name',
    (r) => (r.features[0]!['name'] = 'n'.repeat(1_000_000)),
    /features\[0\]\.name: expected text of at most 256 characters, got "nnn/,
  ],
  [
    'too many features',
    (r) => (r.features = Array.from({ length: 4_097 }, () => ({}))),
    /features: expected a list of at most 4096, got a list of 4097/,
  ],
  [
    'a list for an object',
    (r) => (r.features[0] = [] as never),
    /features\[0\]: expected an object, got \[\]/,
  ],
])('a reference with %s is refused with its path', (_, damage, message) => {
  const copy = structuredClone(SAMPLE) as unknown as Loose;
  damage(copy);
  const parse = (): unknown => parseReference(utf8(copy));
  expect(parse).toThrow(ProfileError);
  expect(parse).toThrow(message);
});

test('text that is not JSON, not UTF-8, too deep or too long is a ProfileError', () => {
  for (const bytes of [
    utf8('{'),
    utf8(''),
    utf8('null'),
    new Uint8Array([0xff, 0xfe]),
    new Uint8Array(8 * 1024 * 1024 + 1),
  ])
    expect(() => parseReference(bytes)).toThrow(ProfileError);
  const deep = '['.repeat(500_000) + ']'.repeat(500_000);
  for (const text of [
    deep,
    `{"schema":${deep}}`,
    `{"schema":"perigee-reference/1","rows":1,"features":[{"name":${deep}}]}`,
  ])
    expect(() => parseReference(utf8(text))).toThrow(ProfileError);
});
