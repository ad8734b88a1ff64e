import { createStreamStore } from '@perigee/bindings';
import type {
  ModelWithOutput,
  PredictsStream,
  QueryState,
  StreamFacts,
  StreamFollowOptions,
  StreamSource,
  VideoSource,
} from '@perigee/bindings';
import type { PredictInput, Prediction } from 'perigee';
import { useFollower } from './provider.ts';

/** The result of `usePredictStream()`: the newest prediction as `data`, and how many there were. */
export type UsePredictStreamResult<Result = Prediction> = QueryState<Result, StreamFacts>;

/** Options of `usePredictStream()`. */
export type UsePredictStreamOptions = StreamFollowOptions;

/**
 * Answers the frames of a video, or the inputs of another source such as a sensor, until the
 * component is gone, or the model or the source changes. While the model is busy, only the newest
 * input is kept. Define a function outside of the component, or with `useCallback()`.
 * @example
 * const motion: StreamSource<number[]> = (push, signal) =>
 *   addEventListener('devicemotion', (event) => push(valuesOf(event)), { signal });
 *
 * const { data, count } = usePredictStream(model, isOn ? motion : null);
 * @example
 * const [video, setVideo] = useState<HTMLVideoElement | null>(null);
 * const { data } = usePredictStream(model, video);
 * return <video ref={setVideo} autoPlay muted playsInline />;
 */
export function usePredictStream<Input, Result>(
  model: PredictsStream<Input, Result> | null | undefined,
  source: VideoSource<Input> | StreamSource<NoInfer<Input>> | null | undefined,
  options?: UsePredictStreamOptions,
): UsePredictStreamResult<Result>;
/** Streams to a model whose output is known to be an `Output`. The call has to name that type. */
export function usePredictStream<Output = never>(
  model: ModelWithOutput<Output> | null | undefined,
  source: HTMLVideoElement | StreamSource<PredictInput> | null | undefined,
  options?: UsePredictStreamOptions,
): UsePredictStreamResult<Prediction<Output>>;
export function usePredictStream<Input, Result>(
  model: PredictsStream<Input, Result> | null | undefined,
  source: HTMLVideoElement | StreamSource<Input> | null | undefined,
  options?: UsePredictStreamOptions,
): UsePredictStreamResult<Result> {
  return useFollower(createStreamStore<Input, Result>, model, source, options);
}
