import type { Manifest, Variant } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import type { ModelStore } from '../store/store.ts';
import { isLeftAlone, setAside } from './set-aside.ts';
import { isOnTrial } from './trials.ts';

/** Trials that ended without a word, most likely with the page: no third one. */
const MAX_ATTEMPTS = 2;

/**
 * The variant this device takes: of those its backends can run, the first in the publisher's order that has not failed here.
 * @throws PerigeeError GOLDEN_MISMATCH when all of them failed here, UNSUPPORTED_MODEL when none can run
 */
export async function chooseVariant(store: ModelStore, manifest: Manifest, backends: readonly string[]): Promise<Variant> {
  const { name, version } = manifest;
  const fitting = manifest.variants.filter(({ requires }) => requires?.backends?.some((backend) => backends.includes(backend)) ?? true);
  if (fitting.length === 0) throw new PerigeeError('UNSUPPORTED_MODEL', `${name}@${version} has no variant for the backends of this device (${backends.join(', ')}). Its variants need: ${manifest.variants.map(({ id, requires }) => `${id}: ${requires?.backends?.join(' or ') ?? 'any'}`).join('; ')}.`, { details: { version } });
  const reasons: string[] = [];
  const retries: (number | undefined)[] = [];
  for (const variant of fitting) {
    const known = await store.getVersion(name, version, variant.id);
    if (known && isLeftAlone(known)) {
      retries.push(known.retryAtMs);
      reasons.push(`${variant.id}: ${known.reason ?? 'it failed before'}`);
    } else if (
      known
      && known.state !== 'bad'
      && known.state !== 'active'
      && known.state !== 'previous'
      && known.attempts >= MAX_ATTEMPTS
      && !(await isOnTrial(known))
    ) {
      const reason = `the page ended ${known.attempts} times while it was tried`;
      const left = setAside(known, reason);
      await store.putVersion(left);
      retries.push(left.retryAtMs);
      reasons.push(`${variant.id}: ${reason}`);
    } else return variant;
  }
  const retryAtMs = Math.min(...retries.map((ms = Infinity) => ms));
  const [when, remedy] = Number.isFinite(retryAtMs)
    ? [`until ${new Date(retryAtMs).toISOString()}`, 'Load it again then, or publish a newer version']
    : ['again', 'Publish a newer version'];
  throw new PerigeeError(
    'GOLDEN_MISMATCH',
    `${name}@${version} failed on this device before and is not tried ${when} `
      + `(${reasons.join('; ')}). ${remedy}.`,
    {
      details: { version, ...(Number.isFinite(retryAtMs) && { retryAtMs }) },
    },
  );
}
