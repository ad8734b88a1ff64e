import type { SealedBatch } from '@perigee/profile';
import { HttpError } from '../http/http-error.ts';

/** The largest sampling exponent that telemetry uses. */
const MAX_EXPONENT = 20;
const RETRY_AFTER_SECONDS = 3_600;

/** @throws HttpError 403 for a batch with a sampling that the operator did not declare */
export type CheckSampling = (batch: SealedBatch) => void;

/**
 * Each count of a sampled device stands for many devices, so the collector does not trust the
 * sender's factor: the operator declares the shares that the apps use. Devices keep refused batches
 * and retry.
 * @param shares as in the apps' `telemetry.sampling`; default: every device sends
 * @throws Error for a share outside (0, 1]
 */
export function createSamplingCheck(
  shares: readonly number[] = [1],
  logger: Pick<Console, 'error'>,
): CheckSampling {
  const declared = new Set(shares.map(exponentOf));
  const told = new Set<number>();
  return ({ profiles }) => {
    const undeclared = profiles.find(({ key }) => !declared.has(key.sampling))?.key.sampling;
    if (undeclared === undefined) return;
    const message =
      `Uploads with a sampling of ${2 ** -undeclared} are not taken: the collector was not ` +
      `started with it. If an app has telemetry.sampling ${2 ** -undeclared}, start the ` +
      `collector with --sampling ${[...new Set([...shares, 2 ** -undeclared])].join(',')}`;
    if (!told.has(undeclared)) logger.error(message);
    told.add(undeclared);
    throw new HttpError(403, 'SAMPLING_NOT_DECLARED', message, RETRY_AFTER_SECONDS);
  };
}

/** The exponent of the nearest power of two, rounded as devices do. */
function exponentOf(share: number): number {
  if (!(share > 0 && share <= 1))
    throw new Error(
      `sampling: expected shares above 0 and at most 1, like 1 or 0.125; got ${share}.`,
    );
  return Math.min(MAX_EXPONENT, Math.round(-Math.log2(share)));
}
