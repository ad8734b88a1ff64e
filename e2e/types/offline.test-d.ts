// The types of the doors for offline use. Compiled, never run.
import { registerApp } from 'perigee/offline-app';
import type { AppUpdate, CacheResult, OfflineApp } from 'perigee/offline-app';
import { serveApp } from 'perigee/service-worker';
import { expectTypeOf } from 'vitest';

serveApp(['./a-1.js', { url: './', revision: '1', size: 2 }, { url: 'b-1.js', bytes: 3 }], {
  navigateFallback: null,
  later: ({ url }) => url.endsWith('.wasm'),
});
// @ts-expect-error: the list is missing.
serveApp();

const app = await registerApp('/sw.js', { type: 'module' });
expectTypeOf(app).toEqualTypeOf<OfflineApp>();
expectTypeOf((await app.size()).room).toEqualTypeOf<number | undefined>();
expectTypeOf(await app.cache({ evenWithSaveData: true })).toEqualTypeOf<CacheResult>();
const stop = app.onUpdate((update) => expectTypeOf(update).toEqualTypeOf<AppUpdate>());
stop();
// @ts-expect-error: the option is called evenWithSaveData.
await app.cache({ saveData: true });
