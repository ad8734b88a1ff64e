import type { RegisterCommand } from '../command.ts';
import { modelName, releaseName, semanticVersion } from '../arguments/names.ts';
import { publisherOf, withSigning } from '../arguments/signing.ts';
import type { SigningOptions } from '../arguments/signing.ts';
import { changeChannels } from '../publish/channels.ts';
import { allowVersion, raiseFloor, revokeVersion } from '../publish/revoke.ts';

interface Options extends SigningOptions {
  readonly reason: string;
  readonly below?: string;
  readonly undo?: boolean;
}

export const registerRevoke: RegisterCommand = (program, io) => {
  withSigning(
    program
      .command('revoke')
      .description('forbid a version on every device; devices remember it offline')
      .argument('<release>', 'name@version, or only the name with --below'),
  )
    .requiredOption('--reason <text>', 'reason, for the log and for devices')
    .option(
      '--below <version>',
      'forbid all versions below this one (the security floor)',
      semanticVersion,
    )
    .option('--undo', 'allow the version again; with --below: lower the floor to this version')
    .addHelpText(
      'after',
      `
Examples:
  perigee revoke digits@1.2.0 --reason "takes 1 for 7" --to ./registry
  perigee revoke digits --below 1.1.0 --reason "leaks training data" --to ./registry`,
    )
    .action(async (text: string, options: Options) => {
      const sentence =
        options.below === undefined
          ? await changeRevocation(text, options)
          : await changeFloor(text, options.below, options);
      io.out(sentence);
    });
};

/** @returns a sentence about the result */
async function changeRevocation(release: string, options: Options): Promise<string> {
  const { reason, undo } = options;
  const { name, version } = releaseName(release);
  const { metadataVersion, changed } = await changeChannels(
    await publisherOf(options),
    name,
    (before) => (undo ? allowVersion(before, version) : revokeVersion(before, { version, reason })),
    reason,
  );
  const rule = undo ? 'may run again' : 'must not run any more';
  return `${name}@${version} ${rule} ${changeText(changed, metadataVersion)}.`;
}

/** @returns a sentence about the result */
async function changeFloor(model: string, below: string, options: Options): Promise<string> {
  const { reason, undo } = options;
  const name = modelName(model);
  const { metadataVersion, changed, file } = await changeChannels(
    await publisherOf(options),
    name,
    (before) => (undo ? { ...before, floor: below } : raiseFloor(before, below)),
    reason,
  );
  const now = changeText(changed, metadataVersion);
  return `Versions of ${name} below ${file.floor} must not run any more ${now}.`;
}

function changeText(changed: boolean, metadataVersion: number): string {
  return changed ? `(metadata ${metadataVersion})` : 'already; nothing was changed';
}
