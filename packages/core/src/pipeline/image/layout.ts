import type { Tensor } from '../../tensor.ts';
import type { Pixels, Scale } from '../pixels.ts';
import { scalePixels } from '../pixels.ts';

/** Scales pixels, and converts them to a float32 tensor with a batch of one. */
export function layoutPixels(
  pixels: Pixels,
  to: 'NCHW' | 'NHWC',
  scale?: Scale,
): Tensor<'float32'> {
  const { width, height, channels } = pixels;
  if (to === 'NHWC' || channels === 1) {
    const { data } = scale ? scalePixels(pixels, scale) : pixels;
    const shape = to === 'NHWC' ? [1, height, width, channels] : [1, channels, height, width];
    return { dtype: 'float32', shape, data };
  }
  const data = planar(pixels, scale ?? UNCHANGED);
  return { dtype: 'float32', shape: [1, channels, height, width], data };
}

/** Adding 0 would change -0. */
const UNCHANGED: Scale = { multiply: () => 1, add: () => -0 };

function planar({ width, height, channels, data }: Pixels, { multiply, add }: Scale): Float32Array {
  const plane = width * height;
  const result = new Float32Array(data.length);
  for (let c = 0; c < channels; c += 1) {
    const [factor, offset] = [multiply(c), add(c)];
    for (let i = c * plane, from = c; from < data.length; i += 1, from += channels)
      result[i] = (data[from] as number) * factor + offset;
  }
  return result;
}
