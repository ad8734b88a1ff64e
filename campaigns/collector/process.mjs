// A collector in a process of its own, to be killed. Its clock is ahead by the given time. It does
// its hourly work all the time, so that hours become days under load.

/** @typedef {{ url: string } | { maintains: true }} Message */

const { clockMs, ...options } = JSON.parse(process.argv[2] ?? '');

const HOUR_MS = 3_600_000;
const MAINTAIN_MS = 60;
const realNow = Date.now.bind(Date);
Date.now = () => realNow() + clockMs;
const realInterval = globalThis.setInterval;
/** @type {(work: () => void, ms: number) => NodeJS.Timeout} */
const shortInterval = (work, ms) => {
  if (ms !== HOUR_MS) return realInterval(work, ms);
  return realInterval(() => {
    tell({ maintains: true });
    work();
  }, MAINTAIN_MS);
};
Object.assign(globalThis, { setInterval: shortInterval });

const { startCollector } = await import('@perigee/collector');
const collector = await startCollector({ port: 0, uploadsPerMinute: 1e9, ...options });
process.on('message', async () => {
  await collector.close();
  process.exit(0);
});
tell({ url: collector.url });

/** @param {Message} message */
function tell(message) {
  if (process.connected) process.send?.(message);
}
