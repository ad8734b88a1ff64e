import { scopeEndpoint } from '#scope';
import { transfer } from 'comlink';
import type { Endpoint } from 'comlink';
import type { TelemetryConfig } from '../config.ts';
import type { Engines } from '../engines/load-engine.ts';
import { createRequester } from '../request/requester.ts';
import type { ActiveModel, InferenceApi, OpenOptions } from '../rpc/inference-api.ts';
import { releaseCallback } from '../rpc/release.ts';
import { receiveCalls } from '../rpc/serve-calls.ts';
import type { CallPort } from '../rpc/serve-calls.ts';
import { holdVersion } from '../store/hold-version.ts';
import type { StoredRelease } from '../store/load-stored.ts';
import { openStore } from '../store/open-store.ts';
import { remoteStore } from '../store/remote-store.ts';
import type { RemoteStore } from '../store/remote-store.ts';
import type { ModelStore } from '../store/store.ts';
import { trialsOfActive } from './active-release.ts';
import { answerCalls, opened } from './answer-calls.ts';
import { readEarly, takeEarly } from './early-read.ts';
import type { EarlyRead, StoredSource } from './early-read.ts';
import { earlyStart } from './early-start.ts';
import { fetchedWasm } from './fetched-wasm.ts';
import { runGolden } from './golden.ts';
import { countEvent, countGroundTruth } from './count-outside.ts';
import { openInWorker } from './open-in-worker.ts';
import { callLimit } from './open-model.ts';
import type { OpenModel } from './open-model.ts';
import { readsParts } from './open-session.ts';
import type { ToOpen } from './open-session.ts';
import { PROBE_TOLERANCE, probeSession } from './probe.ts';
import { createScheduler } from './scheduler.ts';
import { checkWasmUrl, startRuntime } from './start-runtime.ts';

/** The state of an inference worker. */
interface Predictor {
  store: ModelStore | null;
  /** The store is opened early, and attached again when the model is known. */
  opening: Promise<ModelStore> | undefined;
  /** The store, if it is in the updater worker. */
  remote: RemoteStore | null;
  telemetry: TelemetryConfig | null;
  model: OpenModel | null;
  /** The version that is read before the model to open is certain. */
  early: EarlyRead | undefined;
  /** Lets garbage collection have the open version. */
  releaseVersion(): void;
}

/**
 * The API of one inference worker, which opens one model once.
 * @param inPlace where calls arrive when the model runs in the page's own thread; default: the
 *   messages of this worker
 */
