// By name, on the instant engine.
import { open as openNamed } from './registered.js';

export const open = (request) => openNamed(request, { backend: 'cpu' });
