// A Vite app without any configuration that imports perigee as a user would; journeys drive it from outside.
import { createPerigee, loadModel, PerigeeError } from 'perigee';

const lab = { createPerigee, loadModel, PerigeeError };
Object.assign(globalThis, { lab });
document.title = 'lab ready';

export type Lab = typeof lab;
