/** One sample of a counter or gauge. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Prometheus buckets: cumulative, the last one with `le` = +Inf. */
export interface HistogramSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly buckets: readonly { readonly le: number; readonly count: number }[];
  readonly sum: number;
}

interface Named {
  /** Includes `_total` for counters, and a base unit or `_ratio`. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}
export type Metric =
  | (Named & { readonly type: 'counter' | 'gauge'; readonly samples: readonly Sample[] })
  | (Named & { readonly type: 'histogram'; readonly samples: readonly HistogramSample[] });

/**
 * Renders metrics in the Prometheus text format 0.0.4. A metric without samples still has its HELP
 * and TYPE lines.
 */
export function exposition(metrics: readonly Metric[]): string {
  return metrics
    .map(
      (metric) =>
        `# HELP ${metric.name} ${escapeHelp(metric.help)}\n# TYPE ${metric.name} ${metric.type}\n${linesOf(
          metric,
        )
          .map((line) => `${line}\n`)
          .join('')}`,
    )
    .join('');
}

function linesOf(metric: Metric): string[] {
  const { name, labels: names } = metric;
  if (metric.type !== 'histogram')
    return metric.samples.map(
      ({ labels, value }) => `${name}${labelText(names, labels)} ${numberText(value)}`,
    );
  return metric.samples.flatMap(({ labels, buckets, sum }) => [
    ...buckets.map(
      ({ le, count }) =>
        `${name}_bucket${labelText([...names, 'le'], { ...labels, le: numberText(le) })} ${numberText(count)}`,
    ),
    `${name}_sum${labelText(names, labels)} ${numberText(sum)}`,
    `${name}_count${labelText(names, labels)} ${numberText(buckets.at(-1)?.count ?? 0)}`,
  ]);
}

function labelText(names: readonly string[], labels: Readonly<Record<string, string>>): string {
  return names.length === 0
    ? ''
    : `{${names.map((name) => `${name}="${escapeLabel(labels[name] ?? '')}"`).join(',')}}`;
}

/**
 * Names come from devices and model files. An unescaped quote or line break would make the whole
 * output invalid.
 */
function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}
