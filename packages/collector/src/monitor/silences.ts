import type { Finding, Undecided } from '../alerts/finding.ts';
import type { Rules } from '../alerts/rules.ts';
import { messageOf } from '../message-of.ts';
import type { StoreReader, VersionTotals } from '../store/store.ts';
import { cannotJudge, tooFew } from './cannot-judge.ts';
import { namedBy } from './channels.ts';
import type { ModelChannels } from './channels.ts';
import type { Judged } from './judging.ts';

const DAY_HOURS = 24;
/**
 * Silence is reported if there were this many sessions the day before, and for at most
 * FORGOTTEN_HOURS.
 */
const MIN_SESSIONS = 50;
const FORGOTTEN_HOURS = 72;

/** The last hour with counts of each version, by model. */
export type LastHours = ReadonlyMap<string, ReadonlyMap<string, number>>;

export function lastHoursOf(totals: readonly VersionTotals[]): LastHours {
  const models = new Map<string, Map<string, number>>();
  for (const { model, version, lastHour } of totals) {
    const versions = models.get(model) ?? new Map<string, number>();
    models.set(model, versions);
    versions.set(version, Math.max(versions.get(version) ?? lastHour, lastHour));
  }
  return models;
}

/**
 * Finds versions named by a channel that send nothing at a time of day when they had sessions the
 * day before. A version that was replaced falls silent too, which is no problem.
 */
export async function silences(
  store: Pick<StoreReader, 'timeline'>,
  channels: readonly ModelChannels[],
  lastHours: LastHours,
  { rules }: Rules,
  toHour: number,
): Promise<Judged> {
  const { hours } = rules.silence.thresholds;
  const findings: Finding[] = [];
  const undecided: Undecided[] = [];
  for (const { model, file } of channels) {
    for (const version of namedBy(file)) {
      const lastHour = lastHours.get(model)?.get(version);
      if (lastHour === undefined) continue;
      const silentHours = toHour - 1 - lastHour;
      if (silentHours < hours || silentHours > FORGOTTEN_HOURS) continue;
      const before = await store
        .timeline({
          model,
          version,
          fromHour: lastHour + 1 - DAY_HOURS,
          toHour: toHour - DAY_HOURS,
        })
        .catch((error: unknown) => {
          undecided.push(cannotJudge(model, version, 'silence', messageOf(error)));
          return [];
        });
      const sessions = before.reduce((sum, { sessionsStarted }) => sum + sessionsStarted, 0);
      if (sessions < MIN_SESSIONS) continue;
      findings.push({
        rule: 'silence',
        model,
        version,
        segment: '',
        subject: '',
        severity: 'ticket',
        effect: {
          value: silentHours,
          low: silentHours,
          high: silentHours,
          threshold: hours,
          unit: 'hours',
        },
        effectiveN: sessions,
        devices: 0,
        topFeatures: [],
        firstVersionSeen: version,
        fromHour: lastHour,
        toHour,
        summary:
          `${model}@${version} has sent nothing for ${silentHours} hours. In the same hours of ` +
          `the day before it had ${sessions} sessions.`,
      });
    }
  }
  return { findings, undecided };
}

/**
 * Versions with recent counts but none in the window, although nothing replaced them. Silence does
 * not mean that their alerts are resolved.
 */
export function stopped(
  channels: readonly ModelChannels[],
  lastHours: LastHours,
  fromHour: number,
  toHour: number,
): Undecided[] {
  return channels.flatMap(({ model, file, fault }) => {
    const versions = [...(lastHours.get(model) ?? [])];
    const isReplaced = versions.some(([, lastHour]) => lastHour >= fromHour);
    return versions.flatMap(([version, lastHour]): Undecided[] => {
      const isLeftOut =
        lastHour >= fromHour ||
        toHour - 1 - lastHour > FORGOTTEN_HOURS ||
        (isReplaced && fault === undefined && !namedBy(file).has(version));
      return isLeftOut
        ? []
        : [
            {
              model,
              version,
              segment: null,
              rule: null,
              subject: null,
              kind: 'too-little-data',
              reason: 'nothing of it was counted in the last window',
            },
          ];
    });
  });
}

/**
 * Segments of versions in use that were counted recently but not in the window. Like `stopped()`,
 * for a part of the fleet.
 */
export function stoppedSegments(
  totals: readonly VersionTotals[],
  lastHours: LastHours,
  fromHour: number,
  toHour: number,
): Undecided[] {
  const last = new Map<string, VersionTotals>();
  for (const row of totals) {
    const key = JSON.stringify([row.model, row.version, row.segment]);
    if (row.lastHour > (last.get(key)?.lastHour ?? -1)) last.set(key, row);
  }
  return [...last.values()].flatMap(({ model, version, segment, lastHour }): Undecided[] => {
    const isSilent = lastHour < fromHour && toHour - 1 - lastHour <= FORGOTTEN_HOURS;
    const isInUse = (lastHours.get(model)?.get(version) ?? lastHour) >= fromHour;
    return segment !== '' && isSilent && isInUse ? [tooFew(model, version, segment)] : [];
  });
}
