import { check } from './check.js';

check({}, { registry: `${import.meta.env.BASE_URL}registry/` }).then((answers) =>
  Object.assign(globalThis, { answers }),
);
