import { PerigeeError } from '../error.ts';
import type { AppFile } from './app-files.ts';
import type { AppBuild, ToWorker } from './messages.ts';

/** The files that the browser must still fetch before the app works offline. */
export interface AppSize {
  /** Bytes that are still to be fetched; 0 once the app is kept. Hosts may send fewer, packed. */
  readonly bytes: number;
  /** Bytes of all files. */
  readonly totalBytes: number;
  /** Files that are still to be fetched. */
  readonly files: number;
  /** Files among them whose size the build tool did not list. `bytes` does not count them. */
  readonly filesWithoutSize: number;
  /** The build that works offline now: this one, an earlier one, or none. */
  readonly kept: 'this' | 'earlier' | 'nothing';
  /** Whether the user asked the browser to save data. */
  readonly saveData: boolean;
  /** Bytes that the browser still lets this origin keep. Undefined where it does not tell. */
  readonly room: number | undefined;
}

/** An installed service worker answers in milliseconds, unless it does not call `serveApp()`. */
const ANSWER_MS = 15_000;

interface Connection {
  readonly connection?: { readonly saveData?: boolean };
}

/** Asks the newest worker for its build: the one that waits, or the one that is in use. */
export async function askForBuild(registration: ServiceWorkerRegistration): Promise<AppBuild> {
  const worker = newestOf(registration);
  if (!worker)
    throw new PerigeeError('INVALID_CONFIG', 'The service worker was removed. Reload the page.');
  try {
    return await ask(worker);
  } catch (error) {
    // A worker from before serveApp() was used does not answer, and its successor may be there now.
    if (newestOf(registration) === worker) throw error;
    return askForBuild(registration);
  }
}

function newestOf({
  installing,
  waiting,
  active,
}: ServiceWorkerRegistration): ServiceWorker | null {
  return installing ?? waiting ?? active;
}

async function ask(worker: ServiceWorker): Promise<AppBuild> {
  const { port1, port2 } = new MessageChannel();
  const message: ToWorker = { perigee: 'describe' };
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<AppBuild>((resolve, reject) => {
      port1.onmessage = ({ data }: MessageEvent<AppBuild>) => resolve(data);
      timer = setTimeout(() => reject(noAnswer(worker.scriptURL)), ANSWER_MS);
      worker.postMessage(message, [port2]);
    });
  } finally {
    clearTimeout(timer);
    port1.close();
  }
}

function noAnswer(script: string): PerigeeError {
  return new PerigeeError(
    'INVALID_CONFIG',
    `The service worker ${script} does not answer. Call serveApp() of perigee/service-worker ` +
      'in it, and not in a callback.',
    { details: { script } },
  );
}

export async function sizeOf(build: AppBuild): Promise<AppSize> {
  const missing = await missingFiles(build);
  const { connection } = navigator as Connection;
  return {
    bytes: bytesOf(missing),
    totalBytes: bytesOf(build.files.filter(({ required }) => required)),
    files: missing.length,
    filesWithoutSize: missing.filter(({ bytes }) => bytes === undefined).length,
    kept: missing.length === 0 ? 'this' : build.hasEarlier ? 'earlier' : 'nothing',
    saveData: build.saveData || connection?.saveData === true,
    room: await roomLeft(),
  };
}

/** The files that are to be kept and are not kept yet. */
export async function missingFiles({ cacheName, files }: AppBuild): Promise<readonly AppFile[]> {
  const requests = await (await caches.open(cacheName)).keys();
  const kept = new Set(requests.map(({ url }) => url));
  return files.filter(({ key, required }) => required && !kept.has(key));
}

function bytesOf(files: readonly AppFile[]): number {
  return files.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
}

async function roomLeft(): Promise<number | undefined> {
  // TypeScript declares it everywhere; WebKitGTK and insecure pages lack it.
  const storage = navigator.storage as Partial<StorageManager> | undefined;
  const { quota, usage = 0 } = (await storage?.estimate?.()) ?? {};
  return quota === undefined ? undefined : Math.max(0, quota - usage);
}
