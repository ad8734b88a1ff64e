import { drawDigit, sampleAt } from '../../parts/sample-digits.ts';

/** Side of the square that is cut out of the middle of a frame. */
export const SIDE = 96;

/** Gives frames: waits for the next one, and draws it as a square. */
export interface Pictures {
  next(): Promise<void>;
  draw(context: CanvasRenderingContext2D): void;
  /** The digit that is shown, if it is known. */
  readonly digit?: number;
  stop(): void;
}

const nextFrame = (): Promise<void> =>
  new Promise((resolve) => requestAnimationFrame(() => resolve()));

function nextFrameOf(video: HTMLVideoElement): Promise<void> {
  return 'requestVideoFrameCallback' in video
    ? new Promise((resolve) => video.requestVideoFrameCallback(() => resolve()))
    : nextFrame();
}

/**
 * Opens the camera.
 * @throws DOMException of `getUserMedia()`
 */
export async function openCamera(): Promise<Pictures> {
  // The types do not know pages that are not secure.
  const { mediaDevices } = navigator as { readonly mediaDevices?: MediaDevices };
  if (!mediaDevices) throw new DOMException('The page is not secure.', 'SecurityError');
  const stream = await mediaDevices.getUserMedia({
    video: { facingMode: 'environment', width: { ideal: 640 } },
    audio: false,
  });
  const video = document.createElement('video');
  video.muted = video.playsInline = true;
  video.srcObject = stream;
  await video.play();
  const unplugged = new Promise<never>((_, reject) => {
    for (const track of stream.getTracks())
      track.addEventListener('ended', () =>
        reject(new DOMException('The camera ended.', 'NotReadableError')),
      );
  });
  // It is looked at when the next frame is due.
  unplugged.catch(() => undefined);
  return {
    next: () => Promise.race([nextFrameOf(video), unplugged]),
    draw(context) {
      const { videoWidth, videoHeight } = video;
      const side = Math.min(videoWidth, videoHeight);
      const [left, top] = [(videoWidth - side) / 2, (videoHeight - side) / 2];
      context.drawImage(video, left, top, side, side, 0, 0, SIDE, SIDE);
    },
    stop() {
      for (const track of stream.getTracks()) track.stop();
      video.srcObject = null;
    },
  };
}

/** Frames for which one digit is shown. */
const FRAMES_OF_A_DIGIT = 75;

/** Digits on paper that move in front of a shaking camera, drawn here frame by frame. */
export function openClip(): Pictures {
  let frame = -1;
  const sample = () => sampleAt(Math.floor(Math.max(0, frame) / FRAMES_OF_A_DIGIT));
  return {
    async next() {
      await nextFrame();
      frame += 1;
    },
    draw(context) {
      const turn = frame / FRAMES_OF_A_DIGIT;
      const shadow = context.createLinearGradient(0, 0, SIDE, SIDE);
      shadow.addColorStop(0, '#f6f3ea');
      shadow.addColorStop(1, '#b9b4a6');
      context.fillStyle = shadow;
      context.fillRect(0, 0, SIDE, SIDE);
      const size = SIDE * (0.72 + 0.06 * Math.sin(7 * turn));
      const room = (SIDE - size) / 2;
      drawDigit(context, sample(), {
        x: room + 0.7 * room * Math.sin(11 * turn),
        y: room + 0.7 * room * Math.cos(8 * turn),
        size,
      });
    },
    get digit() {
      return sample().digit;
    },
    stop: () => undefined,
  };
}
