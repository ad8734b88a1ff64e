import { PerigeeError } from '../error.ts';

/**
 * Turns a storage fault into a PerigeeError: QUOTA when there is no room (older browsers use
 * another name for it), else STORAGE.
 */
export function storageError(cause: unknown, what: string): PerigeeError {
  if (cause instanceof PerigeeError) return cause;
  const { name, message } =
    cause instanceof Error ? cause : { name: 'Error', message: String(cause) };
  if (name === 'QuotaExceededError' || /ENOSPC|quota/i.test(message)) {
    return new PerigeeError(
      'QUOTA',
      `${what}: there is no room left on this device. Remove models you no longer use ` +
        '(perigee.remove), or free disk space. What was stored before is unchanged.',
      { cause },
    );
  }
  return new PerigeeError('STORAGE', `${what} failed: ${message}`, { cause });
}

export function closedError(): PerigeeError {
  return new PerigeeError('STORAGE', 'The store was closed.');
}
