import { serveApp } from 'perigee/service-worker';
import type { PrecacheEntry } from 'perigee/service-worker';

declare const self: { readonly __WB_MANIFEST: readonly PrecacheEntry[] };

serveApp(self.__WB_MANIFEST, { later: ({ url }) => url.includes('used-later') });
