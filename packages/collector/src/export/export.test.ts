import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { NumericReference, Profile } from '@perigee/profile';
import { registerExport } from '../query-thread/routes/export.ts';
import type { PublishedModels } from '../published-models.ts';
import { startCollector } from '@perigee/collector';
import type { CollectorStore } from '../store/store.ts';
import { ndjson } from './json.ts';
import { parquet } from './parquet.ts';
import { readWindow, spansOf } from './read-window.ts';
import { rowsOf } from './rows.ts';
import type { ExportRow } from './rows.ts';
import {
  addTo,
  MODEL,
  reference,
  publishedModels,
  sampleProfile,
  storeOf,
} from './sample.test.data.ts';

const NOW = Date.now();
const HOUR = Math.floor(NOW / 3_600_000);

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function fileOf(bytes: AsyncIterable<Uint8Array>): Promise<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(await all(bytes))).buffer;
}

const sumOf = (rows: readonly Pick<ExportRow, 'kind' | 'count'>[]): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const { kind, count } of rows) sums[kind] = (sums[kind] ?? 0) + Number(count);
  return sums;
};

/** The expected totals of each kind of rows, computed from the sums in a different way. */
function expected(profiles: readonly Profile[]): Record<string, number> {
  const total = (pick: (profile: Profile) => Iterable<number>): number =>
    profiles.flatMap((profile) => [...pick(profile)]).reduce((a, b) => a + b, 0);
  return {
    count: total(({ devices, predictions, fallbacks }) => [devices, predictions, fallbacks]),
    session: total(({ sessions }) => Object.values(sessions)),
    golden: total(({ golden }) => Object.values(golden)),
    feature: total(({ features }) => features.flatMap(({ bins }) => [...bins])),
    quality: total(({ features }) =>
      features.flatMap(({ missing, invalid, below, above }) => [missing, invalid, below, above]),
    ),
    label: total(({ labels }) => labels),
    score: total(({ scores }) => scores),
    latency: total(({ latency }) => latency.flatMap((histogram) => [...histogram])),
    error: total(({ errors }) => Object.values(errors)),
    confusion: total(({ confusion }) => confusion.values()),
  };
}

const devices = (): Profile[] => [
  sampleProfile({ hour: HOUR }),
  sampleProfile({ hour: HOUR, group: 2 }, { shift: 0.3 }),
  sampleProfile({ hour: HOUR - 1, backend: 'webgpu', segment: 'shop', sampling: 3 }),
  sampleProfile(
    { hour: HOUR - 30, version: '1.1.0', browser: 'firefox', privacy: 20 },
    { predictions: 90 },
  ),
];
const window = { model: MODEL, fromHour: HOUR - 40, toHour: HOUR + 1 };

test('rows name every count with its bin and its edges', () => {
  const rows = [...rowsOf(sampleProfile({ hour: HOUR, sampling: 3, privacy: 15 }), reference)];
  const [first] = rows;
  expect(first).toEqual({
    hour: new Date(HOUR * 3_600_000).toISOString(),
    model: MODEL,
    version: '1.0.0',
    reference: '0123456789abcdef',
    backend: 'wasm',
    browser: 'chromium',
    segment: '',
    weight: 8,
    epsilon: 1.5,
    kind: 'count',
    name: 'devices',
    bin: '',
    lower: null,
    upper: null,
    count: 1,
  });
  const x = rows.filter(({ kind, name }) => kind === 'feature' && name === 'x');
  const { edges } = reference.features[0] as NumericReference;
  expect(x[0]).toMatchObject({ lower: null, upper: edges[0], bin: '< 0.03073' });
  expect(x[1]).toMatchObject({ lower: edges[0], upper: edges[1] });
  expect(x.at(-1)).toMatchObject({ lower: edges.at(-1), upper: null });
  expect(
    rows.filter(({ name }) => name === 'colour').map(({ kind, bin, count }) => [kind, bin, count]),
  ).toEqual([
    ['feature', 'blue', 195],
    ['feature', 'green', 195],
    ['feature', 'red', 195],
    ['feature', 'other', 15],
  ]);
  expect(rows.filter(({ kind }) => kind === 'quality')).toMatchObject([
    { name: 'x', bin: 'missing', count: 12 },
  ]);
  expect(
    rows
      .filter(({ kind }) => kind === 'confusion')
      .map(({ name, bin, count }) => [name, bin, count]),
  ).toEqual([
    ['no', 'no', 30],
    ['no', 'yes, "sure"', 30],
  ]);
  const ms = rows.filter(({ kind }) => kind === 'latency');
  expect(ms.every(({ lower, upper, name }) => name === 'total' && lower! >= 1 && upper! < 12)).toBe(
    true,
  );
  expect(rows.every(({ count }) => count > 0)).toBe(true);
});

