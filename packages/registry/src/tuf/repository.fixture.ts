import { sha256Hex } from '../chunks/hash.ts';
import { targetPath } from './find-target.ts';
import { metadataPath } from './metadata-path.ts';
import { loadTrusted, refreshTrusted } from './refresh.ts';
import type { FetchMetadata, TrustedMetadata, TrustStore } from './refresh.ts';
import { createKeyPair, signMetadata } from './sign.ts';
import type { SigningKey } from './sign.ts';

/**
 * A repository in memory with real signatures. Tests change its metadata as JSON before they
 * publish it.
 */
export interface RoleJson {
  keyids: string[];
  threshold: number;
}
interface SignedJson {
  _type: string;
  spec_version: string;
  version: number;
  expires: string;
  [other: string]: unknown;
}
export interface RootJson extends SignedJson {
  consistent_snapshot: boolean;
  keys: Record<string, unknown>;
  roles: Record<'root' | 'timestamp' | 'snapshot' | 'targets', RoleJson>;
}
export interface MetaJson {
  version: number;
  length?: number;
  hashes?: Record<string, string>;
}
export interface MetaRoleJson extends SignedJson {
  meta: Record<string, MetaJson>;
}
export interface DelegatedJson extends RoleJson {
  name: string;
  terminating: boolean;
  paths?: string[];
  path_hash_prefixes?: string[];
}
export interface TargetsJson extends SignedJson {
  targets: Record<string, { length: number; hashes: Record<string, string>; custom?: unknown }>;
  delegations?: { keys: Record<string, unknown>; roles: DelegatedJson[] };
}

export const NOW = new Date('2030-01-01T00:00:00Z');
export const LATER = '2031-01-01T00:00:00Z';
export const BEFORE = '2029-12-31T23:59:59Z';

/** Changes to a role before it is signed. */
export interface Edits {
  readonly timestamp?: (signed: MetaRoleJson) => void;
  readonly snapshot?: (signed: MetaRoleJson) => void;
}

export interface Repository {
  readonly files: Map<string, Uint8Array>;
  readonly requests: { path: string; maxBytes: number }[];
  readonly root: RootJson;
  readonly timestamp: MetaRoleJson;
  readonly snapshot: MetaRoleJson;
  /** By role name, including 'targets'. */
  readonly targets: Map<string, TargetsJson>;
  readonly signers: Map<string, SigningKey[]>;
  /** Whether snapshot and timestamp list lengths and digests. */
  hashes: boolean;
  top: TargetsJson;
  fetch: FetchMetadata;
  /** Signs and writes the current targets, snapshot and timestamp. */
  publish(edits?: Edits): Promise<void>;
  /** Publishes with the next versions of snapshot and timestamp. */
  release(edits?: Edits): Promise<void>;
  /** Publishes the next root version. By default the keys before and after the edit sign it. */
  nextRoot(edit?: (root: RootJson) => void, signers?: readonly SigningKey[]): Promise<void>;
  /** Sets other keys for a top-level role. Publish a root afterwards. */
  setKeys(role: keyof RootJson['roles'], keys: SigningKey[], threshold?: number): void;
  delegate(parent: string, role: Partial<DelegatedJson> & { name: string }): Promise<TargetsJson>;
  addTarget(role: string, path: string, content: string): Promise<Uint8Array>;
}

export async function createRepository({ consistent = true } = {}): Promise<Repository> {
  const signed = (type: string): SignedJson => ({
    _type: type,
    spec_version: '1.0.31',
    version: 1,
    expires: LATER,
  });
  const top: TargetsJson = { ...signed('targets'), targets: {} };
  const signers = new Map<string, SigningKey[]>();
  const roles = { root: none(), timestamp: none(), snapshot: none(), targets: none() };
  const repository: Repository = {
    files: new Map(),
    requests: [],
    root: { ...signed('root'), consistent_snapshot: consistent, keys: {}, roles },
    timestamp: { ...signed('timestamp'), meta: {} },
    snapshot: { ...signed('snapshot'), meta: {} },
    targets: new Map([['targets', top]]),
    signers,
    hashes: true,
    top,
    async fetch(path, maxBytes) {
      repository.requests.push({ path, maxBytes });
      return repository.files.get(path);
    },
    publish: (edits) => publish(repository, edits),
    async release(edits) {
      repository.snapshot.version += 1;
      repository.timestamp.version += 1;
      await publish(repository, edits);
    },
    async nextRoot(edit, by) {
      const before = signers.get('root') ?? [];
      repository.root.version += 1;
      edit?.(repository.root);
      await writeRoot(repository, by ?? [...new Set([...before, ...(signers.get('root') ?? [])])]);
    },
    setKeys(role, keys, threshold = 1) {
      signers.set(role, keys);
      Object.assign(repository.root.roles[role], {
        keyids: keys.map(({ keyid }) => keyid),
        threshold,
      });
      for (const { keyid, publicKey } of keys) repository.root.keys[keyid] = publicKey;
    },
    delegate: (parent, role) => delegate(repository, parent, role),
    async addTarget(role, path, content) {
      const bytes = new TextEncoder().encode(content);
      const file = { length: bytes.byteLength, hashes: { sha256: await sha256Hex(bytes) } };
      must(repository.targets.get(role)).targets[path] = file;
      repository.files.set(
        `targets/${targetPath({ path, ...file }, repository.root.consistent_snapshot)}`,
        bytes,
      );
      return bytes;
    },
  };
  for (const role of ['root', 'timestamp', 'snapshot', 'targets'] as const)
    repository.setKeys(role, [await createKeyPair()]);
  await writeRoot(repository, must(signers.get('root')));
  await publish(repository);
  return repository;
}

