import 'perigee/webgpu';
import { open as openPerigee } from './perigee.js';

export const open = (request) => openPerigee(request, { backend: 'webgpu' });