test('counts of an unknown reference are named by position', () => {
  const rows = [...rowsOf(sampleProfile({ hour: HOUR }), null)];
  expect(rows.find(({ kind }) => kind === 'feature')).toMatchObject({
    name: '#0',
    bin: '#0',
    lower: null,
    upper: null,
  });
  expect(sumOf(rows)).toEqual(expected([sampleProfile({ hour: HOUR })]));
});

test('the rows of a window add up to the sums of the store', async () => {
  const store = await storeOf(...devices(), sampleProfile({ hour: HOUR - 60 }));
  const rows = await all(await readWindow(store, publishedModels, window, NOW));
  expect(sumOf(rows)).toEqual(expected(devices()));
  expect(
    new Set(rows.map(({ weight, epsilon, segment }) => `${weight} ${epsilon} ${segment}`)),
  ).toEqual(new Set(['1 null ', '8 null shop', '1 2 ']));
  expect(
    sumOf(
      await all(await readWindow(store, publishedModels, { ...window, version: '1.1.0' }, NOW)),
    ),
  ).toEqual(expected(devices().slice(3)));
});

test('spans are days, or weeks where sums may move to the start of theirs, without overlap or gap', () => {
  const fromHour = HOUR - 24 * 200;
  const hours = Array.from({ length: 24 * 200 + 1 }, (_, i) => HOUR - i);
  const spans = spansOf(hours, { fromHour, toHour: HOUR + 1 }, HOUR);
  expect(spans[0]![0]).toBe(fromHour);
  expect(spans.at(-1)![1]).toBe(HOUR + 1);
  for (const [i, [start]] of spans.entries()) if (i > 0) expect(start).toBe(spans[i - 1]![1]);
  expect(spans.filter(([start, end]) => end - start > 24).length).toBeGreaterThan(12);
});

test('hours that are rolled up during an export are exported once', async () => {
  const old = Array.from({ length: 9 }, (_, i) =>
    sampleProfile({ hour: HOUR - 24 * (85 + i) - 3 }),
  );
  const store = await storeOf();
  // Set the clock back, so that the counts are not late: the store would roll up late ones at once.
  vi.useFakeTimers({ now: NOW - 85 * 24 * 3_600_000, toFake: ['Date'] });
  await addTo(store, ...old);
  vi.useRealTimers();
  expect((await store.timeline({ model: MODEL, fromHour: 0, toHour: HOUR })).length).toBe(9);
  const late: CollectorStore = {
    ...store,
    async sums(query, by) {
      const sums = await store.sums(query, by);
      await store.maintain(NOW);
      return sums;
    },
  };
  const rows = await all(
    await readWindow(
      late,
      publishedModels,
      { model: MODEL, fromHour: HOUR - 24 * 200, toHour: HOUR },
      NOW,
    ),
  );
  expect(sumOf(rows)).toEqual(expected(old));
  expect((await store.timeline({ model: MODEL, fromHour: 0, toHour: HOUR })).length).toBeLessThan(
    9,
  );
});

test('Parquet has the same rows, in row groups, with the right types', async () => {
  const rows = await all(
    await readWindow(await storeOf(...devices()), publishedModels, window, NOW),
  );
  const file = await fileOf(parquet(from(rows), 100));
  const metadata = await parquetMetadataAsync(file);
  expect(metadata.row_groups.length).toBe(Math.ceil(rows.length / 100));
  expect(metadata.schema.find(({ name }) => name === 'count')).toMatchObject({
    type: 'INT64',
    repetition_type: 'REQUIRED',
  });
  expect(metadata.schema.find(({ name }) => name === 'hour')).toMatchObject({
    type: 'INT64',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true },
  });
  for (const { columns } of metadata.row_groups)
    expect(columns[1]!.meta_data!.encodings).toContain('RLE_DICTIONARY');
  const read = (await parquetReadObjects({ file })) as Record<string, unknown>[];
  expect(
    read.map((row) => ({
      ...row,
      hour: (row['hour'] as Date).toISOString(),
      lower: row['lower'] ?? null,
      upper: row['upper'] ?? null,
      epsilon: row['epsilon'] ?? null,
      count: Number(row['count']),
    })),
  ).toEqual(rows);
});

