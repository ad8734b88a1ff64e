import { blockedBy } from '@perigee/registry';
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
  readonly canRun: boolean;
}

/** The steps that take the version of an alert back, and whether that helps. */
export function rollbackOf(
  { id, rule, model, version, firstVersionSeen }: RollbackSubject,
  { file, history, registry, canRun }: Channels,
): Rollback {
  if (!file)
    return {
      steps: [],
      canRun,
      advice:
        registry === undefined
          ? 'The collector was started without --registry, so it does not know what devices get.'
          : `${model} has no channels in the registry, so there is nothing to roll back.`,
    };
  const steps = stepsBack(version, file, history).map(({ channel, version: back, isNamed }) => {
    const to = isNamed ? ` --version ${back}` : '';
    const on = channel === 'stable' ? '' : ` --channel ${channel}`;
    const command = `perigee rollback ${model}${on}${to} --to ${placeOf(registry)} --note "alert ${id}"`;
    return { channel, version: back, command };
  });
  if (steps.length === 0) return { steps, advice: nothingToDo(version, file), canRun };
  return { steps, advice: adviceOn(rule, version, firstVersionSeen), canRun };
}

interface RollbackSubject extends Pick<Alert, 'id' | 'rule' | 'model' | 'version'> {
  readonly firstVersionSeen: string;
}

export interface StepBack {
  readonly channel: string;
  /** The version that the channel goes back to. */
  readonly version: string;
  /** Whether a rollback that names no version would do something else. */
  readonly isNamed: boolean;
}

/** For each channel that gives the version to devices: the way back, if there is one. */
export function stepsBack(
  version: string,
  file: ChannelFile,
  history: readonly ChannelChange[],
): StepBack[] {
  return Object.entries(file.channels).flatMap(([name, channel]) => {
    const { rollout, takenBack = [] } = channel;
    if (rollout?.version === version)
      return { channel: name, version: channel.version, isNamed: false };
    if (channel.version !== version) return [];
    const before = history
      .flatMap((change) => change.file.channels[name]?.version ?? [])
      .findLast(
        (one) => one !== version && !takenBack.includes(one) && blockedBy(file, one) === null,
      );
    return before === undefined
      ? []
      : { channel: name, version: before, isNamed: rollout !== undefined || takenBack.length > 0 };
  });
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
