import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { downloadTarget, refreshFrom } from '../tuf/client.ts';
import { folderTrust } from '../tuf/folder-trust.ts';

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
    .description('plain TUF client for any repository, with the protocol of tuf-conformance')
    .argument('<command>', 'init, refresh or download')
    .argument('[root]', 'with init: file with the trusted root')
    .requiredOption('--metadata-dir <folder>', 'folder of the trusted metadata')
    .option('--metadata-url <url>', "URL of the repository's metadata")
    .option('--target-name <path>', 'with download: the target')
    .option('--target-base-url <url>', "with download: URL of the repository's targets")
    .option('--target-dir <folder>', 'with download: folder to write the target to')
    .addHelpText(
      'after',
      `
Examples:
  perigee tuf init root.json --metadata-dir ./trusted
  perigee tuf refresh --metadata-dir ./trusted --metadata-url https://repo.example.com/metadata/`,
    )
    .action(async (command: string, root: string | undefined, options: Options) => {
      const trust = folderTrust(options.metadataDir);
      if (command === 'init')
        return trust.write('root', new Uint8Array(await readFile(needed(root, '<root>'))));
      if (command !== 'refresh' && command !== 'download')
        throw new CommandError(`Unknown command "${command}": use init, refresh or download.`);
      const trusted = await refreshFrom(needed(options.metadataUrl, '--metadata-url'), trust);
      if (command === 'refresh') return undefined;
      const name = needed(options.targetName, '--target-name');
      const base = needed(options.targetBaseUrl, '--target-base-url');
      const folder = needed(options.targetDir, '--target-dir');
      const { path, bytes } = await downloadTarget(base, trusted, name);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, encodeURIComponent(path)), bytes);
      return io.err(`… ${basename(path)}: ${bytes.byteLength} bytes`);
    });
};

function needed(value: string | undefined, what: string): string {
  if (value === undefined) throw new CommandError(`${what} is missing.`);
  return value;
}
