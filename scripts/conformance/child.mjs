// node child.mjs <sdk|raw> <backend>: one side in a process of its own, so that a model that ends
// the process ends nothing else.
import { readFileSync } from 'node:fs';
import { evaluate } from './evaluate.mjs';
import { rawSide, sdkSide } from './sides.mjs';

const [side, backend] = /** @type {[string, import('perigee').Backend]} */ (process.argv.slice(2));
const open = await (side === 'sdk' ? sdkSide : rawSide)(backend);
process.on('message', async ({ id, item }) =>
  process.send?.({ id, result: await evaluate(item, open, readFileSync) }),
);
process.on('disconnect', () => process.exit());
process.send?.('ready');
