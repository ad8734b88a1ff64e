// Kills an operator's commands and runs them again. Loses registries and restores their backups.
// After each step a device must accept the registry.
import { progress } from '../../scripts/progress.mjs';
import { seeded } from '../shared/random.mjs';
import { openOperator, NAME } from './operator.mjs';

/** A registry is lost after this many commands; its backup is some commands old. */
const LOST_EVERY = 6;
const BACKUP_AFTER = 3;
const MAX_WAITS = 20;
const WHY = ['--incomplete', 'a campaign'];

export async function runCampaign(folder, { kills, seed, lostEvery = LOST_EVERY }) {
  const random = seeded(seed);
  const operator = await openOperator(folder);
  const seen = {};
  const faults = [];
  let released = 0;
  let typicalMs = 1_000;
  let deviceAt = 0;
  const { say, done } = progress('Killing commands of an operator');
  const fault = (args, text) => faults.push(`${args.join(' ')}: ${text.trim().slice(-300)}`);

  /** Kills a command, runs it again until it ends by itself, and then once more. */
  async function retried(args, isDone) {
    const row = (seen[args[0]] ??= { times: 0, killed: 0, 'done before': 0, refused: 0 });
    row.times += 1;
    const killed = await operator.run(args, random() * typicalMs * 1.2);
    row[killed.code === null ? 'killed' : 'done before'] += 1;
    const start = performance.now();
    const again = await settled(args);
    typicalMs = (typicalMs + performance.now() - start) / 2;
    const after = await operator.channels();
    if (again.code !== 0) {
      row.refused += 1;
      if (args[0] !== 'rollback') fault(args, `a retry ended with ${again.code}: ${again.said}`);
    } else if (!isDone(after)) fault(args, `its work is not done: ${JSON.stringify(after)}`);
    // A recovery is always a step of its own.
    if (args[0] === 'recover') return again;
    const third = await settled(args);
    if (third.code !== again.code) {
      fault(args, `a second retry ended with ${third.code}: ${third.said}`);
    }
    const [first, last] = [after, await operator.channels()].map((file) => JSON.stringify(file));
    if (last !== first) fault(args, `a second retry changed ${first} to ${last}`);
    return again;
  }

  /** A command that was killed while it wrote its mark blocks the next one for ten seconds. */
  async function settled(args) {
    let ended = await operator.run(args);
    for (let i = 0; i < MAX_WAITS && ended.said.includes('Another command is writing'); i += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      ended = await operator.run(args);
    }
    return ended;
  }

  async function deviceTakes(args) {
    try {
      const version = await operator.refresh();
      if (version < deviceAt) fault(args, `a device went from metadata ${deviceAt} to ${version}`);
      deviceAt = version;
    } catch (error) {
      fault(args, `a device refuses the registry: ${error.message}`);
    }
  }

  async function restoreBackup(withCopy) {
    operator.copyTo('served');
    operator.restore('backup');
    const args = ['recover', ...(withCopy ? ['--seen', operator.at('served')] : [])];
    const { said } = await retried(args, () => true);
    // Runs the commands that the output names, as an operator would.
    const told = said.matchAll(/perigee revoke (\S+@\S+) --reason "([^"]*)"/g);
    for (const [, release, reason] of told) {
      await operator.must('revoke', release, '--reason', reason);
    }
    await deviceTakes(args);
    const there = await operator.versions();
    const all = Array.from({ length: released }, (_, n) => `1.${n + 1}.0`);
    for (const version of all.filter((one) => !there.includes(one))) {
      await operator.must('publish', `${NAME}@${version}`, '--no-channel');
    }
    await deviceTakes(args);
  }

  const named = new Set();
  const fresh = () => {
    released += 1;
    operator.pack(`1.${released}.0`);
    return `1.${released}.0`;
  };
  await operator.must('publish', `${NAME}@${fresh()}`, ...WHY);
  operator.copyTo('backup');
  for (let i = 0; i < kills; i += 1) {
    const file = await operator.channels();
    const versions = await operator.versions();
    // A channel takes a version that it left before only with --force.
    const { version: stable, rollout } = file.channels.stable;
    for (const version of [stable, rollout?.version]) named.add(version);
    const [args, isDone] = nextCommand({ file, random, fresh, versions, named });
    say(`${i + 1} of ${kills}: ${args.join(' ')}`);
    await retried(args, isDone);
    await deviceTakes(args);
    if (i % lostEvery === BACKUP_AFTER) operator.copyTo('backup');
    if (i % lostEvery !== lostEvery - 1) continue;
    say(`${i + 1} of ${kills}: a backup is restored`);
    await restoreBackup(random() < 0.7);
    const verify = ['verify-registry', operator.registry, '--root', operator.at('root.json')];
    const { code, said } = await operator.run(verify);
    if (code !== 0) fault(verify, said);
  }
  done();
  return { seen, faults };
}

/** A command that an operator may run now, and how the channel file shows its work. */
function nextCommand({ file, random, fresh, versions, named }) {
  const { version: current, rollout, takenBack = [] } = file.channels.stable;
  const revoked = (file.revoked ?? []).map(({ version }) => version);
  const left = new Set([...takenBack, ...revoked, ...named]);
  const isOpen = (version) => version === rollout?.version || !left.has(version);
  const open = versions.filter((version) => isOpen(version) && isNewer(version, current));
  const used = new Set([current, rollout?.version, file.channels.canary?.version, ...revoked]);
  const unused = versions.filter((version) => !used.has(version));
  const drawn = Math.floor(random() * 6);
  if (drawn === 0 && open.length > 0) return promote(open.at(-1));
  if (drawn === 1 && open.length > 0) return rollOut(rollout?.version ?? open.at(-1), rollout);
  if (drawn === 2) return [['rollback', NAME], ({ channels }) => !channels.stable.rollout];
  if (drawn === 3 && unused.length > 2) return revoke(unused[0]);
  return publish(fresh(), drawn === 4 ? 'canary' : 'stable');
}

function publish(version, channel) {
  const args = ['publish', `${NAME}@${version}`, '--channel', channel, ...WHY];
  return [args, ({ channels }) => channels[channel].version === version];
}

function promote(version) {
  const args = ['promote', `${NAME}@${version}`, ...WHY];
  return [args, ({ channels }) => channels.stable.version === version];
}

function rollOut(version, before) {
  const percent = Math.min(100, (before?.permyriad ?? 0) / 100 + 5);
  const args = ['rollout', `${NAME}@${version}`, '--percent', String(percent), ...WHY];
  return [args, ({ channels }) => channels.stable.rollout?.permyriad === percent * 100];
}

function revoke(version) {
  const args = ['revoke', `${NAME}@${version}`, '--reason', 'a campaign'];
  return [args, ({ revoked = [] }) => revoked.some((one) => one.version === version)];
}

function isNewer(a, b) {
  return Number(a.split('.')[1]) > Number(b.split('.')[1]);
}
