import { PerigeeError } from '../error.ts';

/** Returns the error for the statuses 401 and 403; undefined for others. It is not retryable. */
export function refusal(url: string, status: number, option: string): PerigeeError | undefined {
  const details = { url, status };
  if (status === 401) {
    return new PerigeeError(
      'UNAUTHORIZED',
      `${url} answered HTTP 401: it needs credentials. Give ${option} the option ` +
        `request: { headers: { Authorization: … } }, credentials: 'include' for cookies, or a ` +
        'fetch of your own. If the option is set, its credentials are wrong or have expired.',
      { details },
    );
  }
  if (status === 403) {
    return new PerigeeError(
      'FORBIDDEN',
      `${url} answered HTTP 403: the host refuses this request. A signed address may have ` +
        'expired, the account may lack the right to read it, or the file may be absent (some ' +
        `hosts answer so). Check the address and what ${option} sends with the option request.`,
      { details },
    );
  }
  return undefined;
}

/**
 * Returns a URL for messages, without user name and password and without the content of a data:
 * URL.
 */
export function shownUrl(url: string): string {
  if (/^data:/i.test(url)) return `a data: URL of ${url.length} characters`;
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  return parsed.href;
}
