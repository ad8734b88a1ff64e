import { formatModelRef, parseManifest, parseModelRef } from '@perigee/registry';
import type {
  Activated,
  AnswerReport,
  AnswerVerdict,
  Candidate,
  NotKept,
  UpdaterApi,
} from '../rpc/updater-api.ts';
import { holdVersion, keyOf } from '../store/hold-version.ts';
import type { ModelStore, VersionRecord } from '../store/store.ts';
import { recordRefused } from '../telemetry/record-refused.ts';
import {
  activate,
  finishActivation,
  moveTo,
  recordOf,
  reject,
  rollBack,
  startLocal,
} from './activation.ts';
import { audit } from './audit.ts';
import { pin } from './policy.ts';
import { countDeadStarts, countFailedStart, recordAnswers } from './probation.ts';
import { finishes, settled, storeOf } from './state.ts';
import type { UpdaterState } from './state.ts';
import { beginTrial, endAllTrials, endTrial } from './trial-marks.ts';

type TrialMethods = Pick<UpdaterApi, 'beginTrial' | 'endTrial' | 'activate' | 'reject'>;

/** Methods for a version that was installed: its trial, and the end of it. */
export function trialMethods(state: UpdaterState): TrialMethods {
  return {
    async beginTrial(candidate) {
      const attempts = await beginTrial(storeOf(state), candidate);
      for (const [task, name] of state.arriving)
        if (name === candidate.model) state.arriving.delete(task);
      return attempts;
    },
    endTrial: (candidate) => endTrial(storeOf(state), candidate),
    activate: (candidate) => finishes(state, candidate.model, activateStored(state, candidate)),
    async reject(candidate, reason, code) {
      const { telemetryConfig } = state;
      // Objects that are stored afterwards would belong to no version.
      await takeStoring(state, candidate)?.catch(() => undefined);
      await reject(storeOf(state), candidate, reason);
      // A failure to record this does not affect the version.
      if (telemetryConfig && code !== null)
        await recordRefused(storeOf(state), candidate, telemetryConfig, code).catch(
          () => undefined,
        );
    },
  };
}

/** U11 for a version that may not be stored yet. */
async function activateStored(state: UpdaterState, candidate: Candidate): Promise<Activated> {
  const stored = takeStoring(state, candidate);
  // A failure is reported below.
  stored?.catch(() => undefined);
  // The version answers already, so its trial is over whatever happens to the store.
  if (stored) await endTrial(storeOf(state), candidate);
  const notKept = (await stored) ?? null;
  const store = storeOf(state);
  const flipped = await (stored ? moveTo(store, candidate) : activate(store, candidate));
  if (stored) {
    // Its answers wait for the pointer, and for nothing after it.
    const finished = finishActivation(store, candidate);
    void finishes(state, candidate.model, finished).catch(() => undefined);
  } else packInBackground(store, await recordOf(store, candidate));
  const { reason = null, code = null } = notKept ?? {};
  return { ...flipped, memoryOnlyReason: reason, memoryOnlyCode: code };
}

/** Resolves when a version that was handed over is stored. The caller is the one that waits. */
function takeStoring(
  { storing }: UpdaterState,
  candidate: Candidate,
): Promise<NotKept | null> | undefined {
  const key = keyOf(candidate);
  const stored = storing.get(key);
  return stored?.finally(() => storing.delete(key));
}

type ActiveMethods = Pick<UpdaterApi, 'local' | 'rollBack' | 'pin' | 'keep'>;

