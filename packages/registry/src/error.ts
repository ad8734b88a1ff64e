/** What a registry document or object can be refused for; a subset of the SDK's codes. */
export type RegistryErrorCode = 'MODEL_NOT_FOUND' | 'REVOKED' | 'WRONG_CONTENT' | 'INTEGRITY' | 'INVALID_MANIFEST' | 'INVALID_INPUT' | 'UNSUPPORTED_MODEL' | 'UNTRUSTED' | 'EXPIRED' | 'OUT_OF_MEMORY';

/** Names the thing, what came, what was expected. The SDK passes it on as a PerigeeError with the same code. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: RegistryErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: RegistryErrorCode, message: string, options: { readonly cause?: unknown; readonly details?: Readonly<Record<string, unknown>> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}
