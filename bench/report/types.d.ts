/** A cell of a table. */
export type Cell = string | number;
/** The rows of a table; the first is its head. */
export type Table = readonly (readonly Cell[])[];

export interface BarChart {
  readonly kind?: 'bars';
  /** Name of the SVG file. */
  readonly file: string;
  readonly title: string;
  readonly unit: string;
  /** A value at which a line is drawn. */
  readonly reference?: number;
  readonly groups: readonly {
    readonly title: string;
    readonly bars: readonly { readonly side: string; readonly value: number }[];
  }[];
}

export interface LineChart {
  readonly kind: 'lines';
  /** Name of the SVG file. */
  readonly file: string;
  readonly title: string;
  /** Name of the axis. */
  readonly x: string;
  /** End of the axis. */
  readonly maxX: number;
  /** Their points are [x, y]; y starts at zero. */
  readonly lines: readonly {
    readonly name: string;
    readonly side: 'p' | 'b';
    readonly points: readonly (readonly number[])[];
  }[];
}

/** A goal, the measured figure, and whether that reaches the goal. */
export interface Goal {
  readonly what: string;
  readonly shown: string;
  readonly reached: boolean;
}

/** Takes the first value in a whole run, and the second in a quick one. */
export type Pick = <T>(full: T, quick: T) => T;
/** Shows what is being measured. */
export type Say = (text: string) => void;
/** A section of the report: one table, with the figures that it shows. */
export interface Section<Figures extends object, Context> {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  readonly note: string;
  /** Left out in a quick run. */
  readonly slow?: boolean;
  /** Measured only when it is asked for. */
  readonly apart?: boolean;
  /** Needs compressed files. */
  readonly brotli?: boolean;
  run(context: Context): Promise<{ readonly figures: Figures }>;
  table(figures: Figures): Table;
  plot?(figures: Figures): BarChart;
}

/** A section of the bench of the monitor. */
export interface MonitorSection<Figures extends object, Context> {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  readonly note: string;
  run(context: Context): Figures | Promise<Figures>;
  table(figures: Figures): Table;
  /** A sentence below the table. */
  more?(figures: Figures): string;
  goals(figures: Figures): readonly Goal[];
  plot?(figures: Figures): BarChart | LineChart;
}

/** How much the times of a raw side differ. */
export interface Spread {
  /** The model, or what else was measured. */
  readonly label: string;
  /** Interquartile range ÷ median. */
  readonly share: number;
}

/** A model by the name in figures and the title in labels. */
export interface Titled {
  readonly name: string;
  readonly title: string;
}

/** One measurement of a section. */
export interface Attempt {
  readonly figures: Record<string, unknown>;
  readonly leftOut: readonly string[];
  /** Times of the raw side by label. */
  readonly controls: ReadonlyMap<string, readonly number[]>;
  /** The measured models, if the figures are by model; else null. */
  readonly models: readonly Titled[] | null;
}

/** One section of a run. */
export interface Measured {
  readonly date: string;
  /** Identifies the code of the packages; see `codeOf()`. Absent in older results. */
  readonly code?: string;
  readonly figures: object;
  readonly leftOut: readonly string[];
  /** Null for a section that times nothing. */
  readonly spread: Spread | null;
}

/** Results of a run by section. Each section reads its own figures. */
export interface Results {
  machine?: string;
  /** The code of the last run. */
  code?: string;
  readonly sections: Record<string, Measured>;
}
