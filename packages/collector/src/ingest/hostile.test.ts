import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { addProfiles, createCounters, decodeBatch, decodeFrame, emptyProfile, encodeBatch, encodeFrame, encodeProfile, keyText } from '@perigee/profile';
import type { Profile, ReferenceProfile } from '@perigee/profile';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createReferences } from '../references.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { RETENTION, rolledHour } from '../store/store.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));
const MODEL = 'wdbc';
const OTHER = 'other';
const NOW_HOUR = Math.floor(Date.now() / 3_600_000);
const UPLOADS = 2_000;
const AT_ONCE = 8;
const DRIPS = 20;
const MAY_WAIT = /nobody published|bits flipped|do not end|again|known id/;
const MAX_GROWTH_BYTES = 200 * 1024 * 1024;
const MAX_P99_MS = 3_000;
const BOMB = gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 });

/** Two models, the second without a reference; less work than publishing all of the demo's. */
const PUBLISH = `
  const { heldRelease, initRegistry, pack, publish, temporaryKeys } = await import('@perigee/cli');
  const publisher = { to: process.argv[1], keys: await temporaryKeys() };
  await initRegistry(publisher);
  const model = { version: '1.0.0', model: 'models/wdbc/versions/1.0.0/model.onnx', golden: 'models/wdbc/versions/1.0.0/golden.json' };
  const described = { reference: 'models/wdbc/train.csv', exclude: ['diagnosis'], pipeline: 'models/wdbc/pipeline.json', labels: 'models/wdbc/labels.json' };
  for (const release of [{ ...model, ...described, name: '${MODEL}' }, { ...model, name: '${OTHER}' }]) await publish(heldRelease(await pack(release, () => undefined)), publisher, 'stable');`;

let folder = '';
let registry = '';
let reference: ReferenceProfile;
let referenceId = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perigee-hostile-'));
  registry = join(folder, 'registry');
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', PUBLISH, registry], { cwd: ROOT });
  const published = await createReferences(registry, { logger: console }).find(MODEL, '1.0.0');
  reference = published!.reference!.profile;
  referenceId = published!.reference!.id;
}, 90_000);
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

