// Sends uploads over raw keep-alive sockets, one at a time on each connection. This client costs
// next to nothing, so that the collector's limits show.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { encodeBatch, encodeFrame, parseReference, referenceId } from '@perigee/profile';
import { seededRandom } from '@perigee/profile/analysis';
import { deviceProfile, someKey } from './devices.mjs';

/**
 * A keep-alive connection. `send` resolves to the status of the answer.
 * @typedef {object} Lane
 * @property {(bytes: Buffer) => Promise<number>} send
 * @property {() => void} close
 */

const ID_AT = 1;
const { referenceFile, variants, seed, nowHour } = JSON.parse(process.argv[2]);
const referenceBytes = readFileSync(referenceFile);
const [reference, id] = [parseReference(referenceBytes), await referenceId(referenceBytes)];
const random = seededRandom(seed);
let hour = runningHour();
const profiles = Array.from({ length: variants }, () =>
  deviceProfile(random, reference, someKey(random, id, hour)),
);
let records = profiles.map(encoded);
process.send?.({ ready: true });

function runningHour() {
  return nowHour ?? Math.floor(Date.now() / 3_600_000);
}

/** @param {import('@perigee/profile').Profile} profile */
function encoded(profile) {
  return encodeBatch({
    batchId: '0'.repeat(32),
    sealedAtMs: Date.now(),
    lost: {},
    profiles: [profile],
  });
}

/** Moves all uploads to the running hour, once it has begun. */
function followClock() {
  const passed = runningHour() - hour;
  if (passed === 0) return;
  hour += passed;
  for (const [i, profile] of profiles.entries())
    profiles[i] = { ...profile, key: { ...profile.key, hour: profile.key.hour + passed } };
  records = profiles.map(encoded);
}

/** @param {import('./types.d.ts').Orders} orders */
async function load({ url, connections, seconds, perSecond, ready, warmSeconds = 0 }) {
  const { hostname, port, host } = new URL(url);
  const head = Buffer.from(
    `POST /v1/profiles HTTP/1.1\r\nhost: ${host}\r\ncontent-type: text/plain\r\norigin: ` +
      `https://shop.example\r\nuser-agent: bench\r\naccept: */*\r\ncontent-length: `,
  );
  let made = 0;
  /** Makes an upload with the same counts and an id of its own. */
  const make = () => {
    followClock();
    const variant = made % records.length;
    made += 1;
    const record = records[variant];
    randomBytes(16).copy(record, ID_AT);
    const body = encodeFrame({ sentAtMs: Date.now(), gzip: true, record: gzipSync(record) });
    return { variant, bytes: Buffer.concat([head, Buffer.from(`${body.length}\r\n\r\n`), body]) };
  };
  const waiting = Array.from({ length: ready }, make);
  const bodyBytes =
    waiting.reduce((sum, { bytes }) => sum + bytes.length, 0) / Math.max(1, waiting.length);
  const acknowledged = records.map(() => 0);
  /** @type {Record<string, number>} */
  const refused = {};
  /** @type {number[]} */
  const times = [];
  const start = performance.now();
  const measuredFrom = start + warmSeconds * 1_000;
  const end = start + seconds * 1_000;
  let counted = 0;
  /** @param {number} index */
  const lane = async (index) => {
    const { send, close } = await openLane(Number(port), hostname);
    const interval = perSecond ? (connections / perSecond) * 1_000 : 0;
    let next = start + (index / connections) * interval;
    while ((interval > 0 ? next : performance.now()) < end) {
      const wait = next - performance.now();
      if (interval > 0 && wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
      const { variant, bytes } = waiting.pop() ?? make();
      const sentAt = interval > 0 ? next : performance.now();
      next += interval;
      const status = await send(bytes);
      const now = performance.now();
      if (status === 202) {
        acknowledged[variant] += 1;
        if (interval > 0 ? sentAt >= measuredFrom : now >= measuredFrom && now <= end) {
          counted += 1;
          times.push(now - sentAt);
        }
      } else refused[status] = (refused[status] ?? 0) + 1;
    }
    close();
  };
  const cpu = process.cpuUsage();
  setTimeout(() => process.send?.({ warm: true }), warmSeconds * 1_000);
  setTimeout(() => process.send?.({ over: true }), seconds * 1_000);
  await Promise.all(Array.from({ length: connections }, (_, i) => lane(i)));
  times.sort((a, b) => a - b);
  const { user, system } = process.cpuUsage(cpu);
  /** @param {number} q */
  const at = (q) => times[Math.min(times.length - 1, Math.floor(q * times.length))];
  process.send?.({
    perSecond: counted / (seconds - warmSeconds),
    p50: at(0.5),
    p99: at(0.99),
    worst: times.at(-1),
    acknowledged,
    refused,
    bodyBytes,
    ready: waiting.length,
    clientCpu: (user + system) / 1e6 / seconds,
  });
}

process.on('message', load);

/**
 * Writes a request, resolves to the answer's status. Answers of this server have a length and come
 * in few pieces.
 * @param {number} port
 * @param {string} host
 * @returns {Promise<Lane>}
 */
function openLane(port, host) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host, noDelay: true });
    let answer = '';
    /** @type {(status: number) => void} */
    let settle = () => undefined;
    socket.setEncoding('latin1');
    socket.on('data', (text) => {
      answer += text;
      const headEnd = answer.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(answer)?.[1] ?? 0);
      if (answer.length < headEnd + 4 + length) return;
      const status = Number(answer.slice(9, 12));
      answer = '';
      settle(status);
    });
    socket.on('error', reject);
    socket.on('close', () => settle(0));
    socket.on('connect', () => {
      resolve({
        send: (bytes) =>
          new Promise((done) => {
            settle = done;
            socket.write(bytes);
          }),
        close: () => void socket.destroy(),
      });
    });
  });
}
