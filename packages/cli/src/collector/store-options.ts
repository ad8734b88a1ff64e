import type { StoreOptions } from '@perigee/collector';
import { CommandError } from '../command.ts';

/**
 * The store of the options: ClickHouse, or SQLite without an address.
 * @throws CommandError for an address that is not one of ClickHouse, or that has a password
 */
export function storeOptions(url: string | undefined, cluster: string | undefined): StoreOptions {
  if (url === undefined) {
    if (cluster !== undefined)
      throw new CommandError(
        '--clickhouse-cluster needs --clickhouse <url>: the address of one of its servers, ' +
          'or of their load balancer.',
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
        'PERIGEE_CLICKHOUSE_PASSWORD, not in the address, because other users of the machine ' +
        'can see it.',
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