export function createPredictor(engines: Engines, inPlace?: Endpoint): InferenceApi {
  const self: Predictor = {
    store: null,
    opening: undefined,
    remote: null,
    telemetry: null,
    model: null,
    early: undefined,
    releaseVersion: () => undefined,
  };
  const port: CallPort = { endpoint: inPlace ?? scopeEndpoint(), begun: [] };
  const scheduler = createScheduler({
    limit: () => (self.model ? callLimit(self.model) : 1),
    work: (calls) => answerCalls(port, self.model, calls),
  });
  receiveCalls(port, scheduler);

  return {
    async attach(location, storePort, telemetry) {
      self.telemetry = telemetry || null;
      if (storePort) self.store = self.remote = remoteStore(storePort);
      else if (location) {
        // Where the updater finds that it cannot be written, a port follows.
        self.opening ??= openStore(location, true);
        self.opening.catch(() => (self.opening = undefined));
        self.store = await self.opening;
      }
    },

    async relink(storePort) {
      if (self.remote) self.remote.relink(storePort);
      else storePort?.close();
    },

    async open(source, options, onProgress, files, request) {
      checkWasmUrl(options);
      const ask = createRequester(request, source.kind === 'url' ? source.url : 'about:blank');
      const toOpen = { source, options, store: self.store, onProgress, given: files, ask };
      const result = await openSource(self, engines, toOpen).finally(() => {
        releaseCallback(onProgress);
        // The page closes it.
        request?.port?.postMessage(null);
      });
      if ('format' in result) {
        const read = Object.values(result.files ?? {});
        return transfer(
          result,
          read.map(({ buffer }) => buffer),
        );
      }
      self.model = result.model;
      return { ...result.facts, inPlace: inPlace !== undefined };
    },

    openActive: (model, options) => openActive(self, engines, model, options),

    async prepare({ entry, sizeBytes, source }, options) {
      if (source) readAhead(self, engines, source, options);
      earlyStart(engines, options, source ? 'code' : 'runtime')(entry, sizeBytes);
    },

    async lastShapes() {
      return opened(self.model).lastShapes;
    },

    async probe(like) {
      const { session } = opened(self.model);
      const probes = await probeSession(session, like);
      if (!probes) return null;
      const { medianMs = 0 } = await runGolden(
        probes,
        (feeds) => session.run(feeds),
        PROBE_TOLERANCE,
      );
      return { probes, medianMs };
    },

    async timeSample() {
      const model = opened(self.model);
      const { timeSample } = model;
      // It holds the sample, which nobody asks for again.
      model.timeSample = null;
      return (await timeSample?.(scheduler.between)) ?? null;
    },

    feedback: async (id, groundTruth) =>
      countGroundTruth(opened(self.model).observer, id, groundTruth),

    startRuntime: (options) => startRuntime(engines, options),
    wasmFiles: async () => fetchedWasm(),

    count: async (event) => countEvent(self.model?.observer, event),

    async record() {
      await self.model?.observer?.record();
    },

    async close() {
      await scheduler.idle();
      void earlyRelease(self, null);
      await self.model?.observer?.record().catch(() => undefined);
      await self.model?.session.dispose();
      self.model = null;
      self.releaseVersion();
    },
  };
}

/** Opens the version that answered last time, if it still answers. */
async function openActive(
  self: Predictor,
  engines: Engines,
  model: ActiveModel,
  options: OpenOptions,
): ReturnType<InferenceApi['openActive']> {
  checkWasmUrl(options);
  const { source, entry } = model;
  const answers = self.opening?.then((store) => trialsOfActive(store, model, options.backends));
  readAhead(self, engines, source, options, true);
  earlyStart(engines, options, 'code')(entry, 0);
  const trials = await answers;
  if (!trials) {
    await earlyRelease(self, null);
    return null;
  }
  const toOpen = { source, options, store: self.store, onProgress: null };
  const result = await openSource(self, engines, toOpen);
  if ('format' in result) throw new Error('A manifest names the format, so no other is found.');
  self.model = result.model;
  return { opened: { ...result.facts, inPlace: false }, trials };
}

/** Reads a stored version before it is certain that it will be opened. */
function readAhead(
  self: Predictor,
  engines: Engines,
  source: StoredSource,
  options: OpenOptions,
  withoutGolden = false,
): void {
  const mayStay = (file: string): boolean => readsParts(engines, file, options);
  if (self.opening) self.early = readEarly(self.opening, source, { mayStay, withoutGolden });
}

/** Opens a model, from what was read early if it is this version. */
async function openSource(
  self: Predictor,
  engines: Engines,
  toOpen: Omit<ToOpen, 'early'>,
): ReturnType<typeof openInWorker> {
  const { source, given, options } = toOpen;
  if (source.kind === 'stored') self.releaseVersion = holdVersion(source);
  const stored = source.kind === 'stored' && !given ? source : null;
  const early = await earlyRelease(self, stored, options.trial !== 'none');
  return openInWorker(engines, { ...toOpen, early }, self.telemetry);
}

/** Ends the early read. Resolves to its release if it is the one to open, else to null. */
async function earlyRelease(
  self: Predictor,
  source: StoredSource | null,
  needsGolden = false,
): Promise<StoredRelease | null> {
  const { early } = self;
  self.early = undefined;
  return takeEarly(early, source, needsGolden).finally(() => early?.free());
}
