import { compareVersion, isVersion } from '@perigee/registry';
import type { ChannelChange, ChannelFile } from '@perigee/registry';
import type { PreviousRelease } from '../../api-alerts.ts';
import type { DriftOptions } from '../../analysis/drift.ts';
import { fleetOf } from '../../analysis/fleet.ts';
import type { Fleet } from '../../analysis/fleet.ts';
import { figuresOf } from '../../analysis/health.ts';
import type { Measure } from '../../analysis/measure.ts';
import { fleetDimensions } from '../../analysis/read-fleet.ts';
import type { Sources } from '../../analysis/read-fleet.ts';
import { championOf } from '../../analysis/rollout-share.ts';
import { hourText } from '../../analysis/window.ts';
import type { Reference } from '../../published-models.ts';

interface Subject {
  readonly model: string;
  readonly version: string;
  readonly segment: string;
  readonly fromHour: number;
  readonly toHour: number;
}

interface Figure {
  readonly name: string;
  readonly measure: Measure;
}

/**
 * The figures of a version beside those of the version before: in the same hours if devices ran
 * both, otherwise in the last hours of the earlier one.
 */
export async function previousRelease(
  sources: Sources,
  subject: Subject,
  channels: {
    readonly file: ChannelFile | undefined;
    readonly history: readonly ChannelChange[];
  },
  own: Figure | null,
  options: DriftOptions,
): Promise<PreviousRelease | null> {
  const { model, version, fromHour, toHour } = subject;
  const totals = (await sources.store.totals()).filter((row) => row.model === model);
  const counted = new Set(totals.map((row) => row.version));
  const before = [
    championOf(channels.file, version),
    ...namedBefore(channels.history, version),
    ...[...counted]
      .filter((one) => isVersion(one) && isVersion(version) && compareVersion(one, version) < 0)
      .toSorted((a, b) => compareVersion(b, a)),
  ].find((one) => one !== undefined && one !== version && counted.has(one));
  if (before === undefined) return null;
  const lastHour = Math.max(
    ...totals.filter((row) => row.version === before).map((row) => row.lastHour),
  );
  const isBeside = lastHour >= fromHour;
  const length = toHour - fromHour;
  const earlier = isBeside
    ? { fromHour, toHour }
    : { fromHour: lastHour + 1 - length, toHour: lastHour + 1 };
  const current = await readSide(sources, subject, options, own);
  const previous = await readSide(
    sources,
    { ...subject, version: before, ...earlier },
    options,
    own,
  );
  if (!current || !previous) return null;
  return {
    version: before,
    from: hourText(earlier.fromHour),
    to: hourText(earlier.toHour),
    rows: current
      .map((row, i) => ({
        name: row.name,
        unit: row.unit,
        current: row.value,
        previous: previous[i]?.value ?? null,
      }))
      .filter((row) => row.current !== null || row.previous !== null),
  };
}

/** Versions that channels named before this one, latest first. */
function namedBefore(history: readonly ChannelChange[], version: string): string[] {
  const first = history.findIndex(({ file }) =>
    Object.values(file.channels).some(
      (channel) => channel.version === version || channel.rollout?.version === version,
    ),
  );
  return history
    .slice(0, Math.max(0, first))
    .toReversed()
    .flatMap(({ file }) => Object.values(file.channels).map((channel) => channel.version));
}

type Side = readonly (Pick<PreviousRelease['rows'][number], 'name' | 'unit'> & {
  readonly value: PreviousRelease['rows'][number]['current'];
})[];

async function readSide(
  { store, publishedModels }: Sources,
  { model, version, segment, fromHour, toHour }: Subject,
  options: DriftOptions,
  own: Figure | null,
): Promise<Side | undefined> {
  const where = { model, version, fromHour, toHour, ...(segment !== '' && { segment }) };
  const published = await publishedModels?.find(model, version).catch(() => undefined);
  const reference = published?.reference ?? null;
  const sums = await store.sums(where, fleetDimensions(where));
  const fleet = fleetOf(
    reference ? sums.filter(({ key }) => key.reference === reference.id) : sums,
  );
  return fleet && sideOf(fleet, reference, options, own);
}

function sideOf(
  fleet: Fleet,
  reference: Reference | null,
  options: DriftOptions,
  own: Figure | null,
): Side {
  const { failedSessions, goldenFailures, p50Ms, accuracy } = figuresOf(
    fleet,
    reference,
    options,
  ).figures;
  return [
    ...(own
      ? [
          {
            name: own.name,
            unit: own.measure.unit,
            value: own.measure.of(fleet, reference?.profile ?? null),
          },
        ]
      : []),
    { name: 'failed sessions', unit: 'share', value: failedSessions },
    { name: 'golden failures', unit: 'share', value: goldenFailures },
    {
      name: 'median time',
      unit: 'ms',
      value: p50Ms === null ? null : { value: p50Ms, low: null, high: null },
    },
    {
      name: 'measured accuracy',
      unit: 'share',
      value: accuracy?.kind === 'measured' ? accuracy : null,
    },
    {
      name: 'estimated accuracy',
      unit: 'share',
      // An estimate does not hold for other inputs than those of the calibration.
      value: accuracy?.kind === 'estimated' && !accuracy.inputsMoved ? accuracy : null,
    },
  ];
}
