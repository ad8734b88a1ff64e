import { createOutsideCheck } from '@perigee/profile';
import type { TelemetryConfig } from '../config.ts';
import type { CompiledPipeline, PipelineSource } from '../pipeline/compile-with.ts';
import type { StoredRelease } from '../store/load-stored.ts';
import type { ModelStore } from '../store/store.ts';
import { createObserver } from './observer.ts';
import type { OpenModel } from './open-model.ts';

/**
 * The parts of a model that come with its release.
 * @param telemetry null when nothing is counted
 * @throws PerigeeError INVALID_MANIFEST, INVALID_CONFIG
 */
export async function partsOf(
  store: ModelStore,
  stored: StoredRelease,
  backend: string,
  telemetry: TelemetryConfig | null,
  compile: (manifest: PipelineSource) => CompiledPipeline,
): Promise<Pick<OpenModel, 'pipeline' | 'observer' | 'outsideOf'>> {
  const { manifest } = stored;
  const reference = stored.reference?.reference;
  return {
    pipeline: manifest.pipeline ? compile(manifest) : null,
    observer: telemetry ? await createObserver(store, stored, backend, telemetry) : null,
    outsideOf: reference ? createOutsideCheck(reference.features) : null,
  };
}
