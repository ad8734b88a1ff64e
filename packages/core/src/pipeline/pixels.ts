/** An image that is becoming a tensor. `data` is height × width × channels, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Float32Array;
}

/**
 * Scales each value: value × `multiply` + `add`. Both are called once per channel: calling a
 * function for each value takes five times as long.
 */
export function scalePixels(
  { data, channels, ...image }: Pixels,
  multiply: (channel: number) => number,
  add: (channel: number) => number,
): Pixels {
  const scaled = new Float32Array(data.length);
  for (let c = 0; c < channels; c += 1) {
    const [factor, offset] = [multiply(c), add(c)];
    for (let i = c; i < data.length; i += channels)
      scaled[i] = (data[i] as number) * factor + offset;
  }
  return { ...image, channels, data: scaled };
}
