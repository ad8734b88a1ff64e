import { existsSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type * as Cli from '@perigee/cli';
import { glob } from 'tinyglobby';
import { createFilter, normalizePath } from 'vite';
import type { Plugin, ResolvedConfig, ViteDevServer } from 'vite';
import { clientBuild } from './client.ts';
import { messageOf } from './message-of.ts';
import type { TypesOptions } from './options.ts';

const MODELS = '**/*.{onnx,ort}';
const COMMAND = 'vite';
/** A publish or a copy writes several files. */
const QUIET_MS = 200;

type Warn = (error: unknown) => void;

/** The sources and the target of the types, as absolute paths. */
interface Places {
  readonly root: string;
  readonly out: string;
  /** '' without one. A URL stays as it is. */
  readonly registry: string;
  readonly models: readonly string[];
  readonly publicDir: string;
}

/**
 * Writes the types of models, in development again after each change.
 * @param folder of the option `registry`
 */
export function types(options: TypesOptions, folder?: string): Plugin {
  let config: ResolvedConfig;
  const warn: Warn = (error) =>
    config.logger.warn(`[perigee] The types of models were not written. ${messageOf(error)}`);
  return {
    name: 'perigee:types',
    // `import url from './model.onnx'` is the URL of the file.
    config: () => ({ assetsInclude: ['**/*.onnx', '**/*.ort'] }),
    configResolved(resolved) {
      config = resolved;
    },
    configureServer(server) {
      followChanges(server, placesOf(options, folder, config), warn);
    },
    async buildStart() {
      if (config.command !== 'build' || !clientBuild(this, config)) return;
      await writeTypes(placesOf(options, folder, config), warn).catch(warn);
    },
  };
}

function placesOf(
  { out = 'src/perigee-models.d.ts', registry, models }: TypesOptions,
  folder: string | undefined,
  { root, publicDir }: ResolvedConfig,
): Places {
  const from = registry ?? folder ?? '';
  const folders = ['src', ...(publicDir === '' ? [] : [normalizePath(relative(root, publicDir))])];
  return {
    root,
    publicDir,
    models: models ?? folders.map((name) => `${name}/${MODELS}`),
    out: resolve(root, out),
    registry: from === '' || isUrl(from) ? from : resolve(root, from),
  };
}

function isUrl(registry: string): boolean {
  return /^(https?|s3):\/\//.test(registry);
}

/** Writes the types now, and after each change. Two runs never overlap. */
function followChanges({ watcher }: ViteDevServer, places: Places, warn: Warn): void {
  const isModel = createFilter([...places.models], undefined, { resolve: places.root });
  const isFolder = places.registry !== '' && !isUrl(places.registry);
  // A publish ends with this file. Where the registry is in the project, the server watches all of
  // its files, and so a copy that takes long is read after its last file.
  if (isFolder) watcher.add(join(places.registry, 'metadata/timestamp.json'));
  const isOfRegistry = (path: string): boolean =>
    isFolder && resolve(path).startsWith(join(places.registry, sep));
  let running = writeTypes(places, warn).catch(warn);
  let timer: NodeJS.Timeout | undefined;
  watcher.on('all', (_event, path) => {
    if (!isModel(path) && !isOfRegistry(path)) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      running = running.then(() => writeTypes(places, warn)).catch(warn);
    }, QUIET_MS);
  });
}

/** A model file is known by its URL if it is public, and by its import otherwise. */
async function writeTypes(places: Places, warn: Warn): Promise<void> {
  const { root, models, publicDir } = places;
  const cli = await loadCli();
  const ignore = ['**/node_modules/**'];
  const found = await glob([...models], { cwd: root, absolute: true, ignore });
  const files = found.map((path) => resolve(path)).toSorted();
  const isPublic = (path: string): boolean =>
    publicDir !== '' && path.startsWith(join(publicDir, '/'));
  // One of the two files is written even if the other cannot be made.
  await writeNamed(cli, places, files.filter(isPublic)).catch(warn);
  await writeImported(
    cli,
    places,
    files.filter((path) => !isPublic(path)),
  ).catch(warn);
}

async function writeNamed(
  { makeModelTypes, writeTypesFile }: typeof Cli,
  { out, registry, publicDir }: Places,
  files: readonly string[],
): Promise<void> {
  const sources = [...(registry === '' ? [] : [registry]), ...files];
  await writeTypesFile(out, (await makeModelTypes(sources, publicDir, COMMAND)).text);
}

/** TypeScript reads declarations of imports only from a file of their own. */
async function writeImported(
  { makeImportTypes, writeTypesFile }: typeof Cli,
  { out, root }: Places,
  files: readonly string[],
): Promise<void> {
  const path = out.replace(/(\.d\.m?ts)$/, '-imports$1');
  if (files.length === 0 && !existsSync(path)) return;
  await writeTypesFile(path, await makeImportTypes(files, root, COMMAND));
}

/** Only this option needs the command line tools. They read registries and run models. */
async function loadCli(): Promise<typeof Cli> {
  return import('@perigee/cli').catch((cause: unknown) => {
    throw new Error('They need @perigee/cli: npm install --save-dev @perigee/cli', { cause });
  });
}
