import { useState } from 'react';
import type { DragEvent } from 'react';
import type { Source } from './compare-backends.ts';

interface Props {
  readonly onModel: (source: Source) => void;
}

/** Lets a visitor drop files or a folder, choose them, or enter an address. */
export function ModelDrop({ onModel }: Props) {
  const [over, setOver] = useState(false);
  const [url, setUrl] = useState('');

  async function drop(event: DragEvent): Promise<void> {
    event.preventDefault();
    setOver(false);
    const files = await droppedFiles(event.dataTransfer);
    if (files.length > 0) onModel(files);
  }

  return (
    <>
      <label
        className={`drop ${over ? 'over' : ''}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => void drop(event)}
      >
        <input
          type="file"
          multiple
          accept=".onnx,.ort,.json,.bin,.data"
          className="visually-hidden"
          data-testid="model-files"
          onChange={(event) => {
            const files = [...(event.target.files ?? [])];
            // Reset, so that the same files can be chosen again.
            event.target.value = '';
            if (files.length > 0) onModel(files);
          }}
        />
        <b>Drop model files or a folder here</b>
        <span className="muted">or press to choose all files of the model at once</span>
      </label>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          onModel(url);
        }}
      >
        <input
          className="field"
          type="url"
          placeholder="https://…/model.onnx"
          aria-label="URL of a model"
          required
          value={url}
          onChange={(event) => setUrl(event.target.value)}
        />
        <button type="submit" className="button">
          Open
        </button>
      </form>
    </>
  );
}

/** Files, including those in dropped folders of any depth. */
async function droppedFiles({ items, files }: DataTransfer): Promise<File[]> {
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (!entries.some(({ isDirectory }) => isDirectory)) return [...files];
  const found: File[] = [];
  for (const entry of entries) await collect(entry, found);
  return found;
}

async function collect(entry: FileSystemEntry, found: File[]): Promise<void> {
  if (entry.isFile) {
    found.push(
      await new Promise<File>((resolve, reject) =>
        (entry as FileSystemFileEntry).file(resolve, reject),
      ),
    );
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A reader returns a hundred entries at a time, and none at the end.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (batch.length === 0) return;
    for (const inner of batch) await collect(inner, found);
  }
}
