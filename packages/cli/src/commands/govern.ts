import { layout, parseDeltaIndex } from '@perigee/registry';
import { Option } from 'commander';
import type { Command } from 'commander';
import { cardData, modelCard } from '../card/card.ts';
import { packedSource, publishedSource } from '../card/card-source.ts';
import type { CardSource } from '../card/card-source.ts';
import { compareReleases } from '../card/compare-releases.ts';
import { sbom } from '../card/sbom.ts';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { humanBytes } from '../print/bytes.ts';
import { table } from '../print/table.ts';
import { publishedManifest } from '../publish/published-manifest.ts';
import { readRegistry } from '../publish/registry.ts';
import { DEFAULT_RELEASES, destination, folderPath, releaseName } from './shared.ts';
import type { ReleaseName } from './shared.ts';

interface SourceOptions {
  readonly registry?: string;
  readonly from?: string;
}

function withSource(command: Command): Command {
  return command
    .argument('<release>', 'name@version', releaseName)
    .option(
      '--registry <registry>',
      'where it is published: a folder or s3://bucket/prefix',
      destination,
    )
    .option(
      '--from <folder>',
      'where it is packed, before it is published (default without --registry: ' +
        `${DEFAULT_RELEASES})`,
      folderPath,
    );
}

async function sourceOf(
  { name, version }: ReleaseName,
  { registry, from }: SourceOptions,
): Promise<CardSource> {
  if (registry !== undefined && from !== undefined)
    throw new CommandError('Give --registry or --from, not both: a release is read in one place.');
  return registry === undefined
    ? packedSource(from ?? DEFAULT_RELEASES, name, version)
    : publishedSource(registry, name, version);
}

export const registerCard: RegisterCommand = (program, io) => {
  withSource(
    program
      .command('card')
      .description(
        'the model card of a version, Markdown with the front matter of the Hugging Face Hub',
      ),
  )
    .addOption(
      new Option('--format <format>', 'what to print')
        .choices(['markdown', 'json'])
        .default('markdown'),
    )
    .addHelpText(
      'after',
      `
Examples:
  perigee card digits@1.2.0 --registry ./registry > README.md
  perigee card digits@1.3.0 --from .perigee/releases --format json`,
    )
    .action(
      async (
        release: ReleaseName,
        { format, ...options }: SourceOptions & { format: 'markdown' | 'json' },
      ) => {
        const source = await sourceOf(release, options);
        io.out(
          format === 'json'
            ? JSON.stringify(cardData(source), null, 1)
            : modelCard(source).trimEnd(),
        );
      },
    );
};

export const registerSbom: RegisterCommand = (program, io) => {
  withSource(
    program
      .command('sbom')
      .description(
        'a version as CycloneDX 1.6 JSON: files, digests, licence, data, metrics, lineage',
      ),
  )
    .addHelpText(
      'after',
      `
Examples:
  perigee sbom digits@1.2.0 --registry ./registry > digits.cdx.json

The same release gives the same document: its serial number is made of the manifest's digest.`,
    )
    .action(async (release: ReleaseName, options: SourceOptions) =>
      io.out(JSON.stringify(sbom(await sourceOf(release, options)), null, 1)),
    );
};

export const registerDiff: RegisterCommand = (program, io) => {
  program
    .command('diff')
    .description(
      'what a device that has one version fetches for another, and what else is different',
    )
    .argument('<from>', 'name@version', releaseName)
    .argument('<to>', 'name@version', releaseName)
    .requiredOption('--registry <registry>', 'a folder or s3://bucket/prefix', destination)
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
Examples:
  perigee diff digits@1.2.0 digits@1.3.0 --registry ./registry

Bytes are those of one variant with golden samples and drift reference, by delta where there is
one; manifest and metadata come on top.`,
    )
    .action(
      async (
        from: ReleaseName,
        to: ReleaseName,
        { registry, json }: { registry: string; json?: boolean },
      ) => {
        const open = await readRegistry(registry);
        const { manifest: before } = await publishedManifest(open, from.name, from.version);
        const { manifest: after, sha256 } = await publishedManifest(open, to.name, to.version);
        const index = await open.folder.read(
          layout.deltaIndex(sha256 as Parameters<typeof layout.deltaIndex>[0]),
        );
        const difference = compareReleases(before, after, index ? parseDeltaIndex(index) : null);
        if (json) return io.out(JSON.stringify(difference));
        const rows = difference.variants.map(
          ({ variant, wholeBytes, fetchBytes, newObjects, byDelta }) => [
            variant,
            humanBytes(wholeBytes),
            humanBytes(fetchBytes),
            `${((100 * fetchBytes) / Math.max(1, wholeBytes)).toFixed(1)} %`,
            newObjects,
            byDelta,
          ],
        );
        return io.out(
          [
            table(['variant', 'whole', 'to fetch', 'share', 'new objects', 'by delta'], rows),
            ...(difference.changes.length > 0
              ? [difference.changes.map((change) => `- ${change}`).join('\n')]
              : ['Nothing else is different.']),
          ].join('\n\n'),
        );
      },
    );
};
