// node bench/collector/clickhouse.mjs [rows]: measures how fast the ClickHouse store commits, rolls
// up and answers, on one node of this machine. Needs npm run build and npm run clickhouse before.
import { openClickHouseStore } from '../../packages/collector/dist/store/clickhouse/clickhouse-store.js';
import { flatten } from '../../packages/collector/dist/store/clickhouse/flat.js';
import { buildReference, createCounters } from '@perigee/profile';
import { main } from '../../scripts/steps.mjs';
import { startNodes } from '../../scripts/clickhouse/nodes.mjs';

const FEATURES = 64;
const HOUR_MS = 3_600_000;
const NOW_HOUR = Math.floor(Date.now() / HOUR_MS);
const rows = Number(process.argv[2] ?? 1_000_000);

const reference = buildReference({
  features: Array.from({ length: FEATURES }, (_, f) => ({
    name: `f${f}`,
    kind: 'numeric',
    values: Array.from({ length: 200 }, (_, i) => i + f),
  })),
  output: { labels: ['a', 'b'], predictions: [{ labelIndex: 0, score: 1 }] },
});

/** @param {number} hour */
function profile(hour) {
  const counters = createCounters(reference);
  for (let i = 0; i < 20; i += 1) {
    counters.observePrediction();
    for (let f = 0; f < FEATURES; f += 1) counters.observeFeature(f, Math.random() * 200);
    counters.observeOutput(i % 2, Math.random());
    counters.observeLatency('total', Math.random() * 100);
  }
  return counters.snapshot({
    model: 'm',
    version: '1',
    reference: 'r',
    backend: 'wasm',
    browser: 'chromium',
    segment: '',
    sampling: 0,
    privacy: 0,
    group: Math.floor(Math.random() * 16),
    hour,
  });
}

let ids = 0;
/** @param {number} hour */
const batch = (hour) => ({
  batchId: (++ids).toString(16).padStart(32, '0'),
  sealedAtMs: 1,
  lost: {},
  profiles: [profile(hour)],
});

/**
 * @param {string} name
 * @param {() => Promise<unknown>} work
 * @param {number} [times]
 */
async function timed(name, work, times = 7) {
  const took = [];
  for (let i = 0; i < times; i += 1) {
    const start = performance.now();
    await work();
    took.push(performance.now() - start);
  }
  took.sort((a, b) => a - b);
  console.log(
    `${name}: median ${took[Math.floor(times / 2)].toFixed(0)} ms, largest ` +
      `${took[took.length - 1].toFixed(0)} ms of ${times}`,
  );
}

await main(async () => {
  const servers = await startNodes(1);
  const [{ url }] = servers.nodes;
  try {
    const store = await openClickHouseStore({ url, database: 'bench', clockSkewMs: 0 });
    const { counts } = flatten(profile(NOW_HOUR));
    console.log(`a profile has ${counts.length} counts`);

    for (const [size, times] of [
      [1, 40],
      [64, 20],
      [256, 20],
    ]) {
      const groups = Array.from({ length: times }, () =>
        Array.from({ length: size }, () => batch(NOW_HOUR)),
      );
      const start = performance.now();
      for (const group of groups) await store.commit(group);
      const seconds = (performance.now() - start) / 1000;
      console.log(
        `commits of ${size}: ${((size * times) / seconds).toFixed(0)} profiles/s, ` +
          `${((seconds / times) * 1000).toFixed(0)} ms each`,
      );
    }

    // The rows are made in the database, because commits would take as long as their rate says.
    const start = performance.now();
    const { shape } = flatten(profile(NOW_HOUR));
    for (let hour = 0; hour < 24; hour += 1) {
      const answer = await fetch(url, {
        method: 'POST',
        body: `INSERT INTO bench.profiles (batch_id, item, model, version, hour, reference,
          backend, browser, segment, sampling, privacy, grp, shape, predictions, counts, bound)
        SELECT hex(sipHash128(number, ${hour})), 0, 'big', ['1', '2'][1 + number % 2],
          ${NOW_HOUR - 30 + hour}, 'r', ['wasm', 'webgpu'][1 + intDiv(number, 2) % 2],
          ['chromium', 'firefox', 'webkit'][1 + intDiv(number, 4) % 3], '', 0, 0,
          intDiv(number, 12) % 16, '${shape}', 20,
          arrayMap(i -> bitAnd(intHash64(number * ${counts.length} + i), 15) = 0 ? 1 + i % 5 : 0,
            range(${counts.length})), 5
        FROM numbers(${Math.floor(rows / 24)})`,
      });
      if (!answer.ok) throw new Error(await answer.text());
    }
    console.log(`${rows} rows made in ${((performance.now() - start) / 1000).toFixed(0)} s`);
    /** @param {string} query */
    const ask = async (query) =>
      (await (await fetch(url, { method: 'POST', body: query })).text()).trim();
    console.log(
      'on disk: ' +
        `${await ask(
          'SELECT formatReadableSize(sum(bytes_on_disk)), sum(rows), count() FROM system.parts ' +
            "WHERE active AND database = 'bench' AND table = 'profiles'",
        )}`,
    );

    const drift = () =>
      store.sums({ model: 'big', version: '1', fromHour: NOW_HOUR - 30, toHour: NOW_HOUR + 1 }, []);
    const [before] = await drift();
    await timed('drift of one version, not rolled up', drift, 1);
    await timed('rolling up 24 hours', () => store.maintain(Date.now()), 1);
    await timed('rolling up nothing new', () => store.maintain(Date.now()), 3);
    console.log(
      'roll-ups: ' +
        `${await ask(
          'SELECT formatReadableSize(sum(bytes_on_disk)), sum(rows) FROM system.parts WHERE ' +
            "active AND database = 'bench' AND table = 'rolled'",
        )}`,
    );
    await timed('drift of one version, rolled up', drift);
    await timed('drift of one version by backend and browser', () =>
      store.sums({ model: 'big', version: '1', fromHour: NOW_HOUR - 30, toHour: NOW_HOUR + 1 }, [
        'backend',
        'browser',
      ]),
    );
    await timed('drift by hour of both versions', () =>
      store.sums({ model: 'big', fromHour: NOW_HOUR - 30, toHour: NOW_HOUR + 1 }, ['hour']),
    );
    await timed('totals', () => store.totals());
    await timed('timeline', () =>
      store.timeline({ model: 'big', fromHour: NOW_HOUR - 30, toHour: NOW_HOUR + 1 }),
    );
    const [after] = await drift();
    console.log(
      JSON.stringify(flatten(before)) === JSON.stringify(flatten(after))
        ? 'sums before and after the roll-up are equal'
        : 'SUMS DIFFER',
    );
    await store.close();
  } finally {
    await servers.close();
  }
});
