import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Notifier, StoreOptions } from '@perigee/collector';
import { InvalidArgumentError } from 'commander';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { webUrl, wholeNumber } from './shared.ts';

interface Options {
  readonly port: number;
  readonly host: string;
  readonly data: string;
  readonly registry?: string;
  readonly origin?: readonly string[];
  readonly clickhouse?: string;
  readonly clickhouseCluster?: string;
  readonly rules?: string;
  readonly publicUrl?: string;
  readonly webhook?: string;
  readonly mailTo?: string;
  readonly mailFrom?: string;
  readonly otlp?: string;
  readonly trustProxy?: true | number | readonly string[];
  readonly sampling?: readonly number[];
  readonly uploadsPerMinute: number;
  readonly monitor: boolean;
  readonly windowHours: number;
  readonly minDevices: number;
  readonly minObservations: number;
  readonly json?: boolean;
}

const HELP = `
Examples:
  perigee collector --registry ./registry
  perigee collector --host 0.0.0.0 --port 8080 --registry https://models.example.com/ \\
    --origin https://app.example.com
  PERIGEE_CLICKHOUSE_USER=perigee PERIGEE_CLICKHOUSE_PASSWORD=… perigee collector \\
    --clickhouse https://clickhouse.example.com:8443/

Read from the environment only, because a command line is seen by everyone on the machine:
  PERIGEE_COLLECTOR_ADMIN_KEY      what reads answers and the dashboard; needed before it listens
                                   on more than this machine
  PERIGEE_COLLECTOR_INGEST_KEYS    keys of Node fleets, with commas between them
  PERIGEE_SLACK_URL                incoming webhook of Slack, or of what takes the same
  PERIGEE_WEBHOOK_SECRET, PERIGEE_SMTP_URL
User and password for ClickHouse are read from PERIGEE_CLICKHOUSE_USER and
PERIGEE_CLICKHOUSE_PASSWORD only: a command line is seen by everyone on the machine.`;

export const registerCollector: RegisterCommand = (program, io) => {
  program
    .command('collector')
    .description('take profiles in and show the dashboard, until Ctrl-C')
    .option('--port <port>', 'port to listen on; 0 takes a free one', wholeNumber(0, 65_535), 4700)
    .option('--host <host>', 'address to listen on; 0.0.0.0 for every network', '127.0.0.1')
    .option('--data <folder>', 'where the store is', '.perigee/collector')
    .option('--registry <url or folder>', 'where the models are; without it there is no drift')
    .option('--origin <origin...>', 'pages that may send; default: any')
    .option(
      '--clickhouse <url>',
      'keep sums in a ClickHouse that several collectors share, instead of in --data',
    )
    .option(
      '--clickhouse-cluster <name>',
      "spread and replicate its tables over a cluster of the servers' configuration",
    )
    .option('--rules <json>', 'what is worth an alert and who hears of it (docs/alerts.md)')
    .option('--public-url <url>', 'where people open the dashboard, for links in messages')
    .option(
      '--webhook <url>',
      'tell alerts to this address, signed with PERIGEE_WEBHOOK_SECRET',
      webUrl,
    )
    .option('--mail-to <addresses>', 'tell alerts by mail, through PERIGEE_SMTP_URL')
    .option('--mail-from <address>', 'with --mail-to: who sends it')
    .option('--otlp <url>', 'send closed hours as OTLP metrics to <url>/v1/metrics', webUrl)
    .option(
      '--trust-proxy [proxies]',
      "behind proxies: how many, or their addresses, like 10.0.0.0/8; they tell the senders' " +
        'addresses',
      proxies,
    )
    .option(
      '--sampling <shares>',
      'shares of devices that send, as telemetry.sampling of the apps, like 1,0.125; default: 1',
      shares,
    )
    .option('--uploads-per-minute <n>', 'of one address', wholeNumber(1, 1_000_000), 600)
    .option(
      '--no-monitor',
      'take uploads and answer only: of several collectors on one store one looks, so that ' +
        'people are told once',
    )
    .option(
      '--window-hours <hours>',
      'length of the window that is judged',
      wholeNumber(1, 720),
      24,
    )
    .option(
      '--min-observations <n>',
      'effective observations below which a feature says nothing',
      wholeNumber(1, 1_000_000),
      500,
    )
    .option(
      '--min-devices <n>',
      'device-hours below which a part of the fleet is not shown',
      wholeNumber(1, 1_000_000),
      50,
    )
    .option('--json', 'print the address as JSON')
    .addHelpText('after', HELP)
    .action(
      async ({
        port,
        host,
        data,
        registry,
        origin,
        clickhouse,
        clickhouseCluster,
        json,
        ...rest
      }: Options) => {
        const store = storeOf(clickhouse, clickhouseCluster);
        // Import the server only here, so that other commands start faster.
        const { startCollector, parseRules } = await import('@perigee/collector');
        const { PERIGEE_COLLECTOR_ADMIN_KEY: adminKey, PERIGEE_COLLECTOR_INGEST_KEYS: ingestKeys } =
          process.env;
        if (adminKey === undefined && !LOOPBACK.test(host))
          io.err(
            `! Anyone who reaches ${host} may read this collector: give it a key in ` +
              'PERIGEE_COLLECTOR_ADMIN_KEY.',
          );
        const collector = await startCollector({
          port,
          host,
          dataDir: data,
          store,
          windowHours: rest.windowHours,
          minDevices: rest.minDevices,
          minObservations: rest.minObservations,
          ...(!rest.monitor && { everyMs: 0 }),
          trustProxy: rest.trustProxy ?? false,
          ...(rest.sampling && { sampling: rest.sampling }),
          uploadsPerMinute: rest.uploadsPerMinute,
          notifiers: await notifiersOf(rest),
          ...(registry !== undefined && { registry }),
          ...(origin && { allowedOrigins: origin }),
          ...(adminKey !== undefined && { adminKey }),
          ...(ingestKeys !== undefined && {
            ingestKeys: ingestKeys.split(',').map((key) => key.trim()),
          }),
          ...(rest.rules !== undefined && { rules: parseRules(await readText(rest.rules)) }),
          ...(rest.publicUrl !== undefined && { publicUrl: rest.publicUrl }),
          ...(rest.otlp !== undefined && { otlp: { url: rest.otlp } }),
        });
        io.out(
          json
            ? JSON.stringify({ url: collector.url, port: collector.port })
            : `Collector and dashboard: ${collector.url}`,
        );
        await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
        await collector.close();
      },
    );
};

