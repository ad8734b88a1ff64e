import type * as ort from 'onnxruntime-web';

/** What is used of any ONNX Runtime package: they share one API. */
export type OrtModule = Pick<typeof ort, 'InferenceSession' | 'Tensor' | 'env'>;
export type OrtSession = ort.InferenceSession;
export type OrtTensor = ort.Tensor;
