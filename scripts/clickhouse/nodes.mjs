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
    process.report.getReport().header.glibcVersionRuntime !== undefined
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

/** @returns running servers, and a function that ends them and removes their data */
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

async function startNode(config, data, http, tcp) {
  await mkdir(data, { recursive: true });
  const url = `http://127.0.0.1:${http}`;
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

async function answers(url) {
  try {
    return (await fetch(`${url}/ping`)).ok;
  } catch {
    return false;
  }
}

/** All ports are taken at once, so that they differ. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
