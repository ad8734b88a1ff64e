import { HttpError } from './http-error.ts';

const MAX_ADDRESSES = 50_000;

/** One token bucket per address, in memory only: addresses are never stored. */
export interface RateLimit {
  /** Takes one token. @throws HttpError 429 with Retry-After when none is left */
  take(address: string | undefined): void;
  /** Throws like `take`, but takes no token. */
  check(address: string | undefined): void;
}

/** @param what is counted, for the message; default "uploads" */
export function createRateLimit(perMinute: number, what = 'uploads'): RateLimit {
  const buckets = new Map<string, { tokens: number; atMs: number }>();

  function left(sender: string, now: number): number {
    const bucket = buckets.get(sender) ?? { tokens: perMinute, atMs: now };
    const tokens = Math.min(
      perMinute,
      bucket.tokens + (Math.max(0, now - bucket.atMs) * perMinute) / 60_000,
    );
    if (tokens >= 1) return tokens;
    const seconds = Math.ceil(((1 - tokens) * 60) / perMinute);
    throw new HttpError(
      429,
      'RATE_LIMITED',
      `More than ${perMinute} ${what} a minute from one address; try again later.`,
      seconds,
    );
  }

  return {
    take(address) {
      const [sender, now] = [senderOf(address), Date.now()];
      const tokens = left(sender, now);
      buckets.delete(sender);
      buckets.set(sender, { tokens: tokens - 1, atMs: now });
      const oldest = buckets.size > MAX_ADDRESSES ? buckets.keys().next() : undefined;
      if (oldest?.done === false) buckets.delete(oldest.value);
    },
    check: (address) => void left(senderOf(address), Date.now()),
  };
}

/** IPv6 users usually control a /64 network, so the limit applies to the network. */
export function senderOf(address: string | undefined): string {
  // The connection has already ended.
  if (address === undefined) return '';
  if (!address.includes(':') || /^::ffff:\d+\./i.test(address)) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const zeros =
    tail === undefined ? [] : Array.from({ length: 8 - first.length - last.length }, () => '0');
  return `${[...first, ...zeros, ...last]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
