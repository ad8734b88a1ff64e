import * as Comlink from 'comlink';
import type { TransferHandler } from 'comlink';
import { PerigeeError } from '../error.ts';
import type { ErrorCode, WireError } from '../error.ts';

/** Comlink marks a thrown value with a symbol it does not export; its own handler is asked instead. */
interface Thrown {
  readonly value: unknown;
}
type WireThrown = { readonly perigee: WireError } | { readonly plain: unknown };

/** Comlink keeps an error's name and message only. From here on a PerigeeError arrives as one, with code, cause, details and retryable. */
export function installErrorHandler(): void {
  const plain = Comlink.transferHandlers.get('throw') as TransferHandler<Thrown, unknown> & { perigee?: true };
  if (plain.perigee) return;
  const handler: TransferHandler<Thrown, WireThrown> & { perigee: true } = {
    perigee: true,
    canHandle: plain.canHandle,
    serialize(thrown) {
      const error = asPerigeeError(thrown.value);
      if (error) return [{ perigee: toWire(error) }, []];
      const [value, transferables] = plain.serialize(thrown);
      return [{ plain: value }, transferables];
    },
    deserialize(wire) {
      if ('perigee' in wire) throw fromWire(wire.perigee);
      return plain.deserialize(wire.plain);
    },
  };
  Comlink.transferHandlers.set('throw', handler);
}

/** A PerigeeError as it is; an error of the pure packages (they carry a code of their own) as one; anything else: undefined. */
export function asPerigeeError(value: unknown): PerigeeError | undefined {
  if (value instanceof PerigeeError) return value;
  if (!(value instanceof Error) || (value.name !== 'RegistryError' && value.name !== 'ProfileError')) return undefined;
  const { code, details } = value as Error & { code?: ErrorCode; details?: Record<string, unknown> };
  return code === undefined ? undefined : new PerigeeError(code, value.message, { cause: value.cause, ...(details && { details }) });
}

export function toWire(error: PerigeeError): WireError {
  return {
    code: error.code,
    message: error.message,
    retryable: error.retryable,
    details: cloneable(error.details),
    ...(error.stack !== undefined && { stack: error.stack }),
    ...(error.cause !== undefined && { cause: wireCause(error.cause) }),
  };
}

export function fromWire(wire: WireError): PerigeeError {
  const cause = wire.cause === undefined ? undefined : 'code' in wire.cause ? fromWire(wire.cause) : plainError(wire.cause);
  const error = new PerigeeError(wire.code, wire.message, { cause, retryable: wire.retryable, details: wire.details });
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}

function wireCause(cause: unknown): NonNullable<WireError['cause']> {
  const known = asPerigeeError(cause);
  if (known) return toWire(known);
  if (cause instanceof Error) return { name: cause.name, message: cause.message, ...(cause.stack !== undefined && { stack: cause.stack }) };
  return { name: 'Error', message: String(cause) };
}

function plainError(cause: { readonly name: string; readonly message: string; readonly stack?: string }): Error {
  const error = new Error(cause.message);
  error.name = cause.name;
  if (cause.stack !== undefined) error.stack = cause.stack;
  return error;
}

/** Details must survive structured cloning; what does not is told as text. */
function cloneable(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  try {
    return structuredClone(details) as Record<string, unknown>;
  } catch {
    return Object.fromEntries(Object.entries(details).map(([key, value]) => [key, String(value)]));
  }
}
