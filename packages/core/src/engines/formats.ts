import type { Backend, ModelFormat } from '../config.ts';
import { PerigeeError } from '../error.ts';

/** A kind of model file, and where it may run. */
interface Format {
  readonly entry: RegExp;
  /** Without being told, a model is opened on the first of these that can: light to load before heavy, and safe. */
  readonly start: readonly Backend[];
  /** What may turn out faster; tried behind the first answers. */
  readonly faster: readonly Backend[];
}

const FORMATS: readonly Format[] = [
  { entry: /\.(onnx|ort)$/i, start: ['cpu', 'native', 'wasm'], faster: ['native', 'wasm', 'webgpu', 'webnn'] },
  { entry: /\.json$/i, start: ['wasm', 'webgl', 'cpu'], faster: ['webgl', 'webgpu'] },
];

/** Those of `available` on which this file is opened, in order. */
export function startBackends(entry: string, available: readonly Backend[]): readonly Backend[] {
  return (formatOf(entry)?.start ?? []).filter((backend) => available.includes(backend));
}

/** Where to go on when a backend fails, and what may be faster than it. */
export function furtherBackends(entry: string, backend: Backend, available: readonly Backend[]): { next: readonly Backend[]; faster: readonly Backend[] } {
  const start = startBackends(entry, available);
  return { next: start.slice(start.indexOf(backend) + 1).filter((other) => other !== backend), faster: formatOf(entry)?.faster ?? [] };
}

/**
 * The file to open of several.
 * @throws PerigeeError INVALID_INPUT when none is a model
 */
export function entryOf(paths: readonly string[]): string {
  const candidates = paths.filter((path) => formatOf(path));
  // Other JSON files may lie beside a model, of either kind.
  const entry = candidates.find((path) => !/\.json$/i.test(path)) ?? candidates.find((path) => /(^|\/)model\.json$/i.test(path)) ?? candidates[0];
  if (entry === undefined) throw new PerigeeError('INVALID_INPUT', `None of the files is an .onnx or .ort model or a TensorFlow.js model.json: ${paths.join(', ') || 'there is none'}.`);
  return entry;
}

function formatOf(entry: string): Format | undefined {
  return FORMATS.find((format) => format.entry.test(entry));
}

const ENDINGS: Readonly<Record<ModelFormat, RegExp>> = { onnx: /\.onnx$/i, ort: /\.ort$/i, tfjs: /\.json$/i };

/** The format that a file's name tells; undefined when it tells none. */
export function formatByName(path: string): ModelFormat | undefined {
  return (Object.keys(ENDINGS) as ModelFormat[]).find((format) => ENDINGS[format].test(path));
}

/** @throws PerigeeError INVALID_CONFIG for a format that there is not */
export function checkFormat(format: string | undefined): void {
  if (format === undefined || Object.hasOwn(ENDINGS, format)) return;
  throw new PerigeeError('INVALID_CONFIG', `The load option format is ${JSON.stringify(format)}; expected 'onnx', 'ort' or 'tfjs'.`);
}

/** The path with the ending of a format: engines are chosen by it. */
export function named(path: string, format: ModelFormat): string {
  const told = formatByName(path);
  if (told === format) return path;
  const bare = told === undefined ? path : path.replace(/\.\w+$/, '');
  return `${bare}.${format === 'tfjs' ? 'json' : format}`;
}
