import { PerigeeError } from '../error.ts';
import type { GroundTruth } from '../model-types.ts';
import type { InferenceApi } from '../rpc/inference-api.ts';
import type { Observer } from './observer.ts';

/** Counts what the worker of a model does not see by itself. */

/** Counts an event of the page; nothing without an observer. */
export function countEvent(
  observer: Observer | null | undefined,
  event: Parameters<InferenceApi['count']>[0],
): void {
  if (!observer) return;
  if ('error' in event) observer.countError(event.error);
  else if ('fallback' in event) observer.countFallback();
  else observer.loaded(event.loadMs);
}

/** @throws PerigeeError INVALID_INPUT for wrong arguments, INVALID_CONFIG without telemetry */
export async function countGroundTruth(
  observer: Observer | null,
  id: string,
  groundTruth: GroundTruth,
): Promise<void> {
  if (typeof id !== 'string' || typeof groundTruth !== 'object' || groundTruth === null)
    throw new PerigeeError(
      'INVALID_INPUT',
      'feedback() takes the id of a prediction as text, and its ground truth as { label } or { ' +
        'value }.',
    );
  if (!observer)
    throw new PerigeeError(
      'INVALID_CONFIG',
      'feedback() needs telemetry: give createPerigee() a `telemetry.url`, and load the ' +
        'model by name.',
    );
  await observer.groundTruth(id, groundTruth);
}
