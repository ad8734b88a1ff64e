// Every measurement in an open page. Sections of the harness call these functions by name.
import { blocking } from './lab/blocking.js';
import { carry } from './lab/carry.js';
import { concurrency } from './lab/concurrency.js';
import { image } from './lab/image.js';
import { latency } from './lab/latency.js';
import { memory } from './lab/memory.js';
import { sessions } from './lab/sessions.js';

globalThis.bench = { blocking, carry, concurrency, image, latency, memory, sessions };
document.title = 'ready';
