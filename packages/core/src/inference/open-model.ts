import type { createOutsideCheck } from '@perigee/profile';
import type { EngineSession } from '../engines/engine.ts';
import type { CompiledPipeline } from '../pipeline/compile-with.ts';
import type { BatchSize } from './batch-size.ts';
import type { InTurn } from './golden.ts';
import type { Observer } from './observer.ts';
import type { InputShapes } from './probe.ts';
import { hasBatchDimension } from './stack.ts';

/** A model open in this worker, and the state of its runs. */
export interface OpenModel {
  readonly session: EngineSession;
  readonly pipeline: CompiledPipeline | null;
  readonly observer: Observer | null;
  /** Finds the features outside the training data; null without a reference. */
  readonly outsideOf: ReturnType<typeof createOutsideCheck> | null;
  readonly batchSize: BatchSize;
  /** Prefix of prediction ids. */
  readonly idPrefix: string;
  /** Whether the next run is the session's first, which includes compilation. */
  isFirstRun: boolean;
  /** The input shapes of the last call that ran; null before the first call. */
  lastShapes: InputShapes | null;
  /** Times a golden sample that the opening compared and did not time. */
  timeSample: ((inTurn: InTurn) => Promise<number>) | null;
  stacking: Stacking;
}

/**
 * Whether calls may run together, with their rows stacked into one batch.
 * - `unread`: the graph is read when two calls wait for the first time.
 * - `untried`: the graph does not show whether rows are independent, so a trial decides before the
 *   first batch.
 */
type Stacking = 'yes' | 'no' | 'unread' | 'untried';

export function stackingOf(session: EngineSession, batchSize: BatchSize): Stacking {
  return batchSize.limit() <= 1 || !hasBatchDimension(session.signature) ? 'no' : 'unread';
}

/** Maximum number of calls to run together now, when several wait. A trial of stacking takes two. */
export function callLimit(model: OpenModel): number {
  if (model.stacking === 'unread') model.stacking = stackingByGraph(model.session);
  const { stacking, batchSize } = model;
  if (stacking === 'no') return 1;
  return stacking === 'untried' ? 2 : batchSize.limit();
}

function stackingByGraph({ rows }: EngineSession): Stacking {
  if (rows === 'coupled') return 'no';
  return rows === 'independent' ? 'yes' : 'untried';
}
