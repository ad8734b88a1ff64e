import type { ReleaseName } from '../arguments/names.ts';
import { sourceOf, withSource } from '../arguments/release-source.ts';
import type { SourceOptions } from '../arguments/release-source.ts';
import { sbom } from '../card/sbom.ts';
import type { RegisterCommand } from '../command.ts';

export const registerSbom: RegisterCommand = (program, io) => {
  withSource(
    program
      .command('sbom')
      .description('print the bill of materials of a version, CycloneDX 1.6 JSON'),
  )
    .addHelpText(
      'after',
      `
The document lists files, digests, licence, data, metrics and lineage. The same release always
gives the same document: its serial number comes from the manifest's digest.

Examples:
  perigee sbom digits@1.2.0 --registry ./registry > digits.cdx.json`,
    )
    .action(async (release: ReleaseName, options: SourceOptions) =>
      io.out(JSON.stringify(sbom(await sourceOf(release, options)), null, 1)),
    );
};
