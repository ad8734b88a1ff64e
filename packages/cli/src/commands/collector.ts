import { once } from 'node:events';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { destination, webUrl } from '../arguments/places.ts';
import { withKeys } from '../arguments/signing.ts';
import { wholeNumber } from '../arguments/values.ts';
import { collectorOptions } from '../collector/collector-options.ts';
import type { CollectorCommandOptions } from '../collector/collector-options.ts';
import { storeOptions } from '../collector/store-options.ts';
import type { Io, RegisterCommand } from '../command.ts';

interface Options extends CollectorCommandOptions {
  readonly json?: boolean;
}

const HELP = `
These are read from the environment only, because other users of the machine can see a command
line:
  PERIGEE_COLLECTOR_ADMIN_KEY    key for the dashboard and for everything that reads; set it before
                                 the collector listens on more than this machine
  PERIGEE_COLLECTOR_INGEST_KEYS  keys of Node fleets, separated by commas
  PERIGEE_CLICKHOUSE_USER, PERIGEE_CLICKHOUSE_PASSWORD
                                 user and password for --clickhouse
  PERIGEE_SLACK_URL              incoming webhook of Slack, or of a service with the same format
  PERIGEE_WEBHOOK_SECRET         signs the messages of --webhook
  PERIGEE_SMTP_URL               mail server for --mail-to

Examples:
  perigee collector --registry ./registry
  perigee collector --host 0.0.0.0 --port 8080 --registry https://models.example.com/ \\
    --origin https://app.example.com
  PERIGEE_CLICKHOUSE_USER=perigee PERIGEE_CLICKHOUSE_PASSWORD=… perigee collector \\
    --clickhouse https://clickhouse.example.com:8443/`;

export const registerCollector: RegisterCommand = (program, io) => {
  const command = program
    .command('collector')
    .description('receive profiles from devices and serve the dashboard, until Ctrl-C')
    .option('--registry <url or folder>', 'registry of the models; without it there is no drift')
    .option('--json', 'print the address as JSON');
  addNetworkOptions(command);
  addStoreOptions(command);
  addAlertOptions(command);
  addRollbackOptions(command);
  addAnalysisOptions(command);
  command.addHelpText('after', HELP).action((options: Options) => runCollector(options, io));
};

function addNetworkOptions(command: Command): void {
  command
    .optionsGroup('Network:')
    .option('--port <port>', 'port to listen on; 0 picks a free one', wholeNumber(0, 65_535), 4700)
    .option('--host <host>', 'address to listen on; 0.0.0.0 for every network', '127.0.0.1')
    .option('--origin <origin...>', 'origins whose pages may upload (default: any)')
    .option(
      '--trust-proxy [proxies]',
      'behind proxies: their number, or their addresses like 10.0.0.0/8; the first one tells the ' +
        "sender's address",
      proxies,
    )
    .option(
      '--uploads-per-minute <n>',
      'uploads per minute from one address',
      wholeNumber(1, 1_000_000),
      600,
    );
}

function addStoreOptions(command: Command): void {
  command
    .optionsGroup('Store:')
    .option('--data <folder>', 'folder of the store', '.perigee/collector')
    .option(
      '--clickhouse <url>',
      'store in a ClickHouse that several collectors share, instead of --data',
    )
    .option(
      '--clickhouse-cluster <name>',
      "spread and replicate its tables over a cluster of the servers' configuration",
    )
    .option('--otlp <url>', 'send closed hours as OTLP metrics to <url>/v1/metrics', webUrl);
}

function addAlertOptions(command: Command): void {
  command
    .optionsGroup('Alerts:')
    .option('--rules <json>', 'file with the alert rules and who is told (docs/alerts.md)')
    .option('--public-url <url>', 'URL of the dashboard, for links in messages')
    .option(
      '--webhook <url>',
      'send alerts to this URL, signed with PERIGEE_WEBHOOK_SECRET',
      webUrl,
    )
    .option('--mail-to <addresses>', 'send alerts by mail, through PERIGEE_SMTP_URL')
    .option('--mail-from <address>', 'with --mail-to: sender of the mail')
    .option(
      '--no-monitor',
      'take uploads and answer queries only; of several collectors on one store let one monitor, ' +
        'so that people are told once',
    );
}

function addRollbackOptions(command: Command): void {
  withKeys(
    command
      .optionsGroup('Rollback:')
      .option(
        '--rollback-to <registry>',
        'give alerts a button that rolls back: the registry to write to, a folder or ' +
          's3://bucket/prefix; needs PERIGEE_COLLECTOR_ADMIN_KEY and the keys of channels, ' +
          'snapshot and timestamp',
        destination,
      ),
  );
}

function addAnalysisOptions(command: Command): void {
  command
    .optionsGroup('Analysis:')
    .option(
      '--sampling <shares>',
      'shares of sampled devices, as in telemetry.sampling of the apps, like 1,0.125 (default: 1)',
      shares,
    )
    .option('--window-hours <hours>', 'hours that are judged at once', wholeNumber(1, 720), 24)
    .option(
      '--min-observations <n>',
      'effective observations that a feature needs to be judged',
      wholeNumber(1, 1_000_000),
      500,
    )
    .option(
      '--min-devices <n>',
      'device-hours that a part of the fleet needs to be shown',
      wholeNumber(1, 1_000_000),
      50,
    );
}

/** Runs a collector until SIGINT or SIGTERM. */
async function runCollector(options: Options, io: Io): Promise<void> {
  const store = storeOptions(options.clickhouse, options.clickhouseCluster);
  // Import the server only here, so that other commands start faster.
  const { startCollector } = await import('@perigee/collector');
  const { PERIGEE_COLLECTOR_ADMIN_KEY: adminKey } = process.env;
  if (adminKey === undefined && !LOOPBACK.test(options.host))
    io.err(
      `! Anyone who reaches ${options.host} may read this collector: give it a key in ` +
        'PERIGEE_COLLECTOR_ADMIN_KEY.',
    );
  const collector = await startCollector({ ...(await collectorOptions(options)), store });
  const { url, port } = collector;
  io.out(options.json ? JSON.stringify({ url, port }) : `Collector and dashboard: ${url}`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await collector.close();
}

const LOOPBACK = /^(127\.|::1$|localhost$)/;

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
