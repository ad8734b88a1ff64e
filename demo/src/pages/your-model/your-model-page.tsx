import '../../styles/model.css';
import { AnyModel } from './any-model.tsx';

export default function YourModelPage() {
  return (
    <div className="stack">
      <div className="intro">
        <h1>Try your own model</h1>
        <p className="muted">
          Open an .onnx or .ort file, or a TensorFlow.js model.json with its weight files. The files
          stay in this tab. Nothing is uploaded.
        </p>
      </div>
      <AnyModel />
    </div>
  );
}
