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
 * What the metadata says of a target path: the top-level targets first, then the delegated roles that may speak for it, preorder and depth first
 * (§5.6.7). A role is looked into once; a terminating one ends the search. After 32 roles the path counts as not there.
 * @throws RegistryError UNTRUSTED, EXPIRED, INTEGRITY, INVALID_MANIFEST, WRONG_CONTENT of a delegated role that is asked; what `fetch` throws
 */
export async function findTarget(trusted: TrustedMetadata, path: string): Promise<FoundTarget | undefined> {
  const visited = new Set<string>();
  // The next one last.
  let open: { readonly role: DelegatedRole | undefined; readonly delegator: Targets }[] = [{ role: undefined, delegator: trusted.targets }];
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
 * The bytes are the target's: its length, and every digest listed that is SHA-256 or SHA-512.
 * @throws RegistryError INTEGRITY
 */
export async function verifyTarget(target: FoundTarget, bytes: Uint8Array): Promise<void> {
  await checkFile(bytes, target, `The target ${target.path}`, { path: target.path });
}

/**
 * Where a target is, relative to the targets folder: under consistent snapshots its name is prefixed with its digest, `dir/HASH.name`. Not encoded
 * for a URL.
 * @throws RegistryError INVALID_INPUT for a path that would leave the folder
 */
export function targetPath(target: FoundTarget, consistent: boolean): string {
  const { path, hashes } = target;
  const parts = path.split('/');
  if (path.includes('\\') || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new RegistryError('INVALID_INPUT', `The target path ${JSON.stringify(path)} leads nowhere in the targets folder: expected a path without empty parts, "." and "..".`, { details: { path } });
  }
  const digest = hashes['sha256'] ?? hashes['sha512'] ?? Object.values(hashes)[0] ?? '';
  return consistent ? [...parts.slice(0, -1), `${digest}.${parts.at(-1)}`].join('/') : path;
}
