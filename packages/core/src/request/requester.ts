import { PerigeeError } from '../error.ts';
import type { WireRequest } from '../rpc/protocol.ts';
import { tooManyRedirects } from './network-faults.ts';
import { remoteFetch } from './remote-fetch.ts';
import { shownUrl } from './refusal.ts';

/** The parts of a response that are used. */
export type Answer = Pick<Response, 'ok' | 'status' | 'headers' | 'type' | 'body'>;

/** Requests a file with the app's request options. */
export type Requester = (url: string, init?: RequestInit) => Promise<Answer>;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 20;

/**
 * Creates a requester that sends headers and credentials only to the origin of `home`. It follows
 * redirects itself where possible, because a browser would send an app's headers to any host.
 * @throws PerigeeError INVALID_CONFIG
 */
export function createRequester(request: WireRequest | null, home: string): Requester {
  const direct: Requester = (url, init) => fetch(url, init);
  if (!request) return direct;
  // Do not quote header values, which may be secrets.
  if (request.wrong)
    throw new PerigeeError('INVALID_CONFIG', `The option request is wrong in ${request.wrong}.`);
  let send = request.port ? remoteFetch(request.port) : direct;
  if (request.answersFirstOnly) send = firstBy(send, direct);
  const { origin } = new URL(home);
  const isHome = (url: string): boolean => /^https?:/i.test(url) && new URL(url).origin === origin;
  const headers = Object.fromEntries(request.headers);
  const names = Object.keys(headers);
  const credentials = request.credentials ? { credentials: request.credentials } : {};

  async function follow(first: string, init: RequestInit): Promise<Answer> {
    let url = first;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
      if (!isHome(url)) return send(url, init);
      const own: RequestInit = { ...init, headers, ...credentials };
      const answer = await send(url, names.length > 0 ? { ...own, redirect: 'manual' } : own);
      if (answer.type === 'opaqueredirect') return send(url, { ...own, ...blindly(url) });
      const location =
        names.length > 0 && REDIRECTS.has(answer.status) ? answer.headers.get('location') : null;
      if (location === null) return answer;
      await answer.body?.cancel();
      url = new URL(location, url).href;
    }
    throw tooManyRedirects(shownUrl(first), MAX_REDIRECTS);
  }

  /**
   * Returns the options for a redirect that the browser must follow, because it hides the target.
   * It drops `Authorization` for another host by itself. In `same-origin` mode it follows no
   * redirect to another origin.
   */
  function blindly(url: string): RequestInit {
    if (names.every((name) => name === 'authorization')) return { redirect: 'follow' };
    if (new URL(url).origin === globalThis.origin)
      return { redirect: 'follow', mode: 'same-origin' };
    throw new PerigeeError(
      'INVALID_CONFIG',
      `${shownUrl(url)} redirects. With the request headers ${names.join(', ')} a browser ` +
        'would send these to the other host, so the redirect was not followed. Give the ' +
        'address it leads to, use only Authorization, or give a fetch of your own ' +
        '(request.fetch).',
      { details: { url: shownUrl(url) } },
    );
  }

  return (url, init = {}) => follow(url, init);
}

function firstBy(first: Requester, others: Requester): Requester {
  let next = first;
  return (url, init) => {
    const send = next;
    next = others;
    return send(url, init);
  };
}
