import { expect, test } from 'vitest';
import { layersModel } from './graph.fixture.ts';
import {
  base,
  dense,
  functional,
  inputLayer,
  layer,
  sequential,
  tensor,
  topology,
} from './keras.fixture.ts';
import { failure } from './load.fixture.ts';

test('all layers and activations that are missing are named, with the way out', async () => {
  const error = await failure(
    layersModel(
      topology(
        sequential(
          's',
          layer('InputLayer', inputLayer('x', [null, 2])),
          { ...layer('MyLayer', base('first')), registered_name: 'mine>MyLayer' },
          layer('MyLayer', base('second')),
          layer('GroupNormalization', base('norm')),
          layer('Dense', dense('dense', 2, 'celu')),
        ),
      ),
      {},
    ),
  );
  expect(error).toMatchObject({
    code: 'UNSUPPORTED_OPERATOR',
    details: { operators: ['MyLayer', 'GroupNormalization', 'celu'] },
  });
  expect(error.message).toMatch(
    new RegExp(
      'MyLayer \\("first", "second"\\), GroupNormalization \\("norm"\\) and the activations celu' +
        '.*tensorflowjs_converter --input_format=tf_saved_model',
    ),
  );
  expect(error.message).not.toMatch(/auto|registerClass/);
});

const net = (...layers: readonly unknown[]) =>
  topology(sequential('s', layer('InputLayer', inputLayer('x', [null, 2])), ...layers));
const waits = functional(
  [
    layer('InputLayer', inputLayer('x', [null, 2]), []),
    layer('Dense', dense('d', 2), [{ args: [tensor('gone', [null, 2])], kwargs: {} }]),
  ],
  [['x', 0, 0]],
  [['d', 0, 0]],
);
const circle = functional(
  [
    layer('InputLayer', inputLayer('x', [null, 2]), []),
    layer('Dense', dense('d', 2), [{ args: [tensor('e', [null, 2])], kwargs: {} }]),
    layer('Dense', dense('e', 2), [{ args: [tensor('d', [null, 2])], kwargs: {} }]),
  ],
  [['x', 0, 0]],
  [['d', 0, 0]],
);
const mask = functional(
  [
    layer('InputLayer', inputLayer('x', [null, 2]), []),
    layer('Dense', dense('d', 2), [
      { args: [tensor('x', [null, 2])], kwargs: { mask: tensor('x', [null, 2]) } },
    ]),
  ],
  [['x', 0, 0]],
  [['d', 0, 0]],
);

test.each<[string, unknown, RegExp]>([
  [
    'a call that waits for a layer that is not there',
    topology(waits),
    /layers "d" wait for tensors that no layer makes/,
  ],
  ['layers that wait for each other', topology(circle), /layers "d", "e" wait for tensors/],
  [
    'a hard sigmoid, which is another function in Keras 3',
    net(layer('Dense', dense('d', 2, 'hard_sigmoid'))),
    /hard_sigmoid of Keras 3.*tf_saved_model/,
  ],
  [
    'a ReLU with a slope',
    net(layer('ReLU', { ...base('r'), negative_slope: 0.1, max_value: null, threshold: 0 })),
    /slope or a threshold.*tf_saved_model/,
  ],
  ['a call that takes a tensor by name', topology(mask), /a tensor as "mask".*tf_saved_model/],
  [
    'a GRU that resets after its product',
    net(layer('GRU', { ...base('g'), units: 1, reset_after: true })),
    /reset_after.*tf_saved_model/,
  ],
  [
    'a layer without a configuration',
    net({ class_name: 'Dense' }),
    /a layer without "class_name" and "config"/,
  ],
  ['weights that are not there', net(layer('Dense', dense('d', 2))), /d\/kernel.*tf_saved_model/],
])('%s ends in an error that says so', async (_what, config, says) => {
  const error = await failure(layersModel(config, {}));
  expect(['WRONG_CONTENT', 'UNSUPPORTED_MODEL']).toContain(error.code);
  expect(error.message).toMatch(says);
});
