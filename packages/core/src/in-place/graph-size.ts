import { wire } from '@perigee/registry';

const { fields, message } = wire;

/**
 * Whether an ONNX file has more than so many bytes besides packed weights: nodes, with the trees of
 * an ensemble, and names. Each of them takes about 0.3 µs to open, and weights almost nothing. Stops
 * reading there. Field numbers: onnx.proto3 of the ONNX repository.
 * @throws RegistryError WRONG_CONTENT
 */
export function isLargeGraph(bytes: Uint8Array, mostBytes: number): boolean {
  let weightBytes = 0;
  for (const part of fields(bytes, 0, bytes.byteLength)) {
    if (part.number === 7)
      for (const tensor of fields(bytes, message(part).start, part.end)) {
        if (tensor.start - weightBytes > mostBytes) return true;
        // TensorProto: float_data 4, raw_data 9, double_data 10.
        if (tensor.number === 5)
          for (const { type, number, start, end } of fields(bytes, tensor.start, tensor.end))
            if (type === 2 && (number === 4 || number === 9 || number === 10))
              weightBytes += end - start;
      }
    if (part.end - weightBytes > mostBytes) return true;
  }
  return false;
}
