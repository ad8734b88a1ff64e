// One collector, told by its parent when to end and asked how much memory it takes.
import { startCollector } from '@perigee/collector';

let collector;
try {
  collector = await startCollector({ port: 0, uploadsPerMinute: 1e9, ...JSON.parse(process.argv[2]) });
} catch (error) {
  process.send({ error: String(error) });
  process.exit(1);
}
process.send({ url: collector.url });
process.on('message', async ({ what }) => {
  if (what === 'memory') {
    const { rss, heapUsed, external } = process.memoryUsage();
    process.send({ rss, heapUsed, external });
  }
  if (what === 'collect') {
    globalThis.gc();
    process.send({ heapUsed: process.memoryUsage().heapUsed, rss: process.memoryUsage().rss });
  }
  if (what === 'cpu') process.send(process.cpuUsage());
  if (what === 'close') {
    await collector.close();
    process.disconnect();
    process.exit(0);
  }
});
