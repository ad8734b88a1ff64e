// Kills an operator's commands and runs them again. Loses registries and restores their backups.
// After each step a device must accept the registry.
import { setTimeout as wait } from 'node:timers/promises';
import { seededRandom } from '@perigee/profile/analysis';
import { progress } from '../../scripts/progress.mjs';
import { nextCommand, publish } from './commands.mjs';
import { openOperator, NAME } from './operator.mjs';

/** A registry is lost after this many commands; its backup is some commands old. */
const LOST_EVERY = 6;
const BACKUP_AFTER = 3;
const MAX_WAITS = 20;

/** @typedef {import('./operator.mjs').Operator} Operator */
/** @typedef {{ times: number, killed: number, 'done before': number, refused: number }} Row */

/**
 * @typedef {object} Campaign
 * @property {Operator} operator
 * @property {() => number} random
 * @property {Record<string, Row>} seen by command
 * @property {string[]} faults
 * @property {number} released number of versions that were packed
 * @property {Set<string>} named versions that the channel has had
 * @property {number} typicalMs time that a command takes
 * @property {number} deviceAt metadata version that a device has accepted
 */

/**
 * @param {string} folder
 * @param {object} options
 * @param {number} options.kills
 * @param {number} options.seed
 * @param {number} [options.lostEvery] after this many commands the registry is lost, and its backup
 * is restored
 */
export async function runCampaign(folder, { kills, seed, lostEvery = LOST_EVERY }) {
  /** @type {Campaign} */
  const campaign = {
    operator: await openOperator(folder),
    random: seededRandom(seed),
    seen: {},
    faults: [],
    released: 0,
    named: new Set(),
    typicalMs: 1_000,
    deviceAt: 0,
  };
  const { operator, random } = campaign;
  const { say, done } = progress('Killing commands of an operator');
  const [first] = publish(pack(campaign), 'stable');
  await operator.must(...first);
  operator.copyTo('backup');
  for (let i = 0; i < kills; i += 1) {
    const [args, isDone] = await commandNow(campaign);
    say(`${i + 1} of ${kills}: ${args.join(' ')}`);
    await retry(campaign, args, isDone);
    await refreshDevice(campaign, args);
    if (i % lostEvery === BACKUP_AFTER) operator.copyTo('backup');
    if (i % lostEvery !== lostEvery - 1) continue;
    say(`${i + 1} of ${kills}: a backup is restored`);
    await restoreBackup(campaign, random() < 0.7);
    await verify(campaign);
  }
  done();
  return { seen: campaign.seen, faults: campaign.faults };
}

/** @param {Campaign} campaign */
async function commandNow(campaign) {
  const { operator, random, named } = campaign;
  const file = await operator.channels();
  if (!file) throw new Error('Nothing is published.');
  const { version, rollout } = file.channels['stable'] ?? {};
  for (const one of [version, rollout?.version]) if (one !== undefined) named.add(one);
  const versions = await operator.versions();
  return nextCommand({ file, random, versions, named, fresh: () => pack(campaign) });
}

/**
 * Packs another version.
 * @param {Campaign} campaign
 */
function pack(campaign) {
  campaign.released += 1;
  const version = `1.${campaign.released}.0`;
  campaign.operator.pack(version);
  return version;
}

/**
 * Kills a command, runs it again until it ends by itself, and then once more.
 * @param {Campaign} campaign
 * @param {readonly string[]} args
 * @param {import('./commands.mjs').Command[1]} isDone
 */
async function retry(campaign, args, isDone) {
  const { operator, random } = campaign;
  const [command = ''] = args;
  const row = (campaign.seen[command] ??= { times: 0, killed: 0, 'done before': 0, refused: 0 });
  row.times += 1;
  const killed = await operator.run(args, random() * campaign.typicalMs * 1.2);
  row[killed.code === null ? 'killed' : 'done before'] += 1;
  const start = performance.now();
  const again = await settle(operator, args);
  campaign.typicalMs = (campaign.typicalMs + performance.now() - start) / 2;
  const after = await operator.channels();
  if (again.code !== 0) {
    row.refused += 1;
    if (command !== 'rollback')
      note(campaign, args, `a retry ended with ${again.code}: ${again.said}`);
  } else if (!after || !isDone(after))
    note(campaign, args, `its work is not done: ${JSON.stringify(after)}`);
  // A recovery is always a step of its own.
  if (command !== 'recover') await retryOnceMore(campaign, args, again.code);
  return again;
}

/**
 * A second retry ends as the first one did, and changes nothing.
 * @param {Campaign} campaign
 * @param {readonly string[]} args
 * @param {number | null} code of the first retry
 */
async function retryOnceMore(campaign, args, code) {
  const { operator } = campaign;
  const before = JSON.stringify(await operator.channels());
  const second = await settle(operator, args);
  if (second.code !== code)
    note(campaign, args, `a second retry ended with ${second.code}: ${second.said}`);
  const after = JSON.stringify(await operator.channels());
  if (after !== before) note(campaign, args, `a second retry changed ${before} to ${after}`);
}

/**
 * Runs a command. One that was killed while it wrote its mark blocks the next one for ten seconds.
 * @param {Operator} operator
 * @param {readonly string[]} args
 */
async function settle(operator, args) {
  let ended = await operator.run(args);
  for (let i = 0; i < MAX_WAITS && ended.said.includes('Another command is writing'); i += 1) {
    await wait(1_000);
    ended = await operator.run(args);
  }
  return ended;
}

/**
 * A device must accept the registry after a command, and never an older state.
 * @param {Campaign} campaign
 * @param {readonly string[]} args
 */
async function refreshDevice(campaign, args) {
  try {
    const version = await campaign.operator.refresh();
    if (version < campaign.deviceAt)
      note(campaign, args, `a device went from metadata ${campaign.deviceAt} to ${version}`);
    campaign.deviceAt = version;
  } catch (error) {
    note(campaign, args, `a device refuses the registry: ${String(error)}`);
  }
}

/**
 * @param {Campaign} campaign
 * @param {boolean} withCopy whether a copy of what devices have seen is at hand
 */
async function restoreBackup(campaign, withCopy) {
  const { operator, released } = campaign;
  operator.copyTo('served');
  operator.restore('backup');
  const args = ['recover', ...(withCopy ? ['--seen', operator.at('served')] : [])];
  const { said } = await retry(campaign, args, () => true);
  // Runs the commands that the output names, as an operator would.
  for (const [, release, reason] of said.matchAll(/perigee revoke (\S+@\S+) --reason "([^"]*)"/g))
    await operator.must('revoke', release ?? '', '--reason', reason ?? '');
  await refreshDevice(campaign, args);
  const there = await operator.versions();
  const all = Array.from({ length: released }, (_, n) => `1.${n + 1}.0`);
  for (const version of all.filter((one) => !there.includes(one)))
    await operator.must('publish', `${NAME}@${version}`, '--no-channel');
  await refreshDevice(campaign, args);
}

/** @param {Campaign} campaign */
async function verify(campaign) {
  const { operator } = campaign;
  const args = ['verify-registry', operator.registry, '--root', operator.at('root.json')];
  const { code, said } = await operator.run(args);
  if (code !== 0) note(campaign, args, said);
}

/**
 * @param {Campaign} campaign
 * @param {readonly string[]} args
 * @param {string} text
 */
function note({ faults }, args, text) {
  faults.push(`${args.join(' ')}: ${text.trim().slice(-300)}`);
}
