import type { Manifest } from '@perigee/registry';
import type { CardSource } from './card-source.ts';
import { spdxId } from './spdx-license.ts';

/**
 * The release as a CycloneDX 1.6 machine-learning bill of materials
 * (https://cyclonedx.org/docs/1.6/json/): files with their digests, licence, data, metrics and
 * considerations. The same release gives the same document.
 */
export function sbom({ manifest, manifestSha256 }: CardSource): object {
  const { name, version, description, license, variants, governance = {} } = manifest;
  const { owner, datasets = [], baseModel, codeCommit, trainedWith, quantization } = governance;
  const ref = `pkg:generic/${name}@${version}`;
  const dataRefs = datasets.map((_, i) => `${ref}#data-${i}`);
  const properties = propertiesOf({
    'perigee:trainedWith': trainedWith,
    'perigee:quantization': quantization,
  });
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(manifestSha256)}`,
    version: 1,
    metadata: {
      ...timestamp(manifest.createdAt),
      component: { type: 'machine-learning-model', 'bom-ref': ref, name, version },
    },
    components: [
      {
        type: 'machine-learning-model',
        'bom-ref': `${ref}#model`,
        name,
        version,
        ...(description !== undefined && { description }),
        ...(owner !== undefined && { authors: [{ name: owner }] }),
        ...(license !== undefined && { licenses: [licenseOf(license)] }),
        hashes: [{ alg: 'SHA-256', content: manifestSha256 }],
        ...((baseModel !== undefined || codeCommit !== undefined) && {
          pedigree: {
            ...(baseModel !== undefined && {
              ancestors: [{ type: 'machine-learning-model', name: baseModel }],
            }),
            ...(codeCommit !== undefined && { commits: [{ uid: codeCommit }] }),
          },
        }),
        modelCard: cardOf(manifest, dataRefs),
        ...(properties.length > 0 && { properties }),
        components: variants.flatMap(({ id, dtype, files }) =>
          files.map(({ path, sha256, sizeBytes }) => ({
            type: 'file',
            'bom-ref': `${ref}#${id}/${path}`,
            name: `${id}/${path}`,
            hashes: [{ alg: 'SHA-256', content: sha256 }],
            properties: propertiesOf({
              'perigee:bytes': String(sizeBytes),
              'perigee:weights': dtype,
            }),
          })),
        ),
      },
      ...datasets.map((dataset, i) => ({
        type: 'data',
        'bom-ref': dataRefs[i],
        name: dataset.name,
        ...(dataset.license !== undefined && { licenses: [licenseOf(dataset.license)] }),
        ...(dataset.sha256 !== undefined && {
          hashes: [{ alg: 'SHA-256', content: dataset.sha256 }],
        }),
        // An invalid URL would make the document invalid.
        ...(dataset.url !== undefined &&
          URL.canParse(dataset.url) && {
            externalReferences: [{ type: 'distribution', url: new URL(dataset.url).href }],
          }),
        data: [{ type: 'dataset', name: dataset.name }],
      })),
    ],
    dependencies: [
      { ref, dependsOn: [`${ref}#model`] },
      { ref: `${ref}#model`, ...(dataRefs.length > 0 && { dependsOn: dataRefs }) },
    ],
  };
}

function cardOf({ signature, governance = {} }: Manifest, datasetRefs: readonly string[]): object {
  const { intendedUse, outOfScopeUse, metrics = [] } = governance;
  // A CycloneDX metric has a slice. It has no field for the data set, the number of rows, or
  // whether the value was measured.
  const properties = metrics.flatMap(({ dataset, rows, measured }, i) =>
    propertiesOf({
      [`perigee:metrics:${i}:dataset`]: dataset,
      [`perigee:metrics:${i}:rows`]: rows?.toString(),
      [`perigee:metrics:${i}:measured`]: measured?.toString(),
    }),
  );
  return {
    modelParameters: {
      ...(datasetRefs.length > 0 && { datasets: datasetRefs.map((ref) => ({ ref })) }),
      inputs: signature.inputs.map(({ dtype }) => ({ format: dtype })),
      outputs: signature.outputs.map(({ dtype }) => ({ format: dtype })),
    },
    ...(metrics.length > 0 && {
      quantitativeAnalysis: {
        performanceMetrics: metrics.map(({ name, value, slice }) => ({
          type: name,
          value: String(value),
          ...(slice !== undefined && { slice }),
        })),
      },
    }),
    ...((intendedUse !== undefined || outOfScopeUse !== undefined) && {
      considerations: {
        ...(intendedUse !== undefined && { useCases: [intendedUse] }),
        ...(outOfScopeUse !== undefined && { technicalLimitations: [outOfScopeUse] }),
      },
    }),
    ...(properties.length > 0 && { properties }),
  };
}

function licenseOf(license: string): object {
  const id = spdxId(license);
  return { license: id === undefined ? { name: license } : { id } };
}

function propertiesOf(
  values: Readonly<Record<string, string | undefined>>,
): { readonly name: string; readonly value: string }[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value }],
  );
}

/**
 * The manifest's date as a timestamp. A manifest accepts any text, but the document needs a date
 * with a time zone; without one, the result would depend on the machine.
 */
function timestamp(createdAt: string | undefined): object {
  const isMoment =
    createdAt !== undefined &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(createdAt) &&
    !Number.isNaN(Date.parse(createdAt));
  return isMoment ? { timestamp: createdAt } : {};
}

/** A UUID in the form of version 4, made of the digest: stable for the same manifest. */
function uuidOf(sha256: string): string {
  const variant = (8 + (Number.parseInt(sha256.charAt(16), 16) % 4)).toString(16);
  return [
    sha256.slice(0, 8),
    sha256.slice(8, 12),
    `4${sha256.slice(13, 16)}`,
    `${variant}${sha256.slice(17, 20)}`,
    sha256.slice(20, 32),
  ].join('-');
}
