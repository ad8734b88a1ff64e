// The instant engine: plain JavaScript, no wasm.
import { open as openPerigee } from './perigee.js';

export async function open(request) {
  const side = await openPerigee(request, { backend: 'cpu' });
  if (side.model.engine !== 'instant')
    throw new Error(`backend cpu gave the engine ${side.model.engine}`);
  return side;
}
