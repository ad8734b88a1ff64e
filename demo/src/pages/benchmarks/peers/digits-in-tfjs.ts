import { walkOnnx } from '@perigee/registry';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Run } from './protocol.ts';

/**
 * The digits network with the operators of TensorFlow.js, and with the weights of the ONNX file.
 * Its layers are those of `models/digits/train.py`.
 */
export function digitsInTfjs(bytes: Uint8Array): Run {
  const weights = weightsOf(bytes);
  const layers = [0, 2, 5].map((i) => ({
    // ONNX has a kernel as output, input, height, width.
    kernel: tf.transpose(weights(`features.${i}.weight`) as Tensor4D, [2, 3, 1, 0]),
    bias: weights(`features.${i}.bias`) as Tensor1D,
    isPooled: i > 0,
  }));
  const last = weights('classify.2.weight') as Tensor2D;
  const lastBias = weights('classify.2.bias') as Tensor1D;
  return async (pixels) => {
    const logits = tf.tidy(() => {
      let x = tf.tensor4d(pixels, [1, 8, 8, 1]);
      for (const { kernel, bias, isPooled } of layers) {
        x = tf.relu(tf.add<Tensor4D>(tf.conv2d(x, kernel, 1, 'same'), bias));
        if (isPooled) x = tf.maxPool(x, 2, 2, 'valid');
      }
      const flat = tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [1, -1]) as Tensor2D;
      return tf.add(tf.matMul(flat, last, false, true), lastBias);
    });
    const values = (await logits.data()) as Float32Array;
    logits.dispose();
    return values;
  };
}

const SHAPES: Readonly<Record<string, readonly number[]>> = {
  'features.0.weight': [24, 1, 3, 3],
  'features.0.bias': [24],
  'features.2.weight': [32, 24, 3, 3],
  'features.2.bias': [32],
  'features.5.weight': [48, 32, 3, 3],
  'features.5.bias': [48],
  'classify.2.weight': [10, 192],
  'classify.2.bias': [10],
};

function weightsOf(bytes: Uint8Array): (name: string) => tf.Tensor {
  const { tensors } = walkOnnx(bytes);
  return (name) => {
    const span = tensors.find((tensor) => tensor.name === name);
    if (!span) throw new Error(`The digits model has no weights "${name}".`);
    const values = new Float32Array(bytes.slice(span.start, span.end).buffer);
    return tf.tensor(values, [...(SHAPES[name] ?? [])]);
  };
}
