import { fileURLToPath } from 'node:url';
import { PerigeeError, createPerigee, loadModel } from 'perigee';
import type { Model, ModelEvents, Perigee, PerigeeEvents } from 'perigee';
import { expect, onTestFinished, test } from 'vitest';
import { createRegistry, serve } from '../updater/registry.fixture.ts';
import { sumModel } from './working-model.fixture.ts';

/** Calls every public method with values of the wrong kind. */

const MODEL = fileURLToPath(new URL('../../../../e2e/models/two-layers.onnx', import.meta.url));
const LOCAL = { update: 'local', backend: 'cpu' } as const;
const INPUT = { x0: [[1, 2, 3, 4]] };

const circle: unknown[] = [];
circle.push(circle);
const aFunction = (): number => 1;
const bare: unknown = Object.create(null);
const ODD = [Symbol('odd'), aFunction, circle, null, 5n, Number.NaN, bare, [undefined]];

type Method = (value: never) => unknown;

async function device(): Promise<{ perigee: Perigee; model: Model; url: string }> {
  const registry = createRegistry();
  await registry.publish({ name: 'sum', version: '1.0.0', ...sumModel(2) });
  const { url } = await serve(registry);
  const perigee = createPerigee({ registry: url, telemetry: { url } });
  onTestFinished(() => perigee.dispose());
  return { perigee, model: await perigee.load('sum', LOCAL), url };
}

/** Returns how a call ends: `done`, the code of its error, or any other error in full. */
async function endOf(method: Method, value: unknown): Promise<string> {
  try {
    await method(value as never);
    return 'done';
  } catch (error) {
    return error instanceof PerigeeError ? error.code : `not ours: ${String(error)}`;
  }
}

/** Methods that refuse each of the values; a value that a method accepts is listed with it. */
function refusing(perigee: Perigee, model: Model, url: string): [string, Method, unknown[]?][] {
  const run = { x0: { dtype: 'float32', shape: [1, 4], data: new Float32Array(4) } } as const;
  return [
    ['createPerigee', (value) => createPerigee(value), [bare]],
    ['perigee.load', (value) => perigee.load(value)],
    ['perigee.load options', (value) => perigee.load('sum', value), [bare]],
    ['perigee.availability', (value) => perigee.availability(value)],
    ['perigee.remove', (value) => perigee.remove(value)],
    ['perigee.storage.remove', (value) => perigee.storage.remove(value)],
    ['perigee.pin', (value) => perigee.pin(value, null)],
    ['perigee.pin version', (value) => perigee.pin('sum', value), [null]],
    ['perigee.telemetry.setConsent', (value) => perigee.telemetry.setConsent(value)],
    ['perigee.on', (value) => perigee.on(value, () => undefined)],
    ['perigee.on listener', (value) => perigee.on('error', value), [aFunction]],
    ['model.on', (value) => model.on(value, () => undefined)],
    ['model.on listener', (value) => model.on('trial', value), [aFunction]],
    ['model.feedback', (value) => model.feedback(value, { value: 1 })],
    ['model.feedback truth', (value) => model.feedback('id', value)],
    ['model.checkForUpdate', (value) => model.checkForUpdate(value), [bare]],
    ['model.update', (value) => model.update(value), [bare]],
    ['model.rollback', (value) => model.rollback(value)],
    ['model.pin', (value) => model.pin(value)],
    ['model.predict', (value) => model.predict(value), [5n, Number.NaN]],
    ['model.predict value', (value) => model.predict({ x0: value }), [5n, Number.NaN]],
    ['model.predict options', (value) => model.predict(INPUT, value), [bare]],
    ['model.predictMany', (value) => model.predictMany(value)],
    ['model.predictMany options', (value) => model.predictMany([INPUT], value), [bare]],
    ['model.predictStream', (value) => model.predictStream(value).next()],
    ['model.run', (value) => model.run(value)],
    ['model.run outputs', (value) => model.run(run, { outputs: value }), [null]],
    ['loadModel', (value) => loadModel(value)],
    ['loadModel registry', (registry) => loadModel('sum', { registry })],
    [
      'loadModel trustedRoot',
      (trustedRoot) => loadModel('sum', { registry: url, trustedRoot }),
      [null],
    ],
    [
      'loadModel headers',
      (headers) => loadModel('sum', { registry: url, request: { headers } }),
      [bare],
    ],
    [
      'loadModel fetch',
      (fetch) => loadModel('sum', { registry: url, request: { fetch } }),
      [aFunction],
    ],
  ];
}

