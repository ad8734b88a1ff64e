import { compareVersion } from '@perigee/registry';
import type { Manifest } from '@perigee/registry';
import { PerigeeError } from '../error.ts';

/** Version of the package; a test compares it with package.json. */
export const SDK_VERSION = '0.1.0';

/**
 * Checks that this SDK is new enough for a model.
 * @throws PerigeeError UNSUPPORTED_MODEL
 */
export function checkMinSdk({ name, version, minSdk }: Manifest): void {
  if (minSdk === undefined || compareVersion(SDK_VERSION, minSdk) >= 0) return;
  throw new PerigeeError(
    'UNSUPPORTED_MODEL',
    `${name}@${version} needs perigee ${minSdk} or later; this is ${SDK_VERSION}. Update the app.`,
    { details: { minSdk, sdk: SDK_VERSION } },
  );
}
