import { RegistryError } from '../error.ts';
import { LIMITS } from '../manifest/limits.ts';
import { reader } from '../manifest/reader.ts';
import type { Reader } from '../manifest/reader.ts';
import { parseJson } from '../manifest/safe-json.ts';
import { canonicalJson } from './canonical-json.ts';
import type {
  DelegatedRole,
  Delegations,
  Envelope,
  FileMeta,
  Hashes,
  Key,
  RoleKeys,
  Root,
  SignedByType,
  Snapshot,
  TargetFile,
  Targets,
  Timestamp,
  TopLevelRole,
} from './metadata.ts';
import { TUF_LIMITS } from './tuf-limits.ts';

const TOP_LEVEL: readonly TopLevelRole[] = ['root', 'timestamp', 'snapshot', 'targets'];

type Body<T extends TopLevelRole> = Omit<SignedByType[T], 'type' | 'version' | 'expires'>;
const BODY: { readonly [T in TopLevelRole]: (signed: Reader) => Body<T> } = {
  root: rootBody,
  timestamp: timestampBody,
  snapshot: snapshotBody,
  targets: targetsBody,
};

/**
 * Parses a metadata file, with its bounds and types checked. The signatures are not verified.
 * @param name of the role, for errors; a delegated role has type `targets` and its own name
 * @throws RegistryError INVALID_MANIFEST with `details.role`
 * @example
 * ```ts
 * const { signed, signatures } = parseMetadata(bytes, 'root');
 * ```
 */
export function parseMetadata<T extends TopLevelRole>(
  bytes: Uint8Array,
  type: T,
  name: string = type,
): Envelope<SignedByType[T]> {
  const what = `${name} metadata`;
  try {
    const document = reader(parseJson(bytes, what, LIMITS.metadataBytes));
    const signatures = document.field('signatures').list(TUF_LIMITS.signatures, (item) => ({
      keyid: item.field('keyid').text(TUF_LIMITS.nameLength),
      sig: item.field('sig').text(),
    }));
    const signed = document.field('signed');
    signed.field('_type').oneOf([type]);
    const version = signed.field('spec_version');
    if (!/^1(\.\d+){1,2}$/.test(version.text(32)))
      version.fail('version 1 of the TUF specification, like "1.0.31"');
    const common = {
      type,
      version: signed.field('version').integer(1, Number.MAX_SAFE_INTEGER),
      expires: date(signed.field('expires')),
    };
    // Canonicalize the object as it came, because the signatures also cover unknown fields.
    return {
      signatures,
      signed: { ...common, ...BODY[type](signed) } as unknown as SignedByType[T],
      signedBytes: canonicalJson(signed.value, what),
      bytes,
    };
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    throw new RegistryError(cause.code, `The ${what} is malformed. ${cause.message}`, {
      cause,
      details: { ...cause.details, role: name },
    });
  }
}

function rootBody(signed: Reader): Body<'root'> {
  const roles = signed.field('roles');
  const named = Object.fromEntries(
    TOP_LEVEL.map((name) => [name, roleKeys(roles.field(name), name)]),
  ) as unknown as Root['roles'];
  return {
    consistentSnapshot: signed.optional('consistent_snapshot', (field) => field.boolean()) ?? false,
    keys: keys(signed.field('keys')),
    roles: named,
  };
}

function timestampBody(signed: Reader): Body<'timestamp'> {
  return { snapshot: fileMeta(signed.field('meta').field('snapshot.json')) } satisfies Omit<
    Timestamp,
    'type' | 'version' | 'expires'
  >;
}

function snapshotBody(signed: Reader): Body<'snapshot'> {
  return { meta: new Map(signed.field('meta').entries(TUF_LIMITS.roles, fileMeta)) } satisfies Omit<
    Snapshot,
    'type' | 'version' | 'expires'
  >;
}

function targetsBody(signed: Reader): Body<'targets'> {
  const targets = new Map(signed.field('targets').entries(LIMITS.targets, targetFile));
  const found = signed.optional('delegations', delegations);
  return { targets, ...(found && { delegations: found }) } satisfies Omit<
    Targets,
    'type' | 'version' | 'expires'
  >;
}

function targetFile(item: Reader): TargetFile {
  const custom = item.field('custom').value;
  return {
    length: item.field('length').integer(0, Number.MAX_SAFE_INTEGER),
    hashes: hashes(item.field('hashes')),
    ...(custom !== undefined && { custom }),
  };
}

function fileMeta(item: Reader): FileMeta {
  const length = item.optional('length', (field) => field.integer(1, LIMITS.metadataBytes));
  const listed = item.optional('hashes', hashes);
  return {
    version: item.field('version').integer(1, Number.MAX_SAFE_INTEGER),
    ...(length !== undefined && { length }),
    ...(listed && { hashes: listed }),
  };
}

function hashes(item: Reader): Hashes {
  const pairs = item.entries(16, (hash) =>
    /^([0-9a-f]{2})+$/.test(hash.text(256)) ? hash.text() : hash.fail('a digest as lower-case hex'),
  );
  return pairs.length > 0 ? Object.fromEntries(pairs) : item.fail('at least one digest');
}

function keys(item: Reader): ReadonlyMap<string, Key> {
  const pairs = item.entries(TUF_LIMITS.keys, (key, keyid): Key => {
    // A key of unknown type may have any shape. It is kept, so that the metadata can be read, and
    // it never verifies a signature.
    const text = key.field('keyval').field('public');
    return {
      keyid,
      keytype: key.field('keytype').text(),
      scheme: key.field('scheme').text(),
      public: typeof text.value === 'string' ? text.value : '',
    };
  });
  return new Map(pairs);
}

function roleKeys(item: Reader, name: string): RoleKeys {
  const keyids = item
    .field('keyids')
    .list(TUF_LIMITS.keys, (keyid) => keyid.text(TUF_LIMITS.nameLength));
  if (new Set(keyids).size !== keyids.length) item.field('keyids').fail('each key once');
  return { name, keyids, threshold: item.field('threshold').integer(1, TUF_LIMITS.keys) };
}

function delegations(item: Reader): Delegations {
  const roles = item.field('roles').list(TUF_LIMITS.roles, delegatedRole);
  if (new Set(roles.map(({ name }) => name)).size !== roles.length)
    item.field('roles').fail('each role once');
  return { keys: keys(item.field('keys')), roles };
}

function delegatedRole(item: Reader): DelegatedRole {
  const name = item.field('name').text(TUF_LIMITS.nameLength);
  // Otherwise the delegate would act, and be stored, as the top-level role.
  if (name === '' || TOP_LEVEL.some((role) => role === name))
    item.field('name').fail('a name that is not one of the four top-level roles');
  const strings = (field: Reader): string[] => field.list(TUF_LIMITS.paths, (path) => path.text());
  const [paths, pathHashPrefixes] = [
    item.optional('paths', strings),
    item.optional('path_hash_prefixes', strings),
  ];
  if ((paths === undefined) === (pathHashPrefixes === undefined))
    item.fail('either paths or path_hash_prefixes');
  const terminating = item.field('terminating').boolean();
  return {
    ...roleKeys(item, name),
    terminating,
    ...(paths && { paths }),
    ...(pathHashPrefixes && { pathHashPrefixes }),
  };
}

function date(item: Reader): Date {
  const text = item.text(32);
  const parsed = new Date(text);
  // Compare with the round trip: some engines read 30 February as 2 March.
  if (Number.isNaN(parsed.getTime()) || parsed.toISOString().replace('.000Z', 'Z') !== text)
    item.fail('a date like "2030-01-31T00:00:00Z"');
  return parsed;
}
