// Kills a collector at every kind of moment while devices send to it. Then compares its counts with
// what the devices made.
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { seededRandom } from '@perigee/profile/analysis';
import { progress } from '../../scripts/progress.mjs';
import { makeTracedRegistry } from '../shared/traced-registry.mjs';
import { compare } from './compare.mjs';
import { createSenders, runSenders } from './senders.mjs';
import { startProcess } from './start-process.mjs';

const HOUR_MS = 3_600_000;
/**
 * Time that passes on the collector's clock in a whole campaign. Longer than the age at which hours
 * become days, well below the age at which batches are refused.
 */
const CLOCK_MS = 18 * 24 * HOUR_MS;
const SENDERS = 8;
/** The error of a wrong clock, which is ahead: more than the age at which counts are deleted. */
const WRONG_CLOCK_MS = 400 * 24 * HOUR_MS;

/** @typedef {import('./start-process.mjs').CollectorProcess} CollectorProcess */
/** @typedef {(campaign: Campaign, child: CollectorProcess) => Promise<void>} Moment */

/** Half of the kills happen under plain load, the others at moments that are rare otherwise. */
const MOMENTS = /** @type {const} */ ([
  ['under load', underLoad],
  ['while it starts', whileItStarts],
  ['under load', underLoad],
  ['in roll-up', inRollUp],
  ['under load', underLoad],
  ['while it closes', whileItCloses],
  ['beside a second one', besideASecondOne],
  ['with a wrong clock', withAWrongClock],
]);

/**
 * @typedef {object} Campaign
 * @property {string} dataDir
 * @property {string} registry
 * @property {() => number} random
 * @property {number} clockMs how far the collector's clock is ahead now
 * @property {number} startMs time that the last start took
 * @property {import('./senders.mjs').Senders} senders
 * @property {Map<string, Row>} rows kills and uploads by moment
 * @property {string[]} faults
 */

/** @typedef {{ kills: number } & Pick<import('./senders.mjs').Uploads, UploadCount>} Row */
/** @typedef {'sent' | 'acknowledged' | 'duplicates' | 'failed'} UploadCount */

/**
 * @param {string} folder
 * @param {number} kills
 * @param {number} seed
 */
export async function runCampaign(folder, kills, seed) {
  const campaign = await openCampaign(folder, seed);
  const { senders, faults, dataDir } = campaign;
  const sending = runSenders(senders, SENDERS);
  const { say, done } = progress('Killing a collector');
  for (let i = 0; i < kills; i += 1) {
    const [name, moment] = MOMENTS[i % MOMENTS.length] ?? MOMENTS[0];
    say(`${i + 1} of ${kills}: ${name}`);
    campaign.clockMs = (CLOCK_MS * i) / kills;
    await killAt(campaign, name, moment);
  }
  say('sending the rest and comparing');
  await sendTheRest(campaign, sending);
  faults.push(...senders.wrong.slice(0, 10));
  const nowMs = Date.now() + campaign.clockMs;
  faults.push(...(await compare(join(dataDir, 'collector.sqlite'), senders.made, nowMs)));
  done();
  return { rows: campaign.rows, seen: senders.seen, made: senders.made, faults };
}

/**
 * @param {string} folder
 * @param {number} seed
 * @returns {Promise<Campaign>}
 */
async function openCampaign(folder, seed) {
  const random = seededRandom(seed);
  const registry = await makeTracedRegistry(join(folder, 'published'));
  /** @type {Campaign} */
  const campaign = {
    dataDir: join(folder, 'data'),
    registry: registry.path,
    random,
    clockMs: 0,
    startMs: 400,
    senders: createSenders({ registry, random, clockMs: () => campaign.clockMs }),
    rows: new Map(),
    faults: [],
  };
  return campaign;
}

/**
 * @param {Campaign} campaign
 * @param {string} name
 * @param {Moment} moment
 */
