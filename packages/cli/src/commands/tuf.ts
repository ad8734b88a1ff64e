import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  findTarget,
  isAbsent,
  layout,
  readBounded,
  refreshTrusted,
  targetPath,
  verifyTarget,
} from '@perigee/registry';
import type { TrustStore } from '@perigee/registry';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';

interface Options {
  readonly metadataDir: string;
  readonly metadataUrl?: string;
  readonly targetName?: string;
  readonly targetBaseUrl?: string;
  readonly targetDir?: string;
}

/**
 * The TUF client alone, with the protocol of the public TUF conformance suite (tuf-conformance,
 * CLIENT-CLI.md). It works with any TUF repository.
 */
export const registerTuf: RegisterCommand = (program, io) => {
  program
    .command('tuf')
    .description(
      'a plain TUF client: init, refresh, download, as the public conformance suite calls it',
    )
    .requiredOption('--metadata-dir <folder>', 'trusted metadata')
    .option('--metadata-url <url>', "of the repository's metadata")
    .option('--target-name <path>', 'what to download')
    .option('--target-base-url <url>', "of the repository's targets")
    .option('--target-dir <folder>', 'where to put it')
    .argument('<command>', 'init, refresh or download')
    .argument('[root]', 'init: file with the trusted root')
    .action(async (command: string, root: string | undefined, options: Options) => {
      const trust = folderTrust(options.metadataDir);
      if (command === 'init')
        return trust.write('root', new Uint8Array(await readFile(needed(root, '<root>'))));
      if (command !== 'refresh' && command !== 'download')
        throw new CommandError(`"${command}" is none of init, refresh, download.`);
      const base = needed(options.metadataUrl, '--metadata-url');
      const trusted = await refreshTrusted({
        trust,
        now: new Date(),
        fetch: (path, maxBytes) => fetchFile(base, path, maxBytes),
      });
      if (command === 'refresh') return undefined;
      const target = await findTarget(trusted, needed(options.targetName, '--target-name'));
      if (!target) throw new CommandError(`There is no target "${options.targetName}".`);
      const place = targetPath(target, trusted.root.consistentSnapshot);
      const bytes = await fetchFile(
        needed(options.targetBaseUrl, '--target-base-url'),
        place.split('/').map(encodeURIComponent).join('/'),
        target.length,
      );
      if (!bytes) throw new CommandError(`The target is listed and not there: ${place}.`);
      await verifyTarget(target, bytes);
      const folder = needed(options.targetDir, '--target-dir');
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, encodeURIComponent(target.path)), bytes);
      return io.err(`… ${basename(target.path)}: ${bytes.byteLength} bytes`);
    });
};

/**
 * A trust store with a file for each role; the file name is percent-encoded. A forgotten role has
 * no file.
 */
function folderTrust(folder: string): TrustStore {
  const file = (role: string): string => join(folder, `${encodeURIComponent(role)}.json`);
  return {
    read: (role) =>
      readFile(file(role)).then(
        (bytes) => new Uint8Array(bytes),
        () => undefined,
      ),
    async write(role, bytes) {
      await mkdir(dirname(file(role)), { recursive: true });
      await (bytes.byteLength === 0
        ? rm(file(role), { force: true })
        : writeFile(file(role), bytes));
    },
  };
}

async function fetchFile(
  base: string,
  path: string,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const url = new URL(path, base.endsWith('/') ? base : `${base}/`);
  const response = await fetch(url);
  if (isAbsent(layout.metadata(path), response.status)) return undefined;
  if (!response.ok || !response.body)
    throw new CommandError(`${url.href} answered HTTP ${response.status}.`);
  return readBounded(response.body as never, maxBytes, url.pathname);
}

function needed(value: string | undefined, what: string): string {
  if (value === undefined) throw new CommandError(`${what} is missing.`);
  return value;
}
