import type { ModelFormat } from '../config.ts';
import type { EngineFiles } from '../engines/engine.ts';
import { entryOf, formatByName, named } from '../engines/formats.ts';
import { KINDS } from '../engines/kinds.ts';
import { sniffFormat } from '../engines/sniff.ts';
import type { Sniffed } from '../engines/sniff.ts';
import { PerigeeError } from '../error.ts';

const FORMATS: Readonly<Partial<Record<Sniffed, ModelFormat>>> = {
  onnx: 'onnx',
  ort: 'ort',
  'tfjs-json': 'tfjs',
};

/**
 * Returns the path with the extension of the file's format. The content decides the format. If the
 * content is not recognised, the option `format` decides, and then the name.
 * @throws PerigeeError WRONG_CONTENT for a file that is no model, UNSUPPORTED_MODEL when the format
 *   stays unknown
 */
export function settledName(
  path: string,
  bytes: Uint8Array,
  format: ModelFormat | undefined,
): string {
  const kind = sniffFormat(bytes);
  const known = FORMATS[kind];
  if (known) return named(path, known);
  const expected = format ?? formatByName(path);
  // Other JSON may be meant as a model.json. The engine reports what it lacks.
  const fault = kind === 'json' && expected === 'tfjs' ? undefined : KINDS[kind];
  const size = `"${path}" (${bytes.byteLength} bytes)`;
  if (fault !== undefined)
    throw new PerigeeError('WRONG_CONTENT', `${size} is not a model: ${fault}`, {
      details: { entry: path, kind },
    });
  if (!expected)
    throw new PerigeeError(
      'UNSUPPORTED_MODEL',
      `${size} has neither the name nor the content of a model. Perigee opens .onnx, .ort ` +
        'and TensorFlow.js model.json files. If it is one of these, say which with the option ' +
        `format: 'onnx', 'ort' or 'tfjs'.`,
      { details: { entry: path } },
    );
  return named(path, expected);
}

/**
 * Picks the model among several files. A file whose name and content are a model's comes first,
 * then one with such a name, then one with such content.
 * @throws PerigeeError INVALID_INPUT when no file is a model, and as `settledName`
 */
export function settledFiles(
  files: Readonly<Record<string, Uint8Array>>,
  format: ModelFormat | undefined,
): EngineFiles {
  const paths = Object.keys(files);
  const models = paths.filter((path) => FORMATS[sniffFormat(files[path] as Uint8Array)]);
  const both = models.filter(formatByName);
  const sure = both.length > 0 ? both : paths.filter((path) => /\.(onnx|ort)$/i.test(path));
  const [only] = sure.length > 0 || models.length === 0 ? [] : models;
  const entry =
    only ?? (paths.length === 1 ? (paths[0] as string) : entryOf(sure.length > 0 ? sure : paths));
  const bytes = files[entry] as Uint8Array;
  const name = settledName(entry, bytes, format);
  const { [entry]: _, ...others } = files;
  return { entry: name, files: { [name]: bytes, ...others } };
}
