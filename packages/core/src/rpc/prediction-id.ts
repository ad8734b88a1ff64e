/**
 * The id of a prediction, unique across devices. The page returns it and the worker counts by it.
 * @param prefix of the worker that answered
 * @param call the number of the call there
 */
export function predictionId(prefix: string, call: number): string {
  return `${prefix}${call.toString(36)}`;
}