test('every method refuses odd values with a PerigeeError, and later calls are answered', async () => {
  const { perigee, model, url } = await device();
  const wrong: string[] = [];
  for (const [name, method, taken = []] of refusing(perigee, model, url)) {
    for (const value of ODD.filter((odd) => !taken.includes(odd))) {
      const end = await endOf(method, value);
      if (!end.startsWith('INVALID_')) wrong.push(`${name} of ${typeof value}: ${end}`);
    }
  }
  expect(wrong).toEqual([]);
  // The model multiplies the sum of its inputs by two.
  expect([...(await model.predict(INPUT)).outputs['y0']!.data]).toEqual([20]);
});

const containing = (text: string): string => expect.stringContaining(text) as string;

test('unknown events and listeners that are not functions are refused', async () => {
  const { perigee, model } = await device();
  const refused = (message: string) =>
    expect.objectContaining({ code: 'INVALID_CONFIG', message: containing(message) }) as Error;
  const listener = (): void => undefined;
  const ofPerigee: Record<keyof PerigeeEvents, true> = {
    updateready: true,
    fallback: true,
    error: true,
    metadatastale: true,
    evicted: true,
    released: true,
    telemetry: true,
  };
  const ofModel: Record<keyof ModelEvents, true> = {
    trial: true,
    backend: true,
    updateready: true,
    rollback: true,
  };
  for (const name of Object.keys(ofPerigee)) perigee.on(name as 'error', listener)();
  for (const name of Object.keys(ofModel)) model.on(name as 'trial', listener)();
  expect(() => perigee.on('nope' as never, listener)).toThrow(
    refused('on(): event is "nope"; expected updateready, fallback, error'),
  );
  expect(() => model.on('error' as never, listener)).toThrow(
    refused('on(): event is "error"; expected trial, backend, updateready, rollback'),
  );
  expect(() => model.on('trial', 5 as never)).toThrow(refused('listener is 5; expected function'));
});

test('update(), checkForUpdate(), rollback() and pin() name what is wrong', async () => {
  const { model } = await device();
  const config = (message: string) => ({ code: 'INVALID_CONFIG', message: containing(message) });
  await expect(model.update({ timeoutMs: null } as never)).rejects.toMatchObject(
    config('update() has no option "timeoutMs"'),
  );
  await expect(model.update({ onProgress: true } as never)).rejects.toMatchObject(
    config('update(): onProgress is true; expected function'),
  );
  await expect(model.checkForUpdate({ sginal: 1 } as never)).rejects.toMatchObject(
    config('checkForUpdate() has no option "sginal". Did you mean "signal"?'),
  );
  await expect(model.checkForUpdate({ signal: {} } as never)).rejects.toMatchObject(
    config('checkForUpdate(): signal is object; expected AbortSignal'),
  );
  const input = (message: string) => ({ code: 'INVALID_INPUT', message: containing(message) });
  await expect(model.rollback(5 as never)).rejects.toMatchObject(
    input('rollback() takes the reason as text, or nothing; got number'),
  );
  await expect(model.pin('no' as never)).rejects.toMatchObject(
    input('pin() takes true or false; got the text "no"'),
  );
});

test('checkForUpdate() and update() reject when their signal is aborted', async () => {
  const registry = createRegistry();
  await registry.publish({ name: 'sum', version: '1.0.0', ...sumModel(2) });
  let isSilent = false;
  let asked = (): void => undefined;
  const host = await serve(registry, () => {
    if (isSilent) asked();
    return isSilent;
  });
  const perigee = createPerigee({ registry: host.url });
  onTestFinished(() => perigee.dispose());
  const model = await perigee.load('sum', LOCAL);
  isSilent = true;
  for (const method of ['checkForUpdate', 'update'] as const) {
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const controller = new AbortController();
    const ended = model[method]({ signal: controller.signal }).catch((error: unknown) => error);
    await isAsked;
    controller.abort(new Error('left'));
    expect(await ended).toMatchObject({ message: 'left' });
    await expect(model[method]({ signal: controller.signal })).rejects.toThrow('left');
  }
});

test('null as a number is refused, and so is an invalid wasmUrl', async () => {
  const config = (message: string) => ({ code: 'INVALID_CONFIG', message: containing(message) });
  for (const name of ['threads', 'workers', 'maxBatch', 'maxQueue', 'idleReleaseMs']) {
    await expect(loadModel(MODEL, { [name]: null })).rejects.toMatchObject(
      config(`loadModel(): ${name} is null; expected a`),
    );
  }
  const model = await loadModel(MODEL, { backend: 'cpu' });
  onTestFinished(() => model.dispose());
  await expect(
    model.predict(new Float32Array(64), { timeoutMs: null } as never),
  ).rejects.toMatchObject(config('predict(): timeoutMs is null; expected a number from 0'));
  for (const wasmUrl of ['http://[::1', 'https://exa mple.com/']) {
    await expect(loadModel(MODEL, { wasmUrl })).rejects.toMatchObject(
      config(`The option wasmUrl is "${wasmUrl}", which is not a URL`),
    );
  }
});
