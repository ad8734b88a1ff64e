import type { PerigeeError } from '../../error.ts';
import type { MainBundle } from '../main-bundle.ts';

/** The registry's metadata has expired or is not signed as it must be. */
export function isStale({ codeOf }: MainBundle, error: unknown): error is PerigeeError {
  const code = codeOf(error);
  return code === 'EXPIRED' || code === 'UNTRUSTED';
}
