import { expect, test } from 'vitest';
import { PerigeeError } from '../../error.ts';
import type { AnswerListener, ModelHandle } from '../model.ts';
import type { AnswerReport, ReportVerdict } from '../../rpc/updater-api.ts';
import { isLeaving, watchAnswers } from './watch-answers.ts';

type Timing = NonNullable<Parameters<AnswerListener>[1]>;

/** A model whose answers the test provides, and an updater that records its reports. */
function watched(verdict: (heard: AnswerReport) => Partial<ReportVerdict> = () => ({})) {
  const told: AnswerReport[] = [];
  const left: string[] = [];
  const found: boolean[] = [];
  let listener: AnswerListener = () => undefined;
  const model = {
    version: '1.1.0',
    variant: 'fp32',
    backend: 'wasm',
    onAnswer(next: AnswerListener) {
      listener = next;
      return () => undefined;
    },
    async rollback(reason: string) {
      left.push(reason);
      found.push(isLeaving(model as unknown as ModelHandle));
      model.version = '1.0.0';
      return model.version;
    },
  };
  const call = async (
    _method: string,
    _ref: string,
    heard: AnswerReport,
  ): Promise<ReportVerdict> => {
    told.push(heard);
    return { onProbation: true, slow: null, done: false, ...verdict(heard) };
  };
  watchAnswers(
    {
      runtime: { onLifecycle: async () => () => undefined } as never,
      startedUpdater: async () => ({ connection: { call } }) as never,
      inBackground: (work) => void work,
    },
    'digits',
    model as unknown as ModelHandle,
  );
  // The updater above uses only promises, so all are settled after a turn of the event loop.
  const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  return {
    told,
    left,
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
      for (let i = 0; i < count; i += 1) listener(undefined, timing);
      await settle();
    },
    async fail(count: number, code: 'INFERENCE_FAILED' | 'INVALID_INPUT' = 'INFERENCE_FAILED') {
      for (let i = 0; i < count; i += 1) listener(new PerigeeError(code, 'no'));
      await settle();
    },
  };
}

test('the first answer is told at once, the others by fives, each once', async () => {
  const { told, answer } = watched();
  for (let i = 0; i < 14; i += 1) await answer(1);
  expect(told.map(({ answers }) => answers)).toEqual([1, 5, 5]);
  await answer(40);
  expect(told.reduce((sum, { answers }) => sum + answers, 0)).toBe(54);
});

test('what answers took is told without the time they waited; first runs and runs together are left out', async () => {
  const { told, answer } = watched();
  await answer(1, 90, [1, true]);
  await answer(2, 30);
  await answer(3, 70, [4, false]);
  expect(told.map(({ latencies }) => latencies)).toEqual([
    { backend: 'wasm', samplesMs: [] },
    { backend: 'wasm', samplesMs: [28, 28] },
  ]);
});

test('samples of a backend that was left are not told', async () => {
  const { told, answer, model } = watched();
  await answer(1);
  await answer(3, 500);
  model.backend = 'webgpu';
  await answer(2, 20);
  expect(told.at(-1)!.latencies).toEqual({ backend: 'webgpu', samplesMs: [18, 18] });
});

test('a version that is found slow is left, once', async () => {
  const { left, answer } = watched(({ version, answers }) =>
    version === '1.1.0' && answers === 5 ? { slow: 'slow: 300 ms' } : {},
  );
  await answer(1);
  await answer(5, 300);
  await answer(20);
  expect(left).toEqual(['slow: 300 ms']);
});

test('on probation too many failures take a version back, also when it never answered', async () => {
  const never = watched();
  await never.fail(5);
  expect(never.left).toEqual(['5 of 5 predictions failed on probation']);
  // The rollback was caused here, not by the app. Afterwards, a rollback is the app's again.
  expect([never.found, isLeaving(never.model as unknown as ModelHandle)]).toEqual([[true], false]);
  const some = watched();
  await some.answer(6);
  await some.fail(2);
  expect(some.left).toEqual(['2 of 8 predictions failed on probation']);
  const wrong = watched();
  await wrong.fail(50, 'INVALID_INPUT');
  expect(wrong.left).toEqual([]);
});

test('a version that is confirmed, or is the first here, is not left for failures', async () => {
  const { left, fail, answer } = watched(() => ({ onProbation: false }));
  await answer(1);
  await fail(20);
  expect(left).toEqual([]);
});

test('when enough is known nothing more is told, until another version answers', async () => {
  const { told, answer, model } = watched(() => ({ done: true }));
  await answer(30);
  expect(told).toHaveLength(1);
  model.version = '1.2.0';
  await answer(30);
  expect(told.map(({ version }) => version)).toEqual(['1.1.0', '1.2.0']);
});
