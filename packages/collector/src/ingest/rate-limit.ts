import { Refusal } from '../refusal.ts';

const MAX_ADDRESSES = 50_000;

/** A token bucket an address, in memory only: addresses are never stored. @throws Refusal 429 with Retry-After */
export function createRateLimit(perMinute: number): (address: string) => void {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return (address) => {
    const now = Date.now();
    const bucket = buckets.get(address) ?? { tokens: perMinute, atMs: now };
    const tokens = Math.min(perMinute, bucket.tokens + ((now - bucket.atMs) * perMinute) / 60_000);
    if (tokens < 1) throw new Refusal(429, 'RATE_LIMITED', `More than ${perMinute} uploads a minute from one address; try again later.`, Math.ceil(((1 - tokens) * 60) / perMinute));
    buckets.delete(address);
    buckets.set(address, { tokens: tokens - 1, atMs: now });
    const oldest = buckets.size > MAX_ADDRESSES ? buckets.keys().next() : undefined;
    if (oldest?.done === false) buckets.delete(oldest.value);
  };
}
