import { messageOf, PerigeeError } from '../error.ts';
import { checkFeeds, checkOutputs, feedsFromInput } from '../pipeline/input/validate-input.ts';
import type { CompiledPipeline } from '../pipeline/compile-with.ts';
import { asPerigeeError } from '../rpc/error-wire.ts';
import type { WireCall, WireInput } from '../rpc/protocol.ts';
import type { Tensors } from '../tensor.ts';
import { outputsByName, renamed, withSignatureNames } from './aliases.ts';
import { nowMs } from '../clock.ts';
import type { OpenModel } from './open-model.ts';

/** A predict() call whose input is checked and preprocessed. */
export interface Prepared {
  readonly call: WireCall;
  readonly feeds: Tensors;
  readonly features: readonly (number | string | null)[] | null;
  readonly startMs: number;
  readonly preprocessedMs: number;
}

/** The input of a run() call. */
export type Feeds = Extract<WireCall['input'], { kind: 'feeds' }>;

/**
 * Makes the model's feeds of the input of a predict() call. Only a pipeline makes the result a
 * promise.
 * @throws PerigeeError, with a pipeline as a rejected promise
 */
export function prepareCall(
  { session, pipeline }: OpenModel,
  call: WireCall,
  startMs: number,
): Prepared | Promise<Prepared> {
  const input = call.input as WireInput;
  if (pipeline) return preprocessed(pipeline, call, input, startMs);
  try {
    const named = withSignatureNames(input, session.aliases);
    const feeds = feedsFromInput(named, session.signature);
    return { call, feeds, features: null, startMs, preprocessedMs: nowMs() };
  } catch (error) {
    throw asInputFault(error);
  }
}

async function preprocessed(
  pipeline: CompiledPipeline,
  call: WireCall,
  input: WireInput,
  startMs: number,
): Promise<Prepared> {
  try {
    const { feeds, features } = await pipeline.preprocess(input);
    return { call, feeds, features, startMs, preprocessedMs: nowMs() };
  } catch (error) {
    throw asInputFault(error);
  }
}

/**
 * Checks the input of a run() call against the signature.
 * @throws PerigeeError
 */
export function checkRun(
  { session: { aliases, signature } }: OpenModel,
  { feeds, outputs }: Feeds,
): { readonly feeds: Tensors; readonly wanted: readonly string[] | undefined } {
  try {
    return {
      feeds: checkFeeds(renamed(feeds, aliases), signature),
      wanted: checkOutputs(outputsByName(outputs, aliases), signature),
    };
  } catch (error) {
    throw asInputFault(error);
  }
}

/** Errors before the session runs count as input errors, so they cause no rollback of a version. */
function asInputFault(error: unknown): PerigeeError {
  return (
    asPerigeeError(error) ??
    new PerigeeError('INVALID_INPUT', `The input could not be read: ${messageOf(error)}`, {
      cause: error,
    })
  );
}
