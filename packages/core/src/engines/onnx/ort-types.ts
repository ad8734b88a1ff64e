import type * as ort from 'onnxruntime-web';

/** The part of ONNX Runtime that is used here. All its packages share one API. */
export type OrtModule = Pick<typeof ort, 'InferenceSession' | 'Tensor' | 'env'>;
export type OrtSession = ort.InferenceSession;
export type OrtTensor = ort.Tensor;
