import type { LoadOptions } from '../../config.ts';
import type { PerigeeError } from '../../error.ts';
import { closeWorkers } from '../backends/close-workers.ts';
import type { RetiredWorkers } from '../backends/close-workers.ts';
import {
  CHECK_FOR_UPDATE,
  UPDATE,
  checkReason,
  checkSwitch,
  unlessAborted,
} from '../loading/check-arguments.ts';
import type { Model } from '../../model-types.ts';
import type { ModelHandle } from '../model.ts';
import type { MainBundle } from '../main-bundle.ts';
import type { ModelState } from '../model-state.ts';
import type { PerigeeState } from '../perigee-state.ts';
import type { Offer } from '../../rpc/updater-api.ts';
import { openLatest } from './install-latest.ts';
import type { LoadedVersion } from './open-version.ts';
import { backendsOf } from './start-early.ts';
import { isLeaving, watchAnswers } from './watch-probation.ts';

/** Methods of a model that need a registry. */
export type ModelVersions = Pick<Model, 'checkForUpdate' | 'update' | 'rollback' | 'pin'>;

/**
 * Creates these methods for a model.
 * @param planSearch plans the search for a faster backend for a version that took over
 * @throws PerigeeError INVALID_CONFIG for a bare file
 */
export function createModelVersions(
  main: MainBundle,
  state: ModelState,
  model: ModelHandle,
  planSearch: (state: ModelState) => void,
): ModelVersions {
  const { name, origin, options, events } = state;
  if (!origin) throw new main.PerigeeError('INVALID_CONFIG', hasNoVersions(name));
  const { perigee, ref } = origin;
  const { PerigeeError, checkOptions, createProgress, openStored } = main;
  // The signal of the load does not abort what is asked of the model later.
  const { signal: _, ...own } = options;

  const switchTo = (next: LoadedVersion): string => {
    const from = model.backend;
    void closeWorkers(takeOver(main, state, next));
    planSearch(state);
    const { backend: to, version } = model;
    if (to !== from) events.emit('backend', { from, to, reason: `version ${version} runs on it` });
    return version;
  };

  return {
    async checkForUpdate(given = {}) {
      checkOptions('checkForUpdate()', given, CHECK_FOR_UPDATE);
      const offer = await offerFor(perigee, ref, own, given.signal);
      return {
        available: isNews(offer, model),
        current: model.version,
        latest: offer.version,
        reason: offer.reason,
        downloadBytes: offer.downloadBytes,
      };
    },
    async update(given = {}) {
      checkOptions('update()', given, UPDATE);
      const { signal, onProgress } = given;
      signal?.throwIfAborted();
      const progress = await createProgress(onProgress);
      const load = { ref, options: { ...own, ...(signal && { signal }) }, progress };
      const updater = await perigee.startedUpdater();
      // A version that another tab or the background update activated needs no network.
      const local = await updater.connection.call('local', ref);
      if (local && local.version !== model.version)
        switchTo(await openStored(perigee, load, updater, local));
      else if (isNews(await offerFor(perigee, ref, load.options, signal), model))
        switchTo(await openLatest(perigee, load, false));
      watchAnswers(perigee, ref, model);
      progress.phase('ready');
      return model.version;
    },
    async rollback(reason = 'the app asked for it') {
      checkReason(perigee.main, reason);
      const updater = await perigee.startedUpdater();
      const from = model.version;
      const before = await updater.connection.call('rollBack', ref, reason, isLeaving(model));
      if (!before)
        throw new PerigeeError(
          'MODEL_NOT_FOUND',
          `There is no version of "${model.name}" before ${from} on this device.`,
        );
      const load = { ref, options: own, progress: await createProgress(undefined) };
      const to = switchTo(await openStored(perigee, load, updater, before));
      events.emit('rollback', { from, to, reason });
      return to;
    },
    async pin(on = true) {
      checkSwitch(perigee.main, 'pin()', on);
      return perigee.ask('pin', ref, on ? model.version : null);
    },
  };
}

async function offerFor(
  perigee: PerigeeState,
  ref: string,
  options: LoadOptions,
  signal: AbortSignal | undefined,
): Promise<Offer> {
  const backends = backendsOf(perigee.runtime, options);
  return unlessAborted(signal, perigee.ask('check', ref, backends));
}

function isNews({ version, isLeft }: Offer, model: ModelHandle): boolean {
  return !isLeft && version !== model.version;
}

/** Answers calls with this version. Returns the workers of the one before. */
function takeOver(main: MainBundle, state: ModelState, next: LoadedVersion): RetiredWorkers {
  const { signal } = state.disposal;
  if (signal.aborted) next.worker.connection.end(signal.reason as PerigeeError);
  signal.throwIfAborted();
  return main.switchTo(state, next);
}

function hasNoVersions(name: string): string {
  return (
    `"${name}" was loaded from a file, which has no versions. Publish it to a registry and ` +
    'load it by name.'
  );
}
