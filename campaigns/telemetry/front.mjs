// Stands between devices and a collector: the app's own host, and a network that acknowledges,
// loses and refuses at random.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { decodeBatch, decodeFrame } from '@perigee/profile';

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};
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

/** @param folders by URL prefix */
export async function openFront({ collectorUrl, folders, random }) {
  /**
   * Digest of each batch's bytes, by batch id. `refused` has the batches that were refused for good
   * and never arrived.
   */
  const digests = new Map();
  const refused = new Map();
  const everRefused = new Set();
  const fates = Object.fromEntries(Object.keys(FATES).map((fate) => [fate, 0]));
  const faults = [];
  let calm = false;
  let down = false;

  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    request.on('error', () => undefined);
    const path = decodeURIComponent(new URL(request.url, 'http://host').pathname);
    if (request.method === 'POST' && path === '/v1/profiles')
      void receive(request, response).catch(() => response.destroy());
    else void give(path, response);
  });

  async function receive(request, response) {
    const fate = calm ? 'acknowledged' : drawn();
    if (!calm && !down) fates[fate] += 1;
    if (down || fate === 'cut while sent') return void request.socket.destroy();
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = new Uint8Array(Buffer.concat(parts));
    const batch = read(body);
    if (fate === 'lost before it arrived') return void request.socket.destroy();
    if (fate === 'busy')
      return void response.writeHead(random() < 0.5 ? 503 : 429, { 'retry-after': '0' }).end();
    if (fate === 'sent to a login page')
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in');
    if (fate === 'refused') {
      everRefused.add(batch.batchId);
      if (!digests.get(batch.batchId)?.arrived) refused.set(batch.batchId, batch);
      return void response.writeHead(422).end();
    }
    if (fate === 'slow') await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    const answer = await fetch(new URL('v1/profiles', collectorUrl), {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body,
    });
    const text = await answer.text();
    if (answer.status === 202) {
      digests.get(batch.batchId).arrived = true;
      refused.delete(batch.batchId);
    } else faults.push(`the collector answered ${answer.status}: ${text.slice(0, 200)}`);
    if (down || fate === 'answer lost') return void request.socket.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  }

  function read(body) {
    const { gzip, record } = decodeFrame(body);
    const batch = decodeBatch(gzip ? new Uint8Array(gunzipSync(record)) : record);
    const digest = createHash('sha256').update(record).digest('hex');
    const known = digests.get(batch.batchId);
    if (known && known.digest !== digest)
      faults.push(`batch ${batch.batchId} came with other bytes under the same id`);
    if (!known) digests.set(batch.batchId, { digest, arrived: false });
    return batch;
  }

  function drawn() {
    let left = random() * 100;
    return Object.keys(FATES).find((fate) => (left -= FATES[fate]) < 0) ?? 'acknowledged';
  }

  async function give(path, response) {
    const prefix = Object.keys(folders)
      .filter((known) => path.startsWith(known))
      .toSorted((a, b) => b.length - a.length)[0];
    const file =
      prefix && join(folders[prefix], normalize(path.slice(prefix.length) || 'index.html'));
    const bytes = file && (await readFile(file).catch(() => undefined));
    if (!bytes) return void response.writeHead(404).end();
    const isolated = {
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'cross-origin-resource-policy': 'same-origin',
    };
    response
      .writeHead(200, {
        'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
        ...isolated,
      })
      .end(bytes);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    refused,
    /** The number of refused batches, including those that arrived before or later. */
    everRefused: () => everRefused.size,
    fates,
    faults,
    batches: () => digests.size,
    /**
     * Takes the network away: connections break, including those on which an answer is on its way.
     */
    cut: (gone) => void (down = gone),
    /** While calm, every upload arrives and is answered. */
    calm: (is) => void ([calm, down] = [is, false]),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
