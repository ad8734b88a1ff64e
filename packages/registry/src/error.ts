/** Reasons to refuse a registry document or object. They are a subset of the SDK's error codes. */
export type RegistryErrorCode =
  | 'MODEL_NOT_FOUND'
  | 'REVOKED'
  | 'WRONG_CONTENT'
  | 'INTEGRITY'
  | 'INVALID_MANIFEST'
  | 'INVALID_INPUT'
  | 'UNSUPPORTED_MODEL'
  | 'UNTRUSTED'
  | 'EXPIRED'
  | 'OUT_OF_MEMORY';

/**
 * An error whose message names the object, what came and what was expected. The SDK rethrows it as
 * a PerigeeError with the same code.
 * @example
 * ```ts
 * try {
 *   parseManifest(bytes);
 * } catch (error) {
 *   if (error instanceof RegistryError) console.log(error.code, error.details);
 * }
 * ```
 */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: RegistryErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: RegistryErrorCode,
    message: string,
    options: {
      readonly cause?: unknown;
      readonly details?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}
