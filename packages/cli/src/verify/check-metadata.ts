import { isAbsent, layout, memoryTrust, refreshTrusted, RegistryError } from '@perigee/registry';
import type { TrustedMetadata } from '@perigee/registry';
import type { ReadHost } from '../publish/read-host.ts';
import { isUnsigned } from '../publish/registry.ts';
import type { RoleName } from '../publish/registry.ts';
import { WARN_DAYS } from '../publish/warn-days.ts';
import { isPage } from './check-headers.ts';
import type { Findings } from './findings.ts';

const DAY_MS = 86_400_000;

/**
 * Reads the metadata. Undefined if the chain does not verify. Everything below the chain is then
 * meaningless.
 */
export async function readMetadata(
  root: Uint8Array,
  get: ReadHost,
  findings: Findings,
): Promise<TrustedMetadata | undefined> {
  try {
    // Dates are checked separately, so that an expired registry is checked completely.
    return await refreshTrusted({
      trust: memoryTrust(root),
      now: new Date(0),
      async fetch(file) {
        const path = layout.metadata(file);
        const { status, bytes } = await get(path);
        if (status !== 200 && !isAbsent(path, status))
          findings.error(
            path,
            `answers ${status}; devices cannot read it. Check the rights and the health of ` +
              'the host.',
          );
        return status === 200 && !isPage(bytes) ? bytes : undefined;
      },
    });
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    const remedy = isUnsigned(error)
      ? ' If a rotation of keys was killed, this completes it: perigee resign'
      : '';
    findings.error('metadata', `${error.code}: ${error.message}${remedy}`);
    return undefined;
  }
}

/** Reports metadata that has expired or expires soon. */
export function checkDates(
  { root, timestamp, snapshot, targets }: TrustedMetadata,
  now: Date,
  base: string,
  findings: Findings,
): void {
  const to = /^https?:/.test(base) ? '<registry>' : base;
  for (const [role, { expires }] of Object.entries({ root, timestamp, snapshot, targets }) as [
    RoleName,
    { expires: Date },
  ][]) {
    const left = Math.ceil((expires.getTime() - now.getTime()) / DAY_MS);
    const resign = `perigee resign --to ${to}`;
    const remedy =
      role === 'root' || role === 'targets'
        ? `Sign it again with the ${role} key: ${resign} --keys <folder with the ${role} key>`
        : `Sign it again: ${resign}`;
    if (left <= 0)
      findings.error(
        `metadata/${role}`,
        `expired on ${expires.toISOString()}: devices keep their versions and take no updates. ` +
          `${remedy}`,
      );
    else if (left <= WARN_DAYS[role])
      findings.warn(
        `metadata/${role}`,
        `expires in ${left} days, on ${expires.toISOString()}. ${remedy}`,
      );
  }
}
