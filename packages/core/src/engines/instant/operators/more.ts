import type { Operators } from '../operator.ts';
import { MORE_ELEMENTWISE } from './more-elementwise.ts';
import { MORE_LAYOUT } from './more-layout.ts';
import { REDUCE } from './reduce.ts';

/** Operators that few small models have; their names are in table.ts. */
export const MORE: Operators = { ...MORE_ELEMENTWISE, ...MORE_LAYOUT, ...REDUCE };
