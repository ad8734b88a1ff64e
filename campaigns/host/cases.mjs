// Faults of a host, as answers to requests. Each case says which paths it spoils, and how.
import { gzipSync } from 'node:zlib';

/** @typedef {import('./host.mjs').Misdeed} Misdeed */
/** @typedef {(path: string) => boolean} Matches whether a path of the registry is meant */

/**
 * A fault, and what a device may expect beside it.
 * @typedef {object} CaseOptions
 * @property {string} name
 * @property {number} [clockYears] how far the device's clock is ahead
 * @property {boolean} [goodMirror]
 * @property {boolean} [badMirror]
 * @property {boolean} [mustUpdate] whether devices must get the new version all the same
 * @property {number} [patienceMs] time after which a device hangs
 */

/** @typedef {CaseOptions & import('./host.mjs').Fault} Case */

/** @type {Matches} */
const isBlob = (path) => path.startsWith('blobs/');
/** @type {Matches} */
const isDelta = (path) => path.startsWith('deltas/');
/** @type {Matches} */
const isManifest = (path) => path.endsWith('.manifest.json');
/** @type {Matches} */
const isChannel = (path) => path.startsWith('targets/channels/');
/** @type {Matches} */
const isMetadata = (path) => path.startsWith('metadata/') && !path.endsWith('.root.json');
/** @type {Matches} */
const isTimestamp = (path) => path === 'metadata/timestamp.json';
/** @type {Readonly<Record<string, Matches>>} */
const KINDS = {
  objects: isBlob,
  manifests: isManifest,
  'channel files': isChannel,
  metadata: isMetadata,
};
const HTML = '<!doctype html><html><title>Sign in</title><body>…</body></html>';
const LFS = 'version https://git-lfs.github.com/spec/v1\noid sha256:0000\nsize 1000\n';
const XML = '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>';

/**
 * @param {number} status
 * @param {Readonly<Record<string, string>>} headers
 * @param {string} body
 * @returns {Misdeed}
 */
const send =
  (status, headers, body) =>
  ({ response }) =>
    void response.writeHead(status, headers).end(body);

/** @satisfies {Readonly<Record<string, Misdeed>>} */
const MISDEEDS = {
  truncated: ({ response, bytes }) =>
    response.writeHead(200).end(bytes.subarray(0, bytes.length >> 1)),
  'cut off': ({ response, bytes }) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
  },
  'one bit flipped': ({ response, bytes, random }) => {
    const changed = Buffer.from(bytes);
    const at = Math.floor(random() * changed.length);
    changed.writeUInt8(changed.readUInt8(at) ^ (1 << Math.floor(random() * 8)), at);
    response.writeHead(200).end(changed);
  },
  'longer than published': ({ response, bytes }) =>
    response.writeHead(200).end(Buffer.concat([bytes, Buffer.alloc(4096)])),
  endless: ({ response, bytes }) => {
    response.writeHead(200);
    response.write(bytes);
    const more = Buffer.alloc(65_536, 32);
    const push = () => {
      while (!response.destroyed && response.write(more));
      if (!response.destroyed) response.once('drain', push);
    };
    push();
  },
  'a bomb in gzip': ({ response }) => response.writeHead(200).end(BOMB),
  'a 404 that is a page': send(200, { 'content-type': 'text/html' }, HTML),
  'a page without its type': send(200, { 'content-type': 'application/octet-stream' }, HTML),
  'a Git LFS pointer': send(200, {}, LFS),
  'an error of a storage service': send(200, { 'content-type': 'application/xml' }, XML),
  'not there': send(404, {}, 'not found'),
  'always busy': send(503, { 'retry-after': '0' }, 'busy'),
  'a reset': ({ response }) => response.destroy(),
  empty: send(200, {}, ''),
  'a redirect to a page': ({ response }) => response.writeHead(302, { location: '/login' }).end(),
};

/**
 * Sends a byte now and then without end. The host is never silent for long enough to count as dead.
 * @type {Misdeed}
 */
const slowHost = ({ response, bytes }) => {
  response.writeHead(200, { 'content-length': bytes.length });
  let sent = 0;
  const timer = setInterval(() => response.write(bytes.subarray(sent, (sent += 1))), BYTE_MS);
  response.on('close', () => clearInterval(timer));
};
const BYTE_MS = 500;
/** A device waits for a minute before it leaves such a host. */
const SLOW_PATIENCE_MS = 120_000;

/** 200 MiB of zeros. */
const BOMB = gzipSync(Buffer.alloc(200 * 1024 * 1024), { level: 9 });

/**
 * Every fault on every kind of file, then faults of several files, of signatures, and of time.
 * @type {readonly Case[]}
 */
export const CASES = [
  ...Object.entries(MISDEEDS).flatMap(([what, answer]) =>
    Object.entries(KINDS).map(([kind, matches]) => ({
      name: `${kind}: ${what}`,
      spoil: spoiling(matches, answer),
    })),
  ),
  ...Object.entries(KINDS).map(([kind, matches]) => ({
    name: `${kind}: a byte now and then`,
    spoil: spoiling(matches, slowHost),
    patienceMs: SLOW_PATIENCE_MS,
  })),
  { name: 'objects: each in place of another', swap: isBlob },
  { name: 'manifests: each in place of another', swap: isManifest },
  { name: 'metadata: an earlier state, whole', replay: (path) => path.startsWith('metadata/') },
  { name: 'metadata: an earlier timestamp only', replay: isTimestamp },
  { name: 'metadata: an earlier snapshot under the new name', replayAs: /snapshot\.json$/ },
  { name: 'metadata: signed by other keys', forged: true },
  {
    name: 'metadata: without signatures',
    spoil: spoiling(isMetadata, unsigned),
  },
  { name: 'clock: ten years ahead', clockYears: 10 },
  { name: 'clock: ten years behind', clockYears: -10 },
  {
    name: 'mirror: good, the registry itself spoils objects',
    spoil: spoiling(isBlob, MISDEEDS['one bit flipped']),
    goodMirror: true,
    mustUpdate: true,
  },
  {
    name: 'mirror: good, the registry itself sends objects byte by byte',
    spoil: spoiling(isBlob, slowHost),
    goodMirror: true,
    mustUpdate: true,
    patienceMs: SLOW_PATIENCE_MS,
  },
  {
    name: 'mirror: good, the registry itself has no deltas',
    spoil: spoiling(isDelta, MISDEEDS['not there']),
    goodMirror: true,
    mustUpdate: true,
  },
  {
    name: 'deltas: a byte now and then',
    spoil: spoiling(isDelta, slowHost),
    mustUpdate: true,
    patienceMs: SLOW_PATIENCE_MS,
  },
  { name: 'mirror: spoils everything, the registry is good', badMirror: true, mustUpdate: true },
];

/**
 * @param {Matches} matches
 * @param {Misdeed} misdeed
 * @returns {NonNullable<import('./host.mjs').Fault['spoil']>}
 */
function spoiling(matches, misdeed) {
  return (path) => (matches(path) ? misdeed : undefined);
}

/** @type {Misdeed} */
function unsigned({ response, bytes }) {
  response.writeHead(200).end(JSON.stringify({ ...JSON.parse(bytes.toString()), signatures: [] }));
}
