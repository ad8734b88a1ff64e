import {
  findTarget,
  isAbsent,
  layout,
  readBounded,
  refreshTrusted,
  targetPath,
  verifyTarget,
} from '@perigee/registry';
import type { TrustedMetadata, TrustStore } from '@perigee/registry';
import { CommandError } from '../command.ts';

/**
 * Refreshes the trusted metadata from any TUF repository.
 * @param base URL of the repository's metadata
 * @throws CommandError when the host refuses, RegistryError when the metadata does not verify
 */
export async function refreshFrom(base: string, trust: TrustStore): Promise<TrustedMetadata> {
  return refreshTrusted({
    trust,
    now: new Date(),
    fetch: (path, maxBytes) => fetchFile(base, path, maxBytes),
  });
}

/**
 * Downloads a target and verifies it.
 * @param base URL of the repository's targets
 * @throws CommandError when there is no such target, RegistryError when it does not verify
 */
export async function downloadTarget(
  base: string,
  trusted: TrustedMetadata,
  name: string,
): Promise<{ readonly path: string; readonly bytes: Uint8Array }> {
  const target = await findTarget(trusted, name);
  if (!target) throw new CommandError(`There is no target "${name}".`);
  const place = targetPath(target, trusted.root.consistentSnapshot);
  const path = place.split('/').map(encodeURIComponent).join('/');
  const bytes = await fetchFile(base, path, target.length);
  if (!bytes)
    throw new CommandError(`The metadata lists the target, but the host has no ${place}.`);
  await verifyTarget(target, bytes);
  return { path: target.path, bytes };
}

async function fetchFile(
  base: string,
  path: string,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const url = new URL(path, base.endsWith('/') ? base : `${base}/`);
  const response = await fetch(url);
  if (isAbsent(layout.metadata(path), response.status)) return undefined;
  if (!response.ok || !response.body)
    throw new CommandError(`${url.href} answered HTTP ${response.status}.`);
  return readBounded(response.body, maxBytes, url.pathname);
}
