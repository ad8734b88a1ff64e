// Devices as a collector sees them. Each keeps its batches until they are acknowledged, and sends
// the same bytes again until then.
import { request } from 'node:http';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { createCounters, encodeBatch, encodeFrame, keyText } from '@perigee/profile';
import { inputOf, MAX_IDS, MODEL, VERSION } from '../shared/traced-registry.mjs';
import { FORGED, forgedUpload } from './forged.mjs';

const HOUR_MS = 3_600_000;
/**
 * Windows begin up to nine days ago, so that hours become days while the campaign's clock goes on.
 */
const OLDEST_HOURS = 9 * 24;
const RETRY_MS = 5;
const FORGE_MS = 20;
/** The most batches that one sender keeps while there is no collector. */
const MAX_KEPT = 6;
const TIMEOUT_MS = 10_000;
const BACKENDS = ['wasm', 'webgpu', 'cpu'];
const BROWSERS = ['chromium', 'firefox', 'webkit', 'node'];

/**
 * @param where returns the collector's address; undefined while there is no collector
 * @param clockMs returns how far the collector's clock is ahead
 */
export function createSenders({ registry, random, count, where, clockMs }) {
  const counters = createCounters(registry.profile);
  const made = [];
  const seen = {
    sent: 0,
    acknowledged: 0,
    duplicates: 0,
    answersLost: 0,
    cutShort: 0,
    atOnce: 0,
    failed: 0,
    later: 0,
    forged: 0,
  };
  const wrong = [];
  const latencies = [];
  let making = true;
  const isFinished = () => !making;
  const working = [...Array.from({ length: count }, () => work()), forge()];

  async function work() {
    const kept = [];
    for (;;) {
      if (!making && kept.length === 0) return;
      if (making && (kept.length === 0 || (kept.length < MAX_KEPT && random() < 0.5))) {
        const batch = makeBatch();
        made.push(batch);
        kept.push(batch);
      }
      const index = Math.floor(random() * kept.length);
      const batch = kept[index];
      if (await deliver(batch)) kept.splice(index, 1);
      else await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /**
   * Sends forged uploads among the others, one kind after the other. The collector must refuse all
   * of them.
   */
  async function forge() {
    let i = -1;
    while (!isFinished()) {
      i += 1;
      await new Promise((resolve) => setTimeout(resolve, FORGE_MS));
      const [url, name] = [where(), FORGED[i % FORGED.length]];
      const batch = makeBatch();
      const body = forgedUpload(name, batch.profiles, batch.sealedAtMs);
      const outgoing =
        url &&
        (await fetch(new URL('v1/profiles', url), {
          method: 'POST',
          headers: { 'content-type': 'text/plain' },
          body,
        }).catch(() => undefined));
      if (!outgoing || outgoing.status === 503) continue;
      seen.forged += 1;
      if (outgoing.status !== 422 && outgoing.status !== 403)
        wrong.push(`HTTP ${outgoing.status} for a forged upload: ${name}`);
    }
  }

  /** Resolves to whether the batch is acknowledged. */
  async function deliver(batch) {
    const url = where();
    if (!url) return false;
    const how = random();
    const times = how < 0.12 ? 2 : 1;
    if (times === 2) seen.atOnce += 1;
    const outcomes = await Promise.all(
      Array.from({ length: times }, () => {
        if (how > 0.94)
          return upload(url, batch.body, { cutAt: Math.floor(random() * batch.body.length) });
        return upload(url, batch.body, { loseAnswer: how > 0.8 });
      }),
    );
    return outcomes.includes('acknowledged');
  }

  function upload(url, body, { loseAnswer = false, cutAt } = {}) {
    seen.sent += 1;
    const start = performance.now();
    return new Promise((resolve) => {
      const outgoing = request(new URL('v1/profiles', url), {
        method: 'POST',
        headers: { 'content-type': 'text/plain', 'content-length': body.length },
        timeout: TIMEOUT_MS,
      });
      const fail = () => {
        seen.failed += 1;
        resolve('failed');
      };
      outgoing.on('error', fail);
      outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
      outgoing.on('response', (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('error', fail);
        response.on('aborted', fail);
        response.on('end', () => resolve(judge(response.statusCode, text, start)));
      });
      if (cutAt !== undefined) {
        seen.cutShort += 1;
        outgoing.write(body.subarray(0, cutAt), () => outgoing.destroy());
      } else if (loseAnswer) {
        seen.answersLost += 1;
        // All bytes are sent. Chance decides whether the batch is counted before the connection
        // breaks.
        outgoing.end(body, () => setTimeout(() => outgoing.destroy(), random() * 8));
      } else outgoing.end(body);
    });
  }

  function judge(status, text, start) {
    if (status === 202) {
      latencies.push(performance.now() - start);
      seen.acknowledged += 1;
      if (JSON.parse(text).duplicate) seen.duplicates += 1;
      return 'acknowledged';
    }
    seen.later += 1;
    if (status !== 503) wrong.push(`HTTP ${status}: ${text.slice(0, 200)}`);
    return 'later';
  }

  function makeBatch() {
    const now = Date.now() + clockMs();
    // A batch is of one device: one group and browser, one profile a key.
    const device = { browser: BROWSERS[Math.floor(random() * 4)], group: Math.floor(random() * 4) };
    const all = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
      makeProfile(device, Math.floor(now / HOUR_MS) - Math.floor(random() ** 2 * OLDEST_HOURS)),
    );
    const profiles = [...new Map(all.map((one) => [keyText(one.key), one])).values()];
    const lost = random() < 0.1 ? { refused: 1 + Math.floor(random() * 3), 'queue-full': 1 } : {};
    const batch = { batchId: randomBytes(16).toString('hex'), sealedAtMs: now, lost, profiles };
    const plain = encodeBatch(batch);
    const gzip = random() < 0.7;
    return {
      ...batch,
      body: encodeFrame({ sentAtMs: now, gzip, record: gzip ? gzipSync(plain) : plain }),
    };
  }

  function makeProfile(device, hour) {
    for (let left = 1 + Math.floor(random() * 8); left > 0; left -= 1) {
      counters.observePrediction();
      inputOf(Math.floor(random() * MAX_IDS)).forEach((value, index) =>
        counters.observeFeature(index, value),
      );
      counters.observeOutput(Math.floor(random() * 2), random());
      counters.observeLatency('total', random() * 50);
      if (random() < 0.1) counters.observeError('TIMEOUT');
    }
    const counted = counters.snapshot({
      model: MODEL,
      version: VERSION,
      reference: registry.id,
      backend: BACKENDS[Math.floor(random() * 3)],
      segment: '',
      sampling: 0,
      privacy: 0,
      ...device,
      hour,
    });
    // Some profiles are the first of their device's hour.
    return random() < 0.5 ? counted : { ...counted, devices: 0, failedDevices: 0 };
  }

  return {
    made,
    seen,
    wrong,
    latencies,
    /** Stops making batches; resolves when all are acknowledged. */
    async finish() {
      making = false;
      await Promise.all(working);
    },
  };
}
