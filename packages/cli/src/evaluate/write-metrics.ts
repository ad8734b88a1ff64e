import { parseManifest } from '@perigee/registry';
import type { Manifest, Metric } from '@perigee/registry';
import { openFolder } from '../publish/folder.ts';
import type { StoredRelease } from '../publish/release-folder.ts';

/**
 * Writes measured metrics into the manifest of a packed release. The manifest changes, so a version
 * that is already published can no longer be published from this folder.
 */
export async function writeMetrics(
  { manifestBytes, folder }: StoredRelease,
  measured: readonly Metric[],
): Promise<Manifest> {
  const document = JSON.parse(new TextDecoder().decode(manifestBytes)) as Manifest;
  const governance = {
    ...document.governance,
    metrics: mergeMetrics(document.governance?.metrics ?? [], measured),
  };
  const bytes = new TextEncoder().encode(JSON.stringify({ ...document, governance }));
  // Check that devices accept the manifest.
  const manifest = parseManifest(bytes);
  await openFolder(folder.path).write('manifest.json', bytes);
  return manifest;
}

/**
 * A measured metric replaces the previous value of the same metric and slice, entered or measured,
 * unless that value is of another data set.
 */
export function mergeMetrics(before: readonly Metric[], measured: readonly Metric[]): Metric[] {
  const isReplaced = (old: Metric): boolean =>
    measured.some(
      (one) =>
        one.name === old.name &&
        one.slice === old.slice &&
        (old.dataset === undefined || one.dataset === old.dataset),
    );
  return [...before.filter((old) => !isReplaced(old)), ...measured];
}
