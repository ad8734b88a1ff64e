import type { Manifest } from '@perigee/registry';
import { humanBytes } from '../print/bytes.ts';
import { table } from '../print/table.ts';
import { signatureTable, total } from './inspection.ts';
import type { Inspection } from './inspection.ts';

export function describeManifest(manifest: Manifest): Inspection {
  const {
    name,
    version,
    description,
    license,
    signature,
    variants,
    golden,
    reference,
    card,
    pipeline,
    labels,
  } = manifest;
  const licensed = license === undefined ? '' : ` (${license})`;
  const described = description === undefined ? '' : `: ${description}`;
  const text = [
    `${name}@${version}${licensed}${described}`,
    signatureTable(signature),
    table(
      ['variant', 'engine', 'weights', 'files', 'chunks', 'size', 'on the wire'],
      variants.map(({ id, engine, dtype, optimized, requires, files, chunks }) => [
        id,
        engine,
        `${dtype}${optimized ? ', optimised' : ''}` +
          (requires?.backends ? `, only on ${requires.backends.join(', ')}` : ''),
        files.length,
        chunks.length,
        humanBytes(total(chunks.map(({ sizeBytes }) => sizeBytes))),
        humanBytes(total(chunks.map(({ wireBytes }) => wireBytes))),
      ]),
    ),
    table(
      ['part', ''],
      [
        [
          'pipeline',
          pipeline
            ? [...pipeline.preprocess, ...pipeline.postprocess].map(({ op }) => op).join(' ▸ ')
            : 'none',
        ],
        [
          'labels',
          labels
            ? `${labels.length}: ${labels.slice(0, 6).join(', ')}${labels.length > 6 ? ', …' : ''}`
            : 'none',
        ],
        ['golden samples', golden ? humanBytes(golden.sizeBytes) : 'none'],
        ['reference', reference ? humanBytes(reference.sizeBytes) : 'none'],
        ['card', card ? humanBytes(card.sizeBytes) : 'none'],
      ],
    ),
  ].join('\n\n');
  return { json: manifest, text };
}
