// The same with its weights in IndexedDB: the floor of a small model by name.
import { fetchWeights, sideOf } from './bare.js';
import { keepModel, openDatabase, readModel } from './database.js';

export async function open({ name }) {
  const database = await openDatabase('bare');
  const known = await readModel(database, name);
  if (known) return sideOf(known);
  const weights = await fetchWeights(name);
  keepModel(database, name, weights);
  return sideOf(weights);
}
