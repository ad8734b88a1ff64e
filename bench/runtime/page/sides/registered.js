// By name from a registry: every chunk is verified, kept on the device, and golden samples pass
// before the model answers.
import { createPerigee } from 'perigee';
import { openWith } from './perigee.js';

export function open({ name, threads, output }, options = {}) {
  const perigee = createPerigee({ registry: new URL('/registry/', location.href).href });
  const load = { backend: 'wasm', update: 'local', threads, ...options };
  return openWith(() => perigee.load(name, load), output);
}
