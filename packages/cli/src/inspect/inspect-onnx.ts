import { readModel } from '../pack/read-files.ts';
import { cutFiles } from '../pack/variants/cut-files.ts';
import { humanBytes } from '../print/bytes.ts';
import { table } from '../print/table.ts';
import { signatureTable, total } from './inspection.ts';
import type { Inspection } from './inspection.ts';

const SHOWN_TENSORS = 10;

export async function inspectOnnx(path: string): Promise<Inspection> {
  const { entry, files, onnx } = await readModel(path);
  const { files: cut, chunks } = await cutFiles({ entry, files, onnx });
  const sizeBytes = total(cut.map((file) => file.sizeBytes));
  const wireBytes = total(chunks.map((chunk) => chunk.wireBytes));
  const opsets = Object.entries(onnx.opsets)
    .map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`)
    .join(', ');
  const operators = Object.entries(onnx.operators).toSorted(([, a], [, b]) => b - a);
  const tensors = [...onnx.tensors, ...onnx.externalTensors]
    .map(({ name, dtype, start, end }) => ({ name, dtype, sizeBytes: (end ?? start) - start }))
    .toSorted((a, b) => b.sizeBytes - a.sizeBytes);
  const rest = tensors.slice(SHOWN_TENSORS);
  const text = [
    `${path}: ${humanBytes(sizeBytes)}${files.size > 1 ? ` in ${files.size} files` : ''}, IR ` +
      `${onnx.irVersion}, opset ${opsets}${onnx.producer && `, by ${onnx.producer}`}`,
    signatureTable(onnx),
    table(['operator', 'count'], operators),
    table(
      ['tensor', 'dtype', 'size'],
      tensors
        .slice(0, SHOWN_TENSORS)
        .map(({ name, dtype, sizeBytes: size }) => [name, dtype ?? 'other', humanBytes(size)]),
    ) +
      (rest.length > 0
        ? `\n… and ${rest.length} more, ` +
          `${humanBytes(total(rest.map((tensor) => tensor.sizeBytes)))}`
        : ''),
    table(
      ['file', 'size', 'chunks'],
      cut.map((file) => [file.path, humanBytes(file.sizeBytes), file.chunks.length]),
    ),
    `${chunks.length} different chunks, ${humanBytes(wireBytes)} on the wire`,
  ].join('\n\n');
  const json = {
    path,
    sizeBytes,
    wireBytes,
    irVersion: onnx.irVersion,
    opsets: onnx.opsets,
    producer: onnx.producer,
    inputs: onnx.inputs,
    outputs: onnx.outputs,
    operators: onnx.operators,
    tensors,
    externalFiles: onnx.externalFiles,
    files: cut.map((file) => ({
      path: file.path,
      sizeBytes: file.sizeBytes,
      sha256: file.sha256,
      chunks: file.chunks.map((index) => chunks[index]),
    })),
  };
  return { json, text };
}