async function killAt(campaign, name, moment) {
  const { senders } = campaign;
  const before = { ...senders.seen };
  const isWrong = moment === withAWrongClock;
  const child = start(campaign, isWrong ? WRONG_CLOCK_MS : 0);
  await moment(campaign, child);
  child.kill();
  await child.ended;
  senders.url = undefined;
  noteMessages(campaign, child, isWrong);
  const row = campaign.rows.get(name);
  /** @param {UploadCount} count */
  const added = (count) => (row?.[count] ?? 0) + senders.seen[count] - before[count];
  campaign.rows.set(name, {
    kills: (row?.kills ?? 0) + 1,
    sent: added('sent'),
    acknowledged: added('acknowledged'),
    duplicates: added('duplicates'),
    failed: added('failed'),
  });
}

/**
 * @param {Campaign} campaign
 * @param {number} aheadMs more time that its clock is ahead
 */
function start({ dataDir, registry, clockMs }, aheadMs = 0) {
  return startProcess({ dataDir, registry, clockMs: clockMs + aheadMs });
}

/**
 * Gives the collector's address to the senders, and lets some time pass.
 * @type {Moment}
 */
async function underLoad(campaign, child) {
  const began = performance.now();
  campaign.senders.url = await child.ready;
  campaign.startMs = performance.now() - began;
  await wait(80 + campaign.random() * 900);
}

/** @type {Moment} */
async function whileItStarts({ random, startMs }, child) {
  const timer = setTimeout(child.kill, random() * startMs * 1.2);
  await Promise.race([child.ready, child.ended]).catch(() => undefined);
  clearTimeout(timer);
}

/** @type {Moment} */
async function inRollUp(campaign, child) {
  await underLoad(campaign, child);
  await Promise.race([child.maintains(), child.ended]);
  await wait(campaign.random() * 12);
}

/** @type {Moment} */
async function whileItCloses(campaign, child) {
  await underLoad(campaign, child);
  child.close();
  await wait(campaign.random() * 40);
}

/** @type {Moment} */
async function besideASecondOne(campaign, child) {
  await underLoad(campaign, child);
  const second = start(campaign);
  const hasStarted = await second.ready.then(
    () => true,
    () => false,
  );
  if (hasStarted) campaign.faults.push('a second collector started on the file of another');
  else if (!second.said().includes('Another collector uses'))
    campaign.faults.push(`a second collector said: ${second.said().slice(0, 300)}`);
  second.kill();
  await second.ended;
}

/**
 * Devices do not get this collector's address: by its clock all their batches are too old, and a
 * refusal is final.
 * @type {Moment}
 */
async function withAWrongClock({ faults }, child) {
  await child.ready;
  for (let rounds = 0; rounds < 3; rounds += 1) await child.maintains();
  await wait(100);
  if (!child.said().includes('Old counts are kept'))
    faults.push('a clock 400 days ahead: the collector did not say that old counts are kept');
}

/**
 * Expected messages are about a forged upload with a sampling that the fleet does not use, and
 * about the wrong clock.
 * @param {Campaign} campaign
 * @param {CollectorProcess} child
 * @param {boolean} isWrong whether its clock was wrong
 */
function noteMessages({ faults }, child, isWrong) {
  const expected = ['Uploads with a sampling of', ...(isWrong ? ['Old counts are kept'] : [])];
  const said = child
    .said()
    .split('\n')
    .filter((line) => line !== '' && !expected.some((start) => line.startsWith(start)));
  if (said.length > 0) faults.push(`the collector said: ${said.join('\n').slice(0, 300)}`);
}

/**
 * The last collector is not killed. Every batch that is not acknowledged yet arrives, and
 * everything old is rolled up.
 * @param {Campaign} campaign
 * @param {Promise<void>} sending ends when all batches are acknowledged
 */
async function sendTheRest(campaign, sending) {
  const { senders, faults } = campaign;
  const last = start(campaign);
  senders.url = await last.ready;
  senders.making = false;
  await sending;
  last.close();
  const [code] = await last.ended;
  if (code !== 0) faults.push(`closing the collector ended with ${code}`);
}
