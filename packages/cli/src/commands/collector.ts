import { once } from 'node:events';
import type { RegisterCommand } from '../command.ts';
import { CommandError } from '../command.ts';

interface Options {
  readonly port: string;
  readonly host: string;
  readonly data: string;
  readonly registry?: string;
  readonly origin?: readonly string[];
}

export const registerCollector: RegisterCommand = (program, io) => {
  program
    .command('collector')
    .description('take profiles in and show the dashboard, until Ctrl-C')
    .option('--port <port>', 'port to listen on', '4700')
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--data <folder>', 'where the store is', '.perigee/collector')
    .option('--registry <url or folder>', 'where the models are; without it there is no drift')
    .option('--origin <origin...>', 'pages that may send; default: any')
    .addHelpText('after', `
Example:
  perigee collector --registry ./registry --port 4700`)
    .action(async ({ port, host, data, registry, origin }: Options) => {
      const number = Number(port);
      if (!Number.isInteger(number) || number < 0 || number > 65_535) throw new CommandError(`--port ${port}: expected a number from 0 to 65535.`);
      const { startCollector } = await import('@perigee/collector');
      const collector = await startCollector({ port: number, host, dataDir: data, ...(registry !== undefined && { registry }), ...(origin && { allowedOrigins: origin }) });
      io.out(`Collector and dashboard: ${collector.url}`);
      await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
      await collector.close();
    });
};
