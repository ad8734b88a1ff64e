import type { Manifest } from '@perigee/registry';
import type { CardSource } from './card.ts';

/**
 * The release as a CycloneDX 1.6 machine-learning bill of materials (https://cyclonedx.org/docs/1.6/json/): files with their digests, licence, data,
 * metrics and considerations. The same release gives the same document.
 */
export function sbom({ manifest, manifestSha256 }: CardSource): object {
  const { name, version, description, license, variants, governance = {} } = manifest;
  const { owner, datasets = [], baseModel, codeCommit } = governance;
  const ref = `pkg:generic/${name}@${version}`;
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(manifestSha256)}`,
    version: 1,
    metadata: { ...(manifest.createdAt !== undefined && { timestamp: manifest.createdAt }), component: { type: 'machine-learning-model', 'bom-ref': ref, name, version } },
    components: [
      {
        type: 'machine-learning-model',
        'bom-ref': `${ref}#model`,
        name,
        version,
        ...(description !== undefined && { description }),
        ...(owner !== undefined && { authors: [{ name: owner }] }),
        ...(license !== undefined && { licenses: [{ license: /^[A-Za-z0-9.+-]+$/.test(license) ? { id: license } : { name: license } }] }),
        hashes: [{ alg: 'SHA-256', content: manifestSha256 }],
        ...((baseModel !== undefined || codeCommit !== undefined) && { pedigree: { ...(baseModel !== undefined && { ancestors: [{ type: 'machine-learning-model', name: baseModel }] }), ...(codeCommit !== undefined && { commits: [{ uid: codeCommit }] }) } }),
        modelCard: cardOf(manifest, datasets.map((_, i) => `${ref}#data-${i}`)),
        components: variants.flatMap(({ id, files }) => files.map(({ path, sha256 }) => ({ type: 'file', 'bom-ref': `${ref}#${id}/${path}`, name: `${id}/${path}`, hashes: [{ alg: 'SHA-256', content: sha256 }] }))),
      },
      ...datasets.map((dataset, i) => ({
        type: 'data',
        'bom-ref': `${ref}#data-${i}`,
        name: dataset.name,
        ...(dataset.license !== undefined && { licenses: [{ license: { name: dataset.license } }] }),
        ...(dataset.sha256 !== undefined && { hashes: [{ alg: 'SHA-256', content: dataset.sha256 }] }),
        ...(dataset.url !== undefined && { externalReferences: [{ type: 'distribution', url: dataset.url }] }),
        data: [{ type: 'dataset', name: dataset.name }],
      })),
    ],
  };
}

function cardOf({ signature, governance = {} }: Manifest, datasetRefs: readonly string[]): object {
  const { intendedUse, outOfScopeUse, metrics = [] } = governance;
  return {
    modelParameters: {
      ...(datasetRefs.length > 0 && { datasets: datasetRefs.map((ref) => ({ ref })) }),
      inputs: signature.inputs.map(({ dtype }) => ({ format: dtype })),
      outputs: signature.outputs.map(({ dtype }) => ({ format: dtype })),
    },
    ...(metrics.length > 0 && { quantitativeAnalysis: { performanceMetrics: metrics.map(({ name, value, slice }) => ({ type: name, value: String(value), ...(slice !== undefined && { slice }) })) } }),
    ...((intendedUse !== undefined || outOfScopeUse !== undefined) && { considerations: { ...(intendedUse !== undefined && { useCases: [intendedUse] }), ...(outOfScopeUse !== undefined && { technicalLimitations: [outOfScopeUse] }) } }),
  };
}

/** A version 4 shape with bits of the digest: stable for the same manifest. */
function uuidOf(sha256: string): string {
  const variant = (8 + (Number.parseInt(sha256.charAt(16), 16) % 4)).toString(16);
  return [sha256.slice(0, 8), sha256.slice(8, 12), `4${sha256.slice(13, 16)}`, `${variant}${sha256.slice(17, 20)}`, sha256.slice(20, 32)].join('-');
}
