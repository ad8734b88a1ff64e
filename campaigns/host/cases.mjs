// Faults of a host, as answers to requests. Each case says which paths it spoils, and how.
import { gzipSync } from 'node:zlib';

const isBlob = (path) => path.startsWith('blobs/');
const isManifest = (path) => path.endsWith('.manifest.json');
const isChannel = (path) => path.startsWith('targets/channels/');
const isMetadata = (path) => path.startsWith('metadata/') && !path.endsWith('.root.json');
const isTimestamp = (path) => path === 'metadata/timestamp.json';
const KINDS = {
  objects: isBlob,
  manifests: isManifest,
  'channel files': isChannel,
  metadata: isMetadata,
};
const HTML = '<!doctype html><html><title>Sign in</title><body>…</body></html>';
const LFS = 'version https://git-lfs.github.com/spec/v1\noid sha256:0000\nsize 1000\n';
const XML = '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>';

const send =
  (status, headers, body) =>
  ({ response }) =>
    response.writeHead(status, headers).end(body);

/** An answer in place of the file: (exchange: { response, bytes, random }) */
const MISDEEDS = {
  truncated: ({ response, bytes }) =>
    response.writeHead(200).end(bytes.subarray(0, bytes.length >> 1)),
  'cut off': ({ response, bytes }) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
  },
  'one bit flipped': ({ response, bytes, random }) => {
    const changed = Buffer.from(bytes);
    changed[Math.floor(random() * changed.length)] ^= 1 << Math.floor(random() * 8);
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
 */
const drip = ({ response, bytes }) => {
  response.writeHead(200, { 'content-length': bytes.length });
  let sent = 0;
  const timer = setInterval(() => response.write(bytes.subarray(sent, (sent += 1))), DRIP_MS);
  response.on('close', () => clearInterval(timer));
};
const DRIP_MS = 500;
/** A device waits for a minute before it leaves such a host. */
const DRIP_PATIENCE_MS = 120_000;

let bomb;
const BOMB = (bomb ??= gzipSync(Buffer.alloc(200 * 1024 * 1024), { level: 9 }));

/** Every fault on every kind of file, then faults of several files, of signatures, and of time. */
export const CASES = [
  ...Object.entries(MISDEEDS).flatMap(([what, answer]) =>
    Object.entries(KINDS).map(([kind, matches]) => ({
      name: `${kind}: ${what}`,
      spoil: (path) => (matches(path) ? answer : undefined),
    })),
  ),
  ...Object.entries(KINDS).map(([kind, matches]) => ({
    name: `${kind}: a drip`,
    spoil: (path) => (matches(path) ? drip : undefined),
    patienceMs: DRIP_PATIENCE_MS,
  })),
  { name: 'objects: each in place of another', swap: isBlob },
  { name: 'manifests: each in place of another', swap: isManifest },
  { name: 'metadata: an earlier state, whole', replay: (path) => path.startsWith('metadata/') },
  { name: 'metadata: an earlier timestamp only', replay: isTimestamp },
  { name: 'metadata: an earlier snapshot under the new name', replayAs: /snapshot\.json$/ },
  { name: 'metadata: signed by other keys', forged: true },
  {
    name: 'metadata: without signatures',
    spoil: (path) => (isMetadata(path) ? unsigned : undefined),
  },
  { name: 'clock: ten years ahead', clockYears: 10 },
  { name: 'clock: ten years behind', clockYears: -10 },
  {
    name: 'mirror: good, the registry itself spoils objects',
    spoil: (path) => (isBlob(path) ? MISDEEDS['one bit flipped'] : undefined),
    goodMirror: true,
    mustUpdate: true,
  },
  {
    name: 'mirror: good, the registry itself lets objects drip',
    spoil: (path) => (isBlob(path) ? drip : undefined),
    goodMirror: true,
    mustUpdate: true,
    patienceMs: DRIP_PATIENCE_MS,
  },
  {
    name: 'mirror: good, the registry itself has no deltas',
    spoil: (path) => (path.startsWith('deltas/') ? MISDEEDS['not there'] : undefined),
    goodMirror: true,
    mustUpdate: true,
  },
  {
    name: 'deltas: a drip',
    spoil: (path) => (path.startsWith('deltas/') ? drip : undefined),
    mustUpdate: true,
    patienceMs: DRIP_PATIENCE_MS,
  },
  { name: 'mirror: spoils everything, the registry is good', badMirror: true, mustUpdate: true },
];

function unsigned({ response, bytes }) {
  response.writeHead(200).end(JSON.stringify({ ...JSON.parse(bytes.toString()), signatures: [] }));
}
