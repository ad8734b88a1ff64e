import { RegistryError } from '../error.ts';
import { checkFile } from './check-file.ts';
import { isDelegated } from './match-path.ts';
import type { DelegatedRole, TargetFile, Targets } from './metadata.ts';
import type { TrustedMetadata } from './refresh.ts';
import { TUF_LIMITS } from './tuf-limits.ts';

export interface FoundTarget extends TargetFile {
  readonly path: string;
}

/**
 * Finds the entry of a target path: in the top-level targets first, then in the delegated roles
 * that cover the path, preorder and depth first (TUF 1.0 §5.6.7). Each role is visited once; a
 * terminating role ends the search. After 32 roles the path counts as not found: undefined.
 * @throws RegistryError UNTRUSTED, EXPIRED, INTEGRITY, INVALID_MANIFEST, WRONG_CONTENT of a
 * delegated role that is visited; also whatever `fetch` throws
 * @example
 * ```ts
 * const target = await findTarget(trusted, 'models/digits/1.0.0/manifest.json');
 * ```
 */
export async function findTarget(
  trusted: TrustedMetadata,
  path: string,
): Promise<FoundTarget | undefined> {
  const visited = new Set<string>();
  // A stack: the next role is last.
  let open: { readonly role: DelegatedRole | undefined; readonly delegator: Targets }[] = [
    { role: undefined, delegator: trusted.targets },
  ];
  for (let next = open.pop(); next && visited.size <= TUF_LIMITS.delegations; next = open.pop()) {
    const { role, delegator } = next;
    const name = role?.name ?? 'targets';
    if (visited.has(name)) continue;
    visited.add(name);
    const targets = role ? await trusted.delegated(role, delegator) : delegator;
    const found = targets.targets.get(path);
    if (found) return { path, ...found };
    const children: typeof open = [];
    for (const child of targets.delegations?.roles ?? []) {
      if (!(await isDelegated(child, path))) continue;
      children.push({ role: child, delegator: targets });
      if (!child.terminating) continue;
      open = [];
      break;
    }
    open.push(...children.toReversed());
  }
  return undefined;
}

/**
 * Checks that the bytes have the target's length and every listed digest that is SHA-256 or
 * SHA-512.
 * @throws RegistryError INTEGRITY
 * @example
 * ```ts
 * await verifyTarget(target, bytes);
 * ```
 */
export async function verifyTarget(target: FoundTarget, bytes: Uint8Array): Promise<void> {
  await checkFile(bytes, target, `The target ${target.path}`, { path: target.path });
}

/**
 * Path of a target relative to the targets folder. With consistent snapshots the file name has the
 * digest as prefix: `dir/HASH.name`. The path is not encoded for a URL.
 * @throws RegistryError INVALID_INPUT for a path that would leave the folder
 * @example
 * ```ts
 * targetPath(target, trusted.root.consistentSnapshot); // 'channels/9f86….digits.json'
 * ```
 */
export function targetPath(target: FoundTarget, consistent: boolean): string {
  const { path, hashes } = target;
  const parts = path.split('/');
  if (path.includes('\\') || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new RegistryError(
      'INVALID_INPUT',
      `The target path ${JSON.stringify(path)} leads nowhere in the targets folder: expected ` +
        'a path without empty parts, "." and "..".',
      { details: { path } },
    );
  }
  const digest = hashes['sha256'] ?? hashes['sha512'] ?? Object.values(hashes)[0] ?? '';
  return consistent ? [...parts.slice(0, -1), `${digest}.${parts.at(-1)}`].join('/') : path;
}
