import { PerigeeError } from '../error.ts';

/** Errors of hosts and networks. Each names the URL, what happened and the remedy. */

/** The error of a request without an answer; browsers do not say why. */
export function unreached(url: string, cause: unknown): PerigeeError {
  return new PerigeeError(
    'NETWORK',
    `${url} could not be reached: offline, blocked by CORS, or a wrong address. Check the ` +
      "network, the address and the host's CORS headers, and load again.",
    { cause, details: { url } },
  );
}

/** The error of an unexpected status, other than 401 and 403. */
export function wrongStatus(
  url: string,
  status: number,
  details: Readonly<Record<string, unknown>> = {},
): PerigeeError {
  const isBusy = status === 408 || status === 429;
  const isFault = status >= 500;
  const [why, remedy] = isBusy
    ? ['the host has too much to do', 'Load again later, and less at a time']
    : isFault
      ? ['a fault of the host', "Load again later; if it fails again, look at the host's log"]
      : ['which is no file', 'Check the address, and what the option request sends'];
  return new PerigeeError('NETWORK', `${url} answered HTTP ${status}, ${why}. ${remedy}.`, {
    retryable: isBusy || isFault,
    details: { url, status, ...details },
  });
}

export function brokeOff(url: string, loadedBytes: number, cause: unknown): PerigeeError {
  return new PerigeeError(
    'NETWORK',
    `The download of ${url} broke off after ${loadedBytes} bytes. Load again; if this happens again, check ` +
      'the network, and that no proxy or time limit of the host cuts long answers.',
    { cause, details: { url, loadedBytes } },
  );
}

export function sentNothing(url: string, ms: number): PerigeeError {
  return new PerigeeError(
    'NETWORK',
    `${url} sent nothing for ${ms / 1_000} s. Check the network and the host, and load again.`,
    { details: { url } },
  );
}

export function tooSlow(url: string, loadedBytes: number, seconds: number): PerigeeError {
  return new PerigeeError(
    'NETWORK',
    `${url} sent ${loadedBytes} bytes in ${Math.round(seconds)} s, which is too slow to wait ` +
      'for. Load again on a faster network.',
    { details: { url, tooSlow: true } },
  );
}

export function tooManyRedirects(url: string, most: number): PerigeeError {
  return new PerigeeError(
    'NETWORK',
    `${url} redirects more than ${most} times. Check the address, and where the host sends it.`,
    { retryable: false, details: { url } },
  );
}
