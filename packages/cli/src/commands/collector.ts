import { once } from 'node:events';
import type { StoreOptions } from '@perigee/collector';
import { CommandError } from '../command.ts';
import type { RegisterCommand } from '../command.ts';
import { wholeNumber } from './shared.ts';

interface Options {
  readonly port: number;
  readonly host: string;
  readonly data: string;
  readonly registry?: string;
  readonly origin?: readonly string[];
  readonly clickhouse?: string;
  readonly clickhouseCluster?: string;
  readonly json?: boolean;
}

export const registerCollector: RegisterCommand = (program, io) => {
  program
    .command('collector')
    .description('take profiles in and show the dashboard, until Ctrl-C')
    .option('--port <port>', 'port to listen on; 0 takes a free one', wholeNumber(0, 65_535), 4700)
    .option('--host <host>', 'address to listen on; 0.0.0.0 for every network', '127.0.0.1')
    .option('--data <folder>', 'where the store is', '.perigee/collector')
    .option('--registry <url or folder>', 'where the models are; without it there is no drift')
    .option('--origin <origin...>', 'pages that may send; default: any')
    .option('--clickhouse <url>', 'keep sums in a ClickHouse that several collectors share, instead of in --data')
    .option('--clickhouse-cluster <name>', "spread and replicate its tables over a cluster of the servers' configuration")
    .option('--json', 'print the address as JSON')
    .addHelpText('after', `
Examples:
  perigee collector --registry ./registry
  perigee collector --host 0.0.0.0 --port 8080 --registry https://models.example.com/ --origin https://app.example.com
  PERIGEE_CLICKHOUSE_USER=perigee PERIGEE_CLICKHOUSE_PASSWORD=… perigee collector --clickhouse https://clickhouse.example.com:8443/

User and password for ClickHouse are read from PERIGEE_CLICKHOUSE_USER and PERIGEE_CLICKHOUSE_PASSWORD only: a command line is seen by everyone on the machine.`)
    .action(async ({ port, host, data, registry, origin, clickhouse, clickhouseCluster, json }: Options) => {
      const store = storeOf(clickhouse, clickhouseCluster);
      // Not before it is needed: the other commands start faster without a server.
      const { startCollector } = await import('@perigee/collector');
      const collector = await startCollector({ port, host, dataDir: data, store, ...(registry !== undefined && { registry }), ...(origin && { allowedOrigins: origin }) });
      io.out(json ? JSON.stringify({ url: collector.url, port: collector.port }) : `Collector and dashboard: ${collector.url}`);
      await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
      await collector.close();
    });
};

function storeOf(url: string | undefined, cluster: string | undefined): StoreOptions {
  if (url === undefined) {
    if (cluster !== undefined) throw new CommandError('--clickhouse-cluster needs --clickhouse <url>: the address of one of its servers, or of what balances between them.');
    return { kind: 'sqlite' };
  }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new CommandError(`--clickhouse: expected an address like https://clickhouse.example.com:8443/, got "${url}".`);
  const { username, password } = new URL(url);
  if (username !== '' || password !== '') throw new CommandError('--clickhouse: give user and password in PERIGEE_CLICKHOUSE_USER and PERIGEE_CLICKHOUSE_PASSWORD, not in the address, which everyone on the machine can see.');
  const { PERIGEE_CLICKHOUSE_USER: user, PERIGEE_CLICKHOUSE_PASSWORD: secret } = process.env;
  return { kind: 'clickhouse', url, ...(user !== undefined && { username: user }), ...(secret !== undefined && { password: secret }), ...(cluster !== undefined && { cluster }) };
}
