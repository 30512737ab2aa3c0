/** A configuration file, already read. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}
