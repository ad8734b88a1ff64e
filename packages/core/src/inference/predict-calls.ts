import type { EngineSession } from '../engines/engine.ts';
import { PerigeeError } from '../error.ts';
import type { Timing } from '../model-types.ts';
import type { CompiledPipeline } from '../pipeline/compile.ts';
import { LARGE_BYTES } from '../rpc/buffer-pool.ts';
import { asPerigeeError, toWire } from '../rpc/error-wire.ts';
import type { Answer, WireCall, WireInput } from '../rpc/protocol.ts';
import type { Tensors } from '../tensor.ts';
import { asAskedFor, outputsByName, renamed, withSignatureNames } from './aliases.ts';
import type { BatchSize } from './batch-size.ts';
import type { Observer } from './observer.ts';
import type { InputShapes } from './probe.ts';
import { rowsAreIndependent } from './rows-trial.ts';
import {
  checkRows,
  hasBatchDimension,
  rowsOf,
  splitOutputs,
  stackFeeds,
  stackKey,
} from './stack.ts';
import { checkFeeds, checkOutputs, feedsFromInput } from '../pipeline/input/validate-input.ts';

/** A model open in this worker. */
export interface OpenModel {
  readonly session: EngineSession;
  readonly pipeline: CompiledPipeline | null;
  readonly observer: Observer | null;
  readonly batchSize: BatchSize;
  readonly idPrefix: string;
  /** The session has run before: in a trial, or to warm up. */
  readonly isWarm: boolean;
}

/** Runs calls. Each call is in exactly one of the returned answers. */
export interface CallRunner {
  /** Maximum number of calls to pass to `run` at once. */
  limit(): number;
  /** The shapes of the inputs of the last call that ran; null before the first call. */
  readonly lastShapes: InputShapes | null;
  run(calls: readonly WireCall[]): Promise<Answer[]>;
}

interface Prepared {
  readonly call: WireCall;
  readonly feeds: Tensors;
  readonly features: readonly (number | string | null)[] | null;
  readonly startMs: number;
  readonly preprocessedMs: number;
}

/** The entry of one call in WireAnswers. */
interface Finished {
  readonly id: number;
  readonly rows: number;
  /** The call's own outputs, or those of the whole batch, which the page splits. */
  readonly outputs: Tensors;
  readonly output: unknown;
  readonly timing: readonly number[];
}

/**
 * Runs predictions from input to answer: validate ▸ preprocess ▸ run ▸ postprocess ▸ observe. The
 * data flow is in ARCHITECTURE.md.
 */