test('a count beyond 2^32 stays exact', async () => {
  const [row] = rowsOf(sampleProfile({ hour: HOUR }), reference);
  const file = await fileOf(parquet(from([{ ...row!, count: Number.MAX_SAFE_INTEGER }])));
  expect(await parquetReadObjects({ file })).toMatchObject([
    { count: BigInt(Number.MAX_SAFE_INTEGER) },
  ]);
});

test('a window without rows is a valid file without rows', async () => {
  const file = await fileOf(parquet(from<ExportRow>([])));
  expect(await parquetReadObjects({ file })).toEqual([]);
  expect((await parquetMetadataAsync(file)).schema).toHaveLength(16);
  expect(await all(ndjson(from<ExportRow>([])))).toEqual([]);
});

test('NDJSON is streamed in chunks of whole lines', async () => {
  const rows = await all(
    await readWindow(await storeOf(...devices()), publishedModels, window, NOW),
  );
  const chunks = await all(ndjson(from(rows)));
  expect(chunks.length).toBeGreaterThan(1);
  expect(chunks.every((chunk) => chunk.endsWith('}\n'))).toBe(true);
  expect(
    chunks
      .join('')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual(rows);
});

async function serve(
  store: CollectorStore,
  found: PublishedModels | null = publishedModels,
): Promise<string> {
  const app = fastify({ forceCloseConnections: true });
  registerExport(app, store, found);
  onTestFinished(() => app.close());
  return `${await app.listen({ port: 0 })}/v1/models/${MODEL}/export`;
}

test('the route streams a file of either format, with a name', async () => {
  const url = await serve(await storeOf(...devices()));
  const from = new Date(window.fromHour * 3_600_000).toISOString();
  const file = await fetch(`${url}?from=${from}`);
  expect(file.headers.get('content-type')).toBe('application/vnd.apache.parquet');
  expect(file.headers.get('content-disposition')).toMatch(
    /^attachment; filename="mo\.del-\d{8}T\d\d-\d{8}T\d\d\.parquet"$/,
  );
  expect(
    sumOf((await parquetReadObjects({ file: await file.arrayBuffer() })) as unknown as ExportRow[]),
  ).toEqual(expected(devices()));
  const lines = await fetch(`${url}?format=ndjson&version=1.1.0&from=${from}`);
  expect(lines.headers.get('content-disposition')).toContain('mo.del-1.1.0-');
  expect(
    sumOf(
      (await lines.text())
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as ExportRow),
    ),
  ).toEqual(expected(devices().slice(3)));
});

test('if the store fails during an export, the response breaks off: half a file never looks whole', async () => {
  const many = Array.from({ length: 12 }, (_, i) =>
    sampleProfile({ hour: HOUR - 30, backend: `b${i}` }),
  );
  const store = await storeOf(...devices(), ...many);
  let reads = 0;
  const url = await serve({
    ...store,
    sums: async (query, by) => {
      if (++reads > 1) throw new Error('the disk is gone');
      return store.sums(query, by);
    },
  });
  const answer = await fetch(
    `${url}?format=ndjson&from=${new Date(window.fromHour * 3_600_000).toISOString()}`,
  )
    .then((response) => response.text())
    .catch((error: unknown) => error);
  expect(answer).toBeInstanceOf(TypeError);
});

test('exports that are not possible are refused with the remedy', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'perigee-refused-'));
  const collector = await startCollector({ port: 0, dataDir });
  onTestFinished(async () => {
    await collector.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const ask = async (query: string, what = 'export') => {
    const answer = await fetch(new URL(`v1/models/digits/${what}?${query}`, collector.url));
    return { status: answer.status, body: (await answer.json()) as unknown };
  };
  expect(await ask('format=csv')).toMatchObject({
    status: 400,
    body: {
      error: {
        code: 'INVALID_INPUT',
        message: 'format: expected one of parquet, ndjson, got "csv".',
      },
    },
  });
  expect(await ask('format=constructor')).toMatchObject({ status: 400 });
  expect(await ask('')).toMatchObject({
    status: 404,
    body: { error: { code: 'MODEL_NOT_FOUND' } },
  });
  expect(await ask('version=1.0.0', 'retraining')).toMatchObject({
    status: 404,
    body: { error: { code: 'NO_REGISTRY' } },
  });
  expect(await ask('from=yesterday')).toMatchObject({
    status: 400,
    body: { error: { code: 'INVALID_INPUT' } },
  });
});
