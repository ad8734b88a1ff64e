import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname, join, resolve } from 'node:path';
import sirv from 'sirv';
import type { Connect, Plugin, ResolvedConfig } from 'vite';
import { clientBuild } from './client.ts';
import type { RegistryOptions } from './options.ts';

/** Serves a registry in development and preview, and copies it into the build if asked. */
export function registry({ folder, path = '/registry/', copy = false }: RegistryOptions): Plugin {
  const place = path.replace(/^\/*/, '').replace(/\/*$/, '/');
  let config: ResolvedConfig;
  /** A server's base is a path, also where the base of a build is relative. */
  const serve = (middlewares: Connect.Server): void => {
    const root = resolve(config.root, folder);
    if (!existsSync(root)) config.logger.warn(`[perigee] ${absent(root, folder)}`);
    middlewares.use(config.base + place, filesOf(root));
  };
  return {
    name: 'perigee:registry',
    configResolved(resolved) {
      config = resolved;
    },
    configureServer: ({ middlewares }) => serve(middlewares),
    configurePreviewServer: ({ middlewares }) => serve(middlewares),
    async writeBundle() {
      const build = clientBuild(this, config);
      if (!copy || config.command !== 'build' || !build) return;
      const root = resolve(config.root, folder);
      if (!existsSync(root)) this.error(`[perigee] ${absent(root, folder)}`);
      await cp(root, join(resolve(config.root, build.outDir), place), { recursive: true });
    },
  };
}

function absent(root: string, folder: string): string {
  return (
    `The registry ${root} does not exist. Publish a model into it: ` +
    `npx perigee publish <name>@<version> --to ${folder}`
  );
}

/**
 * Answers every request below the path. An absent file is 404, and not the page of the app: devices
 * ask for files that may be absent.
 */
function filesOf(root: string): Connect.SimpleHandleFunction {
  const answer = sirv(root, { dev: true, etag: true, extensions: [], setHeaders: setType });
  return (request, response) => answer(request, response);
}

/** Most files of a registry have names that no list of types knows. */
function setType(response: ServerResponse, path: string): void {
  if (extname(path) !== '.json') response.setHeader('Content-Type', 'application/octet-stream');
}
