import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  addProfiles,
  decodeBatch,
  decodeFrame,
  emptyProfile,
  encodeProfile,
  keyText,
} from '@perigee/profile';
import type { Profile } from '@perigee/profile';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { boundedLosses } from './check.ts';
import { mixedUploads, post, publishedOnce, sendAll, startWatched } from './hostile-run.fixture.ts';
import {
  chance,
  framed,
  gigabyteOfZeros,
  goodProfile,
  NOW_HOUR,
  plainBatch,
  zerosOf,
} from './hostile-uploads.fixture.ts';

const UPLOADS = 2_000;
const MAY_WAIT = /nobody published|bits flipped|do not end|again|known id/;

const shared = publishedOnce();

test('among thousands of hostile uploads good ones are acknowledged, and only accepted ones are counted', async () => {
  const { folder, published } = shared();
  const dataDir = join(folder, 'data');
  const collector = await startWatched(folder, { dataDir, registry: published.registry });
  const sent = await sendAll(collector.url, mixedUploads(chance(21, published), UPLOADS));
  const faults = await collector.close();

  expect(faults.filter((fault) => !fault.includes('with a sampling of'))).toEqual([]);
  // 503 is only for versions for which the registry is not read again yet.
  expect(
    new Set(
      sent
        .filter(({ status }) => ![202, 400, 403, 413, 422].includes(status))
        .map(
          ({ what, code }) =>
            `${code} for ${MAY_WAIT.test(what) ? 'what may be published soon' : what}`,
        ),
    ),
  ).toEqual(new Set(['MODEL_NOT_FOUND for what may be published soon']));
  expect(new Set(sent.filter(({ status }) => status === 403).map(({ code }) => code))).toEqual(
    new Set(['SAMPLING_NOT_DECLARED']),
  );
  expect(sent.filter(({ what, status }) => what === 'good' && status !== 202)).toEqual([]);
  const taken = (what: string): number =>
    sent.filter((one) => one.what === what && one.status === 202).length;
  for (const what of [
    'a bomb',
    'cut short',
    'a thousand features of zeros',
    'counts of many devices',
    "another model's reference",
    'a made-up browser',
    'a made-up segment',
    'one good profile, one bad',
    'one profile too many',
    'no profile',
    'one profile many times',
    'the whole fleet in one batch',
    'another sampling',
  ])
    expect([what, taken(what)]).toEqual([what, 0]);
  for (const what of ['as many profiles as there may be'])
    expect(taken(what)).toBe(sent.filter((one) => one.what === what).length);
  const accepted = sent.filter(({ isNew }) => isNew);
  for (const what of ['another privacy', 'a clock ahead', 'losses without end'])
    expect([what, accepted.some((one) => one.what === what)]).toEqual([what, true]);
  await expectSums(
    dataDir,
    accepted.map(({ body }) => body),
  );
}, 600_000);

test('a kilobyte that inflates to a gigabyte of zeros is refused; a batch that fits is taken', async () => {
  const { folder, published } = shared();
  const collector = await startWatched(folder, { dataDir: join(folder, 'zeros') });
  const by = chance(22, published);
  expect((await post(collector.url, framed(gigabyteOfZeros(by)))).status).toBe(400);
  const most: Profile = { ...emptyProfile(goodProfile(by).key), features: zerosOf(2_000, 4_096) };
  // Without a registry, as many as fit into memory are accepted and added up.
  for (let i = 0; i < 5; i += 1) {
    expect((await post(collector.url, framed(plainBatch(by, [most])))).status).toBe(202);
  }
  expect(await collector.close()).toEqual([]);
});

/** Compares the store with the accepted bytes, which are decoded here. */
async function expectSums(dataDir: string, bodies: readonly Uint8Array[]): Promise<void> {
  const expected = new Map<string, Profile>();
  const lost: Record<string, number> = {};
  for (const body of bodies) {
    const { gzip, record } = decodeFrame(body);
    const batch = decodeBatch(gzip ? new Uint8Array(gunzipSync(record)) : record);
    for (const [reason, count] of Object.entries(boundedLosses(batch.lost)))
      lost[reason] = (lost[reason] ?? 0) + count;
    for (const profile of batch.profiles) {
      const text = keyText(profile.key);
      const sum = expected.get(text);
      expected.set(text, sum ? addProfiles(sum, profile) : profile);
    }
  }
  const store = openSqliteStore(join(dataDir, 'collector.sqlite'));
  const models = new Set([...expected.values()].map(({ key }) => key.model));
  const sums = await Promise.all(
    Array.from(models, (model) =>
      store.sums({ model, fromHour: 0, toHour: NOW_HOUR + 1_000 }, [
        'backend',
        'browser',
        'segment',
        'group',
        'hour',
      ]),
    ),
  );
  const totals = await store.totals();
  const losses = await store.losses(0, NOW_HOUR + 1_000);
  await store.close();
  const textOf = (profiles: Iterable<Profile>): string[] =>
    Array.from(profiles, (one) => Buffer.from(encodeProfile(one)).toString('hex')).toSorted();
  expect(textOf(sums.flat())).toEqual(textOf(expected.values()));
  expect(totals.reduce((sum, { predictions }) => sum + predictions, 0)).toBe(
    [...expected.values()].reduce((sum, { predictions }) => sum + predictions, 0),
  );
  expect(new Set(totals.map(({ model }) => model))).toEqual(models);
  expect(losses).toEqual(lost);
}
