import type { ChannelChange, ChannelFile } from '@perigee/registry';
import type { Rollback } from '../../api-alerts.ts';
import type { Alert } from '../alert.ts';
import type { RuleName } from '../finding.ts';

/** Rules on what comes in. Another version of the model gets the same inputs. */
const OF_INPUTS: ReadonlySet<RuleName> = new Set([
  'feature-drift',
  'prediction-drift',
  'missing-values',
  'new-category',
  'out-of-range',
  'estimated-accuracy',
]);
/** Rules on the counts, which say nothing of how good a version is. */
const OF_COUNTS: ReadonlySet<RuleName> = new Set([
  'sample-ratio',
  'schema-mismatch',
  'silence',
  'cannot-judge',
]);

interface Channels {
  readonly file: ChannelFile | undefined;
  readonly history: readonly ChannelChange[];
  /** Where the collector reads the registry from: a folder or a URL. */
  readonly registry: string | undefined;
}

/** The commands that take the version of an alert back, and whether that helps. */
export function rollbackOf(
  { id, rule, model, version, firstVersionSeen }: RollbackSubject,
  { file, history, registry }: Channels,
): Rollback {
  if (!file)
    return {
      commands: [],
      advice:
        registry === undefined
          ? 'The collector was started without --registry, so it does not know what devices get.'
          : `${model} has no channels in the registry, so there is nothing to roll back.`,
    };
  const commands = Object.keys(file.channels).flatMap(
    (name) => commandFor(name, { model, version, id }, file, history, registry) ?? [],
  );
  if (commands.length === 0) return { commands, advice: nothingToDo(version, file) };
  return { commands, advice: adviceOn(rule, version, firstVersionSeen) };
}

interface RollbackSubject extends Pick<Alert, 'id' | 'rule' | 'model' | 'version'> {
  readonly firstVersionSeen: string;
}

function commandFor(
  name: string,
  { model, version, id }: Pick<Alert, 'id' | 'model' | 'version'>,
  { channels }: ChannelFile,
  history: readonly ChannelChange[],
  registry: string | undefined,
): string | undefined {
  const channel = channels[name];
  if (!channel) return undefined;
  const isRollout = channel.rollout?.version === version;
  if (channel.version !== version && !isRollout) return undefined;
  const before = history.findLast(
    ({ file }) => (file.channels[name]?.version ?? version) !== version,
  )?.file.channels[name]?.version;
  if (!isRollout && before === undefined) return undefined;
  // While another version is rolled out, a plain rollback would take that one back.
  const to = !isRollout && channel.rollout ? ` --version ${before}` : '';
  const on = name === 'stable' ? '' : ` --channel ${name}`;
  return `perigee rollback ${model}${on}${to} --to ${placeOf(registry)} --note "alert ${id}"`;
}

/** A URL cannot be written to, so the command leaves the place to the reader. */
export function placeOf(registry: string | undefined): string {
  if (registry === undefined || /^https?:/.test(registry)) return '"$REGISTRY"';
  return /^[\w@%+=:,./-]+$/.test(registry) ? registry : `'${registry.replaceAll("'", `'\\''`)}'`;
}

function nothingToDo(version: string, { channels }: ChannelFile): string {
  const given = Object.values(channels).some(
    (channel) => channel.version === version || channel.rollout?.version === version,
  );
  return given
    ? `No channel named an earlier version than ${version}, so there is none to go back to.`
    : `No channel gives ${version} to devices any more. Devices leave it with their next check.`;
}

function adviceOn(rule: RuleName, version: string, firstVersionSeen: string): string {
  if (OF_COUNTS.has(rule))
    return 'Find the cause first: this alert is about the counts, not about how good the version is.';
  if (!OF_INPUTS.has(rule))
    return 'Roll back if the cause is not clear within minutes. Devices still have the version before.';
  return firstVersionSeen === version
    ? 'Rolling back helps if this began with the version, for example by a new preprocessing. It ' +
        'does not help if the inputs themselves changed.'
    : `Rolling back does not help: ${firstVersionSeen} has the same problem. The inputs changed.`;
}
