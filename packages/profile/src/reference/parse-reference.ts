import { ProfileError } from '../error.ts';
import {
  MAX_BINS,
  MAX_FEATURES,
  MAX_LABELS,
  MAX_NAME_LENGTH,
  MAX_REFERENCE_BYTES,
} from '../limits.ts';
import { SCORE_BINS } from './reference-profile.ts';
import type {
  Calibration,
  FeatureReference,
  NumericReference,
  OutputReference,
  ReferenceProfile,
} from './reference-profile.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Parses a reference profile and checks every count and edge.
 * @throws ProfileError WRONG_CONTENT naming the path of the fault
 * @example
 * ```ts
 * const { features } = parseReference(bytes);
 * ```
 */
export function parseReference(bytes: Uint8Array): ReferenceProfile {
  if (bytes.byteLength > MAX_REFERENCE_BYTES)
    throw fault('', `at most ${MAX_REFERENCE_BYTES} bytes`, bytes.byteLength);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ProfileError('WRONG_CONTENT', 'The reference profile is not JSON text.', { cause });
  }
  const root = fields(value, '');
  if (root['schema'] !== 'perigee-reference/1')
    throw fault('schema', '"perigee-reference/1"', root['schema']);
  const features = list(root['features'], 'features', MAX_FEATURES).map((item, i) =>
    feature(fields(item, `features[${i}]`), `features[${i}]`),
  );
  unique(
    features.map(({ name }) => name),
    'features',
    'names',
  );
  return {
    schema: 'perigee-reference/1',
    rows: count(root['rows'], 'rows'),
    features,
    ...(root['output'] !== undefined && { output: output(fields(root['output'], 'output')) }),
    ...(root['value'] !== undefined && { value: numeric(fields(root['value'], 'value'), 'value') }),
  };
}

function feature(item: Fields, path: string): FeatureReference {
  const name = text(item['name'], `${path}.name`);
  const missing = count(item['missing'], `${path}.missing`);
  if (item['kind'] === 'categorical') {
    const vocabulary = list(item['vocabulary'], `${path}.vocabulary`, MAX_BINS - 1).map((word, i) =>
      text(word, `${path}.vocabulary[${i}]`),
    );
    unique(vocabulary, `${path}.vocabulary`, 'words');
    return {
      kind: 'categorical',
      name,
      vocabulary,
      counts: counts(item['counts'], `${path}.counts`, vocabulary.length + 1),
      missing,
    };
  }
  if (item['kind'] !== 'numeric')
    throw fault(`${path}.kind`, '"numeric" or "categorical"', item['kind']);
  return numeric(item, path);
}

function numeric(item: Fields, path: string): NumericReference {
  if (item['kind'] !== 'numeric') throw fault(`${path}.kind`, '"numeric"', item['kind']);
  const name = text(item['name'], `${path}.name`);
  const missing = count(item['missing'], `${path}.missing`);
  const edges = list(item['edges'], `${path}.edges`, MAX_BINS - 1).map((edge, i) =>
    number(edge, `${path}.edges[${i}]`),
  );
  if (edges.some((edge, i) => i > 0 && edge <= (edges[i - 1] ?? -Infinity)))
    throw fault(`${path}.edges`, 'increasing numbers', edges);
  const quantiles = exactly(item['quantiles'], `${path}.quantiles`, 5, number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (quantiles.some((q, i) => q < (quantiles[i - 1] ?? q)))
    throw fault(`${path}.quantiles`, 'ascending numbers', quantiles);
  const min = number(item['min'], `${path}.min`);
  const max = number(item['max'], `${path}.max`);
  if (min > max) throw fault(`${path}.max`, `a number from min = ${min} on`, max);
  return {
    kind: 'numeric',
    name,
    ...(item['unit'] !== undefined && { unit: text(item['unit'], `${path}.unit`) }),
    edges,
    counts: counts(item['counts'], `${path}.counts`, edges.length + 1),
    missing,
    min,
    max,
    quantiles,
  };
}

function output(item: Fields): OutputReference {
  const labels = list(item['labels'], 'output.labels', MAX_LABELS).map((label, i) =>
    text(label, `output.labels[${i}]`),
  );
  unique(labels, 'output.labels', 'labels');
  return {
    labels,
    labelCounts: counts(item['labelCounts'], 'output.labelCounts', labels.length),
    scoreCounts: counts(item['scoreCounts'], 'output.scoreCounts', SCORE_BINS),
    ...(item['calibration'] !== undefined && {
      calibration: calibration(fields(item['calibration'], 'output.calibration')),
    }),
  };
}

function calibration(item: Fields): Calibration {
  const path = 'output.calibration';
  return {
    probabilities: exactly(item['probabilities'], `${path}.probabilities`, SCORE_BINS, share),
    rows: count(item['rows'], `${path}.rows`),
    ...(item['leftOut'] !== undefined && { leftOut: count(item['leftOut'], `${path}.leftOut`) }),
    accuracy: share(item['accuracy'], `${path}.accuracy`),
  };
}

function share(value: unknown, path: string): number {
  const found = number(value, path);
  if (found < 0 || found > 1) throw fault(path, 'a share', value);
  return found;
}

function fields(value: unknown, path: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw fault(path, 'an object', value);
  return value as Fields;
}

function list(value: unknown, path: string, max: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > max)
    throw fault(path, `a list of at most ${max}`, value);
  return value;
}

function counts(value: unknown, path: string, length: number): number[] {
  return exactly(value, path, length, count);
}

function exactly(
  value: unknown,
  path: string,
  length: number,
  read: (item: unknown, path: string) => number,
): number[] {
  const found = list(value, path, length).map((item, i) => read(item, `${path}[${i}]`));
  if (found.length !== length) throw fault(path, `a list of ${length}`, found.length);
  return found;
}

function count(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw fault(path, 'a count', value);
  return value;
}

function number(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw fault(path, 'a finite number', value);
  return value;
}

function text(value: unknown, path: string): string {
  if (typeof value !== 'string' || value.length > MAX_NAME_LENGTH)
    throw fault(path, `text of at most ${MAX_NAME_LENGTH} characters`, value);
  return value;
}

function unique(names: readonly string[], path: string, what: string): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw fault(path, `different ${what}`, `${name} twice`);
    seen.add(name);
  }
}

function fault(path: string, expected: string, got: unknown): ProfileError {
  return new ProfileError(
    'WRONG_CONTENT',
    `The reference profile is not usable: ${path || 'the document'}: expected ${expected}, ` +
      `got ${shown(got)}.`,
  );
}

/**
 * A short text that does not descend into the value, which may be nested deeper than the stack
 * allows.
 */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (Array.isArray(value))
    return value.length > 8 || value.some((item) => typeof item !== 'number')
      ? `a list of ${value.length}`
      : `[${value.join(', ')}]`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
