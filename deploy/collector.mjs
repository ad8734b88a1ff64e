// The collector of a deployment, set up by the environment. It keeps nothing of its own: any number
// of them may run, and any may end.
import { startCollector } from '@perigee/collector';

const {
  PERIGEE_CLICKHOUSE_URL: url,
  PERIGEE_CLICKHOUSE_CLUSTER: cluster,
  PERIGEE_CLICKHOUSE_USER: username,
  PERIGEE_CLICKHOUSE_PASSWORD: password,
  PERIGEE_CLICKHOUSE_QUORUM: quorum,
  PERIGEE_REGISTRY: registry,
  PERIGEE_ORIGINS: origins,
  PERIGEE_PORT: port = '4700',
} = process.env;
if (!url) throw new Error('PERIGEE_CLICKHOUSE_URL names no ClickHouse.');

const collector = await startCollector({
  port: Number(port),
  host: '0.0.0.0',
  // All uploads come from one address, that of what stands before: it limits them.
  uploadsPerMinute: 1e9,
  store: {
    kind: 'clickhouse',
    url,
    ...(cluster && { cluster }),
    ...(username && { username }),
    ...(password && { password }),
    ...(quorum && { quorum: Number(quorum) }),
  },
  ...(registry && { registry }),
  ...(origins && { allowedOrigins: origins.split(',') }),
});
console.log(`Collector: ${collector.url}`);
for (const signal of ['SIGTERM', 'SIGINT'])
  process.on(signal, () => void collector.close().then(() => process.exit(0)));
