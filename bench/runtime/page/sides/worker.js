import { callWorker } from './call-worker.js';

export async function open({ url, threads, output }) {
  const worker = new Worker(new URL('./raw-worker.js', import.meta.url), { type: 'module' });
  const call = callWorker(worker);
  await call({ open: { url, threads } });
  return {
    run: (feeds) => call({ feeds, output }),
    /** Ways in which the caller keeps its arrays without a clone. They check nothing. */
    carrying: {
      moved(feeds) {
        const copies = mapFeeds(feeds, ({ data }) => data.slice());
        return call({ feeds: copies, output }, buffersOf(copies));
      },
      recycled: recycling(call, output),
      shared: sharing(call, output),
    },
    /** All rows in one message and one run; the answers are parts of one array. */
    async runBatch(list) {
      const feeds = stacked(list);
      const { data } = await call({ feeds, output }, buffersOf(feeds));
      const length = data.length / list.length;
      return list.map((_, row) => ({ data: data.subarray(row * length, (row + 1) * length) }));
    },
    end: () => worker.terminate(),
  };
}

/** Copies into buffers that the worker gives back, so that later calls allocate none. */
function recycling(call, output) {
  let free;
  return async (feeds) => {
    const copies = free ?? mapFeeds(feeds, ({ data }) => data.slice());
    if (free) for (const name in feeds) copies[name].data.set(feeds[name].data);
    free = undefined;
    const answer = await call({ feeds: copies, output, giveBack: true }, buffersOf(copies));
    free = answer.feeds;
    return answer;
  };
}

/** Copies into memory that the worker has too. Only one call can be on its way. */
function sharing(call, output) {
  let share;
  return async (feeds) => {
    if (!share) {
      share = mapFeeds(
        feeds,
        ({ data }) => new data.constructor(new SharedArrayBuffer(data.byteLength)),
      );
      await call({ share });
    }
    for (const name in feeds) share[name].data.set(feeds[name].data);
    return call({ output });
  };
}

function stacked(list) {
  return mapFeeds(list[0], ({ shape: [, ...row], data: { length, constructor } }, name) => {
    const data = new constructor(length * list.length);
    for (const [at, feeds] of list.entries()) data.set(feeds[name].data, at * length);
    return { data, shape: [list.length, ...row] };
  });
}

/** Feeds with other data, or with another shape too. */
function mapFeeds(feeds, change) {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, feed]) => {
      const changed = change(feed, name);
      return [name, { ...feed, ...(changed.shape ? changed : { data: changed }) }];
    }),
  );
}

const buffersOf = (feeds) => Object.values(feeds).map(({ data }) => data.buffer);