function random(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

interface Chance {
  readonly next: () => number;
  pick(n: number): number;
  one<T>(of: readonly T[]): T;
}

function chance(seed: number): Chance {
  const next = random(seed);
  const pick = (n: number): number => Math.floor(next() * n);
  return { next, pick, one: (of) => of[pick(of.length)]! };
}

function goodProfile({ next, pick, one }: Chance): Profile {
  const counters = createCounters(reference);
  counters.observeSession();
  for (let i = 0; i <= pick(10); i += 1) {
    counters.observePrediction();
    for (let feature = 0; feature < reference.features.length; feature += 1) counters.observeFeature(feature, one([next() * 40, null, Number.NaN]));
    counters.observeOutput(pick(2), next());
    counters.observeLatency('total', next() * 100);
    if (next() < 0.2) counters.observeTruth(pick(2), pick(2));
  }
  return counters.snapshot({ model: MODEL, version: '1.0.0', reference: referenceId, backend: one(['wasm', 'webgpu']), browser: one(['chromium', 'firefox']), segment: '', sampling: 0, privacy: 0, group: pick(4), hour: NOW_HOUR - pick(20 * 24) });
}

function plainBatch({ pick }: Chance, profiles: readonly Profile[], lost = {}): Uint8Array {
  const batchId = Array.from({ length: 32 }, () => pick(16).toString(16)).join('');
  return encodeBatch({ batchId, sealedAtMs: Date.now(), lost, profiles });
}

const framed = (plain: Uint8Array, gzip = true): Uint8Array => encodeFrame({ sentAtMs: Date.now(), gzip, record: gzip ? gzipSync(plain) : plain });
const upload = (by: Chance, profiles: readonly Profile[], lost = {}): Uint8Array => framed(plainBatch(by, profiles, lost), by.next() < 0.5);
const withKey = (profile: Profile, key: Partial<Profile['key']>): Profile => ({ ...profile, key: { ...profile.key, ...key } });

function flipped({ pick }: Chance, bytes: Uint8Array, from = 0): Uint8Array {
  const changed = bytes.slice();
  for (let flips = 1 + pick(3); flips > 0; flips -= 1) changed[from + pick(changed.length - from)]! ^= 1 << pick(8);
  return changed;
}

function spliced({ pick }: Chance, bytes: Uint8Array, piece: Uint8Array, from: number): Uint8Array {
  const at = from + pick(bytes.length - from);
  return new Uint8Array([...bytes.subarray(0, at), ...piece, ...bytes.subarray(at)]);
}

/** Past format, id, time and losses of a batch, so that ids stay apart: what is changed is what is counted. */
const HEAD_BYTES = 27;
const zerosOf = (features: number, bins: number): Profile['features'] => Array.from({ length: features }, () => ({ bins: new Float64Array(bins), missing: 0, invalid: 0, below: 0, above: 0 }));

let zeros: Uint8Array | undefined;
/** A third of a megabyte before it is compressed, 2 KB after. */
const gigabyteOfZeros = (by: Chance): Uint8Array => (zeros ??= plainBatch(by, Array.from({ length: 8 }, () => ({ ...goodProfile(by), features: zerosOf(4_096, 4_096) }))));

const ATTACKS: Readonly<Record<string, (by: Chance) => Uint8Array>> = {
  'bits flipped in the counts': (by) => framed(flipped(by, plainBatch(by, [goodProfile(by)]), HEAD_BYTES), by.next() < 0.5),
  'bits flipped on the way': (by) => flipped(by, upload(by, [goodProfile(by)])),
  'cut short': (by) => {
    const whole = upload(by, [goodProfile(by)]);
    return whole.subarray(0, 1 + by.pick(whole.length - 1));
  },
  'cut short before it was compressed': (by) => {
    const plain = plainBatch(by, [goodProfile(by)]);
    return framed(plain.subarray(0, by.pick(plain.length)));
  },
  'numbers that do not end': (by) => framed(spliced(by, plainBatch(by, [goodProfile(by)]), new Uint8Array(1 + by.pick(12)).fill(255), HEAD_BYTES)),
  'a bomb': () => encodeFrame({ sentAtMs: Date.now(), gzip: true, record: BOMB }),
  'a bomb behind a good batch': (by) => framed(new Uint8Array([...plainBatch(by, [goodProfile(by)]), ...new Uint8Array(900_000)])),
  noise: (by) => Uint8Array.from({ length: 1 + by.pick(500) }, () => by.pick(256)),
  'noise in a frame': (by) => framed(Uint8Array.from({ length: 1 + by.pick(500) }, () => by.pick(256)), by.next() < 0.5),
  'a thousand features of zeros': (by) => upload(by, [{ ...goodProfile(by), features: zerosOf(1_000, 4_096) }]),
  'more zeros than there is room for': (by) => {
    const plain = gigabyteOfZeros(by);
    for (let i = 1; i < 17; i += 1) plain[i] = by.pick(256);
    return framed(plain);
  },
  'more predictions than a device makes': (by) => upload(by, [{ ...goodProfile(by), predictions: by.one([1e9 + 1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) }]),
  'fewer predictions than values': (by) => upload(by, [{ ...goodProfile(by), predictions: 0 }]),
  'counts of many devices': (by) => upload(by, [{ ...goodProfile(by), devices: by.one([0, 2, 1e6]) }]),
  'more out of range than there are': (by) => {
    const good = goodProfile(by);
    return upload(by, [{ ...good, features: good.features.map((feature) => ({ ...feature, below: 1e6 })) }]);
  },
  'more failed sessions than sessions': (by) => upload(by, [{ ...goodProfile(by), sessions: { started: 1, degraded: 0, failed: 1_000 } }]),
  'sums that contradict each other': (by) => upload(by, [{ ...goodProfile(by), regression: { count: 2, over: 1e6, under: 0, squaredError: 1, truth: 0, truthSquared: 0 } }]),
  'errors without end': (by) => upload(by, [{ ...goodProfile(by), errors: { TIMEOUT: 2 ** 32 - 1 } }]),
  'losses without end': (by) => upload(by, [goodProfile(by)], { refused: by.one([1, 2 ** 32 - 1]) }),
  "another model's reference": (by) => upload(by, [withKey(goodProfile(by), { model: OTHER, reference: by.one(['', referenceId]) })]),
  'a reference nobody made': (by) => upload(by, [withKey(goodProfile(by), { reference: by.one(['', 'f'.repeat(16), referenceId.toUpperCase()]) })]),
  'a model nobody published': (by) => upload(by, [withKey(goodProfile(by), { model: by.one(['nobody', '', '__proto__', '../wdbc', 'wdbc\u0000', '\u001B[2Jwdbc', 'wdbc\r\nx: y', '‮wdbc', '"><script>', "wdbc' OR 1=1 --", '😀'.repeat(60)]) })]),
  'a version nobody published': (by) => upload(by, [withKey(goodProfile(by), { version: by.one(['9.9.9', 'constructor', '1.0.0 ', '\u0007']) })]),
  'a made-up backend': (by) => upload(by, [withKey(goodProfile(by), { backend: by.one(['<img src=x>', '', 'WASM', 'a'.repeat(33), 'wasm\n', 'npu']) })]),
  'a made-up browser': (by) => upload(by, [withKey(goodProfile(by), { browser: by.one(['netscape', '', 'Chromium', '\u0000']) })]),
  'a made-up segment': (by) => upload(by, [withKey(goodProfile(by), { segment: by.one(['vip', ' ', '\u0000', 'toString']) })]),
  'a clock ahead': (by) => upload(by, [withKey(goodProfile(by), { hour: by.one([NOW_HOUR + 20, NOW_HOUR + 30, NOW_HOUR + 5_000, 10_000_000]) })]),
  'a clock behind': (by) => upload(by, [withKey(goodProfile(by), { hour: by.one([NOW_HOUR - 740, NOW_HOUR - 750, NOW_HOUR - 10_000, 0]) })]),
  'one good profile, one bad': (by) => upload(by, [goodProfile(by), withKey(goodProfile(by), { hour: 0 })]),
  'one profile many times': (by) => {
    const good = goodProfile(by);
    return upload(by, Array.from({ length: 2 + by.pick(5) }, () => good));
  },
  'as many profiles as there may be': (by) => {
    const good = goodProfile(by);
    return upload(by, Array.from({ length: 256 }, (_, i) => withKey(good, { group: i % 16 })));
  },
  'one profile too many': (by) => {
    const empty = emptyProfile(goodProfile(by).key);
    return upload(by, Array.from({ length: 257 }, () => empty));
  },
  'no profile': (by) => upload(by, []),
  'another sampling and privacy': (by) => upload(by, [withKey(goodProfile(by), { sampling: by.pick(21), privacy: by.pick(201) })]),
};

interface Sent {
  readonly what: string;
  readonly body: Uint8Array;
  readonly status: number;
  readonly code: string | undefined;
  readonly isNew: boolean;
  readonly ms: number;
}

test('thousands of hostile uploads among good ones leave every sum what was accepted, the process small and the good ones served', async () => {
  const dataDir = join(folder, 'data');
  const collector = await startProcess(dataDir);
  const by = chance(21);
  const attacks = Object.entries(ATTACKS);
  const queue = Array.from({ length: UPLOADS }, (_, i) => {
    const attack = attacks[i % attacks.length]!;
    return i % 3 === 0 || by.next() < 0.05 ? { what: 'good', body: upload(by, [goodProfile(by)], by.next() < 0.1 ? { 'queue-full': 2 } : {}) } : { what: attack[0], body: attack[1](by) };
  });
  // Each attack at least a few times, whatever the dice say.
  for (const [what, make] of attacks) for (let i = 0; i < 3; i += 1) queue.push({ what, body: make(by) });
  // A batch comes again now and then, and another one under its id.
  for (let i = 0; i < 60; i += 1) queue.push({ what: 'again', body: by.one(queue).body });
  for (let i = 0; i < 60; i += 1) queue.push({ what: 'under a known id', body: underTheIdOf(by, by.one(queue).body) });

  const before = (await collector.rss()).now;
  const drips = Array.from({ length: DRIPS }, (_, i) => drip(collector.url, i));
  const sent: Sent[] = [];
  let at = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let next = queue[at++]; next; next = queue[at++]) sent.push({ ...next, ...(await post(collector.url, next.body)) });
  }));
  for (const socket of drips) socket.destroy();
  const growth = (await collector.rss()).most - before;
  const faults = await collector.close();

  expect(faults).toEqual([]);
  // 503 is for models the registry is not asked for again yet, and says nothing else.
  expect(new Set(sent.filter(({ status }) => ![202, 400, 413, 422].includes(status)).map(({ what, code }) => `${code} for ${MAY_WAIT.test(what) ? 'what may be published soon' : what}`))).toEqual(new Set(['MODEL_NOT_FOUND for what may be published soon']));
  expect(sent.filter(({ what, status }) => what === 'good' && status !== 202)).toEqual([]);
  const taken = (what: string): number => sent.filter((one) => one.what === what && one.status === 202).length;
  for (const what of ['a bomb', 'cut short', 'a thousand features of zeros', 'counts of many devices', "another model's reference", 'a made-up browser', 'a made-up segment', 'one good profile, one bad', 'one profile too many', 'no profile']) expect([what, taken(what)]).toEqual([what, 0]);
  for (const what of ['one profile many times', 'as many profiles as there may be']) expect(taken(what)).toBe(sent.filter((one) => one.what === what).length);
  const accepted = sent.filter(({ isNew }) => isNew);
  expect(accepted.some(({ what }) => what === 'bits flipped in the counts')).toBe(true);
  await expectSums(dataDir, accepted.map(({ body }) => body));
  expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
  const waits = sent.filter(({ what }) => what === 'good').map(({ ms }) => ms).toSorted((a, b) => a - b);
  expect(waits[Math.floor(waits.length * 0.99)]).toBeLessThan(MAX_P99_MS);
}, 180_000);

