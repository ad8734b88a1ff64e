import { once } from 'node:events';
import type { RegisterCommand } from '../command.ts';
import { wholeNumber } from './shared.ts';

interface Options {
  readonly port: number;
  readonly host: string;
  readonly data: string;
  readonly registry?: string;
  readonly origin?: readonly string[];
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
    .option('--json', 'print the address as JSON')
    .addHelpText('after', `
Examples:
  perigee collector --registry ./registry
  perigee collector --host 0.0.0.0 --port 8080 --registry https://models.example.com/ --origin https://app.example.com`)
    .action(async ({ port, host, data, registry, origin, json }: Options) => {
      // Not before it is needed: the other commands start faster without a server.
      const { startCollector } = await import('@perigee/collector');
      const collector = await startCollector({ port, host, dataDir: data, ...(registry !== undefined && { registry }), ...(origin && { allowedOrigins: origin }) });
      io.out(json ? JSON.stringify({ url: collector.url, port: collector.port }) : `Collector and dashboard: ${collector.url}`);
      await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
      await collector.close();
    });
};
