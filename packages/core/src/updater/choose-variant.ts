import type { Manifest, Variant } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import type { ModelStore } from '../store/store.ts';
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
  for (const variant of fitting) {
    const known = await store.getVersion(name, version, variant.id);
    if (known?.state === 'bad') reasons.push(`${variant.id}: ${known.reason ?? 'it failed before'}`);
    else if (known && known.state !== 'active' && known.state !== 'previous' && known.attempts >= MAX_ATTEMPTS && !(await isOnTrial(known))) {
      const reason = `the page ended ${known.attempts} times while it was tried`;
      await store.putVersion({ ...known, state: 'bad', reason });
      reasons.push(`${variant.id}: ${reason}`);
    } else return variant;
  }
  throw new PerigeeError('GOLDEN_MISMATCH', `${name}@${version} failed on this device before and is not tried again (${reasons.join('; ')}). Publish a newer version.`, { details: { version } });
}
