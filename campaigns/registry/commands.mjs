// The commands that an operator may run next.
import { NAME } from './operator.mjs';

/** @typedef {import('@perigee/registry').ChannelFile} ChannelFile */
/** @typedef {readonly [args: string[], isDone: (file: ChannelFile) => boolean]} Command */

const WHY = ['--incomplete', 'a campaign'];

/**
 * A command that an operator may run now, and how the channel file shows its work.
 * @param {object} state
 * @param {ChannelFile} state.file
 * @param {() => number} state.random
 * @param {() => string} state.fresh packs another version
 * @param {readonly string[]} state.versions that are published
 * @param {ReadonlySet<string>} state.named versions that the channel has had
 * @returns {Command}
 */
export function nextCommand({ file, random, fresh, versions, named }) {
  const { version: current = '', rollout, takenBack = [] } = file.channels['stable'] ?? {};
  const revoked = (file.revoked ?? []).map(({ version }) => version);
  // A channel takes a version that it left before only with --force.
  const left = new Set([...takenBack, ...revoked, ...named]);
  const isOpen = (/** @type {string} */ version) =>
    version === rollout?.version || !left.has(version);
  const newest = versions.findLast((version) => isOpen(version) && isNewer(version, current));
  const canary = file.channels['canary']?.version;
  const used = new Set([current, rollout?.version, canary, ...revoked]);
  const unused = versions.filter((version) => !used.has(version));
  const drawn = Math.floor(random() * 6);
  if (drawn === 0 && newest !== undefined) return promote(newest);
  if (drawn === 1 && newest !== undefined)
    return rollOut(rollout?.version ?? newest, rollout?.permyriad ?? 0);
  if (drawn === 2) return [['rollback', NAME], ({ channels }) => !channels['stable']?.rollout];
  if (drawn === 3 && unused[0] !== undefined && unused.length > 2) return revoke(unused[0]);
  return publish(fresh(), drawn === 4 ? 'canary' : 'stable');
}

/**
 * @param {string} version
 * @param {'canary' | 'stable'} channel
 * @returns {Command}
 */
export function publish(version, channel) {
  const args = ['publish', `${NAME}@${version}`, '--channel', channel, ...WHY];
  return [args, ({ channels }) => channels[channel]?.version === version];
}

/**
 * @param {string} version
 * @returns {Command}
 */
function promote(version) {
  const args = ['promote', `${NAME}@${version}`, ...WHY];
  return [args, ({ channels }) => channels['stable']?.version === version];
}

/**
 * @param {string} version
 * @param {number} permyriad share of the rollout before
 * @returns {Command}
 */
function rollOut(version, permyriad) {
  const percent = Math.min(100, permyriad / 100 + 5);
  const args = ['rollout', `${NAME}@${version}`, '--percent', String(percent), ...WHY];
  return [args, ({ channels }) => channels['stable']?.rollout?.permyriad === percent * 100];
}

/**
 * @param {string} version
 * @returns {Command}
 */
function revoke(version) {
  const args = ['revoke', `${NAME}@${version}`, '--reason', 'a campaign'];
  return [args, ({ revoked = [] }) => revoked.some((one) => one.version === version)];
}

/**
 * @param {string} a
 * @param {string} b
 */
function isNewer(a, b) {
  return Number(a.split('.')[1]) > Number(b.split('.')[1]);
}
