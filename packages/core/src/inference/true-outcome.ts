import { PerigeeError } from '../error.ts';
import type { GroundTruth } from '../model-types.ts';
import type { StoredRelease } from '../store/load-stored.ts';
import type { ModelStore } from '../store/store.ts';
import type { CountKeeper } from '../telemetry/keep-counts.ts';
import {
  MAX_GROUND_TRUTH_BYTES,
  MAX_GROUND_TRUTH_DAYS,
  takePrediction,
} from '../telemetry/pending-ground-truth.ts';
import type { TakenPrediction } from '../telemetry/pending-ground-truth.ts';

type Missing = Extract<TakenPrediction, { missing: unknown }>['missing'];

const MIB = 1024 * 1024;
const WHY_MISSING: Readonly<Record<Missing, string | undefined>> = {
  reported: 'it was reported before, and each ground truth is counted once.',
  days:
    `the prediction is older than ${MAX_GROUND_TRUTH_DAYS} days, and no prediction waits longer for ` +
    'its ground truth. Report it earlier.',
  bytes:
    'newer predictions took its place. Predictions that wait for a ground truth take at most ' +
    `${MAX_GROUND_TRUTH_BYTES / MIB} MiB on a device. Report it earlier.`,
  unknown: undefined,
};

/**
 * Checks that a true outcome can be counted.
 * @throws PerigeeError INVALID_INPUT
 */
export function checkGroundTruth(
  release: StoredRelease,
  { label, value }: GroundTruth,
): { readonly labelIndex: number } | { readonly value: number } {
  if ((label === undefined) === (value === undefined))
    throw new PerigeeError(
      'INVALID_INPUT',
      `The ground truth has ${label === undefined ? 'neither `label` nor' : 'both `label` and'} \`value\`; ` +
        'expected `label` for a model with labels, or `value` for a model that predicts a number.',
    );
  return label === undefined
    ? { value: checkValue(release, value) }
    : { labelIndex: checkLabel(release, label) };
}

function checkLabel({ manifest, reference }: StoredRelease, label: string): number {
  const { name, labels = [] } = manifest;
  if (!reference?.reference.output)
    throw new PerigeeError(
      'INVALID_INPUT',
      `${name} has no reference for its labels, so a true label cannot be counted: pack it ` +
        'with one.',
    );
  const labelIndex = labels.indexOf(label);
  if (labelIndex >= 0) return labelIndex;
  throw new PerigeeError(
    'INVALID_INPUT',
    `"${String(label)}" is not a label of ${name}; it has: ${labels.join(', ') || 'none'}.`,
  );
}

function checkValue({ manifest, reference }: StoredRelease, value: number): number {
  const { name, labels = [] } = manifest;
  if (!reference?.reference.value)
    throw new PerigeeError(
      'INVALID_INPUT',
      `${name} has no reference for a predicted number, so a true number cannot be ` +
        `counted${labels.length > 0 ? '; give a label' : ': pack it with --reference'}.`,
    );
  if (Number.isFinite(value)) return value;
  throw new PerigeeError(
    'INVALID_INPUT',
    `The ground truth is ${String(value)}; expected a finite number.`,
  );
}

/**
 * Takes a prediction out of the store.
 * @returns its label index, or its number
 * @throws PerigeeError INVALID_INPUT when it is not there
 */
export async function takeStored(
  store: ModelStore,
  { manifest: { name, version } }: StoredRelease,
  keeper: CountKeeper,
  id: string,
): Promise<number> {
  await keeper.settled();
  const taken = await takePrediction(store, `${name}@${version}`, id);
  if ('value' in taken) return taken.value;
  const reason = WHY_MISSING[taken.missing];
  if (reason)
    throw new PerigeeError(
      'INVALID_INPUT',
      `The ground truth of prediction "${id}" cannot be counted: ${reason}`,
    );
  const whyNotKept = await keeper.whyNotRemembered();
  throw new PerigeeError(
    'INVALID_INPUT',
    `There is no prediction "${id}" of ${name}@${version} to give a ground truth for. ` +
      (whyNotKept ??
        'Its ground truth was reported before, it is of another version or device, or it was never made.'),
  );
}