test('a kilobyte that claims a gigabyte of zeros costs neither time nor memory', async () => {
  const collector = await startProcess(join(folder, 'zeros'), null);
  const by = chance(22);
  const before = (await collector.rss()).now;
  const many = await post(collector.url, framed(gigabyteOfZeros(by)));
  expect(many.status).toBe(400);
  expect(many.ms).toBeLessThan(MAX_P99_MS);
  const most: Profile = { ...emptyProfile(goodProfile(by).key), features: zerosOf(2_000, 4_096) };
  // As many as there is room for are taken where there is no registry to ask, and added to each other.
  for (let i = 0; i < 5; i += 1) {
    const taken = await post(collector.url, framed(plainBatch(by, [most])));
    expect(taken.status).toBe(202);
    expect(taken.ms).toBeLessThan(MAX_P99_MS);
  }
  expect((await collector.rss()).most - before).toBeLessThan(2 * MAX_GROWTH_BYTES);
  expect(await collector.close()).toEqual([]);
}, 60_000);

/** What is in the store against what the accepted bytes say, decoded here. */
async function expectSums(dataDir: string, bodies: readonly Uint8Array[]): Promise<void> {
  const expected = new Map<string, Profile>();
  const lost: Record<string, number> = {};
  for (const body of bodies) {
    const { gzip, record } = decodeFrame(body);
    const batch = decodeBatch(gzip ? new Uint8Array(gunzipSync(record)) : record);
    for (const [reason, count] of Object.entries(batch.lost)) lost[reason] = (lost[reason] ?? 0) + count;
    for (const profile of batch.profiles) {
      const key = { ...profile.key, hour: rolledHour(profile.key.hour, NOW_HOUR, RETENTION) };
      const sum = expected.get(keyText(key));
      expected.set(keyText(key), sum ? addProfiles(sum, profile) : { ...profile, key });
    }
  }
  const store = openSqliteStore(join(dataDir, 'collector.sqlite'));
  const models = new Set([...expected.values()].map(({ key }) => key.model));
  const sums = await Promise.all(Array.from(models, (model) => store.sums({ model, fromHour: 0, toHour: NOW_HOUR + 1_000 }, ['backend', 'browser', 'segment', 'group', 'hour'])));
  const totals = await store.totals();
  const losses = await store.losses(0, NOW_HOUR + 1_000);
  await store.close();
  const textOf = (profiles: Iterable<Profile>): string[] => Array.from(profiles, (one) => Buffer.from(encodeProfile(one)).toString('hex')).toSorted();
  expect(textOf(sums.flat())).toEqual(textOf(expected.values()));
  expect(totals.reduce((sum, { predictions }) => sum + predictions, 0)).toBe([...expected.values()].reduce((sum, { predictions }) => sum + predictions, 0));
  expect(new Set(totals.map(({ model }) => model))).toEqual(models);
  expect(losses).toEqual(lost);
}

