import { formatModelRef, parseModelRef } from '@perigee/registry';
import { destination } from '../arguments/places.ts';
import { wholeNumber } from '../arguments/values.ts';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { table } from '../print/table.ts';
import { readRegistry } from '../publish/registry.ts';
import { versionOfDevice, versionsOfDevices } from '../publish/simulate.ts';
import type { DeviceVersion } from '../publish/simulate.ts';

interface Options {
  readonly registry: string;
  readonly installId?: string;
  readonly devices?: number;
  readonly json?: boolean;
}

export const registerSimulate: RegisterCommand = (program, io) => {
  program
    .command('simulate')
    .description('show the version that a device, or a fleet of made-up devices, would get')
    .argument('<reference>', 'like digits, digits@canary, digits@^1')
    .requiredOption('--registry <registry>', 'a folder or s3://bucket/prefix', destination)
    .option('--install-id <id>', 'install id of the device')
    .option(
      '--devices <n>',
      'instead of --install-id: number of made-up devices; prints the share of each version',
      wholeNumber(1, 1_000_000),
    )
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
Examples:
  perigee simulate digits --registry ./registry --install-id 00000000-0000-4000-8000-000000000000
  perigee simulate digits --registry ./registry --devices 10000`,
    )
    .action(async (text: string, { registry: place, installId, devices, json }: Options) => {
      const ref = parseModelRef(text);
      const registry = await readRegistry(place);
      if (devices !== undefined) {
        const counts = await versionsOfDevices(registry, ref, devices);
        io.out(json ? JSON.stringify(Object.fromEntries(counts)) : sharesText(counts, devices));
        return;
      }
      if (installId === undefined)
        throw new CommandError(
          'Give the device, with --install-id, or a number of made-up devices, like ' +
            '--devices 10000.',
        );
      const device = await versionOfDevice(registry, ref, installId);
      const { version, reason, arm, bucket } = device;
      io.out(
        json
          ? JSON.stringify({ version, reason, arm, bucket })
          : `${formatModelRef(ref)} is ${version} for ${installId}: ${reasonText(device)}`,
      );
    });
};

function reasonText({ reason, bucket, rolloutPercent }: DeviceVersion): string {
  if (bucket === undefined) return reason;
  return `${reason}; bucket ${bucket} of the rollout to ${rolloutPercent} %`;
}

function sharesText(counts: readonly (readonly [string, number])[], devices: number): string {
  return table(
    ['version', 'devices', 'share'],
    counts.map(([version, count]) => [version, count, `${((100 * count) / devices).toFixed(2)} %`]),
  );
}
