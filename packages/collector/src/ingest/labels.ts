import { createHash } from 'node:crypto';
import { createCounters } from '@perigee/profile';
import type { Counters, Profile, ReferenceProfile } from '@perigee/profile';
import { GROUPS } from '../analysis/groups.ts';
import { HttpError } from '../http/http-error.ts';
import type { Upload } from '../store/store.ts';

const HOUR_MS = 3_600_000;
const MAX_LABELS = 1_000;
const MAX_ID_LENGTH = 256;

/** The true label or value of one prediction. */
interface Label {
  readonly id: string;
  readonly predicted: string | number;
  /** The field `truth` of an upload. */
  readonly groundTruth: string | number;
  readonly hour: number;
}

export interface Labels {
  readonly model: string;
  readonly version: string;
  readonly labels: readonly Label[];
}

/**
 * Parses the body of POST /v1/labels.
 * @throws HttpError 400 that names the invalid field
 */
export function parseLabels(body: unknown): Labels {
  let value: { model?: unknown; version?: unknown; labels?: unknown };
  try {
    value = JSON.parse(Buffer.from(body as Uint8Array).toString('utf8')) as typeof value;
  } catch {
    throw wrong('the body', 'JSON', 'something else');
  }
  const { model, version, labels } = value ?? {};
  if (typeof model !== 'string') throw wrong('model', 'a name', model);
  if (typeof version !== 'string') throw wrong('version', 'a version like "1.0.0"', version);
  if (!Array.isArray(labels) || labels.length === 0 || labels.length > MAX_LABELS) {
    throw wrong(
      'labels',
      `a list of 1 to ${MAX_LABELS}`,
      Array.isArray(labels) ? `${labels.length} of them` : labels,
    );
  }
  return { model, version, labels: labels.map(parseLabel) };
}

function parseLabel(entry: unknown, i: number): Label {
  const { id, predicted, truth, at } = (entry ?? {}) as Record<string, unknown>;
  if (typeof id !== 'string' || id === '' || id.length > MAX_ID_LENGTH)
    throw wrong(`labels[${i}].id`, `text of 1 to ${MAX_ID_LENGTH} characters`, id);
  const atMs = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  if (Number.isNaN(atMs))
    throw wrong(`labels[${i}].at`, 'when it was predicted, like "2026-11-20T10:00:00Z"', at);
  for (const [name, one] of Object.entries({ predicted, truth })) {
    if (typeof one !== 'string' && !Number.isFinite(one))
      throw wrong(`labels[${i}].${name}`, 'a label or a number', one);
  }
  return {
    id,
    predicted: predicted as Label['predicted'],
    groundTruth: truth as Label['groundTruth'],
    hour: Math.floor(atMs / HOUR_MS),
  };
}

/**
 * Makes one upload per label. Its batch id is derived from the prediction's id, so a label that is
 * sent again is recognised and counted once. The upload adds feedback only: no prediction, no
 * session, no device-hour.
 * @throws HttpError 422 for a label or number that the model does not have
 */
export function uploadsOf(
  { model, version, labels }: Labels,
  reference: { readonly id: string; readonly profile: ReferenceProfile },
): Upload[] {
  const counters = createCounters(reference.profile);
  return labels.map((label, i): Upload => {
    observe(counters, reference.profile, label, `labels[${i}]`);
    const counted = counters.snapshot({
      model,
      version,
      reference: reference.id,
      backend: 'none',
      browser: 'other',
      segment: '',
      sampling: 0,
      privacy: 0,
      group: groupOf(label.id),
      hour: label.hour,
    });
    const profile: Profile = { ...counted, devices: 0 };
    return {
      batchId: digestOf(JSON.stringify(['label', model, version, label.id])).slice(0, 32),
      sealedAtMs: 0,
      lost: {},
      profiles: [profile],
    };
  });
}

/** @throws HttpError 422 for a label or number that the model does not have */
export function checkLabels({ labels }: Labels, profile: ReferenceProfile): void {
  const counters = createCounters(profile);
  for (const [i, label] of labels.entries()) observe(counters, profile, label, `labels[${i}]`);
}

function observe(
  counters: Counters,
  { output, value }: ReferenceProfile,
  { predicted, groundTruth }: Label,
  at: string,
): void {
  if (value) {
    if (typeof predicted !== 'number' || typeof groundTruth !== 'number')
      throw unfit(
        at,
        'numbers, as the model predicts them',
        `${JSON.stringify(predicted)} and ${JSON.stringify(groundTruth)}`,
      );
    counters.observeTrueValue(predicted, groundTruth);
    return;
  }
  const labels = output?.labels ?? [];
  const [predictedIndex = -1, trueIndex = -1] = [predicted, groundTruth].map((label) =>
    labels.indexOf(String(label)),
  );
  if (predictedIndex < 0 || trueIndex < 0)
    throw unfit(
      at,
      `two of the model's labels (${labels.slice(0, 20).join(', ') || 'it has none'})`,
      `${JSON.stringify(predicted)} and ${JSON.stringify(groundTruth)}`,
    );
  counters.observeGroundTruth(predictedIndex, trueIndex);
}

/**
 * Prediction ids of one worker share a prefix up to the last hyphen, so all its predictions fall
 * into one group.
 */
function groupOf(id: string): number {
  const worker = id.includes('-') ? id.slice(0, id.lastIndexOf('-')) : id;
  return Number.parseInt(digestOf(worker).slice(0, 8), 16) % GROUPS;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function wrong(field: string, expected: string, got: unknown): HttpError {
  const shown =
    typeof got === 'string' ? `"${got.slice(0, 80)}"` : String(JSON.stringify(got)).slice(0, 80);
  return new HttpError(400, 'INVALID_INPUT', `${field}: expected ${expected}, got ${shown}.`);
}

function unfit(at: string, expected: string, got: string): HttpError {
  return new HttpError(
    422,
    'INVALID_INPUT',
    `${at}: expected ${expected}; got ${got.slice(0, 120)}. None of the request was counted.`,
  );
}