function underTheIdOf(by: Chance, body: Uint8Array): Uint8Array {
  const plain = plainBatch(by, [goodProfile(by)]);
  try {
    const { gzip, record } = decodeFrame(body);
    plain.set((gzip ? new Uint8Array(gunzipSync(record, { maxOutputLength: 1e6 })) : record).subarray(1, 17), 1);
  } catch {
    // It has none: then this is one more good batch.
  }
  return framed(plain);
}

async function post(url: string, body: Uint8Array): Promise<Pick<Sent, 'status' | 'code' | 'isNew' | 'ms'>> {
  const start = performance.now();
  const response = await fetch(new URL('v1/profiles', url), { method: 'POST', body: body as BodyInit, headers: { 'content-type': 'text/plain' } });
  const answer = (await response.json()) as { duplicate?: boolean; error?: { code: string } };
  return { status: response.status, code: answer.error?.code, isNew: answer.duplicate === false, ms: performance.now() - start };
}

/** A body that never ends, a byte now and then. */
function drip(url: string, i: number): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(`POST /v1/profiles HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: ${200 + i}\r\n\r\n`);
  const timer = setInterval(() => socket.write('\u0001'), 100);
  socket.on('close', () => clearInterval(timer));
  return socket;
}

/** A collector in a process of its own, so that its memory is its own; it tells how much that is, and what went wrong inside. */
async function startProcess(dataDir: string, from: string | null = registry) {
  const script = join(folder, 'process.mjs');
  await writeFile(script, `
    const { startCollector } = await import(${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)});
    const faults = [];
    const collector = await startCollector({ ...JSON.parse(process.argv[2]), port: 0, uploadsPerMinute: 1e9, logger: { error: (...what) => faults.push(what.map((one) => String(one?.stack ?? one)).join(' ')) } });
    let most = 0;
    setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
    process.on('message', async (question) => {
      if (question === 'rss') return process.send({ now: process.memoryUsage().rss, most });
      await collector.close();
      process.send(faults);
      process.disconnect();
      process.exit(0);
    });
    process.send(collector.url);`);
  const child = fork(script, [JSON.stringify({ dataDir, ...(from !== null && { registry: from }) })], { execArgv: [] });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const told = async <T>(question?: string): Promise<T> => {
    const answer = once(child, 'message') as Promise<[T]>;
    if (question !== undefined) child.send(question);
    const [first] = await Promise.race([answer, ended.then(() => Promise.reject(new Error('the collector ended')))]);
    return first;
  };
  const url = await told<string>();
  return { url, rss: () => told<{ now: number; most: number }>('rss'), close: () => told<string[]>('close') };
}
