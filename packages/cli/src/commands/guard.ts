import { setTimeout as wait } from 'node:timers/promises';
import { Option } from 'commander';
import type { Command } from 'commander';
import { publisherOf, withSigning } from '../arguments/signing.ts';
import type { SigningOptions } from '../arguments/signing.ts';
import { wholeNumber } from '../arguments/values.ts';
import { CommandError } from '../command.ts';
import type { Io, RegisterCommand } from '../command.ts';
import { ADMIN_KEY, collectorClient } from '../guard/collector-client.ts';
import { guardOnce } from '../guard/guard.ts';
import type { GuardAction, GuardOptions, GuardReport } from '../guard/guard.ts';
import { messageOf } from '../message-of.ts';

interface Options extends SigningOptions {
  readonly collector: string;
  readonly action: GuardAction;
  readonly every: number;
  readonly once?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export const registerGuard: RegisterCommand = (program, io) => {
  const command = withSigning(
    program.command('guard').description('watch rollouts, and roll back versions that do harm'),
  );
  withGuard(command)
    .addHelpText(
      'after',
      `
A version is rolled back when two independent signals say that it does harm: metrics that fail for
different reasons, or one metric in both halves of the fleet. One signal is never enough, because
uploads do not prove who sent them. Every decision is written to the collector's audit log.

Examples:
  perigee guard --to ./registry --collector http://127.0.0.1:4700
  perigee guard --to s3://models/prod --collector https://collector.example.com \\
    --action halt --every 300`,
    )
    .action(async (options: Options) => {
      const { collector, action, every, once = false, dryRun = false, json = false } = options;
      const check: GuardOptions = {
        publisher: await publisherOf(options),
        collector: collectorClient(collector, process.env[ADMIN_KEY]),
        action,
        dryRun,
      };
      await untilSignal((signal) =>
        once
          ? checkRollouts(check, json, io)
          : checkRepeatedly(check, { everyMs: every * 1_000, json, signal }, io),
      );
    });
};

function withGuard(command: Command): Command {
  return command
    .requiredOption(
      '--collector <url>',
      `collector that devices report to; its admin key is read from ${ADMIN_KEY}`,
    )
    .addOption(
      new Option(
        '--action <action>',
        'halt: end the rollout, and devices with the version go back; rollback: also forbid the ' +
          'version',
      )
        .choices(['halt', 'rollback'])
        .default('rollback'),
    )
    .option('--every <seconds>', 'seconds between two checks', wholeNumber(1, 86_400), 60)
    .option('--once', 'check once and exit; exit code 1 if a rollout could not be checked')
    .option('--dry-run', 'print the action, and change nothing')
    .option('--json', 'print each check as a line of JSON');
}

/** Runs until SIGINT or SIGTERM. */
async function untilSignal(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  try {
    await run(ended.signal);
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}

async function checkRepeatedly(
  options: GuardOptions,
  {
    everyMs,
    json,
    signal,
  }: { readonly everyMs: number; readonly json: boolean; readonly signal: AbortSignal },
  io: Io,
): Promise<void> {
  while (!signal.aborted) {
    await checkRollouts(options, json, io).catch((error: unknown) => {
      // Keep running: a guard that stops at the first network error protects nothing.
      io.err(`✗ ${messageOf(error)}`);
    });
    await wait(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Checks every rollout once and prints the results.
 * @throws CommandError when a rollout could not be checked
 */
async function checkRollouts(options: GuardOptions, json: boolean, io: Io): Promise<void> {
  const reports = await guardOnce(options);
  if (json) io.out(JSON.stringify({ at: new Date().toISOString(), reports }));
  else for (const line of describe(reports)) io.out(line);
  const failed = reports.filter(({ outcome }) => outcome === 'failed').length;
  if (failed > 0)
    throw new CommandError(`${failed} of ${reports.length} rollouts could not be checked.`);
}

const OUTCOMES: Readonly<Record<GuardReport['outcome'], string>> = {
  waiting: 'no counts yet',
  'too-little-data': 'not enough data yet',
  'no-harm-seen': 'no harm seen',
  'would-act': 'does harm (dry run: nothing was changed)',
  acted: 'was rolled back',
  failed: 'could not be checked',
};

function describe(reports: readonly GuardReport[]): string[] {
  if (reports.length === 0) return ['No rollout is under way.'];
  return reports.map(({ model, challenger, percent, channel, champion, outcome, reasons }) => {
    const share = `${percent} % of ${channel}, beside ${champion}`;
    const release = challenger === undefined ? model : `${model}@${challenger} (${share})`;
    const because = reasons.length > 0 ? `: ${reasons.join('; ')}` : '';
    return `${release}: ${OUTCOMES[outcome]}${because}`;
  });
}
