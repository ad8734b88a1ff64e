import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { build, createServer, preview } from 'vite';
import type { InlineConfig, Rollup } from 'vite';
import { perigee } from './index.ts';
import type { PerigeeOptions } from './index.ts';

const PAGE =
  '<!doctype html><title>app</title><script type="module" src="/src/main.js"></script>\n';

/** Writes an app into a folder that the end of the test removes. */
export async function writeApp(files: Readonly<Record<string, string | Uint8Array>>) {
  const root = await mkdtemp(join(tmpdir(), 'perigee-vite-'));
  // A build that is about to end may still write.
  onTestFinished(() => rm(root, { recursive: true, force: true, maxRetries: 10 }));
  const all = { 'index.html': PAGE, 'src/main.js': 'document.title = "ready";\n', ...files };
  for (const [name, content] of Object.entries(all)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
  return root;
}

function configOf(root: string, options: PerigeeOptions, config: InlineConfig): InlineConfig {
  return {
    ...config,
    root,
    configFile: false,
    logLevel: config.logLevel ?? 'silent',
    plugins: [perigee(options), ...(config.plugins ?? [])],
  };
}

/** Builds the app. */
export async function built(root: string, options: PerigeeOptions, config: InlineConfig = {}) {
  return (await build(configOf(root, options, config))) as Rollup.RollupOutput;
}

/** Starts the development server. The result is the address of its root, without a slash. */
export async function served(root: string, options: PerigeeOptions, config: InlineConfig = {}) {
  const server = await createServer({
    ...configOf(root, options, config),
    server: { ...config.server, host: '127.0.0.1', port: 0, ws: false },
    cacheDir: join(root, '.vite'),
  });
  await server.listen();
  onTestFinished(() => server.close());
  return addressOf(server.httpServer?.address());
}

/** Starts the preview server of what was built. */
export async function previewed(root: string, options: PerigeeOptions, config: InlineConfig = {}) {
  const server = await preview({
    ...configOf(root, options, config),
    preview: { ...config.preview, host: '127.0.0.1', port: 0 },
  });
  onTestFinished(() => server.close());
  return addressOf(server.httpServer.address());
}

function addressOf(address: string | AddressInfo | null | undefined): string {
  return `http://127.0.0.1:${(address as AddressInfo).port}`;
}
