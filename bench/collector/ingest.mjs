// Measures uploads a second, acknowledged after their commit, and checks that the sums are those of
// the acknowledged uploads.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addProfiles, encodeProfile } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { openSqliteStore } from '../../packages/collector/dist/store/sqlite/sqlite-store.js';
import { deviceProfile, MODEL, someKey } from './devices.mjs';
import { startLoad, startServer } from './processes.mjs';

/** @typedef {import('./types.d.ts').Cpu} Cpu */
/** @typedef {import('@perigee/profile').Profile} Profile */

/**
 * @typedef {object} IngestOptions
 * @property {import('./fixture.mjs').PublishedModel} model
 * @property {string} referenceFile
 * @property {readonly number[]} connections
 * @property {number} seconds
 * @property {number} warmSeconds
 * @property {number} ready uploads that are made before the clock starts
 * @property {import('../report/types.d.ts').Say} say
 * @property {readonly string[]} [nodeOptions]
 */

export const VARIANTS = 2_000;
const SEED = 11;

/** @param {IngestOptions} options */
export async function measureIngest({
  model,
  referenceFile,
  connections,
  seconds,
  warmSeconds,
  ready,
  say,
  nodeOptions,
}) {
  const rows = [];
  for (const count of connections) {
    say(`${count} connections`);
    const dataDir = mkdtempSync(join(tmpdir(), 'perigee-ingest-'));
    const nowHour = Math.floor(Date.now() / 3_600_000);
    const load = await startLoad({ referenceFile, variants: VARIANTS, seed: SEED, nowHour });
    const server = await startServer({ dataDir, registry: model.registry }, nodeOptions);
    try {
      /** @type {Cpu[]} */
      const cpu = [];
      const note = async () => cpu.push(await server.ask('cpu'));
      const answer = await load.send(
        { url: server.url, connections: count, seconds, warmSeconds, ready },
        { onWarm: note, onOver: note },
      );
      const [before, after] = cpu;
      const cpuSeconds = (after.user + after.system - before.user - before.system) / 1e6;
      await server.close();
      const exact = await isExact(
        join(dataDir, 'collector.sqlite'),
        model,
        answer.acknowledged,
        nowHour,
      );
      rows.push({
        connections: count,
        ...answer,
        acknowledged: answer.acknowledged.reduce((a, b) => a + b, 0),
        exact,
        cores: cpuSeconds / (seconds - warmSeconds),
        cpuMsPerUpload: (cpuSeconds * 1_000) / (answer.perSecond * (seconds - warmSeconds)),
      });
    } finally {
      load.close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  }
  return rows;
}

/**
 * Compares every count of every histogram with the acknowledged uploads.
 * @param {string} path
 * @param {import('./fixture.mjs').PublishedModel} model
 * @param {readonly number[]} acknowledged
 * @param {number} nowHour
 */
async function isExact(path, model, acknowledged, nowHour) {
  const random = seededRandom(SEED);
  const profiles = Array.from({ length: VARIANTS }, () =>
    deviceProfile(random, model.reference, someKey(random, model.referenceId, nowHour)),
  );
  const store = openSqliteStore(path);
  const sums = await store.sums({ model: MODEL, fromHour: 0, toHour: nowHour + 100 }, []);
  const totals = await store.totals();
  await store.close();
  /** @type {Map<string, Profile>} */
  const expected = new Map();
  profiles.forEach((profile, i) => {
    if (acknowledged[i] === 0) return;
    const many = times(profile, acknowledged[i]);
    const { version } = profile.key;
    const sum = expected.get(version);
    expected.set(version, sum ? addProfiles(sum, many) : many);
  });
  const stored = totals.reduce((sum, row) => sum + row.profiles, 0);
  /**
   * @param {Profile | undefined} a
   * @param {Profile} b
   */
  const same = (a, b) =>
    a !== undefined && Buffer.compare(encodeProfile({ ...a, key: b.key }), encodeProfile(b)) === 0;
  return (
    stored === acknowledged.reduce((a, b) => a + b, 0) &&
    sums.length === expected.size &&
    sums.every((sum) => same(expected.get(sum.key.version), sum))
  );
}

/**
 * Multiplies by doubling, with additions only, as in the store.
 * @param {Profile} profile
 * @param {number} count
 * @returns {Profile}
 */
function times(profile, count) {
  /** @type {Profile | undefined} */
  let result;
  let power = profile;
  for (let left = count; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = result ? addProfiles(result, power) : power;
    if (left > 1) power = addProfiles(power, power);
  }
  if (!result) throw new Error('A profile counts at least once.');
  return result;
}
