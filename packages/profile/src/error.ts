export type ProfileErrorCode = 'INVALID_INPUT' | 'WRONG_CONTENT';

/**
 * A reference, profile or batch is not valid. The message names the object, what came and what was
 * expected.
 * @example
 * ```ts
 * try {
 *   parseReference(bytes);
 * } catch (error) {
 *   if (error instanceof ProfileError) console.log(error.code, error.message);
 * }
 * ```
 */
export class ProfileError extends Error {
  override readonly name = 'ProfileError';
  readonly code: ProfileErrorCode;

  constructor(code: ProfileErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}
