// Stands between devices and a collector: the app's own host, and a network that acknowledges,
// loses and refuses at random.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { decodeBatch, decodeFrame } from '@perigee/profile';
import { contentType } from '../../scripts/content-types.mjs';
import { drawWeighted } from './draw-weighted.mjs';

/** The fates of an upload and their shares in percent. */
const FATES = {
  acknowledged: 56,
  'answer lost': 12,
  'lost before it arrived': 8,
  'cut while sent': 6,
  busy: 6,
  'sent to a login page': 3,
  refused: 4,
  slow: 5,
};
const SLOW_MS = 250;

/** @typedef {keyof typeof FATES} Fate */
/** @typedef {import('@perigee/profile').SealedBatch} SealedBatch */
/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {import('node:http').ServerResponse} Response */

/**
 * @typedef {object} Front
 * @property {string} url
 * @property {string} collectorUrl
 * @property {Readonly<Record<string, string>>} folders by URL prefix
 * @property {() => number} random
 * @property {boolean} isCut whether all connections break, also while an answer is on its way
 * @property {boolean} isCalm whether every upload arrives and is answered
 * @property {Map<string, { digest: string, arrived: boolean }>} batches by their ids
 * @property {Map<string, SealedBatch>} refused batches that were refused for good and never arrived
 * @property {Set<string>} everRefused ids of all refused batches
 * @property {Record<Fate, number>} fates number of uploads
 * @property {string[]} faults
 */

/**
 * @param {Pick<Front, 'collectorUrl' | 'folders' | 'random'>} options
 * @returns {Promise<{ front: Front, close(): Promise<void> }>}
 */
export async function openFront(options) {
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    request.on('error', () => undefined);
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname);
    if (request.method === 'POST' && path === '/v1/profiles')
      void receive(front, request, response).catch((error) => {
        front.faults.push(`an upload could not be handled: ${error}`);
        response.destroy();
      });
    else void sendFile(front, path, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The front has no port.');
  /** @type {Front} */
  const front = {
    ...options,
    url: `http://127.0.0.1:${address.port}/`,
    isCut: false,
    isCalm: false,
    batches: new Map(),
    refused: new Map(),
    everRefused: new Set(),
    fates: noFates(),
    faults: [],
  };
  return {
    front,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** @returns {Record<Fate, number>} */
function noFates() {
  const zeros = Object.keys(FATES).map((fate) => [fate, 0]);
  return /** @type {Record<Fate, number>} */ (Object.fromEntries(zeros));
}

/**
 * @param {Front} front
 * @param {Request} request
 * @param {Response} response
 */
async function receive(front, request, response) {
  const fate = front.isCalm ? 'acknowledged' : drawWeighted(front.random, FATES);
  if (!front.isCalm && !front.isCut) front.fates[fate] += 1;
  if (front.isCut || fate === 'cut while sent') return void request.socket.destroy();
  const body = await readBody(request);
  if (!body) return void request.socket.destroy();
  const batch = readBatch(front, body);
  if (fate === 'lost before it arrived') return void request.socket.destroy();
  if (turnAway(front, fate, batch, response)) return;
  if (fate === 'slow') await wait(SLOW_MS);
  const { status, text } = await forward(front, batch, body);
  if (front.isCut || fate === 'answer lost') return void request.socket.destroy();
  response.writeHead(status, { 'content-type': 'application/json' }).end(text);
}

/**
 * The bytes of an upload; undefined if its device was killed while it sent them.
 * @param {Request} request
 */
async function readBody(request) {
  const parts = [];
  try {
    for await (const part of request) parts.push(part);
  } catch {
    return undefined;
  }
  return new Uint8Array(Buffer.concat(parts));
}

/**
 * Answers in place of the collector. Returns whether it did.
 * @param {Front} front
 * @param {Fate} fate
 * @param {SealedBatch} batch
 * @param {Response} response
 */
function turnAway({ random, batches, refused, everRefused }, fate, batch, response) {
  if (fate === 'busy') response.writeHead(random() < 0.5 ? 503 : 429, { 'retry-after': '0' }).end();
  else if (fate === 'sent to a login page')
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in');
  else if (fate === 'refused') {
    everRefused.add(batch.batchId);
    if (!batches.get(batch.batchId)?.arrived) refused.set(batch.batchId, batch);
    response.writeHead(422).end();
  } else return false;
  return true;
}

/**
 * Sends an upload on to the collector, which must take it.
 * @param {Front} front
 * @param {SealedBatch} batch
 * @param {Uint8Array<ArrayBuffer>} body
 */
async function forward({ collectorUrl, batches, refused, faults }, { batchId }, body) {
  const { status, text } = await post(new URL('v1/profiles', collectorUrl), body);
  if (status === 202) {
    const known = batches.get(batchId);
    if (known) known.arrived = true;
    refused.delete(batchId);
  } else faults.push(`the collector answered ${status}: ${text.slice(0, 200)}`);
  return { status, text };
}

/**
 * @param {URL} url
 * @param {Uint8Array<ArrayBuffer>} body
 */
async function post(url, body) {
  const headers = { 'content-type': 'text/plain' };
  const answer = await fetch(url, { method: 'POST', headers, body });
  return { status: answer.status, text: await answer.text() };
}

/**
 * Decodes an upload. A batch that is sent again has the same bytes.
 * @param {Front} front
 * @param {Uint8Array} body
 */
function readBatch({ batches, faults }, body) {
  const { gzip, record } = decodeFrame(body);
  const batch = decodeBatch(gzip ? new Uint8Array(gunzipSync(record)) : record);
  const digest = createHash('sha256').update(record).digest('hex');
  const known = batches.get(batch.batchId);
  if (known && known.digest !== digest)
    faults.push(`batch ${batch.batchId} came with other bytes under the same id`);
  if (!known) batches.set(batch.batchId, { digest, arrived: false });
  return batch;
}

/**
 * @param {Front} front
 * @param {string} path
 * @param {Response} response
 */
async function sendFile({ folders }, path, response) {
  const [prefix, folder] =
    Object.entries(folders)
      .filter(([known]) => path.startsWith(known))
      .toSorted(([a], [b]) => b.length - a.length)[0] ?? [];
  if (prefix === undefined || folder === undefined) return void response.writeHead(404).end();
  const file = join(folder, normalize(path.slice(prefix.length) || 'index.html'));
  const bytes = await readFile(file).catch(() => undefined);
  if (!bytes) return void response.writeHead(404).end();
  response.writeHead(200, {
    'content-type': contentType(file),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'same-origin',
  });
  response.end(bytes);
}
