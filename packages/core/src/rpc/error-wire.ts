import { PerigeeError } from '../error.ts';
import type { ErrorCode, WireError } from '../error.ts';
import { installErrorHandler } from './error-handler.ts';

/** Installs the error handler of the side that throws. */
export function installWorkerErrors(): void {
  installErrorHandler((value) => {
    const error = asPerigeeError(value);
    return error && packError(error);
  });
}

/**
 * Converts errors of the registry and profile packages, which have a code of their own, to a
 * PerigeeError. Returns a PerigeeError unchanged, and undefined for other values.
 */
export function asPerigeeError(value: unknown): PerigeeError | undefined {
  if (value instanceof PerigeeError) return value;
  if (
    !(value instanceof Error) ||
    (value.name !== 'RegistryError' && value.name !== 'ProfileError')
  )
    return undefined;
  const { code, details } = value as Error & {
    code?: ErrorCode;
    details?: Record<string, unknown>;
  };
  return code === undefined
    ? undefined
    : new PerigeeError(code, value.message, { cause: value.cause, ...(details && { details }) });
}

export function packError(error: PerigeeError): WireError {
  return {
    code: error.code,
    message: error.message,
    retryable: error.retryable,
    details: cloneable(error.details),
    ...(error.stack !== undefined && { stack: error.stack }),
    ...(error.cause !== undefined && { cause: wireCause(error.cause) }),
  };
}

function wireCause(cause: unknown): NonNullable<WireError['cause']> {
  const known = asPerigeeError(cause);
  if (known) return packError(known);
  if (cause instanceof Error)
    return {
      name: cause.name,
      message: cause.message,
      ...(cause.stack !== undefined && { stack: cause.stack }),
    };
  return { name: 'Error', message: String(cause) };
}

/** Returns details that survive structured cloning; if cloning fails, all of them as text. */
function cloneable(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  try {
    return structuredClone(details) as Record<string, unknown>;
  } catch {
    return Object.fromEntries(Object.entries(details).map(([key, value]) => [key, String(value)]));
  }
}
