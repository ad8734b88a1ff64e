import digits from '../../../../models/digits/versions/1.0.0/model.onnx?url&no-inline';
import wdbc from '../../../../models/wdbc/versions/1.0.0/model.onnx?url&no-inline';
import tfjsModel from '../../../../e2e/models/tfjs-net/model.json?url&no-inline';
import tfjsFirst from '../../../../e2e/models/tfjs-net/group1-shard1of2.bin?url&no-inline';
import tfjsSecond from '../../../../e2e/models/tfjs-net/group1-shard2of2.bin?url&no-inline';

export interface Sample {
  readonly name: string;
  readonly about: string;
  /** Names and addresses of its files. */
  readonly files: Readonly<Record<string, string>>;
}

/** Models that are on this site, for visitors who have none at hand. */
export const SAMPLES: readonly Sample[] = [
  {
    name: 'Handwritten digits',
    about: 'A convolutional network from PyTorch, as ONNX. It reads pictures of 8 × 8 pixels.',
    files: { 'digits.onnx': digits },
  },
  {
    name: 'Cell measurements',
    about: 'Three dense layers, as ONNX. They read 30 numbers from the data set wdbc.',
    files: { 'wdbc.onnx': wdbc },
  },
  {
    name: 'TensorFlow.js',
    about: 'A small convolutional network in TensorFlow.js’s format: a graph and two weight files.',
    files: {
      'model.json': tfjsModel,
      'group1-shard1of2.bin': tfjsFirst,
      'group1-shard2of2.bin': tfjsSecond,
    },
  },
];

/** Fetches a sample as the files that a visitor could have dropped. */
export function filesOf({ files }: Sample, signal: AbortSignal): Promise<readonly File[]> {
  return Promise.all(
    Object.entries(files).map(async ([name, url]) => {
      const response = await fetch(url, { signal });
      if (!response.ok) throw new Error(`${url} answered HTTP ${response.status}.`);
      return new File([await response.blob()], name);
    }),
  );
}
