import { check } from './check.js';

check().then((answers) => Object.assign(globalThis, { answers }));
