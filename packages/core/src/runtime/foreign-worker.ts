import type { PerigeeError } from '../error.ts';
import type { ErrorClass, LateWorker, Supervise } from './late-worker.ts';
import type { WorkerKind } from './runtime.ts';

const STARTED = 'perigee:started';

interface Script {
  readonly url: URL;
  readonly options: WorkerOptions;
}

/** Creates the error of a failed start, with its remedy. */
type Explain = (message: string, cause: unknown) => PerigeeError;

/**
 * Starts a worker whose script is of another origin, such as a CDN. Browsers refuse that directly,
 * but start a worker from a Blob of the page. That worker may load the script if its host sends
 * CORS headers.
 * @throws PerigeeError BACKEND_UNAVAILABLE
 */
export function startForeign(
  kind: WorkerKind,
  port: MessagePort,
  cause: unknown,
  create: () => Worker,
  supervise: Supervise,
  Fault: ErrorClass,
): LateWorker {
  const explain: Explain = (message, why) =>
    new Fault('BACKEND_UNAVAILABLE', `The ${kind} worker did not start: ${message}`, {
      cause: why,
      details: { worker: kind },
    });
  const script = checkedScript(create, cause, explain);
  const { href, origin } = script.url;
  const own = "serve the scripts from the page's own origin";
  const blocked = (why: unknown): PerigeeError =>
    explain(
      `its script is on ${origin}, another origin than the page's. So it starts from a blob: ` +
        `URL, and the browser refused that. Add blob: to the page's Content-Security-Policy ` +
        `(worker-src 'self' blob:), or ${own}.`,
      why,
    );
  const unloadable = (why: unknown): PerigeeError =>
    explain(
      `${href} could not be loaded into it: ${String(why)} Send that file as JavaScript with ` +
        `the header Access-Control-Allow-Origin and allow ${origin} in script-src, or ${own}.`,
      why,
    );

  const { worker, forget } = startBootstrap(script, blocked);
  const handle = supervise(worker);
  worker.postMessage(port, [port]);
  return {
    terminate() {
      forget();
      return handle.terminate();
    },
    onDeath(listener) {
      let started = false;
      handle.onDeath((reason) => {
        forget();
        listener(started ? reason : blocked(reason));
      });
      worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        if (data === STARTED) {
          started = true;
          forget();
        } else if (typeof data === 'object' && data !== null && 'failed' in data)
          listener(unloadable(data.failed));
      });
    },
  };
}

function checkedScript(create: () => Worker, cause: unknown, explain: Explain): Script {
  const script = scriptOf(create);
  if (!script)
    throw explain(
      `${String(cause)}. The bundler left no address of its script. Use one that follows new ` +
        'URL(…, import.meta.url), as Vite and webpack do, and let it write ES modules.',
      cause,
    );
  if (script.url.origin === globalThis.origin)
    throw explain(
      `${String(cause)}. Allow ${script.url.href} in the page's Content-Security-Policy ` +
        `(worker-src 'self').`,
      cause,
    );
  return script;
}

/**
 * Returns the URL that the bundler put into `new Worker(new URL(…))`. Bundlers recognise only the
 * literal form, so the URL is captured by calling it with a replaced `Worker`.
 */
function scriptOf(create: () => Worker): Script | null {
  const { Worker: real } = globalThis;
  let script: Script | null = null;
  const learn = function (url: string | URL, options: WorkerOptions = {}): void {
    script = { url: new URL(url, location.href), options };
  };
  try {
    globalThis.Worker = learn as unknown as typeof Worker;
    create();
  } catch {
    return null;
  } finally {
    globalThis.Worker = real;
  }
  return script;
}

function startBootstrap(
  script: Script,
  blocked: (cause: unknown) => PerigeeError,
): { readonly worker: Worker; forget(): void } {
  const address = URL.createObjectURL(new Blob([bootstrapOf(script)], { type: 'text/javascript' }));
  const forget = (): void => URL.revokeObjectURL(address);
  try {
    // A classic worker, because Chromium starts no module from a Blob in a sandboxed frame. It may
    // import one.
    return { worker: new Worker(address, { name: script.options.name ?? '' }), forget };
  } catch (cause) {
    forget();
    throw blocked(cause);
  }
}

/**
 * Returns a script that receives the port for calls and then loads the worker's script. Bundlers
 * resolve files relative to `location`, which would be the Blob's, so it is replaced.
 */
function bootstrapOf({ url, options }: Script): string {
  const href = JSON.stringify(url.href);
  return `addEventListener('message', async ({ data }) => {
  globalThis.perigeePort = data;
  Object.defineProperty(globalThis, 'location', { value: new URL(${href}), configurable: true });
  try {
    ${options.type === 'module' ? `await import(${href})` : `importScripts(${href})`};
  } catch (error) {
    postMessage({ failed: String(error) });
  }
}, { once: true });
postMessage('${STARTED}');
`;
}
