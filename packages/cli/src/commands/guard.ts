import { setTimeout as wait } from 'node:timers/promises';
import { Option } from 'commander';
import type { Command } from 'commander';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { ADMIN_KEY, collectorClient } from '../guard/collector-client.ts';
import { guardOnce } from '../guard/guard.ts';
import type { GuardAction, GuardReport } from '../guard/guard.ts';
import { publisherOf, withSigning } from './signing.ts';
import type { SigningOptions } from './signing.ts';
import { wholeNumber } from './shared.ts';

interface Options extends SigningOptions {
  readonly collector: string;
  readonly action: GuardAction;
  readonly every: number;
  readonly once?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const withGuard = (command: Command): Command =>
  command
    .requiredOption(
      '--collector <url>',
      'the collector that hears of the devices; its admin key from PERIGEE_COLLECTOR_KEY',
    )
    .addOption(
      new Option(
        '--action <action>',
        'halt: end the rollout, who had the version goes back. rollback: forbid the version ' +
          'besides',
      )
        .choices(['halt', 'rollback'])
        .default('rollback'),
    )
    .option('--every <seconds>', 'between two looks', wholeNumber(1, 86_400), 60)
    .option('--once', 'look once; the exit code is 1 when a rollout could not be looked at, else 0')
    .option('--dry-run', 'say what would be done')
    .option('--json', 'print each look as a line of JSON');

export const registerGuard: RegisterCommand = (program, io) => {
  withGuard(
    withSigning(
      program.command('guard').description('watch the rollouts, and take back what does harm'),
    ),
  )
    .addHelpText(
      'after',
      `
Examples:
  perigee guard --to ./registry --collector http://127.0.0.1:4700
  perigee guard --to s3://models/prod --collector https://collector.example.com \\
    --action halt --every 300

A version is taken back when two independent signals say that it does harm: metrics that fail for
different reasons, or one metric in both halves of the fleet. Uploads prove nothing of who sent
them, so one signal is never enough. Every decision goes to the collector's audit log.`,
    )
    .action(async (options: Options) => {
      const { collector, action, every, once = false, dryRun = false, json = false } = options;
      const publisher = await publisherOf(options);
      const client = collectorClient(collector, process.env[ADMIN_KEY]);
      const ended = new AbortController();
      const end = (): void => ended.abort();
      process.once('SIGINT', end).once('SIGTERM', end);
      try {
        while (!ended.signal.aborted) {
          try {
            const reports = await guardOnce({ publisher, collector: client, action, dryRun });
            if (json) io.out(JSON.stringify({ at: new Date().toISOString(), reports }));
            else for (const line of describe(reports)) io.out(line);
            const failed = reports.filter(({ outcome }) => outcome === 'failed').length;
            if (failed > 0)
              throw new CommandError(
                `${failed} of ${reports.length} rollouts could not be looked at.`,
              );
          } catch (error) {
            if (once) throw error;
            // Keep running: a guard that stops at the first network error protects nothing.
            io.err(`✗ ${error instanceof Error ? error.message : String(error)}`);
          }
          if (once) return;
          await wait(every * 1_000, undefined, { signal: ended.signal }).catch(() => undefined);
        }
      } finally {
        process.off('SIGINT', end).off('SIGTERM', end);
      }
    });
};

const WORDS = {
  waiting: 'nothing counted yet',
  'too-little-data': 'too little to tell',
  'no-harm-seen': 'no harm seen',
  'would-act': 'does harm (nothing was done)',
  acted: 'was taken back',
  failed: 'cannot be looked at',
} as const;

function describe(reports: readonly GuardReport[]): string[] {
  if (reports.length === 0) return ['No rollout is under way.'];
  return reports.map(({ model, challenger, percent, channel, champion, outcome, reasons }) => {
    const share = `${percent} % of ${channel}, beside ${champion}`;
    const release = challenger === undefined ? model : `${model}@${challenger} (${share})`;
    const because = reasons.length > 0 ? `: ${reasons.join('; ')}` : '';
    return `${release}: ${WORDS[outcome]}${because}`;
  });
}
