// One collector. Its parent ends it by a message, and asks for its memory.
import { readFileSync } from 'node:fs';
import { startCollector } from '@perigee/collector';

let collector;
try {
  collector = await startCollector({
    port: 0,
    uploadsPerMinute: 1e9,
    ...JSON.parse(process.argv[2]),
  });
} catch (error) {
  process.send?.({ error: String(error) });
  process.exit(1);
}
process.send?.({ url: collector.url });
process.on('message', async ({ what }) => {
  if (what === 'memory') {
    const { rss, heapUsed, external } = process.memoryUsage();
    process.send?.({ rss, heapUsed, external });
  }
  if (what === 'collect') {
    globalThis.gc?.();
    process.send?.({ heapUsed: process.memoryUsage().heapUsed, rss: process.memoryUsage().rss });
  }
  if (what === 'cpu') process.send?.({ ...process.cpuUsage(), mainThread: mainThreadCpu() });
  if (what === 'close') {
    await collector.close();
    process.disconnect();
    process.exit(0);
  }
});

/** CPU seconds of the thread that takes uploads; Linux only. */
function mainThreadCpu() {
  try {
    return (
      Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e9
    );
  } catch {
    return undefined;
  }
}
