/** A schema that cannot be compiled. Its message names the place and tells the mend. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
  /** The offending place: the document's URI and a JSON pointer as its fragment. */
  readonly location: string;

  constructor(location: string, message: string, options?: ErrorOptions) {
    super(`${location}: ${message}`, options);
    this.location = location;
  }
}
