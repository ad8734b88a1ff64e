import { check } from './src/check.js';

// The models are on a host whose address the test knows.
globalThis.checkFrom = (host) => check({ assetsUrl: '/perigee/' }, { host });
