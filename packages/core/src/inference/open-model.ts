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
 * Whether calls may run together, with their rows stacked into one batch. `untried`: the graph does
 * not show whether rows are independent, so a trial decides before the first batch.
 */
type Stacking = 'yes' | 'no' | 'untried';

export function stackingOf(session: EngineSession, batchSize: BatchSize): Stacking {
  if (batchSize.limit() <= 1 || !hasBatchDimension(session.signature)) return 'no';
  if (session.rows === 'coupled') return 'no';
  return session.rows === 'independent' ? 'yes' : 'untried';
}

/** Maximum number of calls to run together now. A trial of stacking takes two. */
export function callLimit({ stacking, batchSize }: OpenModel): number {
  if (stacking === 'no') return 1;
  return stacking === 'untried' ? 2 : batchSize.limit();
}