export function createCallRunner({
  session,
  pipeline,
  observer,
  batchSize,
  idPrefix,
  isWarm,
}: OpenModel): CallRunner {
  const wanted = pipeline?.needs;
  let isFirst = !isWarm;
  let lastShapes: InputShapes | null = null;
  const firstOutput = session.signature.outputs[0]?.name ?? '';
  const mayStack =
    batchSize.limit() > 1 && hasBatchDimension(session.signature) && session.rows !== 'coupled';
  // If the graph does not show whether rows are independent, test it before batching calls.
  let stackable: 'yes' | 'no' | 'untried' = !mayStack
    ? 'no'
    : session.rows === 'independent'
      ? 'yes'
      : 'untried';

  async function prepare(call: WireCall, startMs: number): Promise<Prepared> {
    const input = call.input as WireInput;
    try {
      const { feeds, features } = pipeline
        ? await pipeline.preprocess(input)
        : {
            feeds: feedsFromInput(withSignatureNames(input, session.aliases), session.signature),
            features: null,
          };
      return { call, feeds, features, startMs, preprocessedMs: now() };
    } catch (error) {
      throw asInputFault(error);
    }
  }

  function checkRun({ feeds, outputs }: Extract<WireCall['input'], { kind: 'feeds' }>): {
    feeds: Tensors;
    wanted: readonly string[] | undefined;
  } {
    const { aliases, signature } = session;
    try {
      return {
        feeds: checkFeeds(renamed(feeds, aliases), signature),
        wanted: checkOutputs(outputsByName(outputs, aliases), signature),
      };
    } catch (error) {
      throw asInputFault(error);
    }
  }

  function finish(
    { call, feeds, features, startMs, preprocessedMs }: Prepared,
    outputs: Tensors,
    inferredMs: number,
    runMs: number,
    together: number,
  ): Finished {
    const { output, observed } = pipeline
      ? pipeline.postprocess(outputs)
      : { output: outputs[firstOutput], observed: null };
    if (output === undefined)
      throw new PerigeeError('UNSUPPORTED_MODEL', 'The model has no outputs.');
    const endMs = now();
    const queueMs = Math.max(0, startMs - call.sentAtMs);
    const timing: Timing = {
      queueMs,
      preprocessMs: preprocessedMs - startMs,
      inferenceMs: runMs,
      postprocessMs: endMs - inferredMs,
      totalMs: queueMs + endMs - startMs,
      batchSize: together,
      isFirst,
    };
    isFirst = false;
    observer?.predicted(predictionId(idPrefix, call.id), features, observed, timing);
    return {
      id: call.id,
      rows: rowsOf(feeds),
      outputs,
      output: nameOf(output, outputs) ?? output,
      timing: [
        queueMs,
        timing.preprocessMs,
        runMs,
        timing.postprocessMs,
        timing.totalMs,
        together,
        timing.isFirst ? 1 : 0,
      ],
    };
  }

  function failed(call: WireCall, error: unknown): Answer {
    if (call.input.kind !== 'feeds') observer?.failed(error);
    return failure(call.id, error);
  }

  async function runAlone(item: Prepared): Promise<{ answer: Answer; outputs: Tensors | null }> {
    try {
      const startMs = now();
      lastShapes = shapesOf(item.feeds);
      const outputs = await session.run(item.feeds, wanted);
      const endMs = now();
      batchSize.record(1, endMs - startMs);
      return {
        answer: asAnswer([finish(item, outputs, endMs, endMs - startMs, 1)], outputs),
        outputs,
      };
    } catch (error) {
      return { answer: failed(item.call, error), outputs: null };
    }
  }

  async function runStacked(items: readonly Prepared[]): Promise<Answer[]> {
    const rows = items.map(({ feeds }) => rowsOf(feeds));
    const total = sum(rows);
    const startMs = now();
    const outputs = checkRows(
      await session.run(stackFeeds(items.map(({ feeds }) => feeds)), wanted),
      total,
    );
    const endMs = now();
    batchSize.record(total, endMs - startMs);
    // The page splits small outputs. Large ones are split here, to keep the copying off the page.
    const isSmall = Object.values(outputs).every(
      ({ data }) => !Array.isArray(data) && data.byteLength < LARGE_BYTES * items.length,
    );
    const parts = pipeline || !isSmall ? splitOutputs(outputs, rows) : null;
    const finished: Finished[] = [];
    const failures: Answer[] = [];
    for (const [index, item] of items.entries()) {
      try {
        finished.push(
          finish(item, parts?.[index] ?? outputs, endMs, endMs - startMs, items.length),
        );
      } catch (error) {
        failures.push(failed(item.call, error));
      }
    }
    if (isSmall && failures.length === 0) return [asAnswer(finished, outputs)];
    return [...failures, ...finished.map((one) => asAnswer([one], one.outputs))];
  }

  /**
   * Runs two calls separately, then tests whether rows are independent. The test uses made-up rows
   * that differ by orders of magnitude, because the callers' own rows may be equal.
   */
  async function tryStacking(items: readonly Prepared[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const item of items) answers.push((await runAlone(item)).answer);
    const [first] = items;
    if (first)
      stackable = (await rowsAreIndependent(first.feeds, (feeds) => session.run(feeds, wanted)))
        ? 'yes'
        : 'no';
    return answers;
  }

  async function runGroup(items: readonly Prepared[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    let rest = items;
    if (rest.length > 1 && stackable === 'untried') {
      answers.push(...(await tryStacking(rest.slice(0, 2))));
      rest = rest.slice(2);
    }
    while (rest.length > 0) {
      const size = stackable === 'yes' ? Math.min(rest.length, Math.max(1, batchSize.limit())) : 1;
      const group = rest.slice(0, size);
      rest = rest.slice(size);
      if (group.length > 1) {
        try {
          answers.push(...(await runStacked(group)));
          continue;
        } catch {
          // One bad call must not fail the others: each runs alone below.
        }
      }
      for (const item of group) answers.push((await runAlone(item)).answer);
    }
    return answers;
  }

  async function predictAlone(call: WireCall): Promise<Answer> {
    try {
      return (await runAlone(await prepare(call, now()))).answer;
    } catch (error) {
      return failed(call, error);
    }
  }

  async function predictAll(calls: readonly WireCall[]): Promise<Answer[]> {
    const answers: Answer[] = [];
    const groups = new Map<string, Prepared[]>();
    let startMs = now();
    for (const call of calls) {
      try {
        const item = await prepare(call, startMs);
        startMs = item.preprocessedMs;
        // An empty batch has no rows to stack.
        const key =
          stackable === 'no' || rowsOf(item.feeds) === 0
            ? `alone ${call.id}`
            : stackKey(item.feeds);
        const group = groups.get(key);
        if (group) group.push(item);
        else groups.set(key, [item]);
      } catch (error) {
        answers.push(failed(call, error));
      }
    }
    for (const group of groups.values()) answers.push(...(await runGroup(group)));
    return answers;
  }

  return {
    get lastShapes() {
      return lastShapes;
    },
    limit: () => (stackable === 'no' ? 1 : stackable === 'untried' ? 2 : batchSize.limit()),
    async run(calls) {
      const [first] = calls;
      if (!first || calls.length > 1) return predictAll(calls);
      // The scheduler never batches run() calls.
      if (first.input.kind !== 'feeds') return [await predictAlone(first)];
      try {
        const { feeds, wanted: names } = checkRun(first.input);
        lastShapes = shapesOf(feeds);
        const startMs = now();
        const found = await session.run(feeds, names);
        const timings = timingsOfRun(first, startMs, isFirst);
        isFirst = false;
        const outputs = asAskedFor(found, first.input.outputs, session.aliases);
        return [{ ids: [first.id], rows: [0], outputs, output: [null], timings }];
      } catch (error) {
        return [failed(first, error)];
      }
    },
  };
}

export function predictionId(prefix: string, call: number): string {
  return `${prefix}${call.toString(36)}`;
}

/** Errors before the session runs count as input errors, so they cause no rollback of a version. */
function asInputFault(error: unknown): PerigeeError {
  return (
    asPerigeeError(error) ??
    new PerigeeError(
      'INVALID_INPUT',
      `The input could not be read: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  );
}

export function failure(id: number, error: unknown): Answer {
  const known =
    asPerigeeError(error) ??
    new PerigeeError('INFERENCE_FAILED', error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  return { id, error: toWire(known) };
}

/** The name of the tensor that `output` is, so that it crosses to the page only once. */
function nameOf(output: unknown, outputs: Tensors): string | undefined {
  for (const name in outputs) if (outputs[name] === output) return name;
  return undefined;
}

function asAnswer(finished: readonly Finished[], outputs: Tensors): Answer {
  return {
    ids: finished.map(({ id }) => id),
    rows: finished.map(({ rows }) => rows),
    outputs,
    output: finished.map(({ output }) => output),
    timings: finished.flatMap(({ timing }) => timing),
  };
}

/** Timings of a run() in the order of WireAnswers. A run() has no pre- or postprocessing. */
function timingsOfRun(
  { sentAtMs }: WireCall,
  startMs: number,
  isFirst: boolean,
): readonly number[] {
  const [queueMs, runMs] = [Math.max(0, startMs - sentAtMs), now() - startMs];
  return [queueMs, 0, runMs, 0, queueMs + runMs, 1, isFirst ? 1 : 0];
}

function shapesOf(feeds: Tensors): InputShapes {
  const shapes: Record<string, readonly number[]> = {};
  for (const [name, { shape }] of Object.entries(feeds)) shapes[name] = shape;
  return shapes;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

const { timeOrigin } = performance;

/** Milliseconds since the Unix epoch, comparable between page and worker. */
function now(): number {
  return timeOrigin + performance.now();
}
