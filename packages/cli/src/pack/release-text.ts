import { humanBytes } from '../print/bytes.ts';
import { table } from '../print/table.ts';
import type { PackedRelease } from './packed-release.ts';
import { csvTable } from './rows/csv-table.ts';
import { variantTable } from './variants/variant-table.ts';

/** Facts about a packed release, for --json. */
export interface ReleaseSummary {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly wireBytes: number;
  readonly chunks: number;
  readonly [field: string]: unknown;
}

export function summarizeRelease(release: PackedRelease, folder: string): ReleaseSummary {
  const { manifest, golden, backend, modelBytes, variants, dropped, notes, warnings } = release;
  const { csv, calibration } = release;
  const chunks = manifest.variants.flatMap((variant) => variant.chunks);
  return {
    name: manifest.name,
    version: manifest.version,
    folder,
    modelBytes,
    wireBytes: chunks.reduce((sum, chunk) => sum + chunk.wireBytes, 0),
    chunks: chunks.length,
    golden,
    backend,
    variants,
    dropped,
    notes,
    warnings,
    ...(csv && { csv }),
    ...(calibration && { calibration: calibrationFields(calibration) }),
  };
}

/** A packed release as tables. */
export function releaseText(release: PackedRelease, folder: string): string {
  const { variants, csv } = release;
  const parts = [overviewTable(release, folder)];
  if (csv) parts.push(csvTable(csv));
  if (variants.length > 0) {
    const backends = variants[0]?.backends.join(' and ');
    parts.push(
      `${variantTable(variants)}\n(errors: the largest on ${backends}; times: a session on ` +
        'wasm with one thread)',
    );
  }
  return parts.join('\n\n');
}

function overviewTable(release: PackedRelease, folder: string): string {
  const { manifest, golden, backend, modelBytes, calibration } = release;
  const { chunks, wireBytes } = summarizeRelease(release, folder);
  const maxError = Math.max(0, ...golden.map((row) => row.maxError ?? 0));
  const variantIds = manifest.variants.map(({ id }) => id).join(', ');
  return table(
    ['', ''],
    [
      ['release', `${manifest.name}@${manifest.version}`],
      ['folder', folder],
      [
        'model',
        `${humanBytes(modelBytes)}, ` +
          `${manifest.variants.length > 1 ? 'variants' : 'variant'} ${variantIds}`,
      ],
      [
        'on the wire',
        `${humanBytes(wireBytes)} in ` +
          `${chunks} chunks${manifest.variants.length > 1 ? ', all variants' : ''}`,
      ],
      [
        'golden samples',
        `${golden.length} outputs reproduced on ${backend}, largest error ` +
          `${maxError === 0 ? '0' : maxError.toExponential(1)}`,
      ],
      [
        'reference',
        manifest.reference
          ? humanBytes(manifest.reference.sizeBytes)
          : 'none: drift cannot be measured',
      ],
      ...(calibration ? [['calibration', calibrationText(calibration)]] : []),
    ],
  );
}

type Calibration = NonNullable<PackedRelease['calibration']>;

/** Without the probabilities, which are a long list. */
function calibrationFields({ rows, leftOut, accuracy }: Calibration): Calibration {
  return { rows, ...(leftOut !== undefined && { leftOut }), accuracy };
}

function calibrationText({ rows, leftOut = 0, accuracy }: Calibration): string {
  return `${rows} rows, ${(100 * accuracy).toFixed(1)} % answered right; ${leftOut} rows left out`;
}
