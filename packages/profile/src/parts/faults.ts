import { ProfileError } from '../error.ts';

/** The error for bytes that are no profile. */
export function unreadable(why: string): ProfileError {
  return new ProfileError('WRONG_CONTENT', `The profile is not readable: ${why}.`);
}

/** The error for a sum of profiles with different numbers of entries. */
export function differentShapes(what: string, a: number, b: number): ProfileError {
  return new ProfileError(
    'INVALID_INPUT',
    `Profiles of different references cannot be added: ${what} has ${a} and ${b} entries.`,
  );
}
