// An app that is kept for offline use. Journeys drive it from outside. Its build has a name, so
// that there can be several.
import { createPerigee, PerigeeError } from 'perigee';
import { registerApp } from 'perigee/offline-app';
import type { CacheOptions, OfflineApp, RegisterOptions } from 'perigee/offline-app';

declare const BUILD: string;

let app: OfflineApp | undefined;
const updates: string[] = [];
const progress: number[] = [];

/** The app, registered at the first call. */
async function opened(script = './sw.js', options?: RegisterOptions): Promise<OfflineApp> {
  if (!app) {
    app = await registerApp(script, options);
    app.onUpdate((update) => updates.push(update));
  }
  return app;
}

/** Keeps the app, and returns what happened, as plain data. */
async function keep(options: CacheOptions = {}): Promise<string> {
  try {
    const onProgress = ({ bytes }: { readonly bytes: number }) => void progress.push(bytes);
    return await (await opened()).cache({ onProgress, ...options });
  } catch (error) {
    return error instanceof PerigeeError ? `${error.code}: ${error.message}` : String(error);
  }
}

/** The code and message of what registering a script throws. */
async function refusal(script: string): Promise<string> {
  try {
    await registerApp(script, { scope: './other/' });
    return 'registered';
  } catch (error) {
    return error instanceof PerigeeError ? `${error.code}: ${error.message}` : String(error);
  }
}

/** Answers with a model of the registry, on wasm. */
async function predict(): Promise<number> {
  const perigee = createPerigee({ registry: new URL('registry/', document.baseURI).href });
  const model = await perigee.load('digits', { backend: 'wasm' });
  const [input] = model.signature.inputs;
  if (!input) throw new Error('the model has no input');
  const data = new Float32Array(64).fill(0.5);
  const answers = await model.run({
    [input.name]: { dtype: 'float32', shape: [1, 1, 8, 8], data },
  });
  await perigee.dispose();
  return Object.keys(answers).length;
}

/** A part of the app that is loaded late. */
const extra = async (): Promise<string> => (await import('./extra.ts')).build;

const offlineApp = { build: BUILD, opened, keep, refusal, predict, extra, updates, progress };
Object.assign(globalThis, { offlineApp });
document.title = `build ${BUILD}`;

export type OfflineAppPage = typeof offlineApp;
