import '../../styles/draw.css';
import '../../styles/home.css';
import { Link } from 'wouter';
import { Loading } from '../../parts/loading.tsx';
import { Answer } from '../draw/answer.tsx';
import { DrawingPad } from '../draw/drawing-pad.tsx';
import { drawing } from '../draw/drawing.ts';
import { useDigits } from '../draw/use-digits.ts';
import { CodeCard, NextCard } from './code-card.tsx';
import { Comparison } from './comparison.tsx';
import { Strip } from './strip.tsx';
import { UploadMeter } from './upload-meter.tsx';

export default function HomePage() {
  const { model, state } = useDigits();
  return (
    <div className="stack home">
      <div className="hero">
        <div className="hero-text">
          <h1>Ship, watch and undo models on your users’ devices</h1>
          <p className="lead">
            Perigee runs machine learning in browsers and on edge devices. It delivers each version
            signed, sees from counts how it does, and takes it back when it is bad.
          </p>
          <div className="row">
            <Link href="/releases" className="button primary">
              Ship to 400 devices
            </Link>
            <Link href="/draw" className="button">
              See inside a prediction
            </Link>
          </div>
        </div>
        <section className="card hero-pad" aria-label="Draw a digit">
          <DrawingPad />
          <div className="hero-answer">
            <Answer model={model} prediction={state.prediction} />
            <button type="button" className="button" onClick={drawing.clear}>
              Clear
            </button>
          </div>
          <UploadMeter drawing={state} />
          {model.error && <Loading state={model} name="digits" />}
        </section>
      </div>
      <Strip drawing={state} />
      <div className="begin">
        <CodeCard />
        <NextCard />
      </div>
      <Comparison />
    </div>
  );
}
