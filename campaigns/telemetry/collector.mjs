// The collector of the campaign, in a process of its own. This campaign kills devices, not the
// collector.
const { startCollector } = await import('@perigee/collector');
const collector = await startCollector({
  port: 0,
  uploadsPerMinute: 1e9,
  ...JSON.parse(process.argv[2] ?? ''),
});
process.on('message', async () => {
  await collector.close();
  process.exit(0);
});
process.send?.({ url: collector.url });
