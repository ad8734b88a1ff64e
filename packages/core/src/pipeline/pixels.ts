/** An image on its way to a tensor: height × width × channels, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Float32Array;
}

/** The same image with every value changed. */
export function mapPixels(image: Pixels, change: (value: number, channel: number) => number): Pixels {
  const { channels } = image;
  return { ...image, data: image.data.map((value, i) => change(value, i % channels)) };
}
