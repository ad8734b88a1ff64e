import { check } from './check.js';

check({}, `${import.meta.env.BASE_URL}registry/`).then((answers) =>
  Object.assign(globalThis, { answers }),
);
