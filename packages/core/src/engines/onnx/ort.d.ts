/** The build of ONNX Runtime Web for Node (scripts/bundle/for-node.mjs). */
declare module '#ort' {
  export * from 'onnxruntime-web';
}
