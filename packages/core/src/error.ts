/** All error codes; `docs/errors.md` describes each. */
export type ErrorCode =
  | 'MODEL_NOT_FOUND'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'REVOKED'
  | 'ROLLED_BACK'
  | 'WRONG_CONTENT'
  | 'INTEGRITY'
  | 'UNTRUSTED'
  | 'EXPIRED'
  | 'QUOTA'
  | 'STORAGE'
  | 'UNSUPPORTED_OPERATOR'
  | 'UNSUPPORTED_MODEL'
  | 'INVALID_INPUT'
  | 'INVALID_MANIFEST'
  | 'INVALID_CONFIG'
  | 'UNSUPPORTED_BROWSER'
  | 'BACKEND_UNAVAILABLE'
  | 'GOLDEN_MISMATCH'
  | 'INFERENCE_FAILED'
  | 'OUT_OF_MEMORY'
  | 'DEVICE_LOST'
  | 'WORKER_CRASHED'
  | 'TIMEOUT'
  | 'ABORTED'
  | 'DISPOSED'
  | 'QUEUE_FULL'
  | 'NETWORK';

/** Optional facts about a PerigeeError. */
export interface PerigeeErrorOptions {
  readonly cause?: unknown;
  /** Whether the same call may succeed later without any change. Default: depends on the code. */
  readonly retryable?: boolean;
  readonly details?: Readonly<Record<string, unknown>>;
}

const RETRYABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'NETWORK',
  'TIMEOUT',
  'WORKER_CRASHED',
  'DEVICE_LOST',
  'QUEUE_FULL',
]);

/**
 * The only error class of the SDK. Branch on `code`; `message` names what failed and how to mend
 * it. `details` has facts by name.
 *
 * @example
 * try {
 *   await perigee.load('digits');
 * } catch (error) {
 *   if (error instanceof PerigeeError && error.code === 'NETWORK') showOffline();
 *   else throw error;
 * }
 */
export class PerigeeError extends Error {
  override readonly name = 'PerigeeError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: PerigeeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? RETRYABLE.has(code);
    this.details = options.details ?? {};
  }
}

/** The code of a PerigeeError; undefined for other values, whatever `code` they have. */
export function codeOf(error: unknown): ErrorCode | undefined {
  return error instanceof PerigeeError ? error.code : undefined;
}

export function isQuota(error: unknown): error is PerigeeError {
  return codeOf(error) === 'QUOTA';
}

/** A PerigeeError as plain data, for messages between workers. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;
  readonly stack?: string;
  readonly cause?:
    | { readonly name: string; readonly message: string; readonly stack?: string }
    | WireError;
}

const BACKEND_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'BACKEND_UNAVAILABLE',
  'OUT_OF_MEMORY',
  'UNSUPPORTED_OPERATOR',
  'INFERENCE_FAILED',
  'DEVICE_LOST',
  'WORKER_CRASHED',
]);

/** Whether the error may not occur on another backend. */
export function isBackendFault(error: unknown): boolean {
  return error instanceof PerigeeError && BACKEND_FAULTS.has(error.code);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
