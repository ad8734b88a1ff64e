import type { SealedBatch } from '@perigee/profile';
import { Refusal } from '../refusal.ts';

/** The largest exponent that telemetry has. */
const MAX_EXPONENT = 20;
const RETRY_AFTER_SECONDS = 3_600;

/** @throws Refusal 403 for a batch with a sampling that the operator did not declare */
export type CheckSampling = (batch: SealedBatch) => void;

/**
 * A count of a sampled device stands for many devices. So how many is not the sender's word: the
 * operator states which shares the apps use. Devices keep what is not taken, and come again.
 * @param shares as `telemetry.sampling` of the apps; default: every device sends
 * @throws Error for a share outside (0, 1]
 */
export function createSamplingCheck(shares: readonly number[] = [1], logger: Pick<Console, 'error'>): CheckSampling {
  const declared = new Set(shares.map(exponentOf));
  const told = new Set<number>();
  return ({ profiles }) => {
    const undeclared = profiles.find(({ key }) => !declared.has(key.sampling))?.key.sampling;
    if (undeclared === undefined) return;
    const message = `Uploads with a sampling of ${2 ** -undeclared} are not taken: the collector was not started with it. If an app has telemetry.sampling ${2 ** -undeclared}, start the collector with --sampling ${[...new Set([...shares, 2 ** -undeclared])].join(',')}`;
    if (!told.has(undeclared)) logger.error(message);
    told.add(undeclared);
    throw new Refusal(403, 'SAMPLING_NOT_DECLARED', message, RETRY_AFTER_SECONDS);
  };
}

/** The power of two nearest to a share, as devices take it. */
function exponentOf(share: number): number {
  if (!(share > 0 && share <= 1)) throw new Error(`sampling: expected shares above 0 and at most 1, like 1 or 0.125; got ${share}.`);
  return Math.min(MAX_EXPONENT, Math.round(-Math.log2(share)));
}
