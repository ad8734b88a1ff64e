import type { FetchedFile } from '../../rpc/inference-api.ts';
import type { PerigeeState } from '../perigee-state.ts';
import type { Finding } from './finding.ts';
import { headersOf } from './head.ts';
import { isServer } from './place.ts';
import { asSentence } from './sentence.ts';
import { startRuntime } from './start-runtime.ts';

/** Smaller files are hardly worth compressing. */
const MIN_BYTES = 100_000;

/**
 * Checks that wasm starts in this browser and how its files are served. Starts a worker for that,
 * unless a loaded model runs on wasm.
 */
export async function checkWasm(state: PerigeeState): Promise<readonly Finding[]> {
  if (isServer(state.runtime)) return [];
  const loaded = await filesOfLoaded(state);
  const isRunning = [...state.models.keys()].some(
    ({ backend, pool }) => backend === 'wasm' && pool.use.alive.length > 0,
  );
  const { fault, wasmFiles } = isRunning
    ? { fault: null, wasmFiles: [] }
    : await startRuntime(state, 'wasm');
  const files = new Map([...loaded, ...wasmFiles].map((file) => [file.url, file]));
  const ofFiles = (await Promise.all([...files.values()].map(checkFile))).flat();
  return fault === null ? ofFiles : [unavailable(fault, state.config.wasmUrl), ...ofFiles];
}

async function filesOfLoaded({ models }: PerigeeState): Promise<readonly FetchedFile[]> {
  const workers = [...models.keys()].flatMap(({ pool }) => pool.use.alive.slice(0, 1));
  const files = workers.map(({ connection }) => connection.call('wasmFiles').catch(() => []));
  return (await Promise.all(files)).flat();
}

function unavailable(fault: string, wasmUrl: string | undefined): Finding {
  const from =
    wasmUrl === undefined
      ? '(from where the bundler put them, or from assetsUrl and wasmUrl)'
      : `from wasmUrl = ${wasmUrl}`;
  return {
    id: 'wasm-unavailable',
    severity: 'error',
    what: 'Models that need the wasm runtime cannot be opened.',
    why: asSentence(`The runtime did not start: ${fault}`),
    remedy:
      `Check that its .wasm and .js files can be fetched ${from}, ` +
      "and that the Content-Security-Policy has script-src 'wasm-unsafe-eval'.",
  };
}

async function checkFile({ url, encodedBytes, decodedBytes }: FetchedFile): Promise<Finding[]> {
  const name = new URL(url).pathname.split('/').at(-1) ?? url;
  const sizeMB = (encodedBytes / 1e6).toFixed(1);
  const type = await typeOf(url);
  const findings: Finding[] = [];
  if (encodedBytes === decodedBytes && decodedBytes > MIN_BYTES) {
    findings.push({
      id: 'wasm-uncompressed',
      severity: 'warning',
      what: `A first visit downloads more than it needs: ${sizeMB} MB for ${name}.`,
      why: `${name} is served uncompressed.`,
      remedy: 'Let the host compress .wasm files (application/wasm) with brotli or gzip.',
    });
  }
  if (type !== null && type !== 'application/wasm') {
    findings.push({
      id: 'wasm-wrong-type',
      severity: 'warning',
      what: `${name} is compiled only after it has arrived as a whole.`,
      why: `It is served ${type ? `as ${type}` : 'without a content type'}.`,
      remedy: 'Let the host serve .wasm files with the content type application/wasm.',
    });
  }
  return findings;
}

/** Returns the content type of a file; null when the host does not answer. */
async function typeOf(url: string): Promise<string | null> {
  const headers = await headersOf(url);
  return headers && (headers.get('content-type') ?? '').replace(/;.*/s, '').trim().toLowerCase();
}
