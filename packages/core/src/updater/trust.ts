import { layout, sha256Hex } from '@perigee/registry';
import type { TrustStore } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import type { ModelStore } from '../store/store.ts';

/** Faults of a host that do not invalidate what was fetched before. */
const UNREACHED: ReadonlySet<string> = new Set(['NETWORK', 'UNAUTHORIZED', 'FORBIDDEN']);
const MAX_ROOT_BYTES = 512 * 1024;
const PREFIX = 'trust:';

/** A registry, as the app configures it. */
export interface Registry {
  /** Base URL of the registry, then those of its mirrors. */
  readonly bases: readonly string[];
  /**
   * The root file that the app ships. Null: the first root is fetched from the registry, which must
   * have the app's own origin.
   */
  readonly trustedRoot: Uint8Array | null;
}

export interface Trust extends TrustStore {
  /** The later of the clock and the latest time seen, so that it never goes back. */
  now(): Promise<Date>;
  /** Records the time at which metadata verified. */
  seen(time: Date): Promise<void>;
}

/**
 * Opens the trust store of a registry: the app's root and the metadata verified since. A registry
 * of the app's own origin needs no root in the app: its first root is fetched like the app's own
 * code, and whoever can change one can change the other.
 * @throws PerigeeError INVALID_CONFIG for a registry of another origin without a root
 */
export async function openTrust(
  store: ModelStore,
  base: string,
  given: Uint8Array | null,
  fetchFile: (path: string, maxBytes: number) => Promise<Uint8Array | undefined>,
): Promise<Trust> {
  const root = given ?? (await ownRoot(store, base, fetchFile));
  // A different root in the app starts a new chain of trust.
  const id = await idOf(base, root);
  const key = (role: string): string => `${PREFIX}${id}:${encodeURIComponent(role)}`;
  const timeKey = timeKeyOf(base);
  return {
    async read(role) {
      const kept = await store.getValue(key(role));
      if (kept instanceof Uint8Array && kept.byteLength > 0) return kept;
      return role === 'root' ? root : undefined;
    },
    write: (role, bytes) => store.putValue(key(role), bytes),
    async now() {
      return new Date(Math.max(Date.now(), await lastSeenMs(store, base)));
    },
    seen: (time) => store.putValue(timeKey, time.getTime()),
  };
}

/** Whether no metadata of the registry was ever verified here. */
export async function knowsNothing(store: ModelStore, base: string): Promise<boolean> {
  return (await store.listValues(`${PREFIX}${base}:`)).length === 0;
}

/** The latest time at which metadata verified here, in milliseconds since 1970; 0 when none did. */
export async function lastSeenMs(store: ModelStore, base: string): Promise<number> {
  const seen = await store.getValue(timeKeyOf(base));
  return typeof seen === 'number' ? seen : 0;
}

function timeKeyOf(base: string): string {
  return `trust-time:${base}`;
}

/** Identifies a registry without the network, by its address and its trusted root. */
export async function registryId(
  store: ModelStore,
  { bases: [base = ''], trustedRoot }: Registry,
): Promise<string> {
  const root = trustedRoot ?? (await store.getValue(firstRootKey(base)));
  return root instanceof Uint8Array ? idOf(base, root) : base;
}

async function idOf(base: string, root: Uint8Array): Promise<string> {
  return `${base}:${(await sha256Hex(root)).slice(0, 16)}`;
}

const firstRootKey = (base: string): string => `trust-first:${base}`;

async function ownRoot(
  store: ModelStore,
  base: string,
  fetchFile: (path: string, maxBytes: number) => Promise<Uint8Array | undefined>,
): Promise<Uint8Array> {
  if (!isOwn(base)) {
    throw new PerigeeError(
      'INVALID_CONFIG',
      `The registry ${base} is not of this app's origin, so the app must say whom it trusts: ` +
        'createPerigee({ registry, trustedRoot }) with the file that "perigee init" wrote.',
      { details: { registry: base } },
    );
  }
  const key = firstRootKey(base);
  const kept = await store.getValue(key);
  const fetched = await fetchFile(layout.root(1), MAX_ROOT_BYTES).catch((error: unknown) => {
    if (kept instanceof Uint8Array && error instanceof PerigeeError && UNREACHED.has(error.code))
      return kept;
    throw error;
  });
  if (!fetched)
    throw new PerigeeError(
      'MODEL_NOT_FOUND',
      `${base} is not a registry: it has no ${layout.root(1)}. Make one with "perigee init", ` +
        'and check the address.',
      { details: { registry: base } },
    );
  await store.putValue(key, fetched);
  return fetched;
}

/** Whether the registry has the page's origin; outside browsers, whether it is on this machine. */
function isOwn(base: string): boolean {
  const { protocol, origin, hostname } = new URL(base);
  const { location, origin: page } = globalThis as { location?: object; origin?: string };
  if (location && page !== undefined && page !== 'null') return origin === page;
  return protocol === 'file:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}
