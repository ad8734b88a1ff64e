/**
 * The part of OTLP metrics used here, in the JSON encoding: 64-bit integers are strings, enums are
 * numbers.
 */
export interface Attribute {
  readonly key: string;
  readonly value:
    | { readonly stringValue: string }
    | { readonly intValue: string }
    | { readonly doubleValue: number };
}

interface Point {
  readonly attributes: readonly Attribute[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}

export interface SumPoint extends Point {
  readonly asInt: string;
}

export interface HistogramPoint extends Point {
  readonly count: string;
  /** One more than `explicitBounds`. `sum` is omitted because it is not known. */
  readonly bucketCounts: readonly string[];
  readonly explicitBounds: readonly number[];
}

/** AGGREGATION_TEMPORALITY_DELTA */
export const DELTA = 1;

export type Metric = {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
} & (
  | {
      readonly sum: {
        readonly aggregationTemporality: typeof DELTA;
        readonly isMonotonic: true;
        readonly dataPoints: readonly SumPoint[];
      };
    }
  | {
      readonly histogram: {
        readonly aggregationTemporality: typeof DELTA;
        readonly dataPoints: readonly HistogramPoint[];
      };
    }
);

/** The body of POST /v1/metrics. */
export interface MetricsRequest {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string };
      readonly metrics: readonly Metric[];
    }[];
  }[];
}

export interface Words {
  readonly [key: string]: string | number | null;
}

/** Converts words to attributes. Omits '' and null; encodes whole numbers as integers. */
export function attributes(words: Words): Attribute[] {
  return Object.entries(words).flatMap(([key, value]): Attribute[] => {
    if (value === '' || value === null) return [];
    if (typeof value === 'string') return [{ key, value: { stringValue: value } }];
    return [
      {
        key,
        value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value },
      },
    ];
  });
}
