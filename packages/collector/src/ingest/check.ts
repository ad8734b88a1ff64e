import { keyText } from '@perigee/profile';
import type {
  FeatureReference,
  Losses,
  Profile,
  ReferenceProfile,
  SealedBatch,
} from '@perigee/profile';
import type { PublishedModels } from '../published-models.ts';
import { HttpError } from '../http/http-error.ts';
import { checkCounts, implausible } from './plausible.ts';
import { ReferenceMismatch } from './mismatches.ts';

const HOUR_MS = 3_600_000;
const MAX_AGE_HOURS = 24 * 31;
/** Tolerance for wrong device clocks. A window further in the future is refused. */
const MAX_AHEAD_HOURS = 25;
/** Upper bound of losses per reason. A device that is offline for a year loses fewer hours. */
const MAX_LOST = 10_000;

/**
 * Refuses uploads that no honest device sends: windows outside the last month, unpublished models
 * or references, shapes that do not fit the reference, more observations than predictions, or
 * counts of several devices. Uploads from browsers are not authenticated, so each is treated as
 * hostile.
 * @throws HttpError 422, or 503 while the registry cannot be read
 */
export async function checkBatch(
  batch: SealedBatch,
  publishedModels: PublishedModels | null,
  nowMs: number,
): Promise<void> {
  checkSender(batch.profiles);
  for (const profile of batch.profiles) {
    checkHour(profile.key.hour, nowMs);
    checkCounts(profile);
  }
  if (!publishedModels) return;
  const sinceMs = performance.now();
  for (const profile of batch.profiles) await checkReference(profile, publishedModels, sinceMs);
}

/**
 * A batch comes from one device: one group, one browser, one sampling, and one profile per key.
 * Otherwise one upload could pose as the whole fleet.
 */
function checkSender(profiles: readonly Profile[]): void {
  const [first] = profiles;
  if (!first) throw new HttpError(422, 'INVALID_INPUT', 'The batch holds no profile.');
  for (const name of ['group', 'browser', 'sampling'] as const) {
    const other = profiles.find(({ key }) => key[name] !== first.key[name]);
    if (other)
      throw new HttpError(
        422,
        'INVALID_INPUT',
        `A batch comes from one device; this one has the ${name} ${first.key[name]} and ` +
          `${other.key[name]}.`,
      );
  }
  if (new Set(profiles.map(({ key }) => keyText(key))).size < profiles.length)
    throw new HttpError(
      422,
      'INVALID_INPUT',
      'A batch has one profile per key; this one has several for one key.',
    );
}

/**
 * Caps losses at what one device can have. A batch with more is not refused, because its sender
 * would report even more losses next time.
 */
export function boundedLosses(lost: Losses): Losses {
  return Object.fromEntries(
    Object.entries(lost).map(([reason, count]) => [reason, Math.min(count, MAX_LOST)]),
  );
}

/** @throws HttpError 422 */
export function checkHour(hour: number, nowMs: number): void {
  const now = Math.floor(nowMs / HOUR_MS);
  if (hour > now + MAX_AHEAD_HOURS || hour < now - MAX_AGE_HOURS) {
    throw new HttpError(
      422,
      'INVALID_INPUT',
      `The window ${new Date(hour * HOUR_MS).toISOString()} is not within the last ` +
        `${MAX_AGE_HOURS / 24} days; is the device's clock right?`,
    );
  }
}

async function checkReference(
  { key, features, labels, values }: Profile,
  publishedModels: PublishedModels,
  sinceMs: number,
): Promise<void> {
  // A refusal is final for its sender. Read the registry again if the copy is older than this
  // request, so that a version published since then is found.
  const published = await publishedModels.find(key.model, key.version, sinceMs);
  if (published && key.segment !== '' && !published.segments.includes(key.segment))
    throw new HttpError(
      422,
      'INVALID_INPUT',
      `${key.model}@${key.version} declares no segment "${key.segment}".`,
    );
  if (!published)
    throw new HttpError(
      422,
      'MODEL_NOT_FOUND',
      `${key.model}@${key.version} is not in the collector's registry.`,
    );
  const expected = published.reference;
  if ((expected?.id ?? '') !== key.reference)
    throw new ReferenceMismatch(key.model, key.version, expected?.id ?? '', key.reference);
  if (!fits(expected?.profile, features, labels, values))
    throw implausible('its shape is not that of the reference');
}

/** Without a reference, there must be no features, labels or values. */
function fits(
  reference: ReferenceProfile | undefined,
  features: Profile['features'],
  labels: Float64Array,
  values: Float64Array,
): boolean {
  const { features: expected = [], output, value } = reference ?? {};
  if (values.length !== (value ? binCount(value) : 0)) return false;
  return (
    features.length === expected.length &&
    features.every(({ bins }, i) => bins.length === binCount(expected[i])) &&
    labels.length === (output?.labels.length ?? 0)
  );
}

function binCount(feature: FeatureReference | undefined): number {
  if (!feature) return -1;
  return feature.kind === 'numeric' ? feature.edges.length + 1 : feature.vocabulary.length + 1;
}
