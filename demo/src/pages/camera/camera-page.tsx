import '../../styles/draw.css';
import '../../styles/camera.css';
import { useModel } from '@perigee/react';
import { useRef } from 'react';
import { FaultNotice } from '../../parts/fault-notice.tsx';
import { Loading } from '../../parts/loading.tsx';
import { PREVIEW } from '../../perigee.ts';
import { SIDE } from './pictures.ts';
import { useCamera } from './use-camera.ts';
import type { Camera, Sheets } from './use-camera.ts';

/** Reads a digit in every frame of a camera that the model has time for. */
export default function CameraPage() {
  const state = useModel('digits', PREVIEW);
  const sheets: Sheets = {
    frame: useRef<HTMLCanvasElement>(null),
    seen: useRef<HTMLCanvasElement>(null),
  };
  const camera = useCamera(state.data, sheets);
  const { fault, source, start } = camera;
  return (
    <div className="stack">
      <div className="intro">
        <h1>Hold a digit before the camera</h1>
        <p className="muted">
          Write a large digit on paper. The model reads every frame that it has time for, and skips
          the others, so that the page stays smooth. Nothing is recorded, counted or sent.
        </p>
      </div>
      {fault && (
        <FaultNotice fault={fault} onRetry={source && (() => start(source))}>
          <button type="button" className="button" onClick={() => start('clip')}>
            Play the sample clip
          </button>
        </FaultNotice>
      )}
      <div className="camera">
        <section className="card stack" aria-label="Camera">
          <Sheets sheets={sheets} />
          <Controls camera={camera} isReady={state.data !== undefined} />
          <Loading state={state} name="digits" />
        </section>
        <div className="stack">
          <Answer camera={camera} />
          <Measures camera={camera} />
        </div>
      </div>
    </div>
  );
}

function Sheets({ sheets: { frame, seen } }: { readonly sheets: Sheets }) {
  return (
    <div className="sheets">
      <figure>
        <canvas ref={frame} width={SIDE} height={SIDE} role="img" aria-label="The frame" />
        <figcaption className="small muted">the middle of the frame</figcaption>
      </figure>
      <figure>
        <canvas ref={seen} width={SIDE} height={SIDE} role="img" aria-label="The ink in it" />
        <figcaption className="small muted">what the model sees</figcaption>
      </figure>
    </div>
  );
}

function Controls({ camera, isReady }: { readonly camera: Camera; readonly isReady: boolean }) {
  const { status, source, start, stop } = camera;
  const isOn = status !== 'off';
  return (
    <div className="row">
      {isOn ? (
        <button type="button" className="button primary" onClick={stop}>
          Stop
        </button>
      ) : (
        <>
          <button
            type="button"
            className="button primary"
            onClick={() => start('camera')}
            disabled={!isReady}
          >
            Use the camera
          </button>
          <button
            type="button"
            className="button"
            onClick={() => start('clip')}
            disabled={!isReady}
          >
            Play the sample clip
          </button>
        </>
      )}
      <span className="small muted" role="status" data-testid="camera-status">
        {status === 'opening'
          ? 'Waiting for the camera. Your browser may ask you.'
          : status === 'running'
            ? source === 'camera'
              ? 'The camera is on.'
              : 'The sample clip plays.'
            : camera.offered > 0
              ? source === 'camera'
                ? 'Stopped. The camera is off.'
                : 'Stopped.'
              : ''}
      </span>
    </div>
  );
}

function Answer({ camera: { answer, isLikely, status } }: { readonly camera: Camera }) {
  const isShown = answer !== undefined && isLikely;
  return (
    <section className="card" aria-label="Answer">
      <div className="row">
        <output className={`answer ${isShown ? '' : 'muted'}`} data-testid="answer">
          {isShown ? answer : '–'}
        </output>
        <p className="small muted">
          {isShown || status !== 'running'
            ? 'The digit in the last frame that was read.'
            : 'There is too little or too much ink in the frame for a digit.'}
        </p>
      </div>
    </section>
  );
}

/** The last answers and the last frames that the model may still have. */
const UNDER_WAY = 2;
/** A longer time between two drawings of the page is seen as a jerk. */
const SMOOTH_MS = 100;

function Measures({ camera }: { readonly camera: Camera }) {
  const { offered, used, answersPerSecond, framesPerSecond, longestGapMs } = camera;
  const isSmooth = longestGapMs < SMOOTH_MS;
  return (
    <section className="card stack" aria-label="Measures">
      <div className="tiles">
        <Tile name="frames read" value={String(used)} id="used" />
        <Tile
          name="frames skipped"
          value={String(Math.max(0, offered - used - UNDER_WAY))}
          id="skipped"
        />
        <Tile name="answers a second" value={answersPerSecond.toFixed(0)} id="per-second" />
      </div>
      <div className="smooth">
        <span className="row">
          <b>The page</b>
          {framesPerSecond > 0 && (
            <span className={`badge ${isSmooth ? 'good' : 'warn'}`} data-testid="smooth">
              {isSmooth ? 'smooth' : 'jerks'}
            </span>
          )}
          <span className="spacer" />
          <span className="small muted">
            {framesPerSecond > 0 && `drawn ${framesPerSecond.toFixed(0)} times a second`}
          </span>
        </span>
        <meter
          min={0}
          max={300}
          low={SMOOTH_MS}
          high={200}
          optimum={0}
          value={Math.min(300, longestGapMs)}
          aria-label="Longest time between two drawings of the page"
        />
        <span className="small muted">
          {framesPerSecond > 0
            ? `The longest time between two drawings was ${longestGapMs.toFixed(0)} ms.`
            : 'The time between two drawings of the page, while the model reads.'}
        </span>
      </div>
      <p className="small muted">
        <code>{"predictStream(frames, { whenBusy: 'latest' })"}</code> keeps the newest frame while
        the model is busy. The model runs in a worker.
      </p>
    </section>
  );
}

function Tile({
  name,
  value,
  id,
}: {
  readonly name: string;
  readonly value: string;
  readonly id: string;
}) {
  return (
    <div className="tile">
      <span>{name}</span>
      <b data-testid={id}>{value}</b>
    </div>
  );
}