/** Methods for the version that answers for a reference. */
export function activeMethods(state: UpdaterState): ActiveMethods {
  return {
    async local(text) {
      await settled(state, parseModelRef(text).name);
      const store = storeOf(state);
      return startLocal(store, refOf(text), state.registryOptions);
    },
    async rollBack(text, reason, isFaulty) {
      await settled(state, parseModelRef(text).name);
      const by = isFaulty ? 'rollback' : 'app';
      const options = { reason, by, registry: state.registryOptions } as const;
      return (await rollBack(storeOf(state), refOf(text), options)) ?? null;
    },
    async pin(text, version) {
      const ref = parseModelRef(text);
      await pin(storeOf(state), ref, version);
      await audit(storeOf(state), {
        event: 'pin',
        model: ref.name,
        reason:
          version === null
            ? `${formatModelRef(ref)} is free again`
            : `${formatModelRef(ref)} stays at ${version}`,
      });
    },
    async keep(named, loaded) {
      await settled(state, named.model);
      const { kept } = state;
      const wanted = new Set([named, ...loaded].map(keyOf));
      for (const [key, release] of kept) {
        if (wanted.has(key)) continue;
        kept.delete(key);
        release();
      }
      const record = await storeOf(state).getVersion(named.model, named.version, named.variant);
      // Only the record of a bad version is stored, without its objects. A version that was handed
      // over is staging when it could not be stored.
      if (!record || record.state === 'bad' || record.state === 'staging') return false;
      const key = keyOf(named);
      if (!kept.has(key)) kept.set(key, holdVersion(named));
      return true;
    },
  };
}

type ProbationMethods = Pick<
  UpdaterApi,
  'reportAnswers' | 'countStarts' | 'beginStart' | 'endStart' | 'leave'
>;

/** Methods that report how a version on probation does. */
export function probationMethods(state: UpdaterState): ProbationMethods {
  return {
    async reportAnswers(text, report) {
      const verdict = Promise.all([
        state.lastReport,
        settled(state, parseModelRef(text).name),
      ]).then(() => takeReport(storeOf(state), refOf(text), report));
      state.lastReport = verdict.catch(() => undefined);
      return verdict;
    },
    async countStarts(text, side, left) {
      const ref = refOf(text);
      await countDeadStarts(storeOf(state), ref, side, left);
      return startLocal(storeOf(state), ref, state.registryOptions);
    },
    beginStart: (text, side, page) => state.starts.begin(storeOf(state), refOf(text), side, page),
    async endStart(token, hasFailed) {
      const ended = await state.starts.end(storeOf(state), token, hasFailed);
      if (ended?.hasFailed) await countFailedStart(storeOf(state), ended);
    },
    async leave(done) {
      const { store, starts, lastReport } = state;
      try {
        if (store)
          await Promise.all([starts.leave(store), endAllTrials(store), lastReport, settled(state)]);
      } finally {
        if (done) Atomics.store(done, 0, 1);
        if (done) Atomics.notify(done, 0);
      }
    },
  };
}

function refOf(text: string): string {
  return formatModelRef(parseModelRef(text));
}

/**
 * Packs files into one piece each, which is faster to read, after the caller's work. A failure only
 * costs time.
 */
function packInBackground(store: ModelStore, record: VersionRecord): void {
  packFiles(store, record).catch(() => undefined);
}

async function packFiles(store: ModelStore, record: VersionRecord): Promise<void> {
  const variant = parseManifest(record.manifest).variants.find(({ id }) => id === record.variant);
  for (const { sha256, chunks } of variant?.files ?? [])
    await store.packFile(
      sha256,
      chunks.flatMap((index) => variant?.chunks[index] ?? []),
    );
}

async function takeReport(
  store: ModelStore,
  ref: string,
  { version, variant, ...report }: AnswerReport,
): Promise<AnswerVerdict> {
  const pointer = await store.getPointer(ref);
  // Another version became active meanwhile, so these answers no longer matter.
  if (pointer?.active.version !== version || pointer.active.variant !== variant)
    return { onProbation: false, slow: null, done: true };
  const { confirmedBy, ...verdict } = await recordAnswers(store, pointer, report);
  if (confirmedBy !== undefined)
    await audit(store, {
      event: 'confirm',
      model: pointer.model,
      ...pointer.active,
      reason: `${confirmedBy} answers`,
    });
  return verdict;
}
