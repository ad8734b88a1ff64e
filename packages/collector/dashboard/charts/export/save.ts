/** Offers a file for download. */
export function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has the content once the click was handled.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Twice the pixels of the page, for dense screens and for print. */
const SCALE = 2;

/** @throws Error if the browser cannot draw the picture */
export async function pngOf(svg: string): Promise<Blob> {
  const image = new Image();
  // A blob: URL is not allowed for images here; data: is.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth * SCALE;
  canvas.height = image.naturalHeight * SCALE;
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!png) throw new Error('The browser cannot make a PNG of this size. Take the SVG.');
  return png;
}
