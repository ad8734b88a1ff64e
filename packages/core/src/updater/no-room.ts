import type { Manifest, Variant } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import type { ModelStore } from '../store/store.ts';
import { planInstall } from './plan.ts';

/** The error when a version has no room on this device, and nothing more can be deleted. */
export async function noRoom(
  store: ModelStore,
  manifest: Manifest,
  variant: Variant,
  cause: unknown,
): Promise<PerigeeError> {
  const { missing } = await planInstall(store, manifest, variant);
  const neededBytes = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return new PerigeeError(
    'QUOTA',
    `${manifest.name}@${manifest.version} needs ${neededBytes} bytes more than this device ` +
      'has room for. Remove models you no longer use (perigee.remove), or free disk space. ' +
      'The version in use is unchanged.',
    { cause, details: { neededBytes } },
  );
}
