// Keeps the app, then answers. Without a host only the model of the registry answers.
import { registerApp } from 'perigee/offline-app';
import { check } from './check.js';

const app = await registerApp('/sw.js');
const answers = await check();
const { filesWithoutSize } = await app.size();
if (filesWithoutSize > 0) answers.registry = { error: `${filesWithoutSize} files have no size` };
await app.cache();
Object.assign(globalThis, { answers });