/** Parses a number of hops, or addresses separated by commas. */
function proxies(text: string): number | string[] {
  return /^\d+$/.test(text) ? Number(text) : text.split(',').map((address) => address.trim());
}

function shares(text: string): number[] {
  return text.split(',').map((share) => {
    const number = Number(share);
    if (number > 0 && number <= 1) return number;
    throw new InvalidArgumentError('expected shares above 0 and at most 1, like 1,0.125.');
  });
}

const LOOPBACK = /^(127\.|::1$|localhost$)/;

/** Notifiers by the names that rules use: webhook, slack, mail. */
async function notifiersOf({
  webhook,
  mailTo,
  mailFrom,
}: Pick<Options, 'webhook' | 'mailTo' | 'mailFrom'>): Promise<Record<string, Notifier>> {
  const { createEmailNotifier, createSlackNotifier, createWebhookNotifier } =
    await import('@perigee/collector');
  const { PERIGEE_WEBHOOK_SECRET: secret, PERIGEE_SLACK_URL: slack } = process.env;
  if (webhook !== undefined && secret === undefined)
    throw new CommandError(
      '--webhook needs PERIGEE_WEBHOOK_SECRET, which its messages are signed with: openssl ' +
        'rand -hex 24',
    );
  if ((mailTo === undefined) !== (mailFrom === undefined))
    throw new CommandError('--mail-to and --mail-from go together.');
  return {
    ...(webhook !== undefined &&
      secret !== undefined && { webhook: createWebhookNotifier({ url: webhook, secret }) }),
    ...(slack !== undefined && { slack: createSlackNotifier({ url: slack }) }),
    ...(mailTo !== undefined &&
      mailFrom !== undefined && {
        mail: createEmailNotifier({
          from: mailFrom,
          to: mailTo.split(',').map((address) => address.trim()),
        }),
      }),
  };
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: Error) => {
    throw new CommandError(`--rules: ${path} cannot be read: ${cause.message}`);
  });
}

function storeOf(url: string | undefined, cluster: string | undefined): StoreOptions {
  if (url === undefined) {
    if (cluster !== undefined)
      throw new CommandError(
        '--clickhouse-cluster needs --clickhouse <url>: the address of one of its servers, ' +
          'or of what balances between them.',
      );
    return { kind: 'sqlite' };
  }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new CommandError(
      `--clickhouse: expected an address like https://clickhouse.example.com:8443/, got "${url}".`,
    );
  const { username, password } = new URL(url);
  if (username !== '' || password !== '')
    throw new CommandError(
      '--clickhouse: give user and password in PERIGEE_CLICKHOUSE_USER and ' +
        'PERIGEE_CLICKHOUSE_PASSWORD, not in the address, which everyone on the machine can ' +
        'see.',
    );
  const { PERIGEE_CLICKHOUSE_USER: user, PERIGEE_CLICKHOUSE_PASSWORD: secret } = process.env;
  return {
    kind: 'clickhouse',
    url,
    ...(user !== undefined && { username: user }),
    ...(secret !== undefined && { password: secret }),
    ...(cluster !== undefined && { cluster }),
  };
}