/** A client with a store in memory that starts from `1.root.json`. */
export function createClient(repository: Repository): {
  stored: Map<string, Uint8Array>;
  trust: TrustStore;
  writes: string[];
  refresh(now?: Date, maxRootRotations?: number): Promise<TrustedMetadata>;
  load(now?: Date): Promise<TrustedMetadata | undefined>;
  version(role: string): number | undefined;
} {
  const stored = new Map<string, Uint8Array>([['root', must(repository.files.get('1.root.json'))]]);
  const writes: string[] = [];
  const trust: TrustStore = {
    read: async (role) => stored.get(role),
    async write(role, bytes) {
      writes.push(role);
      stored.set(role, bytes);
    },
  };
  return {
    stored,
    trust,
    writes,
    refresh: (now = NOW, maxRootRotations) =>
      refreshTrusted({
        trust,
        fetch: repository.fetch,
        now,
        ...(maxRootRotations !== undefined && { maxRootRotations }),
      }),
    load: (now = NOW) => loadTrusted(trust, { now }),
    version: (role) =>
      (stored.get(role)?.byteLength ? readSigned(must(stored.get(role)))['version'] : undefined) as
        | number
        | undefined,
  };
}

export function readSigned(bytes: Uint8Array): Record<string, unknown> {
  return (JSON.parse(new TextDecoder().decode(bytes)) as { signed: Record<string, unknown> })
    .signed;
}

/** Changes an envelope as JSON and keeps its signatures. */
export function changed(
  bytes: Uint8Array,
  change: (envelope: {
    signatures: { keyid: string; sig: string }[];
    signed: Record<string, unknown>;
  }) => void,
): Uint8Array {
  const envelope = JSON.parse(new TextDecoder().decode(bytes)) as {
    signatures: { keyid: string; sig: string }[];
    signed: Record<string, unknown>;
  };
  change(envelope);
  return new TextEncoder().encode(JSON.stringify(envelope));
}

export function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The fixture lacks something a test asks for.');
  return value;
}

function none(): RoleJson {
  return { keyids: [], threshold: 1 };
}

async function writeRoot(
  { root, files }: Repository,
  signers: readonly SigningKey[],
): Promise<void> {
  files.set(metadataPath('root', root.version), await signMetadata(root, signers));
}

async function publish(repository: Repository, edits: Edits = {}): Promise<void> {
  const { root, snapshot, timestamp, targets, signers, files } = repository;
  const versioned = (version: number): number | undefined =>
    root.consistent_snapshot ? version : undefined;
  snapshot.meta = {};
  for (const [name, signed] of targets) {
    const bytes = await signMetadata(signed, signers.get(name) ?? []);
    files.set(metadataPath(name, versioned(signed.version)), bytes);
    snapshot.meta[`${name}.json`] = await metaOf(repository, signed.version, bytes);
  }
  edits.snapshot?.(snapshot);
  const bytes = await signMetadata(snapshot, signers.get('snapshot') ?? []);
  files.set(metadataPath('snapshot', versioned(snapshot.version)), bytes);
  timestamp.meta = { 'snapshot.json': await metaOf(repository, snapshot.version, bytes) };
  edits.timestamp?.(timestamp);
  files.set('timestamp.json', await signMetadata(timestamp, signers.get('timestamp') ?? []));
}

async function metaOf(
  { hashes }: Repository,
  version: number,
  bytes: Uint8Array,
): Promise<MetaJson> {
  return hashes
    ? { version, length: bytes.byteLength, hashes: { sha256: await sha256Hex(bytes) } }
    : { version };
}

async function delegate(
  { targets, signers }: Repository,
  parent: string,
  role: Partial<DelegatedJson> & { name: string },
): Promise<TargetsJson> {
  const key = signers.get(role.name)?.[0] ?? (await createKeyPair());
  signers.set(role.name, [key]);
  const delegator = must(targets.get(parent));
  delegator.delegations ??= { keys: {}, roles: [] };
  delegator.delegations.keys[key.keyid] = key.publicKey;
  delegator.delegations.roles.push({
    keyids: [key.keyid],
    threshold: 1,
    terminating: false,
    ...(!role.path_hash_prefixes && { paths: ['*'] }),
    ...role,
  });
  const signed = targets.get(role.name) ?? {
    _type: 'targets',
    spec_version: '1.0.31',
    version: 1,
    expires: LATER,
    targets: {},
  };
  targets.set(role.name, signed);
  return signed;
}
