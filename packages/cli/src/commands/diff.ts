import { layout, parseDeltaIndex } from '@perigee/registry';
import { releaseName } from '../arguments/names.ts';
import type { ReleaseName } from '../arguments/names.ts';
import { destination } from '../arguments/places.ts';
import { compareReleases } from '../card/compare-releases.ts';
import type { ReleaseDifference } from '../card/compare-releases.ts';
import type { RegisterCommand } from '../command.ts';
import { humanBytes } from '../print/bytes.ts';
import { table } from '../print/table.ts';
import { publishedManifest } from '../publish/published-manifest.ts';
import { readRegistry } from '../publish/registry.ts';

interface Options {
  readonly registry: string;
  readonly json?: boolean;
}

export const registerDiff: RegisterCommand = (program, io) => {
  program
    .command('diff')
    .description('compare two versions: bytes that an update downloads, and other changes')
    .argument('<from>', 'name@version that a device has', releaseName)
    .argument('<to>', 'name@version that it updates to', releaseName)
    .requiredOption('--registry <registry>', 'a folder or s3://bucket/prefix', destination)
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
Bytes are those of one variant with its golden samples and drift reference, by delta where there is
one. Manifest and metadata are not included.

Examples:
  perigee diff digits@1.2.0 digits@1.3.0 --registry ./registry`,
    )
    .action(async (from: ReleaseName, to: ReleaseName, { registry, json }: Options) => {
      const difference = await differenceOf(registry, from, to);
      io.out(json ? JSON.stringify(difference) : describe(difference));
    });
};

async function differenceOf(
  place: string,
  from: ReleaseName,
  to: ReleaseName,
): Promise<ReleaseDifference> {
  const registry = await readRegistry(place);
  const before = await publishedManifest(registry, from.name, from.version);
  const after = await publishedManifest(registry, to.name, to.version);
  const index = await registry.folder.read(
    layout.deltaIndex(after.sha256 as Parameters<typeof layout.deltaIndex>[0]),
  );
  return compareReleases(before.manifest, after.manifest, index ? parseDeltaIndex(index) : null);
}

function describe({ variants, changes }: ReleaseDifference): string {
  const rows = variants.map(({ variant, wholeBytes, fetchBytes, newObjects, byDelta }) => [
    variant,
    humanBytes(wholeBytes),
    humanBytes(fetchBytes),
    `${((100 * fetchBytes) / Math.max(1, wholeBytes)).toFixed(1)} %`,
    newObjects,
    byDelta,
  ]);
  const bytes = table(['variant', 'whole', 'to fetch', 'share', 'new objects', 'by delta'], rows);
  const others =
    changes.length > 0
      ? changes.map((change) => `- ${change}`).join('\n')
      : 'Nothing else is different.';
  return `${bytes}\n\n${others}`;
}
