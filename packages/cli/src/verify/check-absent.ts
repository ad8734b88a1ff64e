import { layout } from '@perigee/registry';
import type { TrustedMetadata } from '@perigee/registry';
import type { ReadHost } from '../publish/read-host.ts';
import { isPage } from './check-headers.ts';
import type { Findings } from './findings.ts';

const FORBIDDEN_FOR_ABSENT =
  'a missing file answers 403; expected 404. Devices treat 403 as absent, so ' +
  'they cannot recognize a refusal. On S3 and CloudFront, allow s3:ListBucket on the bucket: ' +
  'then they answer 404.';

/**
 * Checks the answer for missing files. Devices ask for the next root and for deltas, which may not
 * exist.
 */
export async function checkAbsent(
  read: ReadHost,
  { root }: TrustedMetadata,
  findings: Findings,
): Promise<void> {
  for (const path of [layout.root(root.version + 1), `blobs/sha256/00/${'0'.repeat(64)}`]) {
    const { status, bytes } = await read(path);
    if (status === 200)
      findings.error(
        path,
        'a missing file answers 200 with ' +
          `${isPage(bytes) ? 'a page (a fallback for single-page apps)' : `${bytes.byteLength} bytes`}; ` +
          `expected 404. Exclude the registry's folder from the fallback.`,
      );
    else if (status === 403) findings.warn(path, FORBIDDEN_FOR_ABSENT);
    else if (status !== 404 && status !== 410)
      findings.warn(path, `a missing file answers ${status}; expected 404.`);
  }
}
