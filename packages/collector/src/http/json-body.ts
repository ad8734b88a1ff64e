import type { HttpError } from './http-error.ts';

const MAX_NAME = 100;

/**
 * Reads a body as a JSON object.
 * @param wrong makes the error of the route
 * @throws HttpError from `wrong`
 */
export function parseObject(bytes: unknown, wrong: (what: string) => HttpError): object {
  try {
    const body: unknown = JSON.parse(Buffer.from(bytes as Uint8Array).toString('utf8'));
    if (typeof body === 'object' && body !== null) return body;
  } catch {
    // The error below tells what was expected.
  }
  throw wrong('it is not a JSON object');
}

/**
 * The name of the person who asks.
 * @param wrong makes the error of the route
 * @throws HttpError from `wrong`
 */
export function personName(name: unknown, wrong: (what: string) => HttpError): string {
  if (typeof name === 'string' && name.trim() !== '' && name.length <= MAX_NAME) return name.trim();
  throw wrong(`name: expected the name of a person, of at most ${MAX_NAME} characters`);
}
