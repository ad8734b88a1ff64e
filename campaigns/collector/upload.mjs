// One upload of a batch, which may be cut short or left before its answer.
import { request } from 'node:http';

const TIMEOUT_MS = 10_000;

/**
 * A network fault of an upload: after `cutAt` bytes the connection breaks, or it breaks
 * `leaveAfterMs` after all bytes were sent.
 * @typedef {{ cutAt?: number, leaveAfterMs?: number }} Damage
 */

/**
 * Resolves to the answer, or to null if there was none.
 * @param {string} url of the collector
 * @param {Uint8Array} body
 * @param {Damage} damage
 * @returns {Promise<{ status: number | undefined, text: string } | null>}
 */
export function upload(url, body, { cutAt, leaveAfterMs }) {
  return new Promise((resolve) => {
    const outgoing = request(new URL('v1/profiles', url), {
      method: 'POST',
      headers: { 'content-type': 'text/plain', 'content-length': body.length },
      timeout: TIMEOUT_MS,
    });
    const fail = () => resolve(null);
    outgoing.on('error', fail);
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
    outgoing.on('response', (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('error', fail);
      response.on('aborted', fail);
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    if (cutAt !== undefined) outgoing.write(body.subarray(0, cutAt), () => outgoing.destroy());
    // Chance decides whether the batch is counted before the connection breaks.
    else if (leaveAfterMs !== undefined)
      outgoing.end(body, () => setTimeout(() => outgoing.destroy(), leaveAfterMs));
    else outgoing.end(body);
  });
}
