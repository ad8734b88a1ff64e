// ClickHouse servers for tests: one, or several that know each other as the cluster "shards".
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../steps.mjs';

export const FOLDER = join(ROOT, '.perigee/clickhouse');
export const CLUSTER = 'shards';
const START_TIMEOUT_MS = 30_000;

export function isSupported() {
  return (
    process.platform === 'linux' &&
    process.arch === 'x64' &&
    systemReport().header.glibcVersionRuntime !== undefined
  );
}

/**
 * Whether tests can use ClickHouse. Throws where it is required and missing, so that tests are not
 * skipped there.
 */
export function isInstalled() {
  const installed = existsSync(join(FOLDER, 'installed'));
  if (!installed && process.env.PERIGEE_CLICKHOUSE === 'required')
    throw new Error(`ClickHouse is not in ${FOLDER}.`);
  return installed;
}

/**
 * @returns running servers, and a function that ends them and removes their data
 * @param {number} count
 */
export async function startNodes(count) {
  const folder = await mkdtemp(join(tmpdir(), 'perigee-clickhouse-'));
  const ports = await freePorts(2 * count);
  const config = join(folder, 'config.xml');
  const shards = Array.from(
    { length: count },
    (_, i) =>
      `<shard><replica><host>127.0.0.1</host><port>${ports[2 * i + 1]}</port></replica></shard>`,
  );
  await writeFile(
    config,
    '<clickhouse><logger><level>none</level></logger><remote_servers>' +
      `<${CLUSTER}>${shards.join('')}</${CLUSTER}></remote_servers></clickhouse>`,
  );
  const nodes = await Promise.all(
    shards.map((_, i) =>
      startNode(config, join(folder, `node-${i}`), ports[2 * i], ports[2 * i + 1]),
    ),
  );
  return {
    nodes,
    async close() {
      await Promise.all(nodes.map((node) => node.kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * @param {string} config
 * @param {string} data
 * @param {number | undefined} http
 * @param {number | undefined} tcp
 */
async function startNode(config, data, http, tcp) {
  await mkdir(data, { recursive: true });
  const url = `http://127.0.0.1:${http}`;
  /** @type {import('node:child_process').ChildProcessWithoutNullStreams} */
  let child;
  let output = '';

  async function start() {
    child = spawn(
      process.execPath,
      [
        join(ROOT, 'scripts/clickhouse/server.mjs'),
        FOLDER,
        data,
        String(http),
        String(tcp),
        config,
      ],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => (output = `${output}${text}`.slice(-10_000)));
    for (const end = Date.now() + START_TIMEOUT_MS; ;) {
      if (await answers(url)) return;
      if (child.exitCode !== null || Date.now() > end)
        throw new Error(`ClickHouse did not start: ${output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  await start();
  return {
    url,
    start,
    /** Ends the server by SIGKILL: unwritten data is lost. */
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
      child.stdin.destroy();
    },
  };
}

/** @param {string} url */
async function answers(url) {
  try {
    return (await fetch(`${url}/ping`)).ok;
  } catch {
    return false;
  }
}

/**
 * All ports are taken at once, so that they differ.
 * @param {number} count
 */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map(portOf);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** @param {import('node:net').Server} server that listens on a port */
function portOf(server) {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}

/** @returns {{ header: { glibcVersionRuntime?: string } }} Node types the report as any object. */
function systemReport() {
  return /** @type {never} */ (process.report.getReport());
}
