import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import type { RateLimitOptions } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpError } from './http-error.ts';

/** Bounds the memory of a limit. The addresses that were seen last are kept. */
const MAX_ADDRESSES = 50_000;

/**
 * Counts what each address does in a window of time. Addresses of one IPv6 /64 network are one
 * sender. Addresses are only in memory.
 */
export interface RateLimit {
  /** Counts one more. @throws HttpError 429 with Retry-After if that is over the limit */
  take(request: FastifyRequest): Promise<void>;
  /** Counts nothing. @throws HttpError 429 with Retry-After if the limit is used up */
  check(request: FastifyRequest): Promise<void>;
}

export interface Limit {
  readonly max: number;
  readonly windowMs: number;
  /** For the message, for example `wrong keys a minute`. */
  readonly what: string;
}

/** Call it once, before createRateLimit(). */
export async function registerRateLimits(app: FastifyInstance): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    // Fastify knows no address of a connection that has ended.
    keyGenerator: ({ ip }: Partial<FastifyRequest>) => normalizeIP(ip ?? ''),
  });
}

export function createRateLimit(app: FastifyInstance, { max, windowMs, what }: Limit): RateLimit {
  const options: RateLimitOptions = { max, timeWindow: windowMs, cache: MAX_ADDRESSES };
  const count = app.createRateLimit(options);
  const refuse = (seconds: number): never => {
    throw new HttpError(
      429,
      'RATE_LIMITED',
      `More than ${max} ${what} from one address; try again later.`,
      seconds,
    );
  };
  return {
    async take(request) {
      const counted = await count(request);
      if (!counted.isAllowed && counted.isExceeded) refuse(counted.ttlInSeconds);
    },
    async check(request) {
      const counted = await count(request, { increment: false });
      if (!counted.isAllowed && counted.remaining === 0) refuse(counted.ttlInSeconds);
    },
  };
}
