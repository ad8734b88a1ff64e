import type { Manifest } from '@perigee/registry';
import type { EngineSession } from '../engines/engine.ts';
import { PerigeeError } from '../error.ts';
import { releaseCallback } from '../rpc/release.ts';
import type { InferenceApi, OpenOptions, OpenSource, Opened, WireInput } from '../rpc/protocol.ts';
import type { Prediction, Timing } from '../model-types.ts';
import { compilePipeline } from '../pipeline/compile.ts';
import type { CompiledPipeline } from '../pipeline/compile.ts';
import { openStore } from '../store/open-store.ts';
import { remoteStore } from '../store/remote-store.ts';
import type { ModelStore } from '../store/store.ts';
import type { Tensors } from '../tensor.ts';
import { answer } from './answer.ts';
import { createObserver } from './observer.ts';
import type { Observer } from './observer.ts';
import { openSession } from './open-session.ts';
import { checkFeeds, feedsFromInput } from './validate-input.ts';

interface OpenModel {
  readonly session: EngineSession;
  readonly manifest: Manifest | null;
  readonly pipeline: CompiledPipeline | null;
  readonly observer: Observer | null;
}

/** Everything one inference worker answers: one model, opened once. */
export function createPredictor(): InferenceApi {
  let store: ModelStore | null = null;
  let observing = false;
  let model: OpenModel | null = null;

  function opened(): OpenModel {
    if (!model) throw new PerigeeError('DISPOSED', 'This worker has no open model.');
    return model;
  }

  return {
    async attach(location, port, observe) {
      observing = observe;
      if (port) store = remoteStore(port);
      else if (location) store = await openStore(location);
    },

    async open(source: OpenSource, options: OpenOptions, onProgress): Promise<Opened> {
      const { session, stored, timing, trial } = await openSession(source, options, store, onProgress).finally(() => releaseCallback(onProgress));
      const manifest = stored?.manifest ?? null;
      const pipeline = manifest?.pipeline ? compilePipeline(manifest) : null;
      const observer = observing && store && stored ? await createObserver(store, stored, options.backend) : null;
      observer?.loaded(timing.totalMs);
      model = { session, manifest, pipeline, observer };
      return { signature: session.signature, manifest, threads: session.threads, timing, trial };
    },

    async predict(input: WireInput, sentAtMs: number): Promise<Prediction> {
      const { session, pipeline, observer } = opened();
      // The stages of one prediction; their order is the data flow of ARCHITECTURE.md.
      const startMs = now();
      const queueMs = Math.max(0, startMs - sentAtMs);
      try {
        const { feeds, features } = pipeline ? await pipeline.preprocess(input) : { feeds: feedsFromInput(input, session.signature), features: null };
        const preprocessedMs = now();
        const outputs = await session.run(feeds);
        const inferredMs = now();
        const { output, observed } = pipeline ? pipeline.postprocess(outputs) : { output: firstOutput(outputs, session), observed: null };
        const endMs = now();
        const timing: Timing = {
          queueMs,
          preprocessMs: preprocessedMs - startMs,
          inferenceMs: inferredMs - preprocessedMs,
          postprocessMs: endMs - inferredMs,
          totalMs: queueMs + endMs - startMs,
        };
        const id = observer ? observer.predicted(features, observed, timing) : randomId();
        return answer({ id, output: output as Prediction['output'], outputs, timing });
      } catch (error) {
        observer?.failed(error);
        throw error;
      }
    },

    async run(feeds: Tensors) {
      const { session } = opened();
      return answer(await session.run(checkFeeds(feeds, session.signature)));
    },

    async feedback(id, label) {
      const { observer } = opened();
      if (!observer) throw new PerigeeError('INVALID_CONFIG', 'feedback() needs telemetry: give createPerigee() a `telemetry.url`, and load the model by name.');
      await observer.truth(id, label);
    },

    async count(event) {
      const observer = model?.observer;
      if (!observer) return;
      if ('error' in event) observer.countError(event.error);
      else if ('fallback' in event) observer.countFallback();
      else observer.loaded(event.loadMs);
    },

    async record() {
      await model?.observer?.record();
    },

    async close() {
      await model?.observer?.record();
      await model?.session.dispose();
      model = null;
    },
  };
}

/** Milliseconds on the clock that page and worker share. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

function firstOutput(outputs: Tensors, session: EngineSession): Prediction['output'] {
  const name = session.signature.outputs[0]?.name;
  const tensor = name === undefined ? undefined : outputs[name];
  if (!tensor) throw new PerigeeError('UNSUPPORTED_MODEL', 'The model has no outputs.');
  return tensor;
}

function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
