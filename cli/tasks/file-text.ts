/** A file to be written. */
export interface FileText {
  readonly path: string;
  readonly text: string;
}
