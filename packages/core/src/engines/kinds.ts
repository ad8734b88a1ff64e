import type { Sniffed } from './sniff.ts';

/** Descriptions of files that are not models, each with its remedy. */
export const KINDS: Readonly<Partial<Record<Sniffed, string>>> = {
  empty: 'it is empty.',
  html: 'it is an HTML page, probably a fallback page of the server. Check the path.',
  'git-lfs':
    'it is a Git LFS pointer, not the file it points to. Fetch the file with "git lfs pull".',
  json: 'it is text, probably an error message of the server.',
  gzip: 'it is a gzip file that is damaged, cut off or packed twice. Fetch or pack it again.',
  zip: 'it is a zip archive (PyTorch and Keras save such). Unpack it, or export the model to ONNX.',
  hdf5:
    'it is an HDF5 file, as Keras saves. Convert it with tf2onnx or the TensorFlow.js ' +
    'converter.',
  tflite: 'it is a TensorFlow Lite model. Convert it with tf2onnx --tflite.',
  safetensors: 'it is a safetensors file: weights without a graph. Export the model to ONNX.',
  gguf: 'it is a GGUF file, as llama.cpp reads. Export the model to ONNX.',
};
