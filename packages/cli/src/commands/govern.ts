import { layout, parseDeltaIndex } from '@perigee/registry';
import type { Manifest } from '@perigee/registry';
import { modelCard } from '../card/card.ts';
import type { CardSource } from '../card/card.ts';
import { compareReleases } from '../card/compare-releases.ts';
import { sbom } from '../card/sbom.ts';
import type { RegisterCommand } from '../command.ts';
import { humanBytes } from '../print/bytes.ts';
import { table } from '../print/table.ts';
import { publishedManifest } from '../publish/published-manifest.ts';
import { readRegistry } from '../publish/registry.ts';
import { destination, releaseName } from './shared.ts';
import type { ReleaseName } from './shared.ts';

async function sourceOf(registry: string, { name, version }: ReleaseName): Promise<CardSource> {
  const open = await readRegistry(registry);
  const { manifest, sha256 } = await publishedManifest(open, name, version);
  const card = manifest.card && (await open.folder.read(layout.blob(manifest.card.sha256)));
  return { manifest, manifestSha256: sha256, text: card ? new TextDecoder().decode(card) : '' };
}

export const registerCard: RegisterCommand = (program, io) => {
  program
    .command('card')
    .description('the model card of a published version, Markdown with the front matter of the Hugging Face Hub')
    .argument('<release>', 'name@version', releaseName)
    .requiredOption('--registry <registry>', 'a folder or s3://bucket/prefix', destination)
    .action(async (release: ReleaseName, { registry }: { registry: string }) => io.out(modelCard(await sourceOf(registry, release)).trimEnd()));
};

export const registerSbom: RegisterCommand = (program, io) => {
  program
    .command('sbom')
    .description('a published version as CycloneDX 1.6 JSON: files, digests, licence, data, metrics')
    .argument('<release>', 'name@version', releaseName)
    .requiredOption('--registry <registry>', 'a folder or s3://bucket/prefix', destination)
    .action(async (release: ReleaseName, { registry }: { registry: string }) => io.out(JSON.stringify(sbom(await sourceOf(registry, release)), null, 1)));
};

export const registerDiff: RegisterCommand = (program, io) => {
  program
    .command('diff')
    .description('what a device that has one version fetches for another, and what else is different')
    .argument('<from>', 'name@version', releaseName)
    .argument('<to>', 'name@version', releaseName)
    .requiredOption('--registry <registry>', 'a folder or s3://bucket/prefix', destination)
    .option('--json', 'print as JSON')
    .addHelpText('after', `
Examples:
  perigee diff digits@1.2.0 digits@1.3.0 --registry ./registry`)
    .action(async (from: ReleaseName, to: ReleaseName, { registry, json }: { registry: string; json?: boolean }) => {
      const open = await readRegistry(registry);
      const before: Manifest = (await publishedManifest(open, from.name, from.version)).manifest;
      const { manifest: after, sha256 } = await publishedManifest(open, to.name, to.version);
      const index = await open.folder.read(layout.deltaIndex(sha256 as Parameters<typeof layout.deltaIndex>[0]));
      const difference = compareReleases(before, after, index ? parseDeltaIndex(index) : null);
      if (json) return io.out(JSON.stringify(difference));
      const rows = difference.variants.map(({ variant, wholeBytes, fetchBytes, newChunks, byDelta }) => [variant, humanBytes(wholeBytes), humanBytes(fetchBytes), `${((100 * fetchBytes) / Math.max(1, wholeBytes)).toFixed(1)} %`, newChunks, byDelta]);
      return io.out([table(['variant', 'whole', 'to fetch', 'share', 'new chunks', 'by delta'], rows), ...(difference.changes.length > 0 ? [difference.changes.map((change) => `- ${change}`).join('\n')] : ['Nothing else is different.'])].join('\n\n'));
    });
};
