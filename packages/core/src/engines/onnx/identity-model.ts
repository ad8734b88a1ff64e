/** A complete ONNX model: y = Identity(x) for one float32, with opset 13 and IR version 7. */
export const IDENTITY: Uint8Array = Uint8Array.from(
  atob('CAc6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEA0='),
  (char) => char.charCodeAt(0),
);
