// Written by `perigee types`. Run the command again instead of editing the file.
/* eslint-disable */
export {};

// prettier-ignore
declare module "perigee" {
  interface ModelsByName {
    digits: {
      input: "image";
      output: {
        label: "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";
      };
      reads: "logits";
      feeds: {
        image: { dtype: "float32"; shape: [number, 1, 8, 8] };
      };
      outputs: {
        logits: { dtype: "float32"; shape: [number, 10] };
      };
    };
    "digits@1": ModelsByName["digits"];
    "digits@beta": ModelsByName["digits"];
    "digits@canary": ModelsByName["digits"];
    "digits@stable": ModelsByName["digits"];
    wdbc: {
      input: {
        row: {
          radius_mean: number;
          texture_mean: number;
          perimeter_mean: number;
          area_mean: number;
          smoothness_mean: number;
          compactness_mean: number;
          concavity_mean: number;
          concave_points_mean: number;
          symmetry_mean: number;
          fractal_dimension_mean: number;
          radius_error: number;
          texture_error: number;
          perimeter_error: number;
          area_error: number;
          smoothness_error: number;
          compactness_error: number;
          concavity_error: number;
          concave_points_error: number;
          symmetry_error: number;
          fractal_dimension_error: number;
          radius_worst: number;
          texture_worst: number;
          perimeter_worst: number;
          area_worst: number;
          smoothness_worst: number;
          compactness_worst: number;
          concavity_worst: number;
          concave_points_worst: number;
          symmetry_worst: number;
          fractal_dimension_worst: number;
        };
      };
      output: {
        label: "malignant" | "benign";
      };
      reads: "logits";
      feeds: {
        features: { dtype: "float32"; shape: [number, 30] };
      };
      outputs: {
        logits: { dtype: "float32"; shape: [number, 2] };
      };
    };
    "wdbc@1": ModelsByName["wdbc"];
    "wdbc@stable": ModelsByName["wdbc"];
    wine: {
      input: {
        row: {
          alcohol: number;
          malic_acid: number;
          ash: number;
          alcalinity_of_ash: number;
          magnesium: number;
          total_phenols: number;
          flavanoids: number;
          nonflavanoid_phenols: number;
          proanthocyanins: number;
          color_intensity: number;
          hue: number;
          od280_od315: number;
          proline: number;
        };
      };
      output: {
        label: "Barolo" | "Grignolino" | "Barbera";
      };
      reads: "logits";
      feeds: {
        features: { dtype: "float32"; shape: [number, 13] };
      };
      outputs: {
        logits: { dtype: "float32"; shape: [number, 3] };
      };
    };
    "wine@1": ModelsByName["wine"];
    "wine@stable": ModelsByName["wine"];
  }
}
