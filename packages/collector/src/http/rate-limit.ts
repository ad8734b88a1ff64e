import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import type { RateLimitOptions } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpError } from './http-error.ts';

/** Bounds the memory of a limit. The addresses that were seen last are kept. */
const MAX_ADDRESSES = 50_000;

/**
 * Counts what each address does in a window of time. The window begins with the first count and is
 * fixed, so twice the limit may pass around its end. Addresses of one IPv6 /64 network are one
 * sender. Addresses are only in memory.
 */
export interface RateLimit {
  /** Counts one more. @throws HttpError 429 with Retry-After if that is over the limit */
  take(request: FastifyRequest): Promise<void>;
  /**
   * Counts one more if `isRight` returns false. Resolves to the result of `isRight`. Attempts run
   * one after another, so that attempts that arrive together cannot pass the limit together.
   * @throws HttpError 429 with Retry-After if the limit is used up; `isRight` is not called then
   */
  attempt(request: FastifyRequest, isRight: () => boolean): Promise<boolean>;
}

export interface Limit {
  /** A whole number, or Infinity for no limit. */
  readonly max: number;
  readonly windowMs: number;
  /** For the message, for example `wrong keys a minute`. */
  readonly what: string;
  /** Code of the answer. Default `RATE_LIMITED`. */
  readonly code?: string;
}

/** Call it once, before createRateLimit(). */
export async function registerRateLimits(app: FastifyInstance): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    // Fastify knows no address of a connection that has ended.
    keyGenerator: ({ ip }: Partial<FastifyRequest>) => normalizeIP(ip ?? ''),
  });
}

export function createRateLimit(
  app: FastifyInstance,
  { max, windowMs, what, code = 'RATE_LIMITED' }: Limit,
): RateLimit {
  const options: RateLimitOptions = {
    // The plugin takes its own default in place of Infinity.
    max: Math.min(max, Number.MAX_SAFE_INTEGER),
    timeWindow: windowMs,
    cache: MAX_ADDRESSES,
  };
  const count = app.createRateLimit(options);
  const refuse = (seconds: number): never => {
    throw new HttpError(
      429,
      code,
      `More than ${max} ${what} from one address; try again later.`,
      seconds,
    );
  };
  async function take(request: FastifyRequest): Promise<void> {
    const counted = await count(request);
    if (!counted.isAllowed && counted.isExceeded) refuse(counted.ttlInSeconds);
  }
  async function attemptNow(request: FastifyRequest, isRight: () => boolean): Promise<boolean> {
    const counted = await count(request, { increment: false });
    if (!counted.isAllowed && counted.remaining === 0) refuse(counted.ttlInSeconds);
    const right = isRight();
    if (!right) await take(request);
    return right;
  }
  let attempts: Promise<unknown> = Promise.resolve();
  return {
    take,
    attempt(request, isRight) {
      const result = attempts.then(() => attemptNow(request, isRight));
      attempts = result.catch(() => undefined);
      return result;
    },
  };
}
