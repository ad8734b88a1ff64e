import { transfer } from 'comlink';
import type { Endpoint } from 'comlink';
import type { TelemetryConfig } from '../config.ts';
import { PerigeeError } from '../error.ts';
import type { Engines } from '../engines/load-engine.ts';
import { compilePipeline } from '../pipeline/compile.ts';
import { createRequester } from '../request/requester.ts';
import type { Answer, Elsewhere, WireCall } from '../rpc/protocol.ts';
import type { InferenceApi, OpenOptions, OpenSource, Opened } from '../rpc/inference-api.ts';
import { releaseCallback } from '../rpc/release.ts';
import { serveCalls } from '../rpc/serve-calls.ts';
import { holdVersion } from '../store/hold-version.ts';
import { openStore } from '../store/open-store.ts';
import { remoteStore } from '../store/remote-store.ts';
import type { RemoteStore } from '../store/remote-store.ts';
import type { ModelStore } from '../store/store.ts';
import { buffersOf } from './buffers-of.ts';
import { createBatchSize } from './batch-size.ts';
import { fetchedWasm } from './fetched-wasm.ts';
import { runGolden } from './golden.ts';
import { createObserver } from './observer.ts';
import { earlyStart, openSession } from './open-session.ts';
import { createCallRunner, failure } from './predict-calls.ts';
import type { CallRunner, OpenModel } from './predict-calls.ts';
import { PROBE_TOLERANCE, probeSession } from './probe.ts';
import { createScheduler } from './scheduler.ts';
import { checkWasmUrl, startRuntime } from './start-runtime.ts';

/**
 * The API of one inference worker, which opens one model once.
 * @param port where calls arrive when the model runs in the page's own thread; default: the
 *   messages of this worker
 */
export function createPredictor(engines: Engines, port?: Endpoint): InferenceApi {
  let store: ModelStore | null = null;
  let remote: RemoteStore | null = null;
  let telemetry: TelemetryConfig | null = null;
  let model: OpenModel | null = null;
  let runner: CallRunner | null = null;

  const scheduler = createScheduler({
    limit: () => runner?.limit() ?? 1,
    async work(calls) {
      // Tell the page before the run: a run may end this thread, or never return.
      server.begin(calls);
      const answers = await answersTo(calls);
      const lent = calls.flatMap((call) => (call.lent ? buffersOf(call.input) : []));
      const outputs = buffersOf(
        answers.flatMap((answer) => ('error' in answer ? [] : [answer.outputs, answer.output])),
      );
      server.answer({ answers, lent }, [...lent, ...outputs]);
    },
  });
  const server = serveCalls(scheduler, port);
  let releaseVersion = (): void => undefined;

  async function answersTo(calls: readonly WireCall[]): Promise<Answer[]> {
    try {
      return await opened(runner).run(calls);
    } catch (error) {
      return calls.map(({ id }) => failure(id, error));
    }
  }

  function opened<T>(part: T | null): T {
    if (part === null) throw new PerigeeError('DISPOSED', 'This worker has no open model.');
    return part;
  }

  return {
    async attach(location, port, observe) {
      telemetry = observe || null;
      if (port) store = remote = remoteStore(port);
      else if (location) store = await openStore(location);
    },

    async relink(port) {
      if (remote) remote.relink(port);
      else port?.close();
    },

    async open(
      source: OpenSource,
      options: OpenOptions,
      onProgress,
      files,
      request,
    ): Promise<Opened | Elsewhere> {
      checkWasmUrl(options);
      if (source.kind === 'stored') releaseVersion = holdVersion(source);
      const ask = createRequester(request, source.kind === 'url' ? source.url : 'about:blank');
      const result = await openSession(
        engines,
        source,
        options,
        store,
        onProgress,
        files,
        ask,
      ).finally(() => {
        releaseCallback(onProgress);
        request?.port?.close();
      });
      if ('format' in result)
        return transfer(
          result,
          Object.values(result.files ?? {}).map(({ buffer }) => buffer),
        );
      const { session, stored, ...facts } = result;
      const manifest = stored?.manifest ?? null;
      const pipeline = manifest?.pipeline ? compilePipeline(manifest) : null;
      const observer =
        telemetry && store && stored
          ? await createObserver(store, stored, facts.backend, telemetry)
          : null;
      observer?.loaded(facts.timing.totalMs);
      if (options.trial === 'golden')
        for (const { verdict } of facts.trials)
          if (verdict === 'passed' || verdict === 'wrong-output')
            observer?.tried(verdict === 'passed');
      // Write the counts now: the worker of a trial may be ended right after the trial. The updater
      // reports candidates that failed.
      if (options.trial === 'golden' && facts.trials.at(-1)?.verdict === 'passed')
        void observer?.record().catch(() => undefined);
      const idPrefix = randomPrefix();
      model = {
        session,
        pipeline,
        observer,
        batchSize: createBatchSize(options.maxBatch),
        idPrefix,
        isWarm: facts.timing.warmUpMs > 0,
      };
      runner = createCallRunner(model);
      return {
        ...facts,
        signature: session.signature,
        manifest,
        threads: session.threads,
        inPlace: port !== undefined,
        idPrefix,
      };
    },

    async prepare({ entry, sizeBytes }, options) {
      earlyStart(engines, options)(entry, sizeBytes);
    },

    async lastShapes() {
      return opened(runner).lastShapes;
    },

    async probe(like) {
      const { session } = opened(model);
      const probes = await probeSession(session, like);
      if (!probes) return null;
      const { medianMs } = await runGolden(probes, (feeds) => session.run(feeds), PROBE_TOLERANCE);
      return { probes, medianMs };
    },

    async feedback(id, truth) {
      const { observer } = opened(model);
      if (typeof id !== 'string' || typeof truth !== 'object' || truth === null) {
        throw new PerigeeError(
          'INVALID_INPUT',
          'feedback() takes the id of a prediction as text, and its truth as { label } or { ' +
            'value }.',
        );
      }
      if (!observer)
        throw new PerigeeError(
          'INVALID_CONFIG',
          'feedback() needs telemetry: give createPerigee() a `telemetry.url`, and load the ' +
            'model by name.',
        );
      await observer.truth(id, truth);
    },

    startRuntime: (options) => startRuntime(engines, options),
    wasmFiles: async () => fetchedWasm(),

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
      await scheduler.idle();
      await model?.observer?.record().catch(() => undefined);
      await model?.session.dispose();
      model = null;
      runner = null;
      releaseVersion();
    },
  };
}

/** 96 random bits, so that prediction ids are unique across devices. */
function randomPrefix(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}-`;
}
