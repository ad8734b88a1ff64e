import { layout, sha256Hex } from '@perigee/registry';
import type { TrustStore } from '@perigee/registry';
import { PerigeeError } from '../error.ts';
import type { ModelStore } from '../store/store.ts';

/** Faults of a host that leave what was fetched before as good as it was. */
const UNREACHED: ReadonlySet<string> = new Set(['NETWORK', 'UNAUTHORIZED', 'FORBIDDEN']);
const MAX_ROOT_BYTES = 512 * 1024;

/** A registry as the app names it. */
export interface Registry {
  /** Base URL, then those of mirrors. */
  readonly bases: readonly string[];
  /**
   * The root that the app ships. Null: the first root is fetched from the registry, which has the
   * app's own origin.
   */
  readonly trustedRoot: Uint8Array | null;
}

export interface Trust extends TrustStore {
  /** Never goes back, whatever the clock does; moved on by what verified. */
  now(): Promise<Date>;
  seen(time: Date): Promise<void>;
}

/**
 * What this device trusts of a registry: the root that came with the app, and what was verified from it since. A registry of the app's own origin
 * may go without: its first root is fetched like the app's own code, and whoever can change one can change the other.
 * @throws PerigeeError INVALID_CONFIG for a registry elsewhere without a root
 */
export async function openTrust(store: ModelStore, base: string, given: Uint8Array | null, fetchFile: (path: string, maxBytes: number) => Promise<Uint8Array | undefined>): Promise<Trust> {
  const root = given ?? (await ownRoot(store, base, fetchFile));
  // Another root in the app begins another chain of trust.
  const id = await idOf(base, root);
  const key = (role: string): string => `trust:${id}:${encodeURIComponent(role)}`;
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

/** The latest time at which metadata verified here; 0 when none did. */
export async function lastSeenMs(store: ModelStore, base: string): Promise<number> {
  const seen = await store.getValue(timeKeyOf(base));
  return typeof seen === 'number' ? seen : 0;
}

function timeKeyOf(base: string): string {
  return `trust-time:${base}`;
}

/** Tells registries apart, without asking the network: by address, and by the root trusted there. */
export async function registryId(store: ModelStore, { bases: [base = ''], trustedRoot }: Registry): Promise<string> {
  const root = trustedRoot ?? (await store.getValue(firstRootKey(base)));
  return root instanceof Uint8Array ? idOf(base, root) : base;
}

async function idOf(base: string, root: Uint8Array): Promise<string> {
  return `${base}:${(await sha256Hex(root)).slice(0, 16)}`;
}

const firstRootKey = (base: string): string => `trust-first:${base}`;

async function ownRoot(store: ModelStore, base: string, fetchFile: (path: string, maxBytes: number) => Promise<Uint8Array | undefined>): Promise<Uint8Array> {
  if (!isOwn(base)) {
    throw new PerigeeError('INVALID_CONFIG', `The registry ${base} is not of this app's origin, so the app must say whom it trusts: createPerigee({ registry, trustedRoot }) with the file that "perigee init" wrote.`, { details: { registry: base } });
  }
  const key = firstRootKey(base);
  const kept = await store.getValue(key);
  const fetched = await fetchFile(layout.root(1), MAX_ROOT_BYTES).catch((error: unknown) => {
    if (kept instanceof Uint8Array && error instanceof PerigeeError && UNREACHED.has(error.code)) return kept;
    throw error;
  });
  if (!fetched) throw new PerigeeError('MODEL_NOT_FOUND', `${base} is no registry: it has no ${layout.root(1)}. Make one with "perigee init", and check the address.`, { details: { registry: base } });
  await store.putValue(key, fetched);
  return fetched;
}

/** Of the page's origin; outside browsers, of this machine. */
function isOwn(base: string): boolean {
  const { protocol, origin, hostname } = new URL(base);
  const { location, origin: page } = globalThis as { location?: object; origin?: string };
  if (location && page !== undefined && page !== 'null') return origin === page;
  return protocol === 'file:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}
