import type { Backend, ModelFormat } from '../config.ts';
import { PerigeeError } from '../error.ts';

/** A kind of model file, and where it may run. */
interface Format {
  readonly entry: RegExp;
  /** Safe backends to open a model on by default, in order: the lightest to load comes first. */
  readonly start: readonly Backend[];
  /** Backends that may be faster. They are tried while the first backend answers. */
  readonly faster: readonly Backend[];
}

const FORMATS: readonly Format[] = [
  {
    entry: /\.(onnx|ort)$/i,
    start: ['cpu', 'native', 'wasm'],
    faster: ['native', 'wasm', 'webgpu', 'webnn'],
  },
  { entry: /\.json$/i, start: ['wasm', 'webgl', 'cpu'], faster: ['webgl', 'webgpu'] },
];

/** The backends of `available` to open this file on, in order. */
export function startBackends(entry: string, available: readonly Backend[]): readonly Backend[] {
  return (formatOf(entry)?.start ?? []).filter((backend) => available.includes(backend));
}

/** `next`: the backends to go on with when this one fails. `faster`: those that may be faster. */
export function furtherBackends(
  entry: string,
  backend: Backend,
  available: readonly Backend[],
): { next: readonly Backend[]; faster: readonly Backend[] } {
  const start = startBackends(entry, available);
  return {
    next: start.slice(start.indexOf(backend) + 1).filter((other) => other !== backend),
    faster: formatOf(entry)?.faster ?? [],
  };
}

/**
 * Picks the file to open among several.
 * @throws PerigeeError INVALID_INPUT when none is a model
 */
export function entryOf(paths: readonly string[]): string {
  const candidates = paths.filter((path) => formatOf(path));
  // Models of both formats may have other JSON files beside them.
  const entry =
    candidates.find((path) => !/\.json$/i.test(path)) ??
    candidates.find((path) => /(^|\/)model\.json$/i.test(path)) ??
    candidates[0];
  if (entry === undefined)
    throw new PerigeeError(
      'INVALID_INPUT',
      'None of the files is an .onnx or .ort model or a TensorFlow.js model.json: ' +
        `${paths.join(', ') || 'there is none'}.`,
    );
  return entry;
}

function formatOf(entry: string): Format | undefined {
  return FORMATS.find((format) => format.entry.test(entry));
}

const ENDINGS: Readonly<Record<ModelFormat, RegExp>> = {
  onnx: /\.onnx$/i,
  ort: /\.ort$/i,
  tfjs: /\.json$/i,
};

/** The format that a file's extension shows; undefined for other extensions. */
export function formatByName(path: string): ModelFormat | undefined {
  return (Object.keys(ENDINGS) as ModelFormat[]).find((format) => ENDINGS[format].test(path));
}

/** @throws PerigeeError INVALID_CONFIG for an unknown format */
export function checkFormat(format: string | undefined): void {
  if (format === undefined || Object.hasOwn(ENDINGS, format)) return;
  throw new PerigeeError(
    'INVALID_CONFIG',
    `The load option format is ${JSON.stringify(format)}; expected 'onnx', 'ort' or 'tfjs'.`,
  );
}

/** Gives a path the extension of a format, because engines are chosen by extension. */
export function named(path: string, format: ModelFormat): string {
  const byName = formatByName(path);
  if (byName === format) return path;
  const bare = byName === undefined ? path : path.replace(/\.\w+$/, '');
  return `${bare}.${format === 'tfjs' ? 'json' : format}`;
}
