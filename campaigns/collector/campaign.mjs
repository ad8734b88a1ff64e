// Kills a collector at every kind of moment while devices send to it. Then compares its counts with
// what the devices made.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addProfiles, encodeProfile, keyText } from '@perigee/profile';
import { openSqliteStore } from '../../packages/collector/dist/store/sqlite/sqlite-store.js';
import { RETENTION, rolledHour } from '../../packages/collector/dist/store/store.js';
import { progress } from '../../scripts/progress.mjs';
import { seeded } from '../shared/random.mjs';
import { makeTracedRegistry, MODEL } from '../shared/traced-registry.mjs';
import { createSenders } from './senders.mjs';

const PROCESS = fileURLToPath(new URL('process.mjs', import.meta.url));
const HOUR_MS = 3_600_000;
/**
 * Time that passes on the collector's clock in a whole campaign. Longer than the age at which hours
 * become days, well below the age at which batches are refused.
 */
const CLOCK_MS = 18 * 24 * HOUR_MS;
const SENDERS = 8;
const DIMENSIONS = ['backend', 'browser', 'segment', 'group', 'hour'];
/** Half of the kills happen under plain load, the others at moments that are rare otherwise. */
const MOMENTS = [
  'under load',
  'while it starts',
  'under load',
  'in roll-up',
  'under load',
  'while it closes',
  'beside a second one',
  'with a wrong clock',
];
/** How far a wrong clock is ahead: more than the age at which counts are deleted. */
const WRONG_CLOCK_MS = 400 * 24 * HOUR_MS;

export async function runCampaign(folder, kills, seed) {
  const random = seeded(seed);
  const registry = await makeTracedRegistry(join(folder, 'published'));
  const dataDir = join(folder, 'data');
  let url;
  let clockMs = 0;
  const senders = createSenders({
    registry,
    random,
    count: SENDERS,
    where: () => url,
    clockMs: () => clockMs,
  });
  const rows = new Map();
  const faults = [];
  let startMs = 400;
  const { say, done } = progress('Killing a collector');

  for (let i = 0; i < kills; i += 1) {
    const moment = MOMENTS[i % MOMENTS.length];
    clockMs = (CLOCK_MS * i) / kills;
    say(`${i + 1} of ${kills}: ${moment}`);
    const before = { ...senders.seen };
    const isWrong = moment === 'with a wrong clock';
    const child = startProcess({
      dataDir,
      registry: registry.path,
      clockMs: clockMs + (isWrong ? WRONG_CLOCK_MS : 0),
    });
    const began = performance.now();
    if (moment === 'while it starts') {
      const timer = setTimeout(child.kill, random() * startMs * 1.2);
      await Promise.race([child.ready, child.ended]).catch(() => undefined);
      clearTimeout(timer);
    } else if (isWrong) {
      // Devices do not get this collector's address: by its clock all their batches are too old,
      // and a refusal is final.
      await child.ready;
      for (let rounds = 0; rounds < 3; rounds += 1) await child.maintains();
      await passed(100);
      if (!child.said.join('').includes('Old counts are kept'))
        faults.push('a clock 400 days ahead: the collector did not say that old counts are kept');
    } else {
      url = await child.ready;
      startMs = performance.now() - began;
      await passed(80 + random() * 900);
      if (moment === 'in roll-up') {
        await Promise.race([child.maintains(), child.ended]);
        await passed(random() * 12);
      } else if (moment === 'beside a second one') {
        const second = startProcess({ dataDir, registry: registry.path, clockMs });
        const started = await Promise.race([
          second.ready.then(
            () => true,
            () => false,
          ),
          second.ended.then(() => false),
        ]);
        if (started) faults.push('a second collector started on the file of another');
        else if (!second.said.join('').includes('Another collector uses'))
          faults.push(`a second collector said: ${second.said.join('').slice(0, 300)}`);
        second.kill();
        await second.ended;
      } else if (moment === 'while it closes') {
        child.close();
        await passed(random() * 40);
      }
    }
    child.kill();
    await child.ended;
    url = undefined;
    // Expected messages: about a forged upload with a sampling that the fleet does not use, and
    // about the wrong clock.
    const expected = ['Uploads with a sampling of', ...(isWrong ? ['Old counts are kept'] : [])];
    const said = child.said
      .join('')
      .split('\n')
      .filter((line) => line !== '' && !expected.some((start) => line.startsWith(start)));
    if (said.length > 0) faults.push(`the collector said: ${said.join('\n').slice(0, 300)}`);
    const row = rows.get(moment) ?? {
      kills: 0,
      sent: 0,
      acknowledged: 0,
      duplicates: 0,
      failed: 0,
    };
    rows.set(
      moment,
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [
          name,
          value + (name === 'kills' ? 1 : senders.seen[name] - before[name]),
        ]),
      ),
    );
  }
  say('sending the rest and comparing');

  // The last collector is not killed. Every batch that is not acknowledged yet arrives, and
  // everything old is rolled up.
  const last = startProcess({ dataDir, registry: registry.path, clockMs });
  url = await last.ready;
  await senders.finish();
  last.close();
  const [code] = await last.ended;
  if (code !== 0) faults.push(`closing the collector ended with ${code}`);
  faults.push(...senders.wrong.slice(0, 10));
  faults.push(
    ...(await compare(join(dataDir, 'collector.sqlite'), senders.made, Date.now() + clockMs)),
  );
  done();
  return { rows, seen: senders.seen, made: senders.made, faults };
}

