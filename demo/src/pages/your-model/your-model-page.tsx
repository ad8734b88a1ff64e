import '../../styles/tabular.css';
import '../../styles/model.css';
import '../../styles/your-model.css';
import { AnyModel } from './any-model.tsx';

export default function YourModelPage() {
  return (
    <div className="stack">
      <div className="intro">
        <h1>Try your own model</h1>
        <p className="muted">
          Drop a model file and see what is in it, how fast this device runs it, and the code that
          runs it in your app. The file stays in this tab. Nothing is uploaded.
        </p>
      </div>
      <AnyModel />
    </div>
  );
}
