import type { ErrorClass } from './late-worker.ts';

/** Only a host that hangs takes this long. */
const ANSWER_MS = 5_000;
const JAVASCRIPT = /\b(java|ecma)script\b/;
const COPY =
  'The bundler did not write that file. Use one that follows new URL(…, import.meta.url), with ' +
  'the setting that docs/bundlers.md names, or copy the folder dist/browser of the package ' +
  'perigee and name it with the option assetsUrl.';

/**
 * Returns why a worker ended, from its `error` event. An event without a message means that the
 * script was not started.
 * @param Fault passed in, because an import would make bundlers split the main bundle
 */
export async function endReason(
  { message, filename, lineno }: ErrorEvent,
  kind: string,
  script: string | undefined,
  Fault: ErrorClass,
): Promise<unknown> {
  if (message) return `uncaught ${message} (${filename}:${lineno})`;
  const text = `The ${kind} worker did not start: ${await whyNotLoaded(script)}`;
  const details = { worker: kind, ...(script && { url: script }) };
  return new Fault('BACKEND_UNAVAILABLE', text, { retryable: true, details });
}

/** The browser does not say why it did not load a script. So the page asks for the file itself. */
async function whyNotLoaded(script = 'its script'): Promise<string> {
  try {
    const { ok, status, headers, body } = await fetch(script, {
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    void body?.cancel();
    const type = headers.get('content-type') ?? 'no content type';
    if (!ok) return `${script} was answered with status ${status}. ${COPY}`;
    if (!JAVASCRIPT.test(type))
      return `${script} was answered with status ${status} as ${type}, not as JavaScript. ${COPY}`;
  } catch {
    // Without network, or where the policy of the page forbids it.
  }
  return (
    `${script} could not be loaded. Check that the file is served as JavaScript, and that the ` +
    `page's Content-Security-Policy allows workers (worker-src 'self').`
  );
}
