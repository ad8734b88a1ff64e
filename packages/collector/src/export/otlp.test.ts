import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NumericReference } from '@perigee/profile';
import { expect, onTestFinished, test } from 'vitest';
import type { CollectorStore } from '../store/store.ts';
import { createOtlpExporter } from './otlp.ts';
import type { OtlpExporter, OtlpOptions } from './otlp.ts';
import {
  addTo,
  MODEL,
  reference,
  REFERENCE_ID,
  publishedModels,
  sampleProfile,
  storeOf,
} from './sample.test.data.ts';

const NOW = Date.now();
const HOUR = Math.floor(NOW / 3_600_000);
/** An hour that is closed and past its grace period. */
const CLOSED = HOUR - 2;

interface Point {
  attributes: { key: string; value: Record<string, unknown> }[];
  startTimeUnixNano: string;
  timeUnixNano: string;
  asInt?: string;
  count?: string;
  bucketCounts?: string[];
  explicitBounds?: number[];
}
interface Metric {
  name: string;
  unit: string;
  description: string;
  sum?: { aggregationTemporality: number; isMonotonic: boolean; dataPoints: Point[] };
  histogram?: { aggregationTemporality: number; dataPoints: Point[] };
}
interface Body {
  resourceMetrics: {
    resource: { attributes: Point['attributes'] };
    scopeMetrics: { scope: { name: string }; metrics: Metric[] }[];
  }[];
}

