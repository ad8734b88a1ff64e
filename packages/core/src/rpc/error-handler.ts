import * as Comlink from 'comlink';
import type { TransferHandler } from 'comlink';
import { PerigeeError } from '../error.ts';
import type { WireError } from '../error.ts';

/**
 * The form in which Comlink passes a thrown value. Comlink marks it with a symbol that it does not
 * export, so its own handler is called to recognise it.
 */
interface Thrown {
  readonly value: unknown;
}
type WireThrown = { readonly perigee: WireError } | { readonly plain: unknown };

type PackError = (value: unknown) => WireError | undefined;

/**
 * Converts errors on the side that throws. Both sides may be in one thread and install in either
 * order.
 */
let packError: PackError | undefined;

/**
 * Installs a handler that keeps the code, cause, details and retryable flag of a PerigeeError;
 * Comlink keeps only name and message.
 * @param pack for the workers, which throw the errors
 */
export function installErrorHandler(pack?: PackError): void {
  packError = pack ?? packError;
  const plain = Comlink.transferHandlers.get('throw') as TransferHandler<Thrown, unknown> & {
    perigee?: true;
  };
  if (plain.perigee) return;
  const handler: TransferHandler<Thrown, WireThrown> & { perigee: true } = {
    perigee: true,
    canHandle: plain.canHandle,
    serialize(thrown) {
      const perigee = packError?.(thrown.value);
      if (perigee) return [{ perigee }, []];
      const [value, transferables] = plain.serialize(thrown);
      return [{ plain: value }, transferables];
    },
    deserialize(wire) {
      if ('perigee' in wire) throw unpackError(wire.perigee);
      return plain.deserialize(wire.plain);
    },
  };
  Comlink.transferHandlers.set('throw', handler);
}

export function unpackError(wire: WireError): PerigeeError {
  const cause =
    wire.cause === undefined
      ? undefined
      : 'code' in wire.cause
        ? unpackError(wire.cause)
        : plainError(wire.cause);
  const error = new PerigeeError(wire.code, wire.message, {
    cause,
    retryable: wire.retryable,
    details: wire.details,
  });
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}

function plainError(cause: {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}): Error {
  const error = new Error(cause.message);
  error.name = cause.name;
  if (cause.stack !== undefined) error.stack = cause.stack;
  return error;
}
