import type { FastifyRequest } from 'fastify';
import { HttpError } from './http-error.ts';

/**
 * Refuses writes from pages of other sites. Any site can send a text/plain POST without a
 * preflight.
 * @throws HttpError 403
 */
export function refuseOtherOrigins({ headers: { origin, host } }: FastifyRequest): void {
  if (origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === host))
    throw new HttpError(
      403,
      'ORIGIN_NOT_ALLOWED',
      'Only the guard, the dashboard and programs may write to this collector, and not pages of ' +
        `${origin}.`,
    );
}
