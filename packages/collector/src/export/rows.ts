import { STAGES } from '@perigee/profile';
import type { Profile, ReferenceProfile } from '@perigee/profile';
import { hourText } from '../analysis/window.ts';
import {
  category,
  featureBins,
  LATENCY_BINS,
  numberedBins,
  numericBins,
  SCORE_BIN_LIST,
} from './bins.ts';
import type { Bin } from './bins.ts';

export type RowKind =
  | 'count'
  | 'session'
  | 'golden'
  | 'feature'
  | 'quality'
  | 'label'
  | 'score'
  | 'value'
  | 'latency'
  | 'error'
  | 'confusion'
  | 'regression';

/**
 * One count. Rows with a zero count are omitted, so that months of data stay small. docs/exports.md
 * defines `name` and `bin` for each kind.
 */
export interface ExportRow {
  /** ISO 8601, UTC. For counts rolled up to a day or a week, its first hour. */
  readonly hour: string;
  readonly model: string;
  readonly version: string;
  /** '' without a reference. */
  readonly reference: string;
  readonly backend: string;
  readonly browser: string;
  readonly segment: string;
  /** Number of devices that each count stands for: 2^sampling. */
  readonly weight: number;
  /** ε of counts that devices randomised; null for exact counts. */
  readonly epsilon: number | null;
  readonly kind: RowKind;
  /** Name of the feature, stage, error code or counter. */
  readonly name: string;
  readonly bin: string;
  /**
   * Bounds of a numeric bin, lower inclusive; null means unbounded. Latency is in milliseconds,
   * features in the reference's unit.
   */
  readonly lower: number | null;
  readonly upper: number | null;
  /** A safe integer. */
  readonly count: number;
}

type Cell = Pick<ExportRow, 'kind' | 'name' | 'bin' | 'lower' | 'upper' | 'count'>;

/**
 * Rows with all counts of one sum.
 * @param reference null when not available; features and labels are then named by position
 */
export function* rowsOf(
  profile: Profile,
  reference: ReferenceProfile | null,
): Generator<ExportRow, void, undefined> {
  const {
    model,
    version,
    reference: id,
    backend,
    browser,
    segment,
    sampling,
    privacy,
  } = profile.key;
  const hour = hourText(profile.key.hour);
  const weight = 2 ** sampling;
  const epsilon = privacy === 0 ? null : privacy / 10;
  for (const { kind, name, bin, lower, upper, count } of cellsOf(profile, reference)) {
    // No object spread here: it costs ten times as much, and there are millions of rows.
    if (count !== 0)
      yield {
        hour,
        model,
        version,
        reference: id,
        backend,
        browser,
        segment,
        weight,
        epsilon,
        kind,
        name,
        bin,
        lower,
        upper,
        count,
      };
  }
}

function* cellsOf(
  profile: Profile,
  reference: ReferenceProfile | null,
): Generator<Cell, void, undefined> {
  const {
    devices,
    predictions,
    fallbacks,
    sessions,
    golden,
    features,
    labels,
    scores,
    values,
    latency,
    errors,
    regression,
  } = profile;
  yield* named('count', { devices, predictions, fallbacks });
  yield* named('session', sessions);
  yield* named('golden', golden);
  for (const [i, { bins, missing, invalid, below, above }] of features.entries()) {
    const feature = reference?.features[i];
    const name = feature?.name ?? `#${i}`;
    yield* histogram(
      'feature',
      name,
      feature ? featureBins(feature) : numberedBins(bins.length),
      bins,
    );
    for (const [bin, count] of Object.entries({ missing, invalid, below, above }))
      yield { kind: 'quality', name, bin, lower: null, upper: null, count };
  }
  const labelBins = reference?.output?.labels.map(category) ?? numberedBins(labels.length);
  yield* histogram('label', 'label', labelBins, labels);
  yield* histogram('score', 'score', SCORE_BIN_LIST, scores);
  yield* histogram(
    'value',
    reference?.value?.name ?? 'value',
    reference?.value ? numericBins(reference.value.edges) : numberedBins(values.length),
    values,
  );
  for (const [i, stage] of STAGES.entries())
    yield* histogram('latency', stage, LATENCY_BINS, latency[i] ?? new Float64Array());
  yield* named('error', errors);
  yield* confusionOf(profile, labelBins);
  yield* named('regression', regression);
}

/** `name` is the predicted label, `bin` the true one. */
function* confusionOf(
  { confusion, labels }: Profile,
  labelBins: readonly Bin[],
): Generator<Cell, void, undefined> {
  const label = (i: number): string => labelBins[i]?.label ?? `#${i}`;
  for (const [cell, count] of confusion) {
    const actual = cell % labels.length;
    yield {
      kind: 'confusion',
      name: label((cell - actual) / labels.length),
      bin: label(actual),
      lower: null,
      upper: null,
      count,
    };
  }
}

function* named(kind: RowKind, counts: object): Generator<Cell, void, undefined> {
  for (const [name, count] of Object.entries(counts) as [string, number][])
    yield { kind, name, bin: '', lower: null, upper: null, count };
}

function* histogram(
  kind: RowKind,
  name: string,
  bins: readonly Bin[],
  counts: Float64Array,
): Generator<Cell, void, undefined> {
  for (const [i, count] of counts.entries()) {
    if (count === 0) continue;
    const { label, lower, upper } = bins[i] ?? category(`#${i}`);
    yield { kind, name, bin: label, lower, upper, count };
  }
}