/**
 * Differences between the store and the batches that were made: every sum by every dimension, the
 * totals, the losses, the batches.
 */
async function compare(file, made, nowMs) {
  const faults = [];
  const store = openSqliteStore(file);
  await store.maintain(nowMs);
  const nowHour = Math.floor(nowMs / HOUR_MS);
  const expected = new Map();
  const lost = {};
  for (const batch of made) {
    for (const [reason, count] of Object.entries(batch.lost))
      lost[reason] = (lost[reason] ?? 0) + count;
    for (const profile of batch.profiles) {
      const key = { ...profile.key, hour: rolledHour(profile.key.hour, nowHour, RETENTION) };
      const sum = expected.get(keyText(key));
      expected.set(keyText(key), sum ? addProfiles(sum, profile) : { ...profile, key });
    }
  }
  const stored = await store.sums(
    { model: MODEL, fromHour: 0, toHour: nowHour + 1_000 },
    DIMENSIONS,
  );
  for (const profile of stored) {
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
  const totals = await store.totals();
  const sum = (name) => totals.reduce((all, row) => all + row[name], 0);
  const profiles = made.flatMap((batch) => batch.profiles);
  const predictions = profiles.reduce((all, one) => all + one.predictions, 0);
  if (sum('predictions') !== predictions || sum('profiles') !== profiles.length)
    faults.push(
      `totals: ${sum('predictions')} predictions in ${sum('profiles')} profiles; made were ` +
        `${predictions} in ${profiles.length}`,
    );
  const losses = await store.losses(0, nowHour + 1_000);
  for (const reason of new Set([...Object.keys(lost), ...Object.keys(losses)])) {
    if ((lost[reason] ?? 0) !== (losses[reason] ?? 0))
      faults.push(`losses: ${losses[reason] ?? 0} ${reason}, told were ${lost[reason] ?? 0}`);
  }
  const again = await store.commit(
    made.map(({ batchId }) => ({ batchId, sealedAtMs: 0, lost: {}, profiles: [] })),
  );
  const unknown = again.filter(Boolean).length;
  if (unknown > 0) faults.push(`${unknown} batches are not known to have been counted`);
  await store.close();
  return faults;
}

function startProcess(options) {
  const child = fork(PROCESS, [JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const said = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => said.push(String(chunk)));
  // A killed process leaves its channel broken.
  child.on('error', () => undefined);
  const ended = once(child, 'exit');
  const message = (name) =>
    new Promise((resolve) => {
      const listen = (told) => {
        if (told[name] === undefined) return;
        child.off('message', listen);
        resolve(told[name]);
      };
      child.on('message', listen);
    });
  const ready = Promise.race([
    message('url'),
    ended.then(() => Promise.reject(new Error(`The collector did not start: ${said.join('')}`))),
  ]);
  ready.catch(() => undefined);
  return {
    ready,
    ended,
    said,
    maintains: () => message('maintains'),
    close: () => child.send('close', () => undefined),
    kill: () => void child.kill('SIGKILL'),
  };
}

const hex = (profile) => Buffer.from(encodeProfile(profile)).toString('hex');
const passed = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