/** A receiver that checks the encoding and responds as told. */
async function receiver(...answers: ((response: ServerResponse) => void)[]) {
  const received: { body: Body; headers: IncomingHttpHeaders; url: string }[] = [];
  const faults: unknown[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const body = JSON.parse(text) as Body;
    received.push({ body, headers: request.headers, url: `${request.method} ${request.url}` });
    try {
      checkEncoding(body);
    } catch (error) {
      faults.push(error);
    }
    const answer = answers.shift();
    if (answer) answer(response);
    else response.setHeader('content-type', 'application/json').end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    expect(faults).toEqual([]);
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

const INT64 = /^(0|[1-9]\d*)$/;

/**
 * Checks against opentelemetry-proto, metrics.proto in its JSON encoding: known names only, 64-bit
 * integers as strings, enums as numbers, and the rules in its comments.
 */
function checkEncoding({ resourceMetrics, ...others }: Body): void {
  expect(others).toEqual({});
  for (const { resource, scopeMetrics, ...others } of resourceMetrics) {
    expect(others).toEqual({});
    checkAttributes(resource.attributes);
    for (const { scope, metrics } of scopeMetrics) {
      expect(scope.name).toBe('perigee.collector');
      expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
      for (const { name, unit, description, sum, histogram, ...others } of metrics) {
        expect(others).toEqual({});
        expect([typeof unit, typeof description]).toEqual(['string', 'string']);
        expect(name).toMatch(/^perigee\.[a-z.]+$/);
        expect(sum === undefined).not.toBe(histogram === undefined);
        if (sum) expect(sum.isMonotonic).toBe(true);
        const { aggregationTemporality, dataPoints } = (sum ?? histogram)!;
        expect(aggregationTemporality).toBe(1);
        expect(dataPoints.length).toBeGreaterThan(0);
        // A stream has one point per time.
        expect(new Set(dataPoints.map(({ attributes }) => JSON.stringify(attributes))).size).toBe(
          dataPoints.length,
        );
        for (const point of dataPoints) checkPoint(point, sum !== undefined);
      }
    }
  }
}

function checkPoint(
  {
    attributes,
    startTimeUnixNano,
    timeUnixNano,
    asInt,
    count,
    bucketCounts,
    explicitBounds,
    ...others
  }: Point,
  isSum: boolean,
): void {
  expect(others).toEqual({});
  checkAttributes(attributes);
  expect(startTimeUnixNano).toMatch(INT64);
  expect(BigInt(timeUnixNano) - BigInt(startTimeUnixNano)).toBe(3_600_000_000_000n);
  if (isSum) {
    expect(asInt).toMatch(INT64);
    expect([count, bucketCounts, explicitBounds]).toEqual([undefined, undefined, undefined]);
    return;
  }
  for (const one of [count, ...bucketCounts!]) expect(one).toMatch(INT64);
  expect(bucketCounts!.length).toBe(explicitBounds!.length + 1);
  expect(bucketCounts!.reduce((sum, one) => sum + BigInt(one), 0n)).toBe(BigInt(count!));
  for (const [i, bound] of explicitBounds!.entries())
    if (i > 0) expect(bound).toBeGreaterThan(explicitBounds![i - 1]!);
}

function checkAttributes(attributes: Point['attributes']): void {
  expect(new Set(attributes.map(({ key }) => key)).size).toBe(attributes.length);
  for (const { value } of attributes) {
    const [[kind, content] = []] = Object.entries(value);
    expect(Object.keys(value)).toHaveLength(1);
    expect(
      kind === 'intValue'
        ? typeof content === 'string' && INT64.test(content)
        : typeof content === { stringValue: 'string', doubleValue: 'number' }[kind as string],
    ).toBe(true);
  }
}

const metricsIn = ({ resourceMetrics }: Body): Metric[] =>
  resourceMetrics[0]!.scopeMetrics[0]!.metrics;
const pointsOf = (body: Body, name: string): Point[] =>
  metricsIn(body)
    .filter((metric) => metric.name === name)
    .flatMap(({ sum, histogram }) => (sum ?? histogram)!.dataPoints);
const totalOf = (body: Body, name: string, words: Record<string, unknown> = {}): number =>
  pointsOf(body, name)
    .filter(({ attributes }) =>
      Object.entries(words).every(([key, word]) =>
        attributes.some((one) => one.key === key && Object.values(one.value)[0] === word),
      ),
    )
    .reduce((sum, { asInt, count }) => sum + Number(asInt ?? count), 0);

function exporter(
  store: CollectorStore,
  url: string,
  options: Partial<OtlpOptions> = {},
): OtlpExporter & { faults: unknown[][] } {
  const faults: unknown[][] = [];
  return {
    ...createOtlpExporter({
      url,
      store,
      publishedModels,
      logger: { error: (...words: unknown[]) => void faults.push(words) },
      retryMs: 1,
      ...options,
    }),
    faults,
  };
}

test("an hour of a version is one resource whose totals are the store's", async () => {
  const store = await storeOf(
    sampleProfile({ hour: CLOSED }),
    sampleProfile({ hour: CLOSED, backend: 'webgpu', group: 3 }, { shift: 0.5 }),
    sampleProfile(
      { hour: CLOSED, segment: 'shop', sampling: 4, browser: 'firefox' },
      { predictions: 80 },
    ),
    sampleProfile({ hour: CLOSED, privacy: 15 }, { predictions: 40 }),
  );
  const { url, received } = await receiver();
  const { exportClosedHours, faults } = exporter(store, `${url}/`, {
    headers: { authorization: 'Bearer x' },
  });
  expect(await exportClosedHours(NOW)).toBe(1);
  expect(faults).toEqual([]);
  const { body, headers, url: asked } = received[0]!;
  expect([asked, headers['content-type'], headers.authorization]).toEqual([
    'POST /v1/metrics',
    'application/json',
    'Bearer x',
  ]);
  expect(body.resourceMetrics[0]!.resource.attributes).toEqual([
    { key: 'service.name', value: { stringValue: MODEL } },
    { key: 'service.version', value: { stringValue: '1.0.0' } },
    { key: 'perigee.model', value: { stringValue: MODEL } },
    { key: 'perigee.version', value: { stringValue: '1.0.0' } },
  ]);

  const sums = await store.sums({ model: MODEL, fromHour: CLOSED, toHour: CLOSED + 1 }, []);
  const total = (pick: (profile: (typeof sums)[number]) => number): number =>
    sums.reduce((sum, profile) => sum + pick(profile), 0);
  const add = (counts: Iterable<number>): number => [...counts].reduce((a, b) => a + b, 0);
  expect(totalOf(body, 'perigee.predictions')).toBe(1_320);
  expect(
    totalOf(body, 'perigee.predictions', {
      'perigee.segment': 'shop',
      'perigee.weight': '16',
      'perigee.browser': 'firefox',
    }),
  ).toBe(80);
  expect(totalOf(body, 'perigee.predictions', { 'perigee.epsilon': 1.5 })).toBe(40);
  expect(totalOf(body, 'perigee.devices')).toBe(4);
  for (const [name, pick] of [
    ['perigee.sessions', ({ sessions }) => sessions.started],
    ['perigee.sessions.failed', ({ sessions }) => sessions.failed],
    ['perigee.sessions.degraded', ({ sessions }) => sessions.degraded],
    ['perigee.fallbacks', ({ fallbacks }) => fallbacks],
    ['perigee.golden', ({ golden }) => golden.passed + golden.failed],
    ['perigee.errors', ({ errors }) => add(Object.values(errors))],
    ['perigee.latency', ({ latency }) => add(latency.map(add))],
    ['perigee.feature', ({ features }) => add(features[0]!.bins)],
    ['perigee.feature.category', ({ features }) => add(features[1]!.bins)],
    [
      'perigee.feature.quality',
      ({ features }) =>
        add(
          features.map(({ missing, invalid, below, above }) => missing + invalid + below + above),
        ),
    ],
    ['perigee.labels', ({ labels }) => add(labels)],
    ['perigee.score', ({ scores }) => add(scores)],
    ['perigee.feedback', ({ confusion }) => add(confusion.values())],
  ] satisfies [string, (profile: (typeof sums)[number]) => number][])
    expect([name, totalOf(body, name)]).toEqual([name, total(pick)]);
  expect(totalOf(body, 'perigee.errors', { 'error.type': 'OUT_OF_MEMORY' })).toBe(4);
  expect(totalOf(body, 'perigee.feedback', { 'perigee.outcome': 'right' })).toBeLessThan(
    totalOf(body, 'perigee.feedback'),
  );

  const [plain] = pointsOf(body, 'perigee.feature').filter(
    ({ attributes }) =>
      !attributes.some(({ key }) => key === 'perigee.segment' || key === 'perigee.epsilon'),
  );
  const [exact] = sums.filter(({ key }) => key.sampling === 0 && key.privacy === 0);
  expect(plain!.explicitBounds).toEqual((reference.features[0] as NumericReference).edges);
  expect(plain!.bucketCounts!.map(Number)).toEqual([...exact!.features[0]!.bins]);
  expect(plain!.attributes).toContainEqual({
    key: 'perigee.reference',
    value: { stringValue: REFERENCE_ID },
  });
});

test('the exporters of a store send each hour once, after it is closed and its grace time is over', async () => {
  const store = await storeOf(
    sampleProfile({ hour: CLOSED }),
    sampleProfile({ hour: CLOSED - 5, version: '1.1.0' }),
    sampleProfile({ hour: HOUR - 1 }),
    sampleProfile({ hour: HOUR }),
  );
  const { url, received } = await receiver();
  const first = exporter(store, url);
  expect(await Promise.all([first.exportClosedHours(NOW), first.exportClosedHours(NOW)])).toEqual([
    2, 2,
  ]);
  expect(await first.exportClosedHours(NOW)).toBe(0);
  expect(await exporter(store, url).exportClosedHours(NOW)).toBe(0);
  expect(received).toHaveLength(2);
  await addTo(store, sampleProfile({ hour: CLOSED - 1 }));
  expect(await exporter(store, url).exportClosedHours(NOW + 2 * 3_600_000)).toBe(3);
  expect(received).toHaveLength(5);
});

test('a busy receiver is asked again after its Retry-After', async () => {
  const busy = (status: number) => (response: ServerResponse) =>
    void response.writeHead(status, { 'retry-after': '0' }).end('slow down');
  const { url, received } = await receiver(busy(429), busy(503));
  const store = await storeOf(sampleProfile({ hour: CLOSED }));
  // A pause of an hour is left to the next round.
  expect(await exporter(store, url, { retryMs: 3_600_000 }).exportClosedHours(NOW)).toBe(1);
  expect(received).toHaveLength(3);
  expect(received[2]!.body).toEqual(received[0]!.body);
});

test('metrics are sent later if a receiver does not respond', async () => {
  const store = await storeOf(sampleProfile({ hour: CLOSED }));
  const away = exporter(store, 'http://127.0.0.1:9', { attempts: 2 });
  expect(await away.exportClosedHours(NOW)).toBe(0);
  expect(away.faults[0]![0]).toMatch(
    /could not be sent to http:\/\/127\.0\.0\.1:9\/v1\/metrics: .+sent later/,
  );
  const hour = await receiver((response) =>
    response.writeHead(503, { 'retry-after': '3600' }).end(),
  );
  expect(await exporter(store, hour.url).exportClosedHours(NOW)).toBe(0);
  expect(hour.received).toHaveLength(1);
  const { url } = await receiver();
  expect(await exporter(store, url).exportClosedHours(NOW)).toBe(1);
});

test('metrics that a receiver refuses, in whole or in part, are logged and not sent again', async () => {
  const store = await storeOf(sampleProfile({ hour: CLOSED }), sampleProfile({ hour: CLOSED - 1 }));
  const { url, received } = await receiver(
    (response) => response.writeHead(400).end('no such tenant'),
    (response) =>
      response.end(
        JSON.stringify({ partialSuccess: { rejectedDataPoints: '7', errorMessage: 'too old' } }),
      ),
  );
  const { exportClosedHours, faults } = exporter(store, url);
  expect(await exportClosedHours(NOW)).toBe(1);
  expect(await exportClosedHours(NOW)).toBe(0);
  expect(received).toHaveLength(2);
  expect(faults.map(([text]) => text)).toEqual([
    expect.stringContaining('HTTP 400 no such tenant'),
    expect.stringContaining('7 data points were refused: too old'),
  ]);
});

test('histograms without bounds are left out; while the registry fails, the hour waits', async () => {
  const store = await storeOf(sampleProfile({ hour: CLOSED }));
  const { url, received } = await receiver();
  const waiting = exporter(store, url, {
    publishedModels: {
      channels: async () => undefined,
      find: () => Promise.reject(new Error('away')),
    },
  });
  expect(await waiting.exportClosedHours(NOW)).toBe(0);
  expect(waiting.faults[0]![0]).toContain('sent later');
  expect(await exporter(store, url, { publishedModels: null }).exportClosedHours(NOW)).toBe(1);
  expect(received).toHaveLength(1);
  expect(metricsIn(received[0]!.body).map(({ name }) => name)).not.toContain('perigee.feature');
  expect(totalOf(received[0]!.body, 'perigee.predictions')).toBe(600);
});
