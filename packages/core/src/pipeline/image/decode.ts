import { PerigeeError } from '../../error.ts';
import type { WireImage } from '../../rpc/protocol.ts';
import type { Rgba } from '../pixels.ts';

const MAX_PIXELS = 64 * 1024 * 1024;

/**
 * Decodes an image.
 * @throws PerigeeError INVALID_INPUT
 */
export async function decodeImage(image: WireImage): Promise<Rgba> {
  if (image.kind === 'pixels') return checked(image.width, image.height, image.data);
  const bitmap = image.kind === 'bitmap' ? image.bitmap : await decodeBlob(image.blob);
  try {
    checkSize(bitmap.width, bitmap.height);
    if (typeof OffscreenCanvas === 'undefined') throw noCanvas();
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d', {
      willReadFrequently: true,
    });
    if (!context) throw noCanvas();
    context.drawImage(bitmap, 0, 0);
    return checked(
      bitmap.width,
      bitmap.height,
      context.getImageData(0, 0, bitmap.width, bitmap.height).data,
    );
  } finally {
    bitmap.close();
  }
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
