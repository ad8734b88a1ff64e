import { check } from './src/check.js';

// esbuild copies no files that code names. A copy of perigee/dist/browser is beside this script.
const assetsUrl = new URL('./perigee/', import.meta.url).href;
check({ assetsUrl }).then((answers) => Object.assign(globalThis, { answers }));
