import { walkOnnx, wire } from '@perigee/registry';
import type { WireField } from '@perigee/registry';
import type { EngineFiles, StoredFile } from '../engine.ts';
import { readOnce } from './read-once.ts';
import { hasDefaultsApart } from './rewrite-model.ts';
import { graphWithout } from './weights-apart.ts';
import type { ModelSource } from './weights-apart.ts';

type OnDisk = NonNullable<EngineFiles['onDisk']>;

/** Bytes to read at once: most fields are small. */
const WINDOW_BYTES = 64 * 1024;
/** Bytes to copy at once. */
const BLOCK_BYTES = 1024 * 1024;
/** Most bytes of a field's number and length. */
const HEAD_BYTES = 20;

/**
 * The graph of a model whose files stay on the disk. Weights are external data there, under the names
 * of the files; it has no path that came with the model. Null for a model that has to be read as a
 * whole: inputs with a default depend on its weights (rewrite-model.ts), for one.
 */
export function lightModel(entry: string, onDisk: OnDisk): Uint8Array | null {
  const file = onDisk[entry];
  if (!file) return null;
  const folder = entry.slice(0, entry.lastIndexOf('/') + 1);
  const allBytes = Object.values(onDisk).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  try {
    const graph = graphWithout(
      sourceOf(file, allBytes / 2),
      file.name,
      (location) => onDisk[folder + location.replace(/^\.\//, '')]?.name,
    );
    const known = new Set<string>(Object.values(onDisk).map(({ name }) => name));
    const isWhole = graph && walkOnnx(graph).externalFiles.every((path) => known.has(path));
    return isWhole && !hasDefaultsApart(graph) ? graph : null;
  } catch {
    return null;
  }
}

/** Reads all files of a model as a whole. Files in memory give up their bytes for these. */
export function wholeFiles(onDisk: OnDisk): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries(onDisk).map(([path, file]) => [path, wholeFile(file)]));
}

function wholeFile(file: StoredFile): Uint8Array {
  // Each part is freed once it is copied, so that there are no two copies.
  if (file.take) return file.take(0, file.sizeBytes);
  const bytes = new Uint8Array(file.sizeBytes);
  for (let at = 0; at < file.sizeBytes; at += BLOCK_BYTES)
    bytes.set(file.read(at, Math.min(at + BLOCK_BYTES, file.sizeBytes)), at);
  return bytes;
}

/**
 * Files as ONNX Runtime Web takes them: it copies ranges of external data into its heap, each by one
 * call of `subarray`. So each range is read when it is copied. A file in memory gives up the
 * tensors that are read once (read-once.ts), and keeps others until it is closed.
 */
export function asExternalData(
  onDisk: OnDisk,
  graph: Uint8Array,
): { path: string; data: Uint8Array }[] {
  const isReadOnce = readOnce(graph);
  return Object.values(onDisk).map((file) => ({
    path: file.name,
    data: Object.defineProperties(new Uint8Array(0), {
      byteLength: { value: file.sizeBytes },
      subarray: {
        value: (start: number, end: number) =>
          file.take && isReadOnce(file.name, start) ? file.take(start, end) : file.read(start, end),
      },
    }),
  }));
}

/** The folder of the files, for a runtime that reads them by path. */
export function folderOf(onDisk: OnDisk): string | undefined {
  return Object.values(onDisk)[0]?.folder;
}

/** @param mostBytes size of a part that is not worth a copy: the model is read as a whole then */
function sourceOf(file: StoredFile, mostBytes: number): ModelSource {
  let at = 0;
  let window = new Uint8Array(0);
  const bytes = (start: number, end: number): Uint8Array => {
    if (end - start > mostBytes) throw new Error('The graph has most of the bytes.');
    if (end - start > WINDOW_BYTES) return file.read(start, end);
    if (start < at || end > at + window.byteLength) {
      window = file.read(start, Math.min(start + WINDOW_BYTES, file.sizeBytes)).slice();
      at = start;
    }
    return window.subarray(start - at, end - at);
  };
  return {
    sizeBytes: file.sizeBytes,
    bytes,
    *fields(start, end) {
      for (let next = start; next < end;) {
        const field = fieldAt(bytes(next, Math.min(next + HEAD_BYTES, end)), next, end);
        yield field;
        next = field.end;
      }
    },
  };
}

/** The field at `at`, of which `head` has the number and the length. */
function fieldAt(head: Uint8Array, at: number, end: number): WireField {
  // Reads only the head of a field that the walk does not enter.
  const [field] = wire.fields(head, 0, end - at);
  if (!field) throw new Error('There is no field.');
  return { ...field, start: at + field.start, end: at + field.end };
}
