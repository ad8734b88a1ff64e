import type { ErrorCode } from '../../error.ts';

/**
 * The code of a PerigeeError; undefined for other values. The class itself is in the main bundle,
 * which this code is not part of.
 */
export function codeOf(error: unknown): ErrorCode | undefined {
  return (error as { readonly code?: ErrorCode } | null | undefined)?.code;
}

/** The registry's metadata has expired or is not signed as it must be. */
export function isStale(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'EXPIRED' || code === 'UNTRUSTED';
}
