import type { Tensor } from '../../tensor.ts';
import type { Pixels } from '../pixels.ts';

/** Converts pixels to a float32 tensor with a batch of one. */
export function layoutPixels(
  { width, height, channels, data }: Pixels,
  to: 'NCHW' | 'NHWC',
): Tensor<'float32'> {
  if (to === 'NHWC') return { dtype: 'float32', shape: [1, height, width, channels], data };
  if (channels === 1) return { dtype: 'float32', shape: [1, 1, height, width], data };
  const plane = width * height;
  const planar = new Float32Array(data.length);
  for (let c = 0; c < channels; c += 1)
    for (let i = 0, from = c; i < plane; i += 1, from += channels)
      planar[c * plane + i] = data[from] as number;
  return { dtype: 'float32', shape: [1, channels, height, width], data: planar };
}
