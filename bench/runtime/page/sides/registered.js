// By name from a registry: every chunk is verified, kept on the device, and golden samples pass
// before the model answers.
import { createPerigee } from 'perigee';
import { openWith } from './perigee.js';

export function open({ name, threads, output }) {
  const perigee = createPerigee({ registry: new URL('/registry/', location.href).href });
  return openWith(() => perigee.load(name, { backend: 'wasm', update: 'local', threads }), output);
}
