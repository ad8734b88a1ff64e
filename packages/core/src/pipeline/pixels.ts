/** An image as it comes: four bytes a pixel, row by row. */
export interface Rgba {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray | Uint8Array;
}

/** An image that is becoming a tensor. `data` is height × width × channels, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Float32Array;
}

/** Scales the values of a channel: value × `multiply` + `add`. */
export interface Scale {
  readonly multiply: (channel: number) => number;
  readonly add: (channel: number) => number;
}

/** Scales an image in place. */
export function scalePixels(image: Pixels, { multiply, add }: Scale): Pixels {
  const { data, channels } = image;
  for (let c = 0; c < channels; c += 1) {
    const [factor, offset] = [multiply(c), add(c)];
    for (let i = c; i < data.length; i += channels) data[i] = (data[i] as number) * factor + offset;
  }
  return image;
}
