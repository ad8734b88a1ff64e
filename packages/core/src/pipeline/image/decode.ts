import { PerigeeError } from '../../error.ts';
import type { WireImage } from '../../rpc/protocol.ts';
import type { Rgba } from '../pixels.ts';

const MAX_PIXELS = 64 * 1024 * 1024;
/** The canvas of a larger image is not kept: 16 MB. */
const MAX_KEPT_PIXELS = 4 * 1024 * 1024;

/**
 * Decodes an image.
 * @throws PerigeeError INVALID_INPUT
 */
export async function decodeImage(image: WireImage): Promise<Rgba> {
  if (image.kind === 'pixels') return checked(image.width, image.height, image.data);
  const bitmap = image.kind === 'bitmap' ? image.bitmap : await decodeBlob(image.blob);
  try {
    return read(bitmap);
  } finally {
    bitmap.close();
  }
}

/** The canvas of the last image, because video frames and most photos have one size. */
let kept: OffscreenCanvasRenderingContext2D | null = null;

function read(bitmap: ImageBitmap): Rgba {
  const { width, height } = bitmap;
  checkSize(width, height);
  if (typeof OffscreenCanvas === 'undefined') throw noCanvas();
  if (kept?.canvas.width !== width || kept.canvas.height !== height) {
    kept = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (!kept) throw noCanvas();
    // Replaces what was drawn before, also where the image is transparent.
    kept.globalCompositeOperation = 'copy';
  }
  const context = kept;
  if (width * height > MAX_KEPT_PIXELS) kept = null;
  context.drawImage(bitmap, 0, 0);
  return { width, height, data: context.getImageData(0, 0, width, height).data };
}

async function decodeBlob(blob: Blob): Promise<ImageBitmap> {
  if (typeof createImageBitmap === 'undefined') throw noCanvas();
  return createImageBitmap(blob).catch((cause: unknown) => {
    throw new PerigeeError(
      'INVALID_INPUT',
      `The file (${blob.type || 'unknown type'}, ${blob.size} bytes) is not an image this ` +
        'browser can decode.',
      { cause },
    );
  });
}

function checked(width: number, height: number, data: Rgba['data']): Rgba {
  checkSize(width, height);
  if (data.length !== width * height * 4) {
    throw new PerigeeError(
      'INVALID_INPUT',
      `The image says ${width} × ${height}, which is ${width * height * 4} bytes of RGBA; it ` +
        `has ${data.length}.`,
    );
  }
  return { width, height, data };
}

function checkSize(width: number, height: number): void {
  if (
    !(
      Number.isSafeInteger(width) &&
      Number.isSafeInteger(height) &&
      width > 0 &&
      height > 0 &&
      width * height <= MAX_PIXELS
    )
  ) {
    throw new PerigeeError(
      'INVALID_INPUT',
      `An image of ${width} × ${height} cannot be used: it must have at least one and at ` +
        `most ${MAX_PIXELS} pixels.`,
    );
  }
}

function noCanvas(): PerigeeError {
  return new PerigeeError(
    'INVALID_INPUT',
    'Images cannot be drawn here (no OffscreenCanvas). Pass decoded pixels: { width, height, ' +
      'data } with RGBA bytes, or ImageData.',
  );
}
