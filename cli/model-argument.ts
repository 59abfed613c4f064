/** What help says of an argument that names a model. */
export const MODEL_ARGUMENT =
  'a model of the zoo (`stepcast models` lists them), or a file: .onnx, .pb, .pbtxt, .meta, or the folder of a SavedModel';
