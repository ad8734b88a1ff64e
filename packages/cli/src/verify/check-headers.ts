import { layout } from '@perigee/registry';
import type { Findings } from './findings.ts';
import type { HostAnswer } from '../publish/read-host.ts';

/** In seconds. A timestamp that a cache keeps longer delays a rollback. */
const MAX_TIMESTAMP_AGE = 60;
const MIN_IMMUTABLE_AGE = 86_400;

/** Checks how browsers and caches handle an answer that exists. */
export function checkHeaders(
  path: string,
  { headers, bytes, url, redirected }: HostAnswer,
  origin: string,
  findings: Findings,
): void {
  if (isPage(bytes))
    findings.error(path, 'answers with an HTML page: the host shows a login or a fallback page.');
  if (!headers) return;
  const allowed = headers.get('access-control-allow-origin');
  if (new URL(url).origin !== origin && allowed !== '*' && allowed !== origin)
    findings.error(
      path,
      `has Access-Control-Allow-Origin ${allowed === null ? 'missing' : `"${allowed}"`}; ` +
        `browsers on ${origin} cannot read it. Send "*".`,
    );
  if (headers.get('content-type')?.includes('text/html') && !isPage(bytes))
    findings.warn(
      path,
      'is sent as text/html. Proxies may change pages on their way. Send application/json or ' +
        'application/octet-stream.',
    );
  const cache = headers.get('cache-control') ?? '';
  const age = Number(/max-age=(\d+)/.exec(cache)?.[1] ?? Number.NaN);
  if (path === layout.timestamp) {
    if (!/no-cache|no-store/.test(cache) && !(age <= MAX_TIMESTAMP_AGE))
      findings.warn(
        path,
        `has Cache-Control "${cache}": it is the one file that changes. Send "no-cache".`,
      );
  } else if (!(age >= MIN_IMMUTABLE_AGE))
    findings.warn(
      path.replace(/\/[^/]*$/, '/…'),
      `has Cache-Control "${cache}": these files never change. Send "public, ` +
        'max-age=31536000, immutable".',
    );
  if (redirected) findings.warn(path, 'is redirected; every file costs one more round trip.');
  const { protocol, hostname } = new URL(url);
  if (protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname))
    findings.warn(
      '',
      'is served without TLS: signatures still hold, but pages on https cannot read it.',
    );
}

export function isPage(bytes: Uint8Array): boolean {
  return /^\s*(<!doctype html|<html)/i.test(new TextDecoder().decode(bytes.subarray(0, 256)));
}
