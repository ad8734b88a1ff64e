import type { Backend } from '../../config.ts';
import type { ModelFacts } from '../../rpc/inference-api.ts';
import type { PerigeeState } from '../perigee-state.ts';
import type { LoadedVersion } from './open-version.ts';

/**
 * A note in localStorage on what a reference needed at the last visit, so that the next page starts
 * and reads it at once. Every fact of a note is checked before a model answers: a wrong note costs
 * time and nothing else.
 */
export interface LastVisit extends Pick<ModelFacts, 'engine' | 'entry' | 'source'> {
  readonly backend: Backend;
  /** Size of the version's files. */
  readonly sizeBytes?: number;
  /** Whether the model may run in the page's thread. */
  readonly isSmall?: boolean;
  /** Whether the next page may open the version without the updater. */
  readonly alone?: boolean;
  /** The version that is not for the page's thread, although its file is small. */
  readonly large?: string | undefined;
}

/** Larger files never run in the page's thread. */
const SMALL_BYTES = 256 * 1024;

/** @param large the version that turned out not to be for the page's thread */
export function noteOf(
  { version, variant, onProbation, worker, request }: LoadedVersion,
  large: string | undefined,
): LastVisit {
  const { entry, backend, engine, manifest, fileBytes } = worker.opened;
  const files = manifest?.variants.find(({ id }) => id === variant)?.files ?? [];
  const { source } = request.recipe;
  const isLarge = version === large;
  const isSmall =
    engine === 'instant' && !isLarge && files.every((file) => file.sizeBytes <= SMALL_BYTES);
  return {
    engine: engine === 'tfjs' ? engine : 'onnx',
    entry,
    backend,
    ...(source.kind === 'stored' && { source }),
    sizeBytes: fileBytes,
    // The updater watches the start of a version on probation.
    ...(!onProbation && { isSmall, alone: isSmall || (!worker.undecided && isCpu(backend)) }),
    ...(isLarge && { large }),
  };
}

export function writeNote({ runtime }: PerigeeState, ref: string, note: LastVisit): void {
  runtime.note?.(ref, JSON.stringify(note));
}

export function readNote({ runtime }: PerigeeState, ref: string): LastVisit | undefined {
  try {
    const note = JSON.parse(runtime.note?.(ref) ?? 'null') as Partial<LastVisit> | null;
    return typeof note?.entry === 'string' ? (note as LastVisit) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a backend can be used without a look at the GPU. */
export function isCpu(backend: Backend): boolean {
  return backend === 'wasm' || backend === 'cpu';
}
