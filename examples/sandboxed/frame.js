import { check } from './src/check.js';

// Workers of this frame have no crypto.subtle, which a registry needs.
const isRefused = ({ error }) => error?.startsWith('INVALID_CONFIG: A registry needs');

check({}, { host: new URL(import.meta.url).origin }).then(({ registry, ...answers }) => {
  const told = isRefused(registry) ? { refused: true } : registry;
  parent.postMessage({ ...answers, registry: told }, '*');
});
