import { messageOf, PerigeeError } from '../error.ts';

/** Options of `registerApp()`. */
export interface RegisterOptions {
  /** The part of the site that the service worker serves. Default: the folder of its script. */
  readonly scope?: string;
  /** `module` if the script has imports. Default: `classic`. */
  readonly type?: WorkerType;
}

/** Registers the script, and says what is wrong if the browser refuses it. */
export async function registerScript(
  scriptUrl: string | URL,
  options: RegisterOptions,
): Promise<ServiceWorkerRegistration> {
  const script = new URL(scriptUrl, document.baseURI).href;
  if (!globalThis.isSecureContext)
    throw new PerigeeError(
      'INVALID_CONFIG',
      `Browsers refuse service workers on ${location.origin}. Serve the app over https, or from ` +
        'localhost while you develop it.',
      { details: { script } },
    );
  const { serviceWorker } = navigator as Partial<Pick<Navigator, 'serviceWorker'>>;
  if (!serviceWorker)
    throw new PerigeeError(
      'UNSUPPORTED_BROWSER',
      'This browser has no service workers here, so the app works only with a network. Private ' +
        'windows and the browsers inside other apps lack them: open the page in a usual window.',
      { details: { script } },
    );
  try {
    return await serviceWorker.register(script, options);
  } catch (error) {
    throw await refusal(script, error);
  }
}

/** The messages of browsers differ, so the script is asked for again. */
async function refusal(script: string, cause: unknown): Promise<PerigeeError> {
  const details = { script };
  let response: Response;
  try {
    response = await fetch(script, { cache: 'no-store' });
  } catch {
    const message = `The service worker ${script} could not be fetched. Try again with a network.`;
    return new PerigeeError('NETWORK', message, { cause, details });
  }
  const type = response.headers.get('content-type') ?? 'no type';
  const why = !response.ok
    ? `The host answered HTTP ${response.status}. Deploy the script at this address.`
    : !/javascript/i.test(type)
      ? `The host sent ${type} instead of JavaScript: it has no such file, or sends a wrong type. ` +
        'Deploy the script at this address. A development server has none.'
      : `${messageOf(cause)} Bundle it into one classic script, or give { type: 'module' }.`;
  const message = `The service worker ${script} cannot be used. ${why}`;
  return new PerigeeError('INVALID_CONFIG', message, {
    cause,
    details: { ...details, status: response.status, type },
  });
}
