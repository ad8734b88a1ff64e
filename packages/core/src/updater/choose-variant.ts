import type { Manifest, Variant } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import type { ModelStore, VersionRecord } from '../store/store.ts';
import { isLeftAlone, setAside } from './set-aside.ts';
import { isOnTrial } from './trial-marks.ts';

/**
 * Trials that never ended, most likely because the page did. After this many there is no further
 * trial.
 */
const MAX_ATTEMPTS = 2;

/**
 * Chooses the variant for this device: the first in the publisher's order that its backends can run
 * and that has not failed here.
 * @throws PerigeeError ROLLED_BACK when the app rolled the version back, GOLDEN_MISMATCH when all
 *   variants failed here, UNSUPPORTED_MODEL when no variant can run
 */
export async function chooseVariant(
  store: ModelStore,
  manifest: Manifest,
  backends: readonly string[],
): Promise<Variant> {
  const { name, version } = manifest;
  const fitting = manifest.variants.filter(
    ({ requires }) => requires?.backends?.some((backend) => backends.includes(backend)) ?? true,
  );
  if (fitting.length === 0) {
    const needs = manifest.variants.map(
      ({ id, requires }) => `${id}: ${requires?.backends?.join(' or ') ?? 'any'}`,
    );
    throw new PerigeeError(
      'UNSUPPORTED_MODEL',
      `${name}@${version} has no variant for the backends of this device ` +
        `(${backends.join(', ')}). Its variants need: ${needs.join('; ')}.`,
      { details: { version } },
    );
  }
  const left = await rolledBackVersion(store, name, version);
  if (left) {
    throw new PerigeeError(
      'ROLLED_BACK',
      `${name}@${version} was rolled back on this device ` +
        `(${left.reason ?? 'the app asked for it'}) ` +
        'and is not taken again here. Publish a newer version; to take this one all the same, ' +
        `remove the model from the device first: perigee.remove('${name}').`,
      { details: { version, reason: left.reason } },
    );
  }
  const reasons: string[] = [];
  const retries: (number | undefined)[] = [];
  for (const variant of fitting) {
    const known = await store.getVersion(name, version, variant.id);
    if (known && isLeftAlone(known)) {
      retries.push(known.retryAtMs);
      reasons.push(`${variant.id}: ${known.reason ?? 'it failed before'}`);
    } else if (
      known &&
      known.state !== 'bad' &&
      known.state !== 'active' &&
      known.state !== 'previous' &&
      known.attempts >= MAX_ATTEMPTS &&
      !(await isOnTrial(known))
    ) {
      const reason = `the page ended ${known.attempts} times while it was tried`;
      const aside = setAside(known, reason);
      await store.changeVersion(known, ['staging', 'verified'], aside);
      retries.push(aside.retryAtMs);
      reasons.push(`${variant.id}: ${reason}`);
    } else return variant;
  }
  const retryAtMs = Math.min(...retries.map((ms = Infinity) => ms));
  const [when, remedy] = Number.isFinite(retryAtMs)
    ? [
        `until ${new Date(retryAtMs).toISOString()}`,
        'Load it again then, or publish a newer version',
      ]
    : ['again', 'Publish a newer version'];
  throw new PerigeeError(
    'GOLDEN_MISMATCH',
    `${name}@${version} failed on this device before and is not tried ${when} ` +
      `(${reasons.join('; ')}). ${remedy}.`,
    {
      details: { version, ...(Number.isFinite(retryAtMs) && { retryAtMs }) },
    },
  );
}

/**
 * Returns the record of a version that the app rolled back; undefined for other versions. A
 * rollback excludes all variants of the version.
 */
export async function rolledBackVersion(
  store: ModelStore,
  name: string,
  version: string,
): Promise<VersionRecord | undefined> {
  return (await store.listVersions(name)).find(
    (record) => record.version === version && record.rolledBack === true,
  );
}
