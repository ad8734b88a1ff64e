import { check } from './src/check.js';

const host = new URLSearchParams(location.search).get('host');
check({ assetsUrl: '/perigee/' }, { host }).then((answers) =>
  Object.assign(globalThis, { answers }),
);
