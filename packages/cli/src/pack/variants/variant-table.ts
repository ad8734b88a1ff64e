import { humanBytes } from '../../print/bytes.ts';
import { table } from '../../print/table.ts';
import type { VariantReport } from './pack-variants.ts';

/** A table of the variants with their sizes, times and losses. */
export function variantTable(reports: readonly VariantReport[]): string {
  const withLabels = reports.some(({ loss }) => loss.labelAgreement !== null);
  const head = [
    'variant',
    'size',
    'on the wire',
    'max |Δ|',
    'mean |Δ|',
    'of largest',
    ...(withLabels ? ['labels kept'] : []),
    'create ms',
    'run ms',
  ];
  return table(
    head,
    reports.map(({ id, sizeBytes, wireBytes, loss, createMs, runMs }) => [
      id,
      humanBytes(sizeBytes),
      humanBytes(wireBytes),
      digits(loss.maxError),
      digits(loss.meanError),
      percent(loss.relative.share),
      ...(withLabels ? [loss.labelAgreement === null ? '' : percent(loss.labelAgreement)] : []),
      createMs.toFixed(1),
      runMs?.toFixed(2) ?? '',
    ]),
  );
}

function digits(error: number): string {
  return error === 0 ? '0' : error.toPrecision(2);
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
