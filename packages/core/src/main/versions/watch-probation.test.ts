import { expect, test } from 'vitest';
import { codeOf, PerigeeError } from '../../error.ts';
import type { ModelHandle } from '../model.ts';
import type { AnswerListener } from '../model-state.ts';
import type { PerigeeState } from '../perigee-state.ts';
import type { Timing } from '../../model-types.ts';
import type { AnswerReport, AnswerVerdict } from '../../rpc/updater-api.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { isLeaving, watchAnswers } from './watch-probation.ts';

/** A model whose answers the test provides, and an updater that records its reports. */
function watched(
  verdict: (report: AnswerReport) => Partial<AnswerVerdict> = () => ({}),
  onLifecycle: Runtime['onLifecycle'] = async () => () => undefined,
) {
  const reports: AnswerReport[] = [];
  const rollbacks: string[] = [];
  const found: boolean[] = [];
  let listener: AnswerListener | undefined;
  const model = {
    version: '1.1.0',
    variant: 'fp32',
    backend: 'wasm',
    onAnswer(next: AnswerListener) {
      listener = next;
      return () => undefined;
    },
    async rollback(reason: string) {
      rollbacks.push(reason);
      found.push(isLeaving(model as unknown as ModelHandle));
      model.version = '1.0.0';
      return model.version;
    },
  };
  const ask = async (
    _method: string,
    _ref: string,
    report: AnswerReport,
  ): Promise<AnswerVerdict> => {
    reports.push(report);
    return { onProbation: true, slow: null, done: false, ...verdict(report) };
  };
  const state = {
    main: { codeOf },
    runtime: { onLifecycle } as unknown as Runtime,
    ask: ask as unknown as PerigeeState['ask'],
    inBackground: (work: Promise<unknown>) => void work,
  };
  watchAnswers(state, 'digits', model as unknown as ModelHandle);
  // The updater above uses only promises, so all are settled after a turn of the event loop.
  const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  return {
    reports,
    rollbacks,
    found,
    model,
    async answer(
      count: number,
      totalMs = 10,
      [batchSize, isFirst]: [number, boolean] = [1, false],
    ) {
      const timing: Timing = {
        queueMs: 2,
        preprocessMs: 1,
        inferenceMs: totalMs - 4,
        postprocessMs: 1,
        totalMs,
        batchSize,
        isFirst,
      };
      for (let i = 0; i < count; i += 1) listener?.answered(timing);
      await settle();
    },
    async fail(count: number, code: 'INFERENCE_FAILED' | 'INVALID_INPUT' = 'INFERENCE_FAILED') {
      for (let i = 0; i < count; i += 1) listener?.failed(new PerigeeError(code, 'no'));
      await settle();
    },
    async failInApp(count: number) {
      const error = Object.assign(new Error('of the app'), { code: 'INFERENCE_FAILED' });
      for (let i = 0; i < count; i += 1) listener?.failed(error);
      await settle();
    },
  };
}

test("the app's own errors do not count against a version, whatever their code is", async () => {
  const { rollbacks, answer, failInApp } = watched();
  await answer(1);
  await failInApp(10);
  expect(rollbacks).toEqual([]);
});

test('the first answer is reported at once, later ones five at a time, each once', async () => {
  const { reports, answer } = watched();
  for (let i = 0; i < 14; i += 1) await answer(1);
  expect(reports.map(({ answers }) => answers)).toEqual([1, 5, 5]);
  await answer(40);
  expect(reports.reduce((sum, { answers }) => sum + answers, 0)).toBe(54);
});

test('reported latencies exclude queue time, first runs and batches', async () => {
  const { reports, answer } = watched();
  await answer(1, 90, [1, true]);
  await answer(2, 30);
  await answer(3, 70, [4, false]);
  expect(reports.map(({ latencies }) => latencies)).toEqual([
    { backend: 'wasm', samplesMs: [] },
    { backend: 'wasm', samplesMs: [28, 28] },
  ]);
});

test('samples of the previous backend are not reported', async () => {
  const { reports, answer, model } = watched();
  await answer(1);
  await answer(3, 500);
  model.backend = 'webgpu';
  await answer(2, 20);
  expect(reports.at(-1)!.latencies).toEqual({ backend: 'webgpu', samplesMs: [18, 18] });
});

test('answers count where the code that watches the page cannot be imported', async () => {
  const offline = async (): Promise<never> => {
    throw new TypeError('Failed to fetch dynamically imported module');
  };
  // An unhandled rejection would fail the run of tests.
  const { reports, answer, fail, rollbacks } = watched(undefined, offline);
  await answer(1);
  await fail(5);
  expect(reports).toHaveLength(1);
  expect(rollbacks).toHaveLength(1);
});

test('a version that is found slow is rolled back, once', async () => {
  const { rollbacks, answer } = watched(({ version, answers }) =>
    version === '1.1.0' && answers === 5 ? { slow: 'slow: 300 ms' } : {},
  );
  await answer(1);
  await answer(5, 300);
  await answer(20);
  expect(rollbacks).toEqual(['slow: 300 ms']);
});

test('too many failures on probation roll a version back, also when it never answered', async () => {
  const never = watched();
  await never.fail(5);
  expect(never.rollbacks).toEqual(['5 of 5 predictions failed on probation']);
  // The rollback was caused here, not by the app. Afterwards, a rollback is the app's again.
  expect([never.found, isLeaving(never.model as unknown as ModelHandle)]).toEqual([[true], false]);
  const some = watched();
  await some.answer(6);
  await some.fail(2);
  expect(some.rollbacks).toEqual(['2 of 8 predictions failed on probation']);
  const wrong = watched();
  await wrong.fail(50, 'INVALID_INPUT');
  expect(wrong.rollbacks).toEqual([]);
});

test('failures do not roll back a version that is confirmed or the first on the device', async () => {
  const { rollbacks, fail, answer } = watched(() => ({ onProbation: false }));
  await answer(1);
  await fail(20);
  expect(rollbacks).toEqual([]);
});

test('reports end when enough is known, and begin again with another version', async () => {
  const { reports, answer, model } = watched(() => ({ done: true }));
  await answer(30);
  expect(reports).toHaveLength(1);
  model.version = '1.2.0';
  await answer(30);
  expect(reports.map(({ version }) => version)).toEqual(['1.1.0', '1.2.0']);
});
