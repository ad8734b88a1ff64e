// Replaces peers that could not be installed. Their sides are never opened.
export const AutoModel = undefined;
export const AutoModelForImageClassification = undefined;
export const AutoImageProcessor = undefined;
export const RawImage = undefined;
export const env = undefined;
export const Tensor = undefined;
export const loadLayersModel = undefined;
export const setWasmPaths = undefined;
