import type { PerigeeError } from '../error.ts';
import type { FailedStart, LateWorker } from './late-worker.ts';

const STARTED = 'perigee:started';

/** Creates the error of a failed start, with its remedy. */
type Explain = (message: string, cause: unknown) => PerigeeError;

/**
 * Starts a worker whose script is of another origin, such as a CDN. Browsers refuse that directly,
 * but start a worker from a Blob of the page. That worker may load the script if its host sends
 * CORS headers.
 * @throws PerigeeError BACKEND_UNAVAILABLE
 */
export function startForeign(failed: FailedStart): LateWorker {
  const { kind, name, port, supervise, Fault } = failed;
  const explain: Explain = (message, why) =>
    new Fault('BACKEND_UNAVAILABLE', `The ${kind} worker did not start: ${message}`, {
      cause: why,
      details: { worker: kind },
    });
  const { href, origin } = checkedScript(failed, explain);
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

  const { worker, forget } = startBootstrap(href, name, blocked);
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

function checkedScript({ script, cause }: FailedStart, explain: Explain): URL {
  if (script === undefined)
    throw explain(
      `${String(cause)}. The bundler left no address of its script. Use one that follows new ` +
        'URL(…, import.meta.url) and let it write ES modules, or copy the folder dist/browser ' +
        'of the package perigee and name it with the option assetsUrl.',
      cause,
    );
  const url = new URL(script);
  if (url.origin === globalThis.origin)
    throw explain(
      `${String(cause)}. Allow ${script} in the page's Content-Security-Policy ` +
        `(worker-src 'self').`,
      cause,
    );
  return url;
}

function startBootstrap(
  script: string,
  name: string,
  blocked: (cause: unknown) => PerigeeError,
): { readonly worker: Worker; forget(): void } {
  const address = URL.createObjectURL(new Blob([bootstrapOf(script)], { type: 'text/javascript' }));
  const forget = (): void => URL.revokeObjectURL(address);
  try {
    // A classic worker, because Chromium starts no module from a Blob in a sandboxed frame. It may
    // import one.
    return { worker: new Worker(address, { name }), forget };
  } catch (cause) {
    forget();
    throw blocked(cause);
  }
}

/** Returns a script that receives the port for calls and then loads the worker's script. */
function bootstrapOf(script: string): string {
  return `addEventListener('message', async ({ data }) => {
  globalThis.perigeePort = data;
  try {
    await import(${JSON.stringify(script)});
  } catch (error) {
    postMessage({ failed: String(error) });
  }
}, { once: true });
postMessage('${STARTED}');
`;
}
