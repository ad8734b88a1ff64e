import { readFile } from 'node:fs/promises';
import { repeated } from '../arguments/values.ts';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { humanBytes } from '../print/bytes.ts';
import type { Finding } from '../verify/findings.ts';
import { verifyRegistry } from '../verify/verify-registry.ts';
import type { Verification } from '../verify/verify-registry.ts';

interface Options {
  readonly root?: string;
  readonly origin: string;
  readonly copy?: readonly string[];
  readonly json?: boolean;
}

export const registerVerifyRegistry: RegisterCommand = (program, io) => {
  program
    .command('verify-registry')
    .description('read a registry as devices do, and report faults of the registry and its host')
    .argument('<registry>', 'URL or folder of the registry')
    .option(
      '--root <file>',
      "root that your app has compiled in (default: the registry's own first root)",
    )
    .option(
      '--origin <url>',
      'origin of the app, which browsers send to the host',
      'https://app.example',
    )
    .option(
      '--copy <place>',
      'another place with the same registry, to compare; repeat it for each copy',
      repeated(),
    )
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
The exit code is 1 if there are errors. Warnings do not change it.

Examples:
  perigee verify-registry https://models.example.com/ --root perigee-root.json \\
    --origin https://app.example.com
  perigee verify-registry ./registry
  perigee verify-registry https://models.example.com/ --copy https://mirror.example.com/ \\
    --copy ./registry`,
    )
    .action(async (base: string, { root, origin, copy = [], json }: Options) => {
      const bytes = root === undefined ? undefined : new Uint8Array(await readFile(root));
      const verification = await verifyRegistry(base, {
        origin: new URL(origin).origin,
        copies: copy,
        ...(bytes && { root: bytes }),
        onProgress: (done, total) => {
          if (done % 100 === 0 || done === total) io.err(`… ${done} of ${total} objects`);
        },
      });
      io.out(json ? JSON.stringify(verification) : describe(verification));
      const errors = errorsIn(verification.findings);
      if (errors > 0)
        throw new CommandError(`${base} has ${errors} error${errors === 1 ? '' : 's'}.`);
    });
};

function errorsIn(findings: readonly Finding[]): number {
  return findings.filter(({ level }) => level === 'error').length;
}

function describe({ findings, files, bytes, models }: Verification): string {
  const errors = errorsIn(findings);
  const lines = findings.map(
    ({ level, path, message }) => `${level === 'error' ? '✗' : '!'} ${path} ${message}`,
  );
  const names =
    models.map(({ name, versions }) => `${name} (${versions.length} versions)`).join(', ') ||
    'no models';
  const total =
    `${files} files, ${humanBytes(bytes)}, ${names}: ${errors} errors, ` +
    `${findings.length - errors} warnings.`;
  return [...lines, total].join('\n');
}
