// Compares what a collector has counted with the batches that were made.
import { addProfiles, encodeProfile, keyText } from '@perigee/profile';
import { openSqliteStore } from '../../packages/collector/dist/store/sqlite/sqlite-store.js';
import { RETENTION, rolledHour } from '../../packages/collector/dist/store/store.js';
import { MODEL } from '../shared/traced-registry.mjs';

const HOUR_MS = 3_600_000;
const DIMENSIONS = /** @type {const} */ (['backend', 'browser', 'segment', 'group', 'hour']);

/**
 * @typedef {import('@perigee/profile').SealedBatch} SealedBatch
 * @typedef {import('../../packages/collector/dist/store/store.js').CollectorStore} CollectorStore
 */

/**
 * Differences between the store and the batches that were made: every sum by every dimension, the
 * totals, the losses, the batches.
 * @param {string} file of the store
 * @param {readonly SealedBatch[]} made
 * @param {number} nowMs by the collector's clock
 * @returns {Promise<string[]>}
 */
export async function compare(file, made, nowMs) {
  const store = openSqliteStore(file);
  await store.maintain(nowMs);
  const nowHour = Math.floor(nowMs / HOUR_MS);
  const faults = [
    ...(await faultsOfSums(store, made, nowHour)),
    ...(await faultsOfTotals(store, made)),
    ...(await faultsOfLosses(store, made, nowHour)),
    ...(await faultsOfBatches(store, made)),
  ];
  await store.close();
  return faults;
}

/**
 * @param {CollectorStore} store
 * @param {readonly SealedBatch[]} made
 * @param {number} nowHour
 */
async function faultsOfSums(store, made, nowHour) {
  const faults = [];
  const expected = new Map();
  for (const profile of made.flatMap(({ profiles }) => profiles)) {
    const key = { ...profile.key, hour: rolledHour(profile.key.hour, nowHour, RETENTION) };
    const sum = expected.get(keyText(key));
    expected.set(keyText(key), sum ? addProfiles(sum, profile) : { ...profile, key });
  }
  const window = { model: MODEL, fromHour: 0, toHour: nowHour + 1_000 };
  for (const profile of await store.sums(window, DIMENSIONS)) {
    const key = keyText(profile.key);
    const want = expected.get(key);
    if (!want) faults.push(`${key}: nobody made it`);
    else if (hex(want) !== hex(profile))
      faults.push(
        `${key}: ${want.predictions} predictions of ${want.devices} device-hours were made, ` +
          `${profile.predictions} of ${profile.devices} are there`,
      );
    expected.delete(key);
  }
  for (const key of expected.keys()) faults.push(`${key}: it was acknowledged and is not there`);
  return faults;
}

/**
 * @param {CollectorStore} store
 * @param {readonly SealedBatch[]} made
 */
async function faultsOfTotals(store, made) {
  const totals = await store.totals();
  const counted = {
    predictions: totals.reduce((sum, row) => sum + row.predictions, 0),
    profiles: totals.reduce((sum, row) => sum + row.profiles, 0),
  };
  const profiles = made.flatMap((batch) => batch.profiles);
  const predictions = profiles.reduce((sum, one) => sum + one.predictions, 0);
  if (counted.predictions === predictions && counted.profiles === profiles.length) return [];
  return [
    `totals: ${counted.predictions} predictions in ${counted.profiles} profiles; made were ` +
      `${predictions} in ${profiles.length}`,
  ];
}

/**
 * @param {CollectorStore} store
 * @param {readonly SealedBatch[]} made
 * @param {number} nowHour
 */
async function faultsOfLosses(store, made, nowHour) {
  const reported = new Map();
  for (const { lost } of made)
    for (const [reason, count] of Object.entries(lost))
      reported.set(reason, (reported.get(reason) ?? 0) + count);
  const stored = new Map(Object.entries(await store.losses(0, nowHour + 1_000)));
  return [...new Set([...reported.keys(), ...stored.keys()])]
    .map((reason) => ({
      reason,
      there: stored.get(reason) ?? 0,
      wanted: reported.get(reason) ?? 0,
    }))
    .filter(({ there, wanted }) => there !== wanted)
    .map(({ reason, there, wanted }) => `losses: ${there} ${reason}, reported were ${wanted}`);
}

/**
 * @param {CollectorStore} store
 * @param {readonly SealedBatch[]} made
 */
async function faultsOfBatches(store, made) {
  const again = await store.commit(
    made.map(({ batchId }) => ({ batchId, sealedAtMs: 0, lost: {}, profiles: [] })),
  );
  const unknown = again.filter(Boolean).length;
  return unknown > 0 ? [`${unknown} batches are not known to have been counted`] : [];
}

/** @param {import('@perigee/profile').Profile} profile */
function hex(profile) {
  return Buffer.from(encodeProfile(profile)).toString('hex');
}
