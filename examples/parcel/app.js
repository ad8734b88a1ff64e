import { check } from './src/check.js';

// The build copies perigee/dist/browser: Parcel would change the workers that it copies itself.
check({ assetsUrl: 'perigee/' }).then((answers) => Object.assign(globalThis, { answers }));
