import { readFile } from 'node:fs/promises';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { humanBytes } from '../print/bytes.ts';
import { verifyRegistry } from '../verify/verify-registry.ts';

interface Options {
  readonly root?: string;
  readonly origin?: string;
  readonly copy: readonly string[];
  readonly json?: boolean;
}

export const registerVerifyRegistry: RegisterCommand = (program, io) => {
  program
    .command('verify-registry')
    .description('read everything a device could and tell what the registry or its host has wrong')
    .argument('<registry>', 'its URL, or a folder')
    .option(
      '--root <file>',
      "the root your app has compiled in (default: the registry's own first root)",
    )
    .option('--origin <url>', "of the app that reads it (default: another one than the registry's)")
    .option(
      '--copy <place>',
      'another place with the same registry, to compare; repeat it',
      (text: string, places: string[]) => [...places, text],
      [],
    )
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
Examples:
  perigee verify-registry https://models.example.com/ --root perigee-root.json \\
    --origin https://app.example.com
  perigee verify-registry ./registry
  perigee verify-registry https://models.example.com/ --copy https://mirror.example.com/ \\
    --copy ./registry

Exit code 1 when there are errors; warnings alone are 0.`,
    )
    .action(async (base: string, { root, origin = 'https://app.example', copy, json }: Options) => {
      const bytes = root === undefined ? undefined : new Uint8Array(await readFile(root));
      const { findings, ...facts } = await verifyRegistry(base, {
        origin: new URL(origin).origin,
        copies: copy,
        ...(bytes && { root: bytes }),
        onProgress: (done, total) => {
          if (done % 100 === 0 || done === total) io.err(`… ${done} of ${total} objects`);
        },
      });
      const errors = findings.filter(({ level }) => level === 'error').length;
      const lines = findings.map(
        ({ level, path, message }) => `${level === 'error' ? '✗' : '!'} ${path} ${message}`,
      );
      const models =
        facts.models
          .map(({ name, versions }) => `${name} (${versions.length} versions)`)
          .join(', ') || 'no models';
      io.out(
        json
          ? JSON.stringify({ ...facts, findings })
          : [
              ...lines,
              `${facts.files} files, ${humanBytes(facts.bytes)}, ${models}: ` +
                `${errors} errors, ${findings.length - errors} warnings.`,
            ].join('\n'),
      );
      if (errors > 0)
        throw new CommandError(`${base} has ${errors} error${errors === 1 ? '' : 's'}.`);
    });
};
