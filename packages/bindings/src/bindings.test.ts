import { createPerigee, loadModel } from 'perigee';
import type { Perigee } from 'perigee';
import { expect, onTestFinished, test, vi } from 'vitest';
import { bindingsOf } from './bindings.ts';
import type { ModelOptions } from './bindings.ts';

function perigeeThatNotes() {
  const perigee = createPerigee({ registry: 'http://127.0.0.1:9/', store: 'memory' });
  onTestFinished(() => perigee.dispose());
  const load = vi.fn<() => Promise<never>>(() => Promise.reject(new Error('noted')));
  return { load, bindings: bindingsOf({ ...perigee, load: load as Perigee['load'] }) };
}

const FORMAT = { format: 'onnx' } as const;

const SOURCES: readonly (readonly [source: string, isName: boolean, options: ModelOptions])[] = [
  ['digits', true, {}],
  ['digits@^1.2', true, {}],
  ['my.model_2-b@canary', true, {}],
  ['weights', false, FORMAT],
  ['weights@1', false, FORMAT],
  ['digits.onnx', false, {}],
  ['digits.json.gz', false, {}],
  ['./digits', false, {}],
  ['Weights', false, {}],
  ['my weights', false, {}],
];

test.each(SOURCES)('%s is a name: %s, as for loadModel()', async (source, isName, options) => {
  const { load, bindings } = perigeeThatNotes();
  await bindings.model(source, options).settled();
  expect(load).toHaveBeenCalledTimes(isName ? 1 : 0);
  const error: unknown = await loadModel(source, options).catch((reason: unknown) => reason);
  expect(error instanceof Error && error.message.includes('is a model reference')).toBe(isName);
});

test('the order of options, and options that are undefined, make no other model', () => {
  const { bindings } = perigeeThatNotes();
  const headers = { a: '1', b: '2' };
  const model = bindings.model('digits', { backend: 'cpu', threads: 1, request: { headers } });
  const reordered: object = {
    request: { headers: { b: '2', a: '1' } },
    warmUp: undefined,
    threads: 1,
    backend: 'cpu',
  };
  expect(bindings.model('digits', reordered)).toBe(model);
  expect(bindings.model('digits', { backend: 'cpu', threads: 1 })).not.toBe(model);
});

test('models with different fetch functions are different models', () => {
  const { bindings } = perigeeThatNotes();
  const ofFetch = (own: typeof fetch) => bindings.model('/m.onnx', { request: { fetch: own } });
  const mirror: typeof fetch = (...call) => fetch(...call);
  expect(ofFetch(mirror)).toBe(ofFetch(mirror));
  expect(ofFetch(mirror)).not.toBe(ofFetch(fetch));
  expect(ofFetch(mirror)).not.toBe(bindings.model('/m.onnx', { request: {} }));
});

test('the first state of a model has every field, so that views can make theirs of it', () => {
  const first = perigeeThatNotes().bindings.model('digits').getSnapshot();
  const known = ['progress', 'version', 'backend', 'updateAvailable', 'isUpdating', 'update'];
  expect(Object.keys(first)).toEqual(expect.arrayContaining(known));
});
