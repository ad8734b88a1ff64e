import type { Manifest, Metric, Tolerance } from '@perigee/registry';
import type { CardSource } from './card-source.ts';
import { joinCard, splitPublishedCard } from './front-matter.ts';
import { hubFront } from './hub-front.ts';
import { markdownTable } from './markdown-table.ts';

import { shapeText } from '../print/shape-text.ts';
/**
 * A model card as Markdown with the front matter of the Hugging Face Hub
 * (https://huggingface.co/docs/hub/model-cards). The author's text comes first, then the facts of
 * the manifest.
 */
export function modelCard({ manifest, manifestSha256, text }: CardSource): string {
  const { front, body } = splitPublishedCard(text);
  const own =
    body.trim() === '' ? `# ${manifest.name}\n\n${manifest.description ?? ''}`.trim() : body.trim();
  return joinCard({
    front: hubFront(manifest, front),
    body: [own, ...facts(manifest, manifestSha256)].join('\n\n').concat('\n'),
  });
}

/** The model card as data, for other tools. */
export function cardData({ manifest, manifestSha256, text }: CardSource): object {
  const { front, body } = splitPublishedCard(text);
  const { name, version, description, signature, variants, golden, governance } = manifest;
  return {
    name,
    version,
    manifestSha256,
    ...(description !== undefined && { description }),
    frontMatter: hubFront(manifest, front),
    text: body.trim(),
    signature,
    variants: variants.map(({ id, engine, dtype, loss, files, chunks }) => ({
      id,
      engine,
      dtype,
      ...(loss && { loss }),
      sizeBytes: total(files, ({ sizeBytes }) => sizeBytes),
      wireBytes: wireBytes(chunks),
    })),
    ...(golden && { tolerance: golden.tolerance }),
    ...(governance && { governance }),
  };
}

function facts(
  { name, version, license, signature, variants, golden, governance = {} }: Manifest,
  manifestSha256: string,
): string[] {
  const {
    owner,
    intendedUse,
    outOfScopeUse,
    metrics = [],
    datasets = [],
    baseModel,
    codeCommit,
    trainedWith,
    quantization,
  } = governance;
  const tolerance = golden?.tolerance;
  const lineage = [
    ['Base model', baseModel],
    ['Code', codeCommit],
    ['Trained with', trainedWith],
    ['Quantization', quantization],
  ].flatMap(([what, text]) => (text === undefined ? [] : [`${what}: ${text}.`]));
  return [
    section(
      'Release',
      `${name}@${version}, manifest \`${manifestSha256}\`.`,
      said('Owner', owner, '.'),
      said('Licence', license, '.'),
      said('Intended use', intendedUse),
      said('Out of scope', outOfScopeUse),
    ),
    section(
      'Inputs and outputs',
      markdownTable(
        ['', 'name', 'type', 'shape'],
        [
          ...signature.inputs.map((one) => ['input', one.name, one.dtype, shapeText(one)]),
          ...signature.outputs.map((one) => ['output', one.name, one.dtype, shapeText(one)]),
        ],
      ),
    ),
    section(
      'Variants',
      markdownTable(
        [
          'variant',
          'engine',
          'weights',
          'bytes',
          'bytes on the wire',
          'measured loss',
          'may be off by',
        ],
        variants.map(({ id, engine, dtype, loss, files, chunks }) => [
          id,
          engine,
          dtype,
          String(total(files, ({ sizeBytes }) => sizeBytes)),
          String(wireBytes(chunks)),
          lossOf(loss),
          offBy(tolerance?.[id] ?? tolerance?.default),
        ]),
      ),
    ),
    ...(tolerance
      ? [
          section(
            'Checked on every device',
            markdownTable(
              ['where', 'atol', 'rtol'],
              Object.entries(tolerance).map(([where, { atol, rtol }]) => [
                where,
                String(atol),
                String(rtol),
              ]),
            ),
          ),
        ]
      : []),
    ...(metrics.length > 0
      ? [
          section(
            'Metrics',
            markdownTable(
              ['metric', 'value', 'data', 'slice', 'rows', 'by'],
              metrics.map(metricRow),
            ),
          ),
        ]
      : []),
    ...(datasets.length > 0
      ? [
          section(
            'Data',
            markdownTable(
              ['dataset', 'licence', 'sha256'],
              datasets.map((one) => [
                one.url === undefined ? one.name : `[${one.name}](${one.url})`,
                one.license ?? '',
                one.sha256 ?? '',
              ]),
            ),
          ),
        ]
      : []),
    ...(lineage.length > 0 ? [section('Lineage', ...lineage)] : []),
  ];
}

function metricRow({ name, value, dataset, slice, rows, measured }: Metric): string[] {
  return [
    name,
    String(value),
    dataset ?? '',
    slice ?? 'all',
    rows === undefined ? '' : String(rows),
    measured ? 'perigee eval' : 'its author',
  ];
}

function lossOf(loss: Manifest['variants'][number]['loss']): string {
  if (!loss) return 'not measured';
  const { maxError, meanError, labelsKept } = loss;
  const errors = `largest error ${rounded(maxError, 2)}, mean ${rounded(meanError, 2)}`;
  return labelsKept === undefined
    ? errors
    : `${errors}, ${rounded(100 * labelsKept, 4)} % of labels kept`;
}

function rounded(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}

function offBy(tolerance: Tolerance | undefined): string {
  return tolerance ? `${tolerance.atol} + ${tolerance.rtol} × value` : '';
}

function section(title: string, ...paragraphs: readonly string[]): string {
  return [`## ${title}`, ...paragraphs.filter((text) => text !== '')].join('\n\n');
}

function said(what: string, text: string | undefined, end = ''): string {
  return text === undefined ? '' : `${what}: ${text}${end}`;
}

function wireBytes(chunks: Manifest['variants'][number]['chunks']): number {
  return total(
    [...new Map(chunks.map((chunk) => [chunk.sha256, chunk])).values()],
    (chunk) => chunk.wireBytes,
  );
}

function total<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((sum, one) => sum + of(one), 0);
}
