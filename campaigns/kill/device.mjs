// node device.mjs <registry> <store folder> <local|latest> [end]: a device outside a browser.
// Without `end` it predicts, and prints the version that answers and its answer.
import { createPerigee } from 'perigee';
import { answerOf } from '../shared/answer-of.mjs';

const [registry = '', folder = '', update, end] = process.argv.slice(2);
const perigee = createPerigee({ registry, store: { folder } });
const model = await perigee.load('digits', {
  update: update === 'local' ? 'local' : 'latest',
  backend: 'cpu',
  telemetry: false,
});

/** @type {Readonly<Record<string, () => Promise<void>>>} */
const ENDS = {
  'load-and-dispose': () => perigee.dispose(),
  'load-and-exit': async () => process.exit(0),
  'predict-and-exit': async () => {
    await answerOf(model);
    process.exit(0);
  },
  'poll-and-exit': async () => {
    await model.update();
    process.exit(0);
  },
};

if (end !== undefined) {
  const act = ENDS[end];
  if (!act)
    throw new Error(`"${end}" is not an end; the ends are: ${Object.keys(ENDS).join(', ')}.`);
  await act();
} else {
  console.log(JSON.stringify(await answerOf(model)));
  await perigee.dispose();
}
